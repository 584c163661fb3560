"""XML from strangers: what the reader must not do, and what the writer must not lose."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gureum.wire.xml import XmlError, depth_max, escape, parse


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<a>",
        b"<a/><b/>",
        b"<a>\xff</a>",
        b"<!DOCTYPE a><a/>",
        b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b"<a>&unknown;</a>",
        b"<a>" * (depth_max + 1) + b"</a>" * (depth_max + 1),
    ],
)
def test_refused(body: bytes) -> None:
    """Malformed, too deep, or with a document type (entities, external files)."""
    with pytest.raises(XmlError):
        parse(body)


def test_prefixes_do_not_count() -> None:
    """Clients choose their own prefixes."""
    root = parse(b'<x:a xmlns:x="urn:x" x:kind="k"><x:b>1</x:b></x:a>')
    assert (root.name, root.attributes["kind"], root.children[0].name) == ("a", "k", "b")


def test_a_declared_encoding_chooses_no_codec() -> None:
    """The body is UTF-8, whatever it says."""
    assert parse('<?xml version="1.0" encoding="UTF-7"?><a>é</a>'.encode()).text == "é"


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")))
def test_text_survives(text: str) -> None:
    """What is escaped is read back, line ends included."""
    text = f"\r\n\t{text}\u2028\x85"
    assert parse(f"<a>{escape(text)}</a>".encode()).text == text
