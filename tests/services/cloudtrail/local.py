"""A cloud inside the test whose passes run when the test says so, on a clock that only the test moves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from gureum.api.vault import Vault
from gureum.base.ids import Ids
from gureum.control.controller import Pass
from gureum.services.cloud.controllers import controllers as cloud_passes
from gureum.services.cloudtrail import cloudtrail
from gureum.services.cloudtrail.controllers import controllers as cloudtrail_passes
from gureum.services.cloudtrail.courier import Buckets, Courier
from gureum.services.cloudtrail.librarian import Librarian
from gureum.services.iam import iam
from gureum.services.sqs import sqs
from gureum.services.sts import sts
from tests.support.inprocess import House, serving

ACCOUNT = "111122223333"
OTHER = "444455556666"
REGION = "us-east-1"


class Trailed:
    """A house with CloudTrail in it."""

    def __init__(self, house: House) -> None:
        self.house = house

    def client(self, service: str = "cloudtrail", account: str = ACCOUNT, **options: Any) -> Any:
        """A boto3 client of the root user of an account."""
        return self.house.client(service, key=(account, "test"), **options)

    def archive(self) -> None:
        """Write what was recorded and fold it."""
        self.house.run(self.house.parts.recorder.flush())
        for declared in cloud_passes:
            self.work(declared)

    def work(self, declared: Pass) -> None:
        """Make a pass until there is nothing left to do."""
        bound = declared.bind(self.house.parts.store, self.house.parts.clock, Ids())
        while self.house.run(bound.activate()).more:
            pass

    def ingest(self) -> None:
        """Let event data stores take in all that was called so far."""
        self.archive()
        for declared in cloudtrail_passes:
            self.work(declared)

    def deliver(self, buckets: Buckets) -> None:
        """Let trails deliver what was called so far, twice: a second pass must change nothing."""
        self.archive()
        parts = self.house.parts
        for _ in range(2):
            self.house.run(Courier(parts.store, parts.clock, Ids(), Vault(bytes(32)), buckets).activate())

    def answer(self, seconds_max: float = 60) -> None:
        """Run all queries that are open."""

        async def run() -> None:
            while (await Librarian(self.house.parts.store, self.house.parts.clock, seconds_max).activate()).more:
                pass

        self.house.run(run())

    def transact(self, work: Any) -> Any:
        """The result of `work` in a transaction."""
        return self.house.run(self.house.parts.store.transact(work))

    def events(self, account: str = ACCOUNT, region: str = REGION, **members: Any) -> list[dict[str, Any]]:
        """All events that LookupEvents finds, over all pages, as CloudTrail's JSON."""
        self.archive()
        pages = self.client(account=account, region=region).get_paginator("lookup_events").paginate(**members)
        return [json.loads(event["CloudTrailEvent"]) for page in pages for event in page["Events"]]


def refused(call: Any, **members: Any) -> str:
    """The code with which a call is refused."""
    with pytest.raises(ClientError) as caught:
        call(**members)
    code: str = caught.value.response["Error"]["Code"]
    return code


@contextmanager
def trailed(**options: Any) -> Iterator[Trailed]:
    """Such a cloud for the length of a block."""
    with serving(cloudtrail, iam, sqs, sts, **options) as house:
        yield Trailed(house)
