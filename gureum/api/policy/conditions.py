"""Condition operators: from a line of a Condition to a test of the condition keys of a request.

An operator is a way to compare one value of the request with one of the policy, and four modifiers of it:

- Several values in the policy are alternatives.  A negated operator (StringNotEquals, NotIpAddress) is the opposite of
  its positive one, so of several values none may match.
- A key that the request does not have does not match: what is positive is false, what is negated is true.  With
  IfExists it is true either way.
- ForAllValues is about each value of the request: true when every one holds, and so when there is none.  ForAnyValue
  is true when one holds, and so false when there is none.
- Null tests for the key alone.

Without ForAllValues or ForAnyValue, a key with several values matches when one of them does.

Values that have no meaning for their operator (`NumericEquals: x`) are malformed; values of a request that have none
do not match.  Variables stand in values of String, Arn and Bool operators; for others `${` is text, and so malformed.
A variable without a value is equal to nothing and like nothing, so negated operators hold.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import operator as operators
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any, Final

import msgspec

from gureum.api.policy import patterns
from gureum.api.policy.document import Block
from gureum.api.policy.model import Keys, KeyValue, MalformedPolicy

Condition = Callable[[Keys], bool]
"""A test of the keys of a request."""

Match = Callable[[str, Keys], bool]
"""Whether a value of a request matches one of the values of the policy."""

_quantifiers: Final = ("ForAllValues", "ForAnyValue")
_if_exists: Final = "IfExists"
_number: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)", re.ASCII)
_date: Final = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?)?)?",
    re.ASCII | re.IGNORECASE,
)


class Operator(msgspec.Struct, frozen=True):
    """What an operator's name says.  `quantifier` is empty where there is none."""

    base: str
    negated: bool
    if_exists: bool
    quantifier: str


@lru_cache(maxsize=1024)
def operator_named(name: str) -> Operator:
    """Takes an operator's name apart.  Raises MalformedPolicy for one that does not exist."""
    quantifier, colon, rest = name.rpartition(":")
    base = rest.removesuffix(_if_exists)
    known = base in _OPERATORS and (not colon or quantifier in _quantifiers) and (base != "Null" or base == rest)
    if not known:
        raise MalformedPolicy(f"Invalid Condition type : {name}")
    return Operator(base, base in _NEGATED, base != rest, quantifier)


def compile_condition(block: Block, *, variables: bool) -> Condition:
    """A test for one line of a Condition.  Raises MalformedPolicy."""
    operator = operator_named(block.operator)
    key = block.key.lower()
    if operator.base == "Null":
        return partial(_null, key, frozenset(_boolean(block, value) for value in block.values))
    match = _OPERATORS[operator.base](block, variables)
    match operator.quantifier:
        case "ForAllValues":
            return partial(_for_all, key, match, operator.negated)
        case "ForAnyValue":
            return partial(_for_any, key, match, operator.negated, operator.if_exists)
    return partial(_plain, key, match, operator.negated, operator.negated or operator.if_exists)


def _null(key: str, absent: frozenset[bool], keys: Keys) -> bool:
    value = keys.get(key)
    return (value is None or value == ()) in absent


def _plain(key: str, match: Match, negated: bool, without: bool, keys: Keys) -> bool:
    value = keys.get(key)
    if isinstance(value, str):
        return match(value, keys) is not negated
    if not value:
        return without
    return any(match(each, keys) for each in value) is not negated


def _values(value: KeyValue | None) -> tuple[str, ...]:
    """The values to quantify over: a single empty text counts as none."""
    if value is None or value == "":
        return ()
    return (value,) if isinstance(value, str) else value


def _for_all(key: str, match: Match, negated: bool, keys: Keys) -> bool:
    return all(match(each, keys) is not negated for each in _values(keys.get(key)))


def _for_any(key: str, match: Match, negated: bool, without: bool, keys: Keys) -> bool:
    value = keys.get(key)
    if value is None:
        return without
    return any(match(each, keys) is not negated for each in _values(value))


def _malformed(block: Block, value: str) -> MalformedPolicy:
    return MalformedPolicy(f"Invalid value {value} for condition {block.operator} of {block.key}.")


# Texts


def _same(fold: Callable[[str], str] | None, block: Block, variables: bool) -> Match:
    read = [patterns.read(value, variables=variables, wildcards=False) for value in block.values]
    literal = frozenset(value if fold is None else fold(value) for value in read if isinstance(value, str))
    filled = tuple(value for value in read if not isinstance(value, str))
    if not filled:
        return partial(_in, literal) if fold is None else partial(_in_folded, fold, literal)

    def match(value: str, keys: Keys) -> bool:
        wanted = value if fold is None else fold(value)
        if wanted in literal:
            return True
        for template in filled:
            text = patterns.fill(template, keys)
            if text is not None and (text if fold is None else fold(text)) == wanted:
                return True
        return False

    return match


def _in(literal: frozenset[str], value: str, _: Keys) -> bool:
    return value in literal


def _in_folded(fold: Callable[[str], str], literal: frozenset[str], value: str, _: Keys) -> bool:
    return fold(value) in literal


def _pattern(compile_pattern: Callable[[str], patterns.Test], block: Block, variables: bool) -> Match:
    read = [patterns.read(value, variables=variables, wildcards=True) for value in block.values]
    ready = tuple(compile_pattern(value) for value in read if isinstance(value, str))
    filled = tuple(value for value in read if not isinstance(value, str))
    if not filled and len(ready) == 1:
        return partial(_one, ready[0])

    def match(value: str, keys: Keys) -> bool:
        for test in ready:
            if test(value):
                return True
        for template in filled:
            text = patterns.fill(template, keys)
            if text is not None and compile_pattern(text)(value):
                return True
        return False

    return match


def _one(test: patterns.Test, value: str, _: Keys) -> bool:
    return test(value)


# Numbers, dates, truth, bytes, addresses


def _compared(parse: Callable[[str], Any | None], compare: Callable[[Any, Any], bool], block: Block, _: bool) -> Match:
    wanted = []
    for text in block.values:
        parsed = parse(text)
        if parsed is None:
            raise _malformed(block, text)
        wanted.append(parsed)

    def match(value: str, _: Keys) -> bool:
        found = parse(value)
        if found is not None:
            for each in wanted:
                if compare(found, each):
                    return True
        return False

    return match


@lru_cache(maxsize=1024)
def number(text: str) -> Decimal | None:
    """The number that `text` is, or None."""
    text = text.strip()
    return Decimal(text) if _number.fullmatch(text) else None


@lru_cache(maxsize=1024)
def instant(text: str) -> Decimal | None:
    """Seconds since 1970 of a date of ISO 8601 (as the W3C's note has it) or of seconds since 1970; None for others.

    Four digits are a year.
    """
    text = text.strip()
    found = _date.fullmatch(text)
    if found is None:
        return number(text)
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    try:
        moment = datetime(
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=UTC
        )
    except ValueError:
        return None
    seconds = Decimal((moment - _epoch) // timedelta(seconds=1)) + Decimal(fraction or 0)
    if zone is None or zone in "Zz":
        return seconds
    sign = 1 if zone[0] == "+" else -1
    return seconds - sign * (int(zone[1:3]) * 3600 + int(zone[-2:]) * 60)


_epoch: Final = datetime(1970, 1, 1, tzinfo=UTC)


def _boolean(block: Block, value: str) -> bool:
    if value.lower() not in ("true", "false"):
        raise _malformed(block, value)
    return value.lower() == "true"


def _octets(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


Network = tuple[int, int, int]
"""Version, first address and mask."""


@lru_cache(maxsize=4096)
def network(text: str) -> Network | None:
    """The addresses of a CIDR block, or the one address; None for other texts."""
    try:
        found = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return None
    mapped = getattr(found.network_address, "ipv4_mapped", None)
    if mapped is not None and found.prefixlen == 128:
        return 4, int(mapped), 0xFFFFFFFF
    return found.version, int(found.network_address), int(found.netmask)


def _within(address: Network, wanted: Network) -> bool:
    return address[0] == wanted[0] and address[1] & wanted[2] == wanted[1] and address[2] & wanted[2] == wanted[2]


_orders: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "Equals": operators.eq,
    "NotEquals": operators.eq,
    "LessThan": operators.lt,
    "LessThanEquals": operators.le,
    "GreaterThan": operators.gt,
    "GreaterThanEquals": operators.ge,
}
_OPERATORS: Final[dict[str, Callable[[Block, bool], Match]]] = {
    "StringEquals": partial(_same, None),
    "StringNotEquals": partial(_same, None),
    "StringEqualsIgnoreCase": partial(_same, str.lower),
    "StringNotEqualsIgnoreCase": partial(_same, str.lower),
    "StringLike": partial(_pattern, patterns.glob),
    "StringNotLike": partial(_pattern, patterns.glob),
    "ArnEquals": partial(_pattern, patterns.arn),
    "ArnNotEquals": partial(_pattern, patterns.arn),
    "ArnLike": partial(_pattern, patterns.arn),
    "ArnNotLike": partial(_pattern, patterns.arn),
    **{f"Numeric{name}": partial(_compared, number, order) for name, order in _orders.items()},
    **{f"Date{name}": partial(_compared, instant, order) for name, order in _orders.items()},
    "Bool": partial(_same, str.lower),
    "BinaryEquals": partial(_compared, _octets, operators.eq),
    "IpAddress": partial(_compared, network, _within),
    "NotIpAddress": partial(_compared, network, _within),
    "Null": partial(_same, str.lower),
}
_NEGATED: Final = frozenset(name for name in _OPERATORS if "Not" in name)
