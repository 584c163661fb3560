"""The global condition keys, and the keys that policies ask for."""

from __future__ import annotations

import json

from gureum.api.policy import GLOBAL_KEYS, ConditionKey, Kind, compile_policy, context_keys, find_key


def test_every_name_is_there_once() -> None:
    """Names differ in more than their case."""
    names = [key.name.lower() for key in GLOBAL_KEYS]
    assert len(names) == len(set(names))


def test_a_key_is_found_in_any_case() -> None:
    """Keys of tags by what stands before the tag."""
    assert find_key("AWS:sourceip") == ConditionKey("aws:SourceIp", "ip")
    assert find_key("aws:RequestTag/Team/A") == ConditionKey("aws:RequestTag/")
    assert find_key("aws:Nothing") is None
    assert find_key("sqs:SourceIp/x") is None


def test_types_as_the_simulator_has_them() -> None:
    """It knows no ARNs, and lists by the name of what is in them."""
    types = {key.name: key.context_type for key in GLOBAL_KEYS}
    assert types["aws:PrincipalArn"] == "string"
    assert types["aws:TagKeys"] == "stringList"
    assert types["aws:CurrentTime"] == "date"


def test_the_keys_that_a_policy_asks_for() -> None:
    """In conditions and in variables, each once; in the first version of the language there are no variables."""
    statement = {
        "Effect": "Allow",
        "Action": "*",
        "Resource": "arn:aws:s3:::b/${aws:username}/${aws:PrincipalTag/team, 'none'}",
        "Condition": {
            "StringLike": {"s3:prefix": ["${aws:UserName}/*", "${*}"]},
            "Bool": {"aws:SecureTransport": "true"},
        },
    }
    texts = {
        version: json.dumps({"Version": version, "Statement": statement}) for version in ("2012-10-17", "2008-10-17")
    }
    new, old = (compile_policy(text, Kind.IDENTITY) for text in texts.values())
    assert context_keys([new]) == ["aws:username", "aws:PrincipalTag/team", "s3:prefix", "aws:SecureTransport"]
    assert context_keys([old]) == ["s3:prefix", "aws:SecureTransport"]
    assert context_keys([old, new])[-2:] == ["aws:username", "aws:PrincipalTag/team"]
