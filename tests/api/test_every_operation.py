"""What holds for every operation of every service, and for those that are written tomorrow.

Each binds in every protocol of its service, is called by name in some test, and lets nobody in who is not who he says.
The requests are made from the models by botocore's own serializers.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import botocore.model
import pytest
from botocore import xform_name

from gureum.api import models
from gureum.api.principal import AccessKey, root
from gureum.base.clock import host_ms
from gureum.main import SERVICES
from gureum.services.cloud.service import OWNER
from gureum.wire.http import Request
from gureum.wire.sigv4 import Key, sign
from tests.conformance import peer
from tests.support.clients import make_client
from tests.support.inprocess import House, serving
from tests.support.raw import Answer, ask, message

TESTS = Path(__file__).parent.parent
OWN_MODEL = TESTS.parent / "gureum" / "services" / "cloud" / "service-2.json"
PROTOCOLS = [(service.name, protocol) for service in SERVICES for protocol in models.protocols(service.name)]
NOT_CALLED: frozenset[str] = frozenset()
"""Operations that no test calls by name.  This list only shrinks."""

STRANGER = AccessKey("STRANGER", "secret", root("444455556666"))


def supported(service: str, protocol: str) -> list[str]:
    """The operations that the service has here."""
    found = next(candidate for candidate in SERVICES if candidate.name == service)
    model = models.load(service, protocol)
    return [name for name in model.operation_names if found.binding(model, name) is not None]


OPERATIONS = [
    pytest.param(service, protocol, operation, id=f"{service}-{protocol}-{operation}")
    for service, protocol in PROTOCOLS
    for operation in supported(service, protocol)
]


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """Every service, and two accounts."""
    with serving(*SERVICES, keys=[AccessKey("test", "test", root(OWNER)), STRANGER]) as started:
        yield started


@cache
def peer_model(service: str, protocol: str) -> botocore.model.ServiceModel:
    """The model as the client has it."""
    if service == "cloud":
        return botocore.model.ServiceModel(json.loads(OWN_MODEL.read_text()), service)
    own = protocol != models.metadata(service).protocol
    return make_client(service, "http://localhost", protocol=protocol if own else None).meta.service_model


def minimal(shape: Any, name: str = "") -> Any:
    """The smallest value of one of botocore's shapes that has everything that is required."""
    if shape is None:
        return {}
    match shape.type_name:
        case "structure":
            return {member: minimal(shape.members[member], member) for member in shape.required_members}
        case "list":
            return [minimal(shape.member)]
        case "map":
            return {"key": minimal(shape.value)}
        case "integer" | "long" | "float" | "double":
            return 1
        case "boolean":
            return True
        case "timestamp":
            return 0
        case "blob":
            return b"x"
    return f"http://localhost/{OWNER}/queue" if name == "QueueUrl" else "x"


def request_for(service: str, protocol: str, operation: str) -> Request:
    """A request that nobody has signed yet."""
    model = peer_model(service, protocol).operation_model(operation)
    request = peer.request(protocol, model, minimal(model.input_shape))
    dropped = {"content-length", "host"}
    headers = {name: text for name, text in request.headers.items() if name not in dropped}
    return Request(request.method, request.path, request.query, {"host": "localhost", **headers}, request.body)


def send(house: House, request: Request, signature: dict[str, str]) -> Answer:
    assert isinstance(request.body, bytes)
    target = f"{request.path}?{request.query}" if request.query else request.path
    return ask(house.port, message(request.method, target, {**request.headers, **signature}, request.body))


def signed_by(request: Request, service: str, key: Key) -> dict[str, str]:
    return sign(request, key, "us-east-1", models.metadata(service).signed_as, host_ms())


def code(answer: Answer, protocol: str) -> str:
    """The error code that botocore's parser finds in an answer."""
    parts = {"status_code": answer.status, "headers": answer.headers, "body": answer.body}
    found: str = peer.parser(protocol).parse(parts, None)["Error"]["Code"]
    return found


@pytest.mark.parametrize(("service", "protocol"), PROTOCOLS)
def test_every_function_is_bound(service: str, protocol: str) -> None:
    """Binding asserts that a signature fits the model; here it is made to, for each service and protocol."""
    found = next(candidate for candidate in SERVICES if candidate.name == service)
    assert len(supported(service, protocol)) == found.operations > 0


@pytest.mark.parametrize(("service", "protocol", "operation"), OPERATIONS)
def test_nobody_gets_in(house: House, service: str, protocol: str, operation: str) -> None:
    """Unsigned, with a wrong secret, with a key that does not exist: each refused as itself."""
    request = request_for(service, protocol, operation)
    strangers = {
        "MissingAuthenticationToken": {},
        "SignatureDoesNotMatch": signed_by(request, service, Key("test", "wrong")),
        "InvalidClientTokenId": signed_by(request, service, Key("AKIANOBODY", "test")),
    }
    other_names = {
        "MissingAuthenticationTokenException": "MissingAuthenticationToken",
        "InvalidSignatureException": "SignatureDoesNotMatch",
        "UnrecognizedClientException": "InvalidClientTokenId",
    }
    for expected, signature in strangers.items():
        answer = send(house, request, signature)
        found = code(answer, protocol)
        assert other_names.get(found, found) == expected
        assert answer.status in (400, 403)


def is_in_an_account(service: str, protocol: str, operation: str) -> bool:
    """Whether the smallest request names something of the account that owns the cloud."""
    shape = peer_model(service, protocol).operation_model(operation).input_shape
    return service == "cloud" or "QueueUrl" in minimal(shape)


IN_AN_ACCOUNT = [parameter for parameter in OPERATIONS if is_in_an_account(*map(str, parameter.values))]


@pytest.mark.parametrize(("service", "protocol", "operation"), IN_AN_ACCOUNT)
def test_nothing_of_another_account(house: House, service: str, protocol: str, operation: str) -> None:
    """The root user of one account is nobody in another."""
    request = request_for(service, protocol, operation)
    answer = send(house, request, signed_by(request, service, Key(STRANGER.id, STRANGER.secret)))
    assert code(answer, protocol) in ("AccessDenied", "AccessDeniedException")


@cache
def names_in_tests() -> frozenset[str]:
    """Every attribute that a test calls, and every text that it hands to a function."""
    found: set[str] = set()
    for path in TESTS.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                if isinstance(node.func, ast.Attribute):
                    found.add(node.func.attr)
                texts = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
                found.update(text for text in texts if isinstance(text, str))
    return frozenset(found)


def test_every_operation_is_called_by_some_test() -> None:
    """With boto3 by its name there (`client.create_queue`), or by the API's name with another client."""
    called = names_in_tests()
    missing = {
        f"{service}:{operation}"
        for service, protocol in PROTOCOLS
        for operation in supported(service, protocol)
        if xform_name(operation) not in called and operation not in called
    }
    assert missing - NOT_CALLED == set(), "operations without a test"
    assert NOT_CALLED - missing == set(), "tested by now: take them off the list"
