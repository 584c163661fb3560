"""Names of the AWS models as names of Python: `GetQueueUrl` is `get_queue_url`, `MD5OfBody` is `md5_of_body`.

The mapping is one way: the binding layer computes the Python name of each member once and keeps a table, so nothing
ever has to guess the AWS name back.  Within one structure of any model that botocore ships no two members map to one
name (tests/wire/test_names.py).  An acronym is one word, its plural too (`DBInstanceIDs` is `db_instance_ids`), a
digit belongs to the word before it (`S3Bucket` is `s3_bucket`), and so does a single capital that follows a digit
and ends the name (`ChecksumCRC32C` is `checksum_crc32c`).

botocore's own `xform_name` was not used: it keeps a table of exceptions per service that is part of its public API
and grows; here a name follows from its letters alone.
"""

from __future__ import annotations

import keyword
import re
from functools import cache

_plural_acronym = re.compile(r"([A-Z]{2,})s(?![a-z])")
_acronym_end = re.compile(r"([A-Z]+)([A-Z][a-z])")
_word_end = re.compile(r"([a-z0-9])([A-Z](?=[A-Za-z])|(?<=[a-z])[A-Z])")
_separator = re.compile(r"[^A-Za-z0-9]+")


@cache
def snake_case(name: str) -> str:
    """The Python name for an AWS operation or member name; a Python keyword gets a trailing underscore."""
    name = _separator.sub("_", name).replace("IPv", "Ipv")
    name = _plural_acronym.sub(lambda match: match[1].capitalize() + "s", name)
    name = _acronym_end.sub(r"\1_\2", name)
    name = _word_end.sub(r"\1_\2", name).lower()
    return name + "_" if keyword.iskeyword(name) else name
