"""Values as XML by shape: what query and ec2 write, and rest-xml reads and writes.

Writing appends strings to a list, without building a tree: a writer is a closure that knows its tags.  Reading walks
the small tree of `xml.parse`.  Both are compiled from a shape on first use and kept by shape.

The rules that differ from what one would guess: a flattened list or map has no element of its own, its items repeat
under the name of the member (or, in models that say so, under the name of the item); a namespace may carry a prefix
(S3's `xsi`); an element that the model does not name makes the document invalid, as at S3.

Source: https://smithy.io/2.0/spec/protocol-traits.html#xml-bindings
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from gureum.wire import scalars
from gureum.wire.errors import WireError
from gureum.wire.model import Member, Shape
from gureum.wire.scalars import TextWriter
from gureum.wire.xml import Element, escape, escape_attribute, local_name

Write = Callable[[Any, list[str]], None]
Read = Callable[[Element], Any]


class XmlWriters:
    """Writers by shape for one protocol: `name_of` says what a member is called, `iso8601` how times look."""

    def __init__(self, name_of: Callable[[Member], str], iso8601: TextWriter) -> None:
        self._name_of = name_of
        self._iso8601 = iso8601
        self._contents: dict[Shape, Write] = {}

    def content(self, shape: Shape) -> Write:
        """Writes the child elements of a structure; None among the members means absent."""
        write = self._contents.get(shape)
        if write is None:
            fields: dict[str, Write] = {}
            write = self._contents[shape] = _content_writer(fields)
            fields.update(self._fields(m for m in shape.members.values() if not m.xml_attribute))
        return write

    def members(self, members: Iterable[Member]) -> Write:
        """Writes the elements of some members of a structure."""
        return _content_writer(self._fields(members))

    def element(self, member: Member, name: str, namespace: Mapping[str, str] | None = None) -> Write:
        """Writes the element (or, flattened, the elements) of one member under `name`."""
        shape = member.shape
        start = f"<{name}{_namespace(member.xml_namespace or namespace)}>"
        end = f"</{name}>"
        match shape.type:
            case "structure":
                return self._structure(shape, start, end)
            case "list":
                return self._list(member, name, start, end)
            case "map":
                return self._map(member, start, end)
        text = scalars.writer(member, "iso8601", self._iso8601)
        if shape.type == "string":
            return lambda value, out: out.append(f"{start}{escape(text(value))}{end}")
        return lambda value, out: out.append(f"{start}{text(value)}{end}")

    def _fields(self, members: Iterable[Member]) -> dict[str, Write]:
        return {member.name: self.element(member, self._name_of(member)) for member in members}

    def _structure(self, shape: Shape, start: str, end: str) -> Write:
        content = self.content(shape)
        attributes = [m for m in shape.members.values() if m.xml_attribute]

        def write(value: Any, out: list[str]) -> None:
            out.append(start)
            content(value, out)
            out.append(end)

        def write_with_attributes(value: Any, out: list[str]) -> None:
            given = [(m.wire_name or m.name, value[m.name]) for m in attributes if value.get(m.name) is not None]
            texts = "".join(f' {name}="{escape_attribute(text)}"' for name, text in given)
            out.append(f"{start[:-1]}{texts}>")
            content({key: item for key, item in value.items() if key not in names}, out)
            out.append(end)

        names = frozenset(m.name for m in attributes)
        return write_with_attributes if attributes else write

    def _list(self, member: Member, name: str, start: str, end: str) -> Write:
        item = member.shape.member
        if member.flattened:
            write_item = self.element(item, item.wire_name or name, member.xml_namespace)
        else:
            write_item = self.element(item, item.wire_name or "member")

        def write(value: Any, out: list[str]) -> None:
            for entry in value:
                write_item(entry, out)

        def write_wrapped(value: Any, out: list[str]) -> None:
            out.append(start)
            write(value, out)
            out.append(end)

        return write if member.flattened else write_wrapped

    def _map(self, member: Member, start: str, end: str) -> Write:
        shape = member.shape
        write_key = self.element(shape.key, shape.key.wire_name or "key")
        write_value = self.element(shape.value, shape.value.wire_name or "value")
        entry_start, entry_end = (start, end) if member.flattened else ("<entry>", "</entry>")

        def write(value: Any, out: list[str]) -> None:
            for key, item in value.items():
                out.append(entry_start)
                write_key(key, out)
                write_value(item, out)
                out.append(entry_end)

        def write_wrapped(value: Any, out: list[str]) -> None:
            out.append(start)
            write(value, out)
            out.append(end)

        return write if member.flattened else write_wrapped


class XmlReaders:
    """Readers by shape; `malformed` makes the protocol's error from a reason."""

    def __init__(self, malformed: Callable[[str], WireError]) -> None:
        self._malformed = malformed
        self._structures: dict[Shape, Read] = {}

    def structure(self, shape: Shape) -> Read:
        """Reads a structure from its element."""
        read = self._structures.get(shape)
        if read is None:
            fields: dict[str, _Field] = {}
            attributes = {local_name(m.wire_name or m.name): m.name for m in shape.members.values() if m.xml_attribute}
            read = self._structures[shape] = self._structure(fields, attributes, shape.union)
            fields.update(self._fields(m for m in shape.members.values() if not m.xml_attribute))
        return read

    def members(self, members: Iterable[Member]) -> Read:
        """Reads some members of a structure from the element around them."""
        return self._structure(self._fields(members), {}, False)

    def member(self, member: Member) -> Read:
        """Reads one element that stands for `member` (for a flattened list or map: for one item of it)."""
        shape = member.shape
        match shape.type:
            case "structure":
                return self.structure(shape)
            case "list":
                return self._list(member)
            case "map":
                return self._map(member)
        return self._scalar(member)

    def _fields(self, members: Iterable[Member]) -> dict[str, _Field]:
        fields: dict[str, _Field] = {}
        for member in members:
            read = self.member(member)
            kind = member.shape.type if member.flattened else ""
            field = (member.name, read, kind)
            fields[local_name(member.wire_name or member.name)] = field
            if kind == "list" and member.shape.member.wire_name:
                fields.setdefault(member.shape.member.wire_name, field)
        return fields

    def _structure(self, fields: Mapping[str, _Field], attributes: Mapping[str, str], union: bool) -> Read:
        def read(element: Element) -> dict[str, Any]:
            result: dict[str, Any] = {}
            for attribute, name in attributes.items():
                if attribute in element.attributes:
                    result[name] = element.attributes[attribute]
            for child in element.children:
                field = fields.get(child.name)
                if field is None:
                    raise self._malformed(f"unexpected element {child.name}")
                name, convert, flattened = field
                if flattened == "list":
                    result.setdefault(name, []).append(convert(child))
                elif flattened == "map":
                    result.setdefault(name, {}).update(convert(child))
                else:
                    result[name] = convert(child)
            if union and len(result) != 1:
                raise self._malformed("a union must have exactly one member")
            return result

        return read

    def _list(self, member: Member) -> Read:
        item = member.shape.member
        convert = self.member(item)
        if member.flattened:
            return convert
        name = item.wire_name or "member"

        def read(element: Element) -> list[Any]:
            if any(child.name != name for child in element.children):
                raise self._malformed(f"expected only {name} in {element.name}")
            return [convert(child) for child in element.children]

        return read

    def _map(self, member: Member) -> Read:
        shape = member.shape
        key_name, value_name = shape.key.wire_name or "key", shape.value.wire_name or "value"
        read_key, read_value = self.member(shape.key), self.member(shape.value)

        def read_entry(entry: Element) -> dict[str, Any]:
            by_name = {child.name: child for child in entry.children}
            if by_name.keys() != {key_name, value_name}:
                raise self._malformed(f"expected {key_name} and {value_name} in {entry.name}")
            return {read_key(by_name[key_name]): read_value(by_name[value_name])}

        def read(element: Element) -> dict[str, Any]:
            result: dict[str, Any] = {}
            for entry in element.children:
                result.update(read_entry(entry))
            return result

        return read_entry if member.flattened else read

    def _scalar(self, member: Member) -> Read:
        convert = scalars.reader(member, "iso8601")
        strip = member.shape.type != "string"

        def read(element: Element) -> Any:
            if element.children:
                raise self._malformed(f"unexpected elements in {element.name}")
            try:
                return convert(element.text.strip() if strip else element.text)
            except ValueError as error:
                raise self._malformed(str(error)) from error

        return read


_Field = tuple[str, Read, str]


def _content_writer(fields: Mapping[str, Write]) -> Write:
    def write(value: Any, out: list[str]) -> None:
        for key, item in value.items():
            if item is not None:
                fields[key](item, out)

    return write


def _namespace(namespace: Mapping[str, str] | None) -> str:
    if not namespace:
        return ""
    prefix = f":{namespace['prefix']}" if namespace.get("prefix") else ""
    return f' xmlns{prefix}="{escape_attribute(namespace["uri"])}"'


def write_error_members(writers: XmlWriters, shape: Shape | None, known: Mapping[str, Any], out: list[str]) -> None:
    """The elements of an error's modelled members; a member called `Code` is the error's own code, already written."""
    if shape is not None:
        members = [shape.members[name] for name in known if (shape.members[name].wire_name or name) != "Code"]
        writers.members(members)({member.name: known[member.name] for member in members}, out)
