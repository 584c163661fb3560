"""A policy ready to decide with: its statements indexed by action, with everything parsed that can be parsed ahead.

Most statements of most policies are about other actions than the one that is asked for.  So a policy answers first with
the statements for an action (`Compiled.concerning`), in which no other ones are looked at, and it remembers the answer.
Of a statement there remain its resources and conditions; those that say `*` or nothing cost nothing.

Actions are compared without regard to case, resources with it.

What is remembered is bounded: so many policies, least recently used ones go first, and so many actions for each.
A document is not kept beside its text: it is read again for the few who ask.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Final

from gureum.api.policy import document as grammar
from gureum.api.policy import patterns
from gureum.api.policy.conditions import Condition, compile_condition
from gureum.api.policy.model import Document, Keys, Kind
from gureum.api.policy.principals import Principals

ResourceTest = Callable[[str, Keys], bool]

policies_max: Final = 4096
"""How many compiled policies are kept."""

_actions_max: Final = 64


class Statement:
    """A statement of a compiled policy.  `index` counts from 0; `keys` are the condition keys that it mentions."""

    __slots__ = ("allows", "conditions", "index", "keys", "principals", "resources", "sid")

    def __init__(self, index: int, parsed: grammar.Statement, *, variables: bool) -> None:
        self.index = index
        self.sid = parsed.sid
        self.allows = parsed.allows
        self.principals = (
            None if parsed.principals is None else Principals(parsed.principals, inverse=parsed.not_principal)
        )
        templates = [patterns.read(text, variables=variables, wildcards=True) for text in parsed.resources]
        self.resources = _resource_test(templates, inverse=parsed.not_resource, allows=parsed.allows)
        self.conditions: tuple[Condition, ...] = tuple(
            compile_condition(block, variables=variables) for block in parsed.conditions
        )
        self.keys = _keys(templates, parsed, variables=variables)

    def applies(self, resource: str, keys: Keys) -> bool:
        """Whether it is about `resource` and its conditions hold.  Action and principal are other matters."""
        if self.resources is not None and not self.resources(resource, keys):
            return False
        for condition in self.conditions:  # noqa: SIM110 - twice as fast as all() on the few there are
            if not condition(keys):
                return False
        return True


Concerning = tuple[tuple[Statement, ...], tuple[Statement, ...]]
"""The statements for an action: those that deny, and those that allow."""

_NOTHING: Final[Concerning] = ((), ())


class Compiled:
    """A compiled policy.  Compared by identity: the same text and kind give the same one while it is remembered."""

    __slots__ = ("_anywhere", "_exact", "_prefixed", "_remembered", "kind", "statements", "text", "version")

    def __init__(self, text: str, kind: Kind) -> None:
        parsed = grammar.parse(text, kind)
        self.text = text
        self.kind = kind
        self.version = parsed.version
        self.statements = tuple(
            Statement(index, statement, variables=parsed.has_variables)
            for index, statement in enumerate(parsed.statements)
        )
        self._exact: dict[str, list[int]] = {}
        self._prefixed: dict[str, list[tuple[int, patterns.Test]]] = {}
        self._anywhere: list[tuple[int, Callable[[str], bool]]] = []
        self._remembered: dict[str, Concerning] = {}
        for index, statement in enumerate(parsed.statements):
            self._enter(index, statement)

    def __repr__(self) -> str:
        return f"Compiled({self.text!r}, {self.kind})"

    @property
    def principals(self) -> frozenset[str]:
        """Whom it names as `AWS` principals, but for everyone: who has to exist, and is pinned, when it is saved."""
        named = [statement.principals.named for statement in self.statements if statement.principals is not None]
        return frozenset().union(*named)

    @property
    def document(self) -> Document:
        """The policy as JSON gives it."""
        return grammar.load(self.text)

    def concerning(self, action: str) -> Concerning:
        """The statements whose Action or NotAction is about `action`, which may be written in any case."""
        found = self._remembered.get(action)
        if found is None:
            found = self._find(action.lower())
            if len(self._remembered) >= _actions_max:
                self._remembered.clear()
            self._remembered[action] = found
        return found

    def _enter(self, index: int, statement: grammar.Statement) -> None:
        wanted = {action.lower() for action in statement.actions}
        read = {text: patterns.read(text, variables=False, wildcards=True) for text in wanted}
        tests = {text: patterns.glob(str(pattern)) for text, pattern in read.items()}
        if statement.not_action:
            self._anywhere.append((index, partial(_none, tuple(tests.values()))))
            return
        for text, test in tests.items():
            service = text.partition(":")[0]
            if "*" in service or "?" in service:
                self._anywhere.append((index, test))
            elif "*" in text or "?" in text:
                self._prefixed.setdefault(service, []).append((index, test))
            else:
                self._exact.setdefault(text, []).append(index)

    def _find(self, action: str) -> Concerning:
        found = set(self._exact.get(action, ()))
        found.update(index for index, test in self._prefixed.get(action.partition(":")[0], ()) if test(action))
        found.update(index for index, test in self._anywhere if test(action))
        if not found:
            return _NOTHING
        statements = [self.statements[index] for index in sorted(found)]
        return (
            tuple(statement for statement in statements if not statement.allows),
            tuple(statement for statement in statements if statement.allows),
        )


@lru_cache(maxsize=policies_max)
def compile_policy(text: str, kind: Kind) -> Compiled:
    """The policy of that text and kind, ready to decide with.  Raises MalformedPolicy."""
    return Compiled(text, kind)


def _none(tests: tuple[patterns.Test, ...], text: str) -> bool:
    return not any(test(text) for test in tests)


def _resource_test(templates: list[patterns.Template], *, inverse: bool, allows: bool) -> ResourceTest | None:
    """A test for Resource or NotResource; None for one that is always true."""
    ready = [text for text in templates if isinstance(text, str)]
    filled = tuple(text for text in templates if not isinstance(text, str))
    if any(patterns.matches_all(text) for text in ready):
        return _never if inverse else None
    literal = frozenset(text for text in ready if patterns.is_literal(text))
    tests = tuple(patterns.resource(text) for text in ready if text not in literal)
    if inverse:
        return partial(_outside, literal, tests, filled, allows)
    if not filled and not tests:
        return partial(_among, literal)
    if not filled and not literal and len(tests) == 1:
        return partial(_matches, tests[0])
    return partial(_inside, literal, tests, filled)


def _never(_: str, __: Keys) -> bool:
    return False


def _among(literal: frozenset[str], resource: str, _: Keys) -> bool:
    return resource in literal


def _matches(test: patterns.Test, resource: str, _: Keys) -> bool:
    return test(resource)


def _inside(
    literal: frozenset[str],
    tests: tuple[patterns.Test, ...],
    filled: tuple[patterns.Template, ...],
    resource: str,
    keys: Keys,
) -> bool:
    if resource in literal:
        return True
    for test in tests:
        if test(resource):
            return True
    for template in filled:
        text = patterns.fill(template, keys)
        if text is not None and patterns.resource(text)(resource):
            return True
    return False


def _outside(
    literal: frozenset[str],
    tests: tuple[patterns.Test, ...],
    filled: tuple[patterns.Template, ...],
    allows: bool,
    resource: str,
    keys: Keys,
) -> bool:
    """NotResource.  A variable without a value names no resource, so a denial leaves nothing out.

    An allow does not apply then: to allow everything because a tag is missing is what nobody means.
    """
    if allows and any(patterns.fill(template, keys) is None for template in filled):
        return False
    return not _inside(literal, tests, filled, resource, keys)


def _keys(templates: list[patterns.Template], parsed: grammar.Statement, *, variables: bool) -> tuple[str, ...]:
    names = [name for template in templates for name in patterns.variables_of(template)]
    for block in parsed.conditions:
        names.append(block.key)
        for value in block.values:
            if variables and "${" in value:
                names += patterns.variables_of(patterns.read(value, variables=True, wildcards=False))
    return tuple(dict.fromkeys(names))
