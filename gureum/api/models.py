"""The service models: the files that botocore ships, and our own for the cloud's control service.

Only metadata is read until a service is called.  The metadata stands at the beginning of a model file, so its first
few kilobytes are enough: the index of all 400 services takes some tens of milliseconds, and is only made when a client
asks for a service that this cloud does not have.  botocore itself is not imported.

Source: https://botocore.amazonaws.com/v1/documentation/api/latest/reference/loaders.html
"""

from __future__ import annotations

import importlib.util
import json
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

from gureum.wire.model import ServiceModel

UNKNOWN: Final = ServiceModel(
    "unknown",
    {
        "metadata": {"apiVersion": "", "serviceId": "unknown", "endpointPrefix": "unknown", "protocol": "rest-json"},
        "operations": {},
        "shapes": {},
    },
)
"""The model of a service that nobody knows."""

_OWN = Path(__file__).parent.parent / "services"
_HEAD_BYTES = 4096


class Metadata(msgspec.Struct, frozen=True, rename="camel"):
    """The part of a model that routing needs."""

    api_version: str
    endpoint_prefix: str
    protocol: str
    service_id: str
    service_full_name: str
    signing_name: str = ""
    target_prefix: str | None = None
    protocols: tuple[str, ...] = ()

    @property
    def signed_as(self) -> str:
        """The service's name in a credential scope."""
        return self.signing_name or self.endpoint_prefix


def load(name: str, protocol: str | None = None) -> ServiceModel:
    """The newest model of the service that botocore calls `name`; KeyError when there is none.

    A service that changed its protocol still answers in the old one, of which the model no longer knows the names on
    the wire.  `services/NAME/PROTOCOL.json` has them, as a document to merge into the model for that protocol;
    `services/NAME/common.json` is merged for every protocol.
    """
    return _load(name, protocol if protocol in _overlays(name) else None)


@cache
def _load(name: str, protocol: str | None) -> ServiceModel:
    return read(name, protocol)


@cache
def outline(name: str) -> ServiceModel:
    """A model with its metadata and nothing else: enough to refuse a request in the service's own way."""
    return ServiceModel(name, {"metadata": _head(name), "operations": {}, "shapes": {}})


def read(name: str, protocol: str | None = None) -> ServiceModel:
    """A model that nobody keeps, unlike that of `load`: for a look at a service that this cloud does not have."""
    path = _find(name)
    document = msgspec.json.decode(_inflate(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes())
    _drop_documentation(document)
    for overlay in ("common", protocol):
        if overlay in _overlays(name):
            _merge(document, msgspec.json.decode((_OWN / name / f"{overlay}.json").read_bytes()))
    return ServiceModel(name, document)


@cache
def _overlays(name: str) -> frozenset[str]:
    return frozenset(path.stem for path in (_OWN / name).glob("*.json")) - {"service-2"}


@cache
def protocols(name: str) -> tuple[str, ...]:
    """The protocols in which the service answers: those of its model and those it has an overlay for."""
    found = metadata(name).protocols or (metadata(name).protocol,)
    return (*found, *sorted(_overlays(name) - {"common", *found}))


@cache
def operation_count(name: str) -> int:
    """How many operations the service has on AWS."""
    return len(load(name).operation_names)


@cache
def metadata(name: str) -> Metadata:
    """The metadata of the service that botocore calls `name`; KeyError when there is none."""
    return msgspec.convert(_head(name), Metadata)


@cache
def names() -> tuple[str, ...]:
    """The names of all services that have a model."""
    return tuple(sorted(entry.name for entry in _data().iterdir() if entry.is_dir() and _versions(entry)))


@cache
def by_signing_name() -> dict[str, list[str]]:
    """Signing name to the services that sign with it."""
    index: dict[str, list[str]] = {}
    for name in names():
        index.setdefault(metadata(name).signed_as, []).append(name)
    return index


@cache
def by_target_prefix() -> dict[str, str]:
    """What stands before the operation in `X-Amz-Target` to the service that it belongs to."""
    found = ((metadata(name).target_prefix, name) for name in names())
    return {prefix: name for prefix, name in found if prefix is not None}


def _head(name: str) -> dict[str, Any]:
    path = _find(name)
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    text = (_inflate(head) if path.suffix == ".gz" else head).decode(errors="ignore")
    start = text.index("{", text.index('"metadata"'))
    found: dict[str, Any] = json.JSONDecoder().raw_decode(text, start)[0]
    return found


def _find(name: str) -> Path:
    own = _OWN / name / "service-2.json"
    if own.is_file():
        return own
    versions = _versions(_data() / name)
    if not versions:
        raise KeyError(name)
    return versions[-1]


def _versions(directory: Path) -> list[Path]:
    return sorted(directory.glob("*/service-2.json.gz"))


@cache
def _data() -> Path:
    spec = importlib.util.find_spec("botocore")
    assert spec is not None and spec.origin is not None, "botocore is a requirement of this package"
    return Path(spec.origin).parent / "data"


def _inflate(data: bytes) -> bytes:
    """gunzip that is content with the beginning of a file."""
    return zlib.decompressobj(wbits=31).decompress(data)


def _drop_documentation(document: dict[str, Any]) -> None:
    for operation in document["operations"].values():
        operation.pop("documentation", None)
    for shape in document["shapes"].values():
        shape.pop("documentation", None)
        for member in _references(shape):
            member.pop("documentation", None)


def _merge(document: dict[str, Any], overlay: dict[str, Any]) -> None:
    for key, value in overlay.items():
        if isinstance(value, dict) and isinstance(document.get(key), dict):
            _merge(document[key], value)
        else:
            document[key] = value


def _references(shape: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from shape.get("members", {}).values()
    for reference in ("member", "key", "value"):
        if reference in shape:
            yield shape[reference]
