"""DescribeCloud and the health check: what runs, and how much it has served."""

from __future__ import annotations

import json

from gureum import __version__
from gureum.api import models
from gureum.main import SERVICES
from tests.support.clouds import Cloud
from tests.support.raw import ask, identity, message

PATIENCE = 5_000
"""How often something is asked for that comes within a second."""


def test_it_says_what_it_is(cloud: Cloud) -> None:
    """The command shows this."""
    found = cloud.call("DescribeCloud")
    assert (found["Version"], found["Account"], found["Workers"]) == (__version__, "000000000000", 1)
    assert found["State"] == "embedded"
    assert found["Endpoint"] == cloud.endpoint


def test_it_counts_what_it_has(cloud: Cloud) -> None:
    """Operations that are supported, of all that AWS has."""
    found = {
        service["Name"]: (service["Operations"], service["Total"])
        for service in cloud.call("DescribeCloud")["Services"]
    }
    assert found == {service.name: (service.operations, models.operation_count(service.name)) for service in SERVICES}
    assert all(operations <= total for operations, total in found.values())


def test_requests_are_counted_within_seconds(cloud: Cloud) -> None:
    """Reads are written within a second, and counted within another."""
    before = cloud.call("DescribeCloud")["Requests"]
    for _ in range(10):
        assert ask(cloud.port, identity()).status == 200
    assert any(cloud.call("DescribeCloud")["Requests"] >= before + 10 for _ in range(PATIENCE))


def test_the_health_check_is_for_everybody(cloud: Cloud) -> None:
    """Load balancers and scripts sign nothing."""
    answer = ask(cloud.port, message("GET", "/_gureum/health", {}))
    found = json.loads(answer.body)
    assert (answer.status, found["status"], found["version"]) == (200, "running", __version__)
    assert found["services"] == [service.name for service in SERVICES]
    assert ask(cloud.port, message("GET", "/_gureum/other", {})).status == 404
