"""The models are found, read and, where a service changed its protocol, completed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from gureum.api import models
from gureum.wire.protocols import PROTOCOLS


def test_every_service_of_botocore_has_metadata() -> None:
    """From the beginning of its file alone, and in a protocol that there is."""
    names = models.names()
    assert len(names) > 380
    for name in names:
        metadata = models.metadata(name)
        assert metadata.signed_as
        assert metadata.protocol in PROTOCOLS
        assert set(models.protocols(name)) <= set(PROTOCOLS)


def test_metadata_agrees_with_the_model() -> None:
    """What is read from the head of the file is what the whole of it says."""
    for name in ("s3", "ec2", "sqs", "cloudwatch", "lambda", "sts", "cloud"):
        model, metadata = models.load(name), models.metadata(name)
        assert (model.signing_name, model.api_version) == (metadata.signed_as, metadata.api_version)
        assert (model.protocol, model.target_prefix) == (metadata.protocol, metadata.target_prefix)
        assert models.operation_count(name) == len(model.operation_names)


def test_names_that_are_none() -> None:
    """A KeyError, which says which."""
    with pytest.raises(KeyError, match="weather"):
        models.load("weather")
    with pytest.raises(KeyError, match="weather"):
        models.metadata("weather")


def test_services_share_names_in_signatures() -> None:
    """Elastic Load Balancing has two APIs, which tell themselves apart by version."""
    assert models.by_signing_name()["elasticloadbalancing"] == ["elb", "elbv2"]


def test_sqs_in_both_protocols() -> None:
    """Its model speaks JSON only; what the query protocol needs is laid over it."""
    assert set(models.protocols("sqs")) == {"json", "query"}
    assert models.load("sqs", "json") is models.load("sqs", "json")
    assert models.load("sqs", "query") is not models.load("sqs", "json")
    assert models.load("sts", "query") is models.load("sts")


def test_no_model_is_read_before_it_is_needed() -> None:
    """A service that nobody calls costs nothing; botocore's code is never imported."""
    code = (
        "import sys, gureum.main; from gureum.api import models; from gureum.gateway.route import Router;"
        "Router(gureum.main.SERVICES);"
        "print(models._load.cache_info().currsize, {'botocore', 'boto3'} & set(sys.modules))"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "0 set()\n"
    )
