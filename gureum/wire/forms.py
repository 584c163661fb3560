"""Forms as values by shape: the input of the query and ec2 protocols.

    Attribute.1.Name=VisibilityTimeout&Attribute.1.Value=40

A form is first a tree, split at the dots; then closures compiled from the shapes read the tree.  List indices order
the items and need not be dense; parameters that the model does not name are left to the protocol (`unknown`), because
the two disagree about them.

Source: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html and
https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Union

import msgspec

from gureum.wire import scalars
from gureum.wire.errors import WireError
from gureum.wire.model import Member, Shape
from gureum.wire.uri import decode_query_text

depth_max: Final = 64
Node = dict[str, Union["Node", str]]
Read = Callable[[Any], Any]
_structure_expected: Final = "Unexpected complex element termination"
_list_expected: Final = "Unexpected list element termination"


class Style(msgspec.Struct, frozen=True):
    """Where query and ec2 differ.

    `names` gives the keys under which a member may come, `flat_lists` says that no list has an element name of its
    own.  `malformed(reason)` makes the error for a form of the wrong structure, `invalid(name, text, reason)` the one
    for a scalar that cannot be read.
    """

    names: Callable[[Member], tuple[str, ...]]
    flat_lists: bool
    malformed: Callable[[str], WireError]
    invalid: Callable[[str, str, str], WireError]


def parse_form(text: str, malformed: Callable[[str], WireError]) -> Node:
    """A form as a tree; of a parameter that comes twice the last counts."""
    root: Node = {}
    try:
        for part in text.split("&"):
            if part:
                key, _, value = part.partition("=")
                _put(root, decode_query_text(key), decode_query_text(value), malformed)
    except UnicodeDecodeError as error:
        raise malformed("Parameters must be UTF-8") from error
    return root


def _put(root: Node, key: str, value: str, malformed: Callable[[str], WireError]) -> None:
    if "." not in key:
        if type(root.get(key)) is dict:
            raise malformed(_structure_expected)
        root[key] = value
        return
    parts = key.split(".")
    if len(parts) > depth_max:
        raise malformed("Parameters are nested too deeply")
    node = root
    for part in parts[:-1]:
        child = node.setdefault(part, {})
        if type(child) is not dict:
            raise malformed(_structure_expected)
        node = child
    if type(node.get(parts[-1])) is dict:
        raise malformed(_structure_expected)
    node[parts[-1]] = value


class FormReaders:
    """Readers by shape for one protocol."""

    def __init__(self, style: Style) -> None:
        self._style = style
        self._structures: dict[Shape, Read] = {}
        self._fields: dict[Shape, dict[str, tuple[str, Read]]] = {}

    def structure(self, shape: Shape) -> Read:
        """Reads a structure from a tree; keys that are no members are left out."""
        read = self._structures.get(shape)
        if read is None:
            fields = self._fields[shape] = {}
            read = self._structures[shape] = self._structure(fields)
            for member in shape.members.values():
                reader = self._member(member)
                for name in self._style.names(member):
                    fields.setdefault(name, (member.name, reader))
        return read

    def names(self, shape: Shape) -> Mapping[str, object]:
        """The keys that `structure(shape)` understands."""
        self.structure(shape)
        return self._fields[shape]

    def _member(self, member: Member) -> Read:
        match member.shape.type:
            case "structure":
                return self.structure(member.shape)
            case "list":
                return self._list(member)
            case "map":
                return self._map(member)
        return self._scalar(member)

    def _structure(self, fields: Mapping[str, tuple[str, Read]]) -> Read:
        malformed = self._style.malformed

        def read(node: Any) -> dict[str, Any]:
            if type(node) is not dict:
                if node == "":
                    return {}
                raise malformed(_structure_expected)
            result = {}
            for key, child in node.items():
                field = fields.get(key)
                if field is not None:
                    name, convert = field
                    result[name] = convert(child)
            return result

        return read

    def _list(self, member: Member) -> Read:
        item = member.shape.member
        convert = self._member(item)
        malformed = self._style.malformed
        item_name = None if self._style.flat_lists or member.flattened else item.wire_name or "member"

        def read(node: Any) -> list[Any]:
            if type(node) is not dict:
                if node == "":
                    return []
                raise malformed(_list_expected)
            if item_name is not None:
                node = node.get(item_name) or node.get("member")
            return [convert(child) for child in _in_order(node, malformed)]

        return read

    def _map(self, member: Member) -> Read:
        shape = member.shape
        key_name = shape.key.wire_name or "key"
        value_name = shape.value.wire_name or "value"
        read_key, read_value = self._member(shape.key), self._member(shape.value)
        malformed, flattened = self._style.malformed, member.flattened

        def read(node: Any) -> dict[str, Any]:
            if node == "":
                return {}
            if type(node) is dict and not flattened:
                node = node.get("entry")
            result = {}
            for entry in _in_order(node, malformed):
                if type(entry) is not dict or key_name not in entry or value_name not in entry:
                    raise malformed(_structure_expected)
                result[read_key(entry[key_name])] = read_value(entry[value_name])
            return result

        return read

    def _scalar(self, member: Member) -> Read:
        convert = scalars.reader(member, "iso8601")
        malformed, invalid = self._style.malformed, self._style.invalid
        name = self._style.names(member)[0]

        def read(node: Any) -> Any:
            if type(node) is not str:
                raise malformed("Start of structure or map found where not expected.")
            try:
                return convert(node)
            except ValueError as error:
                raise invalid(name, node, str(error)) from error

        return read


def _in_order(node: Any, malformed: Callable[[str], WireError]) -> list[Any]:
    """The items of a list in the order of their indices."""
    if type(node) is not dict:
        raise malformed(_list_expected)
    indices = []
    for key in node:
        if not (key.isascii() and key.isdigit() and len(key) <= 9):
            raise malformed(f"Key {key} is not a list index")
        indices.append((int(key), key))
    indices.sort()
    return [node[key] for _, key in indices]
