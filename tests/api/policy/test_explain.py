"""A decision in the shape of DecodeAuthorizationMessage."""

from __future__ import annotations

import json

from gureum.api.policy import Ask, Guard, Kind, Source, Standing, compile_policy, decide, explain
from gureum.api.policy.model import KeyValue
from gureum.api.principal import ANONYMOUS
from tests.api.policy.cases import ACCOUNT, ALICE, QUEUE

POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"},
        {
            "Sid": "NoPlain",
            "Effect": "Deny",
            "Action": ["sqs:SendMessage", "sqs:ReceiveMessage"],
            "Resource": QUEUE,
            "Condition": {"Bool": {"aws:SecureTransport": False}, "StringEquals": {"sqs:Colour": "red"}},
        },
    ],
}
KEYS: dict[str, KeyValue] = {"aws:securetransport": "false", "sqs:colour": "red", "aws:tagkeys": ("a", "b")}


class Lazy:
    """Keys that are computed when they are asked for, as those of requests are."""

    def get(self, key: str, /) -> KeyValue | None:
        """As of a mapping."""
        return KEYS.get(key)


def standing() -> Standing:
    return Standing((Source(Kind.IDENTITY, "user_alice_plain", compile_policy(json.dumps(POLICY), Kind.IDENTITY)),))


def test_an_explicit_denial() -> None:
    """Which statement of which policy, and what the request was like; lists are objects with `items`."""
    ask = Ask(ALICE, "sqs:SendMessage", QUEUE, KEYS)
    explained = explain(ask, decide(ask, standing(), Guard(ACCOUNT)))
    assert json.loads(json.dumps(explained)) == explained
    assert (explained["allowed"], explained["explicitDeny"]) == (False, True)
    assert explained["decidedBy"] == "identity-based policy"
    (statement,) = explained["matchedStatements"]["items"]
    assert statement["statementId"] == "NoPlain"
    assert statement["effect"] == "DENY"
    assert statement["principals"] == {"items": [{"value": ALICE.id}]}
    assert statement["actions"] == {"items": [{"value": "sqs:SendMessage"}, {"value": "sqs:ReceiveMessage"}]}
    assert statement["resources"] == {"items": [{"value": QUEUE}]}
    assert statement["conditions"]["items"][0] == {
        "key": "aws:SecureTransport",
        "values": {"items": [{"value": "false"}]},
    }
    assert statement["sourcePolicyId"] == "user_alice_plain"
    context = explained["context"]
    assert context["principal"] == {"id": ALICE.id, "name": "alice", "arn": ALICE.arn}
    assert (context["action"], context["resource"]) == ("sqs:SendMessage", QUEUE)
    assert {"key": "aws:tagkeys", "values": {"items": [{"value": "a"}, {"value": "b"}]}} in context["conditions"][
        "items"
    ]


def test_keys_that_cannot_be_listed() -> None:
    """Then the global ones and those that the statements mention are shown, as AWS writes them."""
    ask = Ask(ALICE, "sqs:SendMessage", QUEUE, Lazy())
    shown = explain(ask, decide(ask, standing(), Guard(ACCOUNT)))["context"]["conditions"]["items"]
    assert [item["key"] for item in shown] == ["aws:SecureTransport", "aws:TagKeys", "sqs:Colour"]


def test_an_implicit_denial() -> None:
    """No statement matched, and the type says what was missing."""
    ask = Ask(ANONYMOUS, "sqs:SendMessage", QUEUE, {})
    explained = explain(ask, decide(ask, Standing(), Guard(ACCOUNT)))
    assert (explained["allowed"], explained["explicitDeny"]) == (False, False)
    assert explained["decidedBy"] == "resource-based policy"
    assert explained["matchedStatements"] == explained["failures"] == {"items": []}
    assert explained["context"]["principal"]["arn"] == "anonymous"
