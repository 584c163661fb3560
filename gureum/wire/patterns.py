r"""The regular expressions of the models, which are Java's, as Python's.

A pattern describes the whole string, whether or not it says so with `^` and `$`: DynamoDB refuses the table name `"x"`
for `[a-zA-Z0-9_.-]+`, which is found in it.  (Smithy's specification says otherwise of the trait; the services behind
these models do as Java's `String.matches` does.)  In one point this is more lenient than Java: `.` takes line ends too.
Models say `.*` of descriptions and documents which AWS accepts with several lines.

Differences that are translated:
- `\d`, `\w`, `\s`, `\b` and the POSIX classes (`\p{Print}`, `\p{Alnum}`, …) are ASCII;
- a supplementary character may be written as two surrogates: `\uD800\uDC00`;
- `\z` is `\Z`, `\x{22}` is `\x22`, a quantifier after `$` says nothing, `-` after a class (`[\w-_]`) is a hyphen;
- Unicode categories, `&&` and flags in the middle need the `regex` module, which is imported when one of them is used.

A pattern that can take more than linear time on some input runs in `regex` too, which can be told to give up.  A value
on which it gives up does not match: only a value made for the purpose is so slow.

`unusable` are patterns of current models that no sensible value satisfies; they are not enforced.

Source: https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/util/regex/Pattern.html.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

timeout_seconds: Final = 0.1

Matches = Callable[[str], bool]

unusable: Final[dict[str, str]] = {
    r"[^-A-Za-z0-9+/=]|=[^=]|={3,}${1,4096}": "describes what a certificate must not contain",
    r"\P{C}*$}": "wants a brace after the end",
    r"^[a-zA-Z0-9]$": "allows a single character for a hash (connect)",
    r"^[a-zA-Z]$": "allows a single character for a name (marketplace-catalog)",
    r"[0-9a-zA-Z._:-]": "allows a single character for an id (lexv2-models)",
    r"[a-zA-Z0-9][a-zA-Z0-9-]": "allows two characters for an id (kendra-ranking)",
    r"^arn:\S+:rbin:[a-z\-0-9]{0,63}:[0-9]{12}:rule/[0-9a-zA-Z]{11}{0,1011}$": "repeats a repetition",
}

_posix: Final = {
    "Lower": "a-z",
    "Upper": "A-Z",
    "ASCII": r"\x00-\x7F",
    "Alpha": "a-zA-Z",
    "Digit": "0-9",
    "Alnum": "a-zA-Z0-9",
    "Punct": r"!-/:-@\[-`{-~",
    "Graph": "!-~",
    "Print": " -~",
    "Blank": r" \t",
    "Cntrl": r"\x00-\x1F\x7F",
    "XDigit": "0-9a-fA-F",
    "Space": r" \t\n\x0B\f\r",
    "LD": r"\p{L}\p{Nd}",
    "all": r"\s\S",
}
_token: Final = re.compile(
    r"\\u(?P<high>[dD][89abAB][0-9a-fA-F]{2})\\u(?P<low>[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|\\(?P<sign>[pP])(?:\{(?P<property>\w+)\}|(?P<letter>\w))"
    r"|\\x\{(?P<code>[0-9a-fA-F]+)\}"
    r"|(?P<escape>\\.)"
    r"|\$\{\d+(?:,\d*)?\}"
    r"|.",
    re.DOTALL,
)
_needs_regex: Final = re.compile(r"\\[pP]|&&|.\(\?[imsx]+\)", re.DOTALL)
_wide: Final = re.compile(r"\\[pP](?!\{(?:" + "|".join(_posix) + r")\})")
_ascii: Final = {"d": "0-9", "w": "a-zA-Z0-9_", "s": r" \t\n\x0B\f\r"}
_class: Final = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_unbounded: Final = re.compile(r"[*+]|\{\d+,\}")


@lru_cache(maxsize=4096)
def compile_pattern(pattern: str) -> Matches | None:
    """A test whether a whole string matches `pattern`, or None where there is nothing to test.

    ValueError for a pattern that cannot be translated.
    """
    if pattern in unusable or pattern in (".*", r"[\s\S]*", r"[\S\s]*", "^.*$", "(?s).*", r"^[\s\S]*$"):
        return None
    translated = translate(pattern)
    if _needs_regex.search(translated) or _superlinear(translated):
        return _slow(translated)
    try:
        compiled = re.compile(translated, re.ASCII | re.DOTALL)
    except re.error as error:
        raise ValueError(f"pattern {pattern!r}: {error}") from error
    fullmatch = compiled.fullmatch
    return lambda value: fullmatch(value) is not None


def translate(pattern: str) -> str:
    """A pattern of Java's syntax in Python's."""
    result: list[str] = []
    inside = False
    start = 0  # where the contents of the current class begin in `result`
    after_class_escape = False
    wide = _wide.search(pattern) is not None
    for match in _token.finditer(pattern):
        piece = _translate_token(match, inside)
        if wide and match["escape"] and match["escape"][1] in "dwsDWS":
            piece = _ascii_class(match["escape"][1], inside)
        previous, after_class_escape = after_class_escape, _is_class_escape(match)
        if not inside:
            if piece == "[":
                inside = True
                start = len(result) + 1
        elif piece == "]" and len(result) > start:
            inside = False
        elif piece == "^" and len(result) == start:
            start += 1
        elif piece == "-" and previous:
            piece = r"\-"
        elif piece in ("[", "|", "~") and "&&" not in pattern:
            piece = f"\\{piece}"  # neither warns of nor means an operation on sets
        result.append(piece)
    return "".join(result)


def _translate_token(match: re.Match[str], inside: bool) -> str:
    if match["high"]:
        code = 0x10000 + ((int(match["high"], 16) - 0xD800) << 10) + int(match["low"], 16) - 0xDC00
        return f"\\U{code:08x}"
    if match["sign"]:
        name = match["property"] or match["letter"]
        contents = _posix.get(name)
        if contents is None:
            return f"\\{match['sign']}{{{name}}}"
        if inside and match["sign"] == "p":
            return contents
        return f"[{'^' if match['sign'] == 'P' else ''}{contents}]"
    if match["code"]:
        return f"\\U{int(match['code'], 16):08x}"
    if match["escape"] == r"\z":
        return r"\Z"
    piece = match[0]
    return "$" if piece.startswith("${") else piece


def _ascii_class(letter: str, inside: bool) -> str:
    """`\\d`, `\\W`, … spelled out, for patterns that cannot be compiled for ASCII as a whole."""
    contents = _ascii[letter.lower()]
    if letter.isupper():
        return f"[^{contents}]"
    return contents if inside else f"[{contents}]"


def _is_class_escape(match: re.Match[str]) -> bool:
    return bool(match["sign"]) or match["escape"] in (r"\d", r"\w", r"\s", r"\D", r"\W", r"\S")


def _superlinear(pattern: str) -> bool:
    """Whether a backtracking matcher may need more than linear time: repeated groups, or two open-ended repetitions.

    Errs on the side of yes.
    """
    bare = _class.sub("c", pattern)
    bare = re.sub(r"\\.", "e", bare)
    if re.search(r"\)(?:[*+]|\{)", bare):
        return True
    return len(_unbounded.findall(bare)) > 1


def _slow(translated: str) -> Matches:
    import regex

    try:
        # With regex.ASCII, categories would know ASCII only.
        flags = regex.DOTALL | regex.VERSION1 | (0 if r"\p" in translated or r"\P" in translated else regex.ASCII)
        compiled = regex.compile(translated, flags)
    except regex.error as error:
        raise ValueError(f"pattern {translated!r}: {error}") from error

    def matches(value: str) -> bool:
        try:
            return compiled.fullmatch(value, timeout=timeout_seconds) is not None
        except TimeoutError:
            return False

    return matches
