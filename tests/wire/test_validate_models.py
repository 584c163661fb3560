"""Every operation of every model has a validator.  A new botocore may bring a pattern that we cannot translate."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import botocore
import pytest

from gureum.wire import patterns
from gureum.wire.model import ServiceModel
from gureum.wire.validate import compile_validator

DATA = Path(botocore.__file__).parent / "data"
SERVICES = sorted(path.name for path in DATA.iterdir() if path.is_dir())
PARTS = 8


def load(service: str) -> ServiceModel:
    path = max((DATA / service).iterdir()) / "service-2.json"
    packed = path.with_suffix(".json.gz")
    raw = gzip.decompress(packed.read_bytes()) if packed.exists() else path.read_bytes()
    document: dict[str, Any] = json.loads(raw)
    return ServiceModel(service, document)


@pytest.mark.parametrize("part", range(PARTS))
def test_every_operation_compiles(part: int) -> None:
    """All of them, in parts that run side by side."""
    failed: list[str] = []
    for service in SERVICES[part::PARTS]:
        model = load(service)
        for name in model.operation_names:
            operation = model.operation(name)
            if operation.input is None:
                continue
            try:
                validator = compile_validator(operation.input)
            except ValueError as error:
                failed.append(f"{operation.id}: {error}")
                continue
            if validator is not None:
                missing = {violation.name for violation in validator({}) if violation.kind == "required"}
                assert missing == operation.input.required
    assert failed == []


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        (r"[\p{L}\s]+", "h\u00e9 \u00e9", "a1"),
        (r"[\p{L}\S]+", "\u00a0", " "),
        (r"[\p{Print}&&[^|:/]]+", "a b", "a|b"),
        (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*", "a\U0001f600\t", "\x01"),
        (r"[\w-_]*", "a-b_", "\u00e9"),
        (r"^(?i)(true|false)$", "TRUE", "yes"),
        (r"(?!(?i)AWS_)[a-zA-Z_][a-zA-Z0-9_]*", "hello", "aws_x"),
        (r"[a'\x{0022}]+", 'a"', "b"),
        (r"^[-_a-z]*${2,64}$", "a-b", "A"),
        (r"[\p{L}||\p{N}]+", "a|1", "-"),
        (r"^(\p{LD}|\p{Punct}| )+$", "a1! \u00e9", "\n"),
        (r"\A\d+\z", "12", "\u0663"),
        (r"[a-z]+", "abc", '"abc"'),
        (r".*\S.*", "a\nb", " \n "),
        (r"[^\p{C}\p{IsWhitespace}]+", "ab", "a b"),
        (r"\P{ASCII}+", "\u00e9", "e"),
    ],
)
def test_patterns_mean_what_they_mean_in_java(pattern: str, good: str, bad: str) -> None:
    """One case for each difference that is translated."""
    matches = patterns.compile_pattern(pattern)
    assert matches is not None
    assert matches(good)
    assert not matches(bad)


@pytest.mark.parametrize("pattern", patterns.unusable)
def test_patterns_that_no_value_satisfies_are_not_enforced(pattern: str) -> None:
    """Mistakes in the models; each has its reason beside it."""
    assert patterns.compile_pattern(pattern) is None
    assert patterns.unusable[pattern]


def test_a_pattern_that_explodes_gives_up() -> None:
    """The value is the sender's choice, the time must not be."""
    matches = patterns.compile_pattern(r"(([a-z])+.)+[A-Z]([a-z])+$")
    assert matches is not None
    assert not matches("a" * 10_000)


def test_what_cannot_be_translated_is_our_mistake() -> None:
    """Found at the first use of the operation, and by the test above."""
    with pytest.raises(ValueError, match="pattern"):
        patterns.compile_pattern("[")
