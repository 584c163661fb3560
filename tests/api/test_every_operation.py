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
from gureum.api.binding import Binding
from gureum.api.principal import AccessKey, root
from gureum.base.clock import host_ms
from gureum.base.ids import Ids
from gureum.identity import tables
from gureum.identity.credentials import seal_secret
from gureum.identity.records import AccessKeyRecord, User
from gureum.main import SERVICES
from gureum.services.cloud.service import OWNER
from gureum.services.iam import reference
from gureum.services.sqs.records import MoveTask
from gureum.services.sqs.rules.moves import encode
from gureum.state.store import Transaction
from gureum.wire.http import Request
from gureum.wire.sigv4 import Key, sign
from tests.conformance import peer
from tests.support.clients import make_client
from tests.support.inprocess import VAULT, House, serving
from tests.support.raw import Answer, ask, message
from tests.support.smallest import matching

TESTS = Path(__file__).parent.parent
OWN_MODEL = TESTS.parent / "gureum" / "services" / "cloud" / "service-2.json"
PROTOCOLS = [(service.name, protocol) for service in SERVICES for protocol in models.protocols(service.name)]
NOT_CALLED: frozenset[str] = frozenset()
"""Operations that no test calls by name.  This list only shrinks."""

STRANGER = AccessKey("STRANGER", "secret", root("444455556666"))
NOBODY = Key("AKIAAAAAAAAAAAAAAAAA", "secret")
"""The key of a user without policies, in the account that owns the cloud."""

UNGUARDED = frozenset(
    {
        "sts:AssumeRoleWithSAML",
        "sts:AssumeRoleWithWebIdentity",
        "sts:GetCallerIdentity",
        "sts:GetSessionToken",
    }
)
"""Operations that need no permission on AWS, or identify their callers themselves.  Each is a decision."""


VALUES: dict[str, Any] = {
    "QueueUrl": f"http://localhost/{OWNER}/queue",
    "SourceArn": f"arn:aws:sqs:us-east-1:{OWNER}:queue",
    "PolicyArn": f"arn:aws:iam::{OWNER}:policy/policy",
    "TaskHandle": encode(MoveTask(b"", 0, "id", OWNER, f"arn:aws:sqs:us-east-1:{OWNER}:queue", None, None, 0)),
    "TargetPrincipal": OWNER,
    "TaskPolicyArn": {"arn": "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"},
    "RoleArn": f"arn:aws:iam::{OWNER}:role/role",
    "SAMLProviderArn": f"arn:aws:iam::{OWNER}:saml-provider/idp",
    "OpenIDConnectProviderArn": f"arn:aws:iam::{OWNER}:oidc-provider/example.com",
    "Url": "https://example.com",
    "AWSServiceName": "autoscaling.amazonaws.com",
    "DeletionTaskId": "task/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling/id",
}
"""Members that have to be of a form which the model does not tell."""


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
        started.run(started.parts.store.transact(add_nobody))
        yield started


def add_nobody(tx: Transaction) -> None:
    """A user without policies, who has a key."""
    tables.users.put(tx, User(OWNER, "nobody", "AIDANOBODY", "/", 0))
    sealed = seal_secret(VAULT, Ids(), NOBODY.access_key_id, NOBODY.secret_key)
    tables.access_keys.put(tx, AccessKeyRecord(OWNER, "nobody", NOBODY.access_key_id, sealed, 0))


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
    if name in VALUES:
        return VALUES[name]
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
    if shape.enum:
        return shape.enum[0]
    least = max(1, shape.metadata.get("min", 1))
    found = matching(shape.metadata.get("pattern", "x")) or "x"
    return found + found[-1] * (least - len(found))


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
    if endpoint_of(service, protocol, operation).endpoint.identify is not None:
        del strangers["MissingAuthenticationToken"]  # what stands in for a signature is checked in its own tests
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


def endpoint_of(service: str, protocol: str, operation: str) -> Binding:
    """What the service declares for the operation."""
    found = next(candidate for candidate in SERVICES if candidate.name == service)
    binding = found.binding(models.load(service, protocol), operation)
    assert binding is not None
    return binding


@pytest.mark.parametrize(("service", "protocol", "operation"), OPERATIONS)
def test_every_operation_is_authorized(house: House, service: str, protocol: str, operation: str) -> None:
    """A user whom nobody allows anything can do nothing, but for what AWS itself does not guard."""
    binding = endpoint_of(service, protocol, operation)
    if binding.endpoint.unguarded or binding.endpoint.identify is not None:
        assert f"{service}:{operation}" in UNGUARDED
        return
    namespace, _, action = binding.action.partition(":")
    assert action in reference.actions(namespace) or service == "cloud", f"AWS knows no action {binding.action}"
    request = request_for(service, protocol, operation)
    answer = send(house, request, signed_by(request, service, NOBODY))
    assert code(answer, protocol) in ("AccessDenied", "AccessDeniedException"), answer.text
    assert f"perform: {namespace}:" in answer.text


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
