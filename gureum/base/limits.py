"""What the gateway accepts from outside, in one place.

Services keep their own quotas beside their rules; these bound what a client can make the process hold or do before any
service has looked at the request.
"""

from __future__ import annotations

from typing import Final

header_bytes_max: Final = 64 * 1024
"""Request line and headers together; AWS's front ends answer 400 or 431 well below this."""

header_count_max: Final = 200

body_bytes_max: Final = 16 * 1024 * 1024
"""A buffered request body; the largest that a non-streaming API takes is DynamoDB's BatchWriteItem with 16 MiB."""

buffered_bytes_max: Final = 256 * 1024 * 1024
"""All request bodies together that are being received; beyond it new bodies are refused with 503."""

handshake_seconds_max: Final = 10
"""From a new connection to the end of its TLS handshake."""

header_seconds_max: Final = 10
"""From the first byte of a request to the end of its headers."""

body_idle_seconds_max: Final = 20
"""Between two pieces of a request body; S3's RequestTimeout is of the same order."""

keep_alive_seconds: Final = 75

connections_max: Final = 20_000

nesting_max: Final = 128
"""Levels of nested JSON, XML or CBOR."""
