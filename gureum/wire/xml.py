"""XML as a small tree of elements, read safely, and the few strings needed to write it.

Reading uses expat directly: no document type declaration is accepted, so there are no entities to expand and nothing
external to load; depth is bounded; names lose their namespace prefix, because AWS services tell elements apart by
local name only (clients send the S3 namespace, another one, or none).  The encoding is always UTF-8: SDKs send nothing
else, and honouring a declared encoding would hand the choice of a Python codec to the client.

Rejected: `xml.etree` (accepts document types, costs a larger import) and `defusedxml` (a dependency for what three
handlers do).

Source: https://www.w3.org/TR/xml/ and https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html
"""

from __future__ import annotations

from typing import Final

depth_max: Final = 64
declaration: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'

# Carriage return and the two other line ends of XML 1.1 would be normalized away by the reader if written as they are.
_text_escapes: Final = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#xD;", "\x85": "&#x85;", "\u2028": "&#x2028;"}
)
_attribute_escapes: Final = _text_escapes | str.maketrans({'"': "&quot;", "\n": "&#xA;", "\t": "&#x9;"})


class XmlError(ValueError):
    """Bytes that are not well-formed XML, or XML that is refused for safety."""


class Element:
    """An element: local name, attributes by local name, child elements in order, and its own text joined."""

    __slots__ = ("attributes", "children", "name", "text")

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name
        self.attributes = attributes
        self.children: list[Element] = []
        self.text = ""


def parse(body: bytes) -> Element:
    """The root element; XmlError when the document is malformed, too deep or declares a document type."""
    from xml.parsers import expat

    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    builder = _Builder()
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.characters
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise XmlError(str(error)) from error
    assert builder.root is not None, "expat accepts no document without a root"
    return builder.root


def escape(text: str) -> str:
    """Text as element content."""
    if text.isascii() and not ("&" in text or "<" in text or ">" in text or "\r" in text):
        return text
    return text.translate(_text_escapes)


def escape_attribute(text: str) -> str:
    """Text as an attribute value between double quotes."""
    return text.translate(_attribute_escapes)


def local_name(name: str) -> str:
    """A qualified name without its prefix."""
    return name.rpartition(":")[2]


class _Builder:
    """Builds the tree from expat's events."""

    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[Element] = []
        self._texts: list[list[str]] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) >= depth_max:
            raise XmlError("elements are nested too deeply")
        element = Element(local_name(name), {local_name(key): value for key, value in attributes.items()})
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)
        self._texts.append([])

    def end(self, name: str) -> None:
        self._open.pop().text = "".join(self._texts.pop())

    def characters(self, text: str) -> None:
        self._texts[-1].append(text)


def _refuse_doctype(*_: object) -> None:
    raise XmlError("a document type declaration is not allowed")
