"""From a request's method, path and query to an operation and its URI labels: a trie over path segments.

Templates are those of the models: `/{Bucket}/{Key+}?uploads`, `/v1/apis/{apiId}`.  At each segment a literal beats a
label, a label beats a greedy label; among operations with one path the one that demands more of the query beats the
others.  What is not written in a template but tells operations apart all the same, such as the required `uploadId` of
S3's UploadPart or the header `x-amz-copy-source` of CopyObject, is given as `Route.hints`: they decide between
operations of one template, and when no operation has all it asks for, the one that asks for least is taken, so that
its validation can say what is missing.

A trailing slash of a path is ignored where nothing matches it: S3 lists a bucket at `/bucket/`.  Labels stay
percent-encoded, so that `%2F` in a label is not a separator.  A label is never empty.

Rejected: one large regular expression per method (it backtracks over 500 alternatives) and a list of them (linear).

Source: https://smithy.io/2.0/spec/http-bindings.html#http-trait
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from functools import cache
from typing import Final
from urllib.parse import unquote, unquote_to_bytes

import msgspec

from gureum.wire.errors import WireError
from gureum.wire.model import ServiceModel

_label = re.compile(r"\{([^}]+)\}")
_no_headers: Final[Mapping[str, str]] = {}


class Route(msgspec.Struct, frozen=True):
    """One operation's HTTP binding.

    `required_query` and `required_headers` (lower case) are names of required members bound there: hints that decide
    between operations of one template.
    """

    operation: str
    method: str
    template: str
    required_query: tuple[str, ...] = ()
    required_headers: tuple[str, ...] = ()


def service_routes(service: ServiceModel) -> list[Route]:
    """The routes of a service, with hints where several share a template; deprecated operations come last."""
    bindings = sorted(service.http_bindings(), key=lambda binding: service.is_deprecated(binding[0]))
    templates = [(method, template) for _, method, template in bindings]
    shared = {binding for binding in templates if templates.count(binding) > 1}
    return [
        Route(name, method, template, *service.required_bindings(name))
        if (method, template) in shared
        else Route(name, method, template)
        for name, method, template in bindings
    ]


class _Leaf(msgspec.Struct, frozen=True):
    operation: str
    labels: tuple[str, ...]
    literals: tuple[tuple[str, str | None], ...]
    query: tuple[str, ...]
    headers: tuple[str, ...]


class _Node:
    """A place in the trie; `plain` are the leaves that demand nothing of the query, `leaves` are all."""

    __slots__ = ("greedy", "label", "leaves", "literals", "plain")

    def __init__(self) -> None:
        self.literals: dict[str, _Node] = {}
        self.label: _Node | None = None
        self.leaves: list[_Leaf] = []
        self.plain: list[_Leaf] = []
        self.greedy: _Node | None = None


class UriTable:
    """The routes of one service."""

    def __init__(self, routes: Iterable[tuple[str, str, str] | Route]) -> None:
        self._roots: dict[str, _Node] = {}
        for item in routes:
            self._add(item if isinstance(item, Route) else Route(*item))

    def match(
        self, method: str, raw_path: str, raw_query: str, headers: Mapping[str, str] = _no_headers
    ) -> tuple[str, dict[str, str]] | None:
        """(operation, its labels, still percent-encoded) or None; `headers` has lower-case names."""
        root = self._roots.get(method)
        if root is None:
            return None
        query = query_pairs(raw_query)
        segments = raw_path.split("/")[1:]
        found = _find(root, segments, 0, [], query, headers)
        if found is None and segments[-1:] == [""]:
            found = _find(root, segments[:-1], 0, [], query, headers)
        if found is None:
            return None
        leaf, values = found
        return leaf.operation, dict(zip(leaf.labels, values, strict=True))

    def _add(self, route: Route) -> None:
        path, _, query = route.template.partition("?")
        node = self._roots.setdefault(route.method, _Node())
        labels: list[str] = []
        for segment in path.rstrip("/").split("/")[1:]:
            label = _label.fullmatch(segment)
            if label is None:
                assert "{" not in segment, f"a label must fill its segment: {route.template}"
                node = node.literals.setdefault(segment, _Node())
                continue
            labels.append(label[1].removesuffix("+"))
            if label[1].endswith("+"):
                node.greedy = node = node.greedy or _Node()
            else:
                node.label = node = node.label or _Node()
        literals = tuple(query_pairs(query).items())
        leaf = _Leaf(
            route.operation,
            tuple(labels),
            tuple((name, values[0] or None) for name, values in literals),
            tuple(name for name in route.required_query if name not in dict(literals)),
            route.required_headers,
        )
        node.leaves.append(leaf)
        node.leaves.sort(key=lambda leaf: (-len(leaf.literals), -len(leaf.query) - len(leaf.headers)))
        node.plain = [leaf for leaf in node.leaves if not leaf.literals]


Found = tuple[_Leaf, list[str]]


def _find(
    node: _Node,
    segments: list[str],
    position: int,
    values: list[str],
    query: Mapping[str, list[str]],
    headers: Mapping[str, str],
) -> Found | None:
    if position == len(segments):
        leaf = _choose(node, query, headers)
        return None if leaf is None else (leaf, values)
    segment = segments[position]
    found: Found | None = None
    child = node.literals.get(segment)
    if child is None and "%" in segment:
        child = node.literals.get(unquote(segment))
    if child is not None:
        found = _find(child, segments, position + 1, values, query, headers)
    if found is None and node.label is not None and segment:
        found = _find(node.label, segments, position + 1, [*values, segment], query, headers)
    if found is None and node.greedy is not None:
        found = _find_greedy(node.greedy, segments, position, values, query, headers)
    return found


def _find_greedy(
    node: _Node,
    segments: list[str],
    position: int,
    values: list[str],
    query: Mapping[str, list[str]],
    headers: Mapping[str, str],
) -> Found | None:
    """A greedy label that is followed by literals (`/{arn+}/policy`) beats one that takes the whole rest."""
    ends = range(len(segments) - 1, position, -1) if node.literals else ()
    for end in (*ends, len(segments)):
        rest = "/".join(segments[position:end])
        if rest and (found := _find(node, segments, end, [*values, rest], query, headers)) is not None:
            return found
    return None


def _choose(node: _Node, query: Mapping[str, list[str]], headers: Mapping[str, str]) -> _Leaf | None:
    """The most demanding leaf that is satisfied; else the least demanding whose literals are there."""
    fallback: _Leaf | None = None
    for leaf in node.leaves if query else node.plain:
        if leaf.literals and not _has_literals(leaf.literals, query):
            continue
        if (not leaf.query or _present(leaf.query, query)) and (not leaf.headers or _present(leaf.headers, headers)):
            return leaf
        if fallback is None or len(leaf.literals) == len(fallback.literals):
            fallback = leaf
    return fallback


def _has_literals(literals: tuple[tuple[str, str | None], ...], query: Mapping[str, list[str]]) -> bool:
    return all(name in query and (value is None or value in query[name]) for name, value in literals)


def _present(names: tuple[str, ...], among: Mapping[str, object]) -> bool:
    return all(name in among for name in names)


def query_pairs(raw_query: str) -> dict[str, list[str]]:
    """A raw query string as lists of decoded values by decoded name; a name without `=` has an empty value.

    WireError when a percent escape does not spell UTF-8.
    """
    pairs: dict[str, list[str]] = {}
    if not raw_query:
        return pairs
    try:
        for part in raw_query.split("&"):
            if part:
                name, _, value = part.partition("=")
                pairs.setdefault(decode_query_text(name), []).append(decode_query_text(value))
    except UnicodeDecodeError as error:
        raise WireError("InvalidURI", "Couldn't parse the specified URI.") from error
    return pairs


def decode_query_text(text: str) -> str:
    """A name or value of a form or query string, decoded; UnicodeDecodeError when it is not UTF-8."""
    if "%" in text or "+" in text:
        return unquote_to_bytes(text.replace("+", " ")).decode()
    return text


def decode_label(raw: str) -> str:
    """A URI label, decoded; WireError when a percent escape does not spell UTF-8."""
    try:
        return unquote(raw, errors="strict")
    except UnicodeDecodeError as error:
        raise WireError("InvalidURI", "Couldn't parse the specified URI.") from error


def host_labels(host_prefix: str, host: str) -> dict[str, str] | None:
    """The labels of a host prefix such as `{AccountId}.` in a Host header; None when the host does not begin so.

    The models bind every host label to a header or the URI as well, so parsing does not need this; a gateway that
    answers on such hosts does, to find the service behind the prefix.
    """
    match = _host_pattern(host_prefix).match(host)
    return None if match is None else match.groupdict()


@cache
def _host_pattern(host_prefix: str) -> re.Pattern[str]:
    pieces = _label.split(host_prefix)
    parts = [re.escape(piece) if i % 2 == 0 else f"(?P<{piece}>[A-Za-z0-9.-]+?)" for i, piece in enumerate(pieces)]
    return re.compile("".join(parts))


def literal_query_names(template: str) -> AbstractSet[str]:
    """The names that the template itself demands of the query string."""
    return query_pairs(template.partition("?")[2]).keys()
