"""The protocols by their names in the models' `protocol` and `protocols`.

Nothing here looks at a service's own protocol: a service that speaks several is called in the one that the router saw.
A protocol's module is imported when it is first asked for, so a cloud that speaks JSON only never loads the others.

Source: https://smithy.io/2.0/aws/protocols/index.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Final

from gureum.wire.protocol import WireProtocol

_classes: Final = {
    "query": ("gureum.wire.query", "QueryProtocol"),
    "ec2": ("gureum.wire.ec2", "Ec2Protocol"),
    "json": ("gureum.wire.json", "JsonProtocol"),
    "rest-json": ("gureum.wire.rest_json", "RestJsonProtocol"),
    "rest-xml": ("gureum.wire.rest_xml", "RestXmlProtocol"),
    "smithy-rpc-v2-cbor": ("gureum.wire.cbor", "CborProtocol"),
}


class _Protocols(Mapping[str, WireProtocol]):
    """A mapping that makes each protocol once, when it is first looked up."""

    def __init__(self) -> None:
        self._made: dict[str, WireProtocol] = {}

    def __getitem__(self, name: str) -> WireProtocol:
        protocol = self._made.get(name)
        if protocol is None:
            module, class_name = _classes[name]
            protocol = self._made[name] = getattr(import_module(module), class_name)()
        return protocol

    def __iter__(self) -> Iterator[str]:
        return iter(_classes)

    def __len__(self) -> int:
        return len(_classes)


PROTOCOLS: Final[Mapping[str, WireProtocol]] = _Protocols()
