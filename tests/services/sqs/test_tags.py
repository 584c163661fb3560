"""Tags through boto3, in both protocols."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.refusals import refused


def test_tags_are_added_overwritten_and_removed(sqs: Any, url: str) -> None:
    """Keys are case-sensitive, values may be empty; to remove what is not there is no error."""
    assert "Tags" not in sqs.list_queue_tags(QueueUrl=url)
    sqs.tag_queue(QueueUrl=url, Tags={"team": "a", "Stage": "b", "팀": ""})
    sqs.tag_queue(QueueUrl=url, Tags={"team": "c"})
    sqs.untag_queue(QueueUrl=url, TagKeys=["Team", "nothing"])
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"team": "c", "Stage": "b", "팀": ""}
    sqs.untag_queue(QueueUrl=url, TagKeys=["Stage"])
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"team": "c", "팀": ""}


def test_tags_that_differ_only_in_case_are_refused_by_name(sqs: Any, url: str, name: str) -> None:
    """Policies cannot tell them apart: one beside the other would evade what is denied for it."""
    both = "Tag keys that differ only in case are not supported by Gureum: env and Env."
    with refused("NotImplemented", both, 501):
        sqs.create_queue(QueueName=f"{name}2"[-80:], tags={"env": "prod", "Env": "dev"})
    with refused("NotImplemented", both, 501):
        sqs.tag_queue(QueueUrl=url, Tags={"env": "prod", "Env": "dev"})
    sqs.tag_queue(QueueUrl=url, Tags={"env": "prod"})
    with refused("NotImplemented", both, 501):
        sqs.tag_queue(QueueUrl=url, Tags={"Env": "dev"})
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"env": "prod"}


@pytest.mark.parametrize(
    "tags",
    [{"": "x"}, {"k" * 129: "x"}, {"k": "v" * 257}, {"AWS:k": "v"}, {"k!": "v"}, {f"k{n}": "v" for n in range(51)}],
)
def test_tags_have_rules(sqs: Any, url: str, tags: dict[str, str]) -> None:
    """Lengths, characters, the reserved prefix, and fifty at most."""
    with refused("InvalidParameterValue"):
        sqs.tag_queue(QueueUrl=url, Tags=tags)
    assert "Tags" not in sqs.list_queue_tags(QueueUrl=url)
