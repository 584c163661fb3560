"""From a function's signature to what can be called, checked against the model.

`bind` fails at once, naming the function, when a name does not belong to the model: a parameter that is no member, a
key of a TypedDict that is no member of the structure, a result that is no member of the output.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints, is_typeddict

from gureum.api import calls
from gureum.api.calls import Hidden
from gureum.api.errors import NotSupported
from gureum.wire.model import Operation, ServiceModel, Shape

Check = Callable[[Any, str], None]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A registered function and what its decorator declares."""

    function: Callable[..., Any]
    signature: inspect.Signature
    resource: Callable[..., str | list[str]]
    action: str | None = None
    keys: Callable[..., Any] | None = None
    also: Callable[..., Any] | None = None
    identify: Callable[..., Any] | None = None
    unguarded: str = ""
    readonly: bool = False
    harmless: Mapping[str, str] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    data: str = ""


@dataclass(frozen=True, slots=True)
class Binding:
    """An operation that can be called."""

    operation: Operation
    function: Callable[..., Any]
    action: str
    resource: Callable[..., str | list[str]]
    readonly: bool
    hidden: Hidden
    parameters: Mapping[str, str]
    """Member name to parameter name."""
    harmless: frozenset[str]
    checks: tuple[tuple[str, Check], ...]
    """For members with structures inside: refuses what the handler's annotations do not name."""
    endpoint: Endpoint

    def arguments(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The keyword arguments for the function.  Raises NotSupported, naming the member."""
        parameters = self.parameters
        arguments = {}
        for name, value in values.items():
            parameter = parameters.get(name)
            if parameter is not None:
                arguments[parameter] = value
            elif name not in self.harmless:
                raise not_supported(self.operation, name)
        for name, check in self.checks:
            if name in values:
                check(values[name], name)
        return arguments


def not_supported(operation: Operation, member: str) -> NotSupported:
    """The refusal of a parameter that Gureum does not have."""
    service = operation.service.signing_name
    return NotSupported(f"The parameter {member} of {service}:{operation.name} is not supported by Gureum.")


def bind(model: ServiceModel, endpoints: list[Endpoint]) -> dict[str, Binding]:
    """Operation name to binding.  AssertionError names the function that does not fit the model."""
    names = {_squash(name): name for name in model.operation_names}
    assert len(names) == len(model.operation_names), f"{model.name} has operations that differ only in case"
    bindings = {}
    for endpoint in endpoints:
        name = names.get(_squash(endpoint.function.__name__))
        assert name is not None, f"{_where(endpoint)}: {model.name} has no such operation"
        assert name not in bindings, f"{_where(endpoint)}: {name} is defined twice"
        bindings[name] = _bind(model.operation(name), endpoint)
    return bindings


def _bind(operation: Operation, endpoint: Endpoint) -> Binding:
    hints = get_type_hints(endpoint.function)
    members = operation.input.members if operation.input else {}
    required = operation.input.required if operation.input else frozenset()
    by_squashed = {_squash(name): name for name in members}
    parameters: dict[str, str] = {}
    checks = []
    for parameter in list(endpoint.signature.parameters)[1:]:
        name = by_squashed.get(_squash(parameter))
        assert name is not None, f"{_where(endpoint)}: {operation.id} has no member {parameter}"
        parameters[name] = parameter
        given = endpoint.signature.parameters[parameter].default is not inspect.Parameter.empty
        assert given or name in required, f"{_where(endpoint)}: {parameter} may be left out and has no default"
        check = _compile_check(operation, hints[parameter], members[name].shape, _where(endpoint))
        if check is not None:
            checks.append((name, check))
    unknown = endpoint.harmless.keys() - members.keys()
    assert not unknown, f"{_where(endpoint)}: harmless names {unknown}, which {operation.id} does not have"
    _check_result(operation, hints.get("return"), _where(endpoint))
    return Binding(
        operation=operation,
        function=endpoint.function,
        action=endpoint.action or f"{operation.service.signing_name}:{operation.name}",
        resource=endpoint.resource,
        readonly=endpoint.readonly,
        hidden=_hidden(operation, endpoint),
        parameters=parameters,
        harmless=frozenset(endpoint.harmless),
        checks=tuple(checks),
        endpoint=endpoint,
    )


def _hidden(operation: Operation, endpoint: Endpoint) -> Hidden:
    """What the record does not show: what the decorator names, and what the model calls sensitive."""
    paths = {tuple(path.split(".")) for path in endpoint.hidden}
    for shape in (operation.input, operation.output):
        if shape is not None:
            paths.update(_sensitive(shape, ()))
    for path in paths:
        assert any(shape is not None and path[0] in shape.members for shape in (operation.input, operation.output)), (
            f"{_where(endpoint)}: hidden names {path[0]}, which {operation.id} does not have"
        )
    return calls.hide(paths)


def _sensitive(shape: Shape, outer: tuple[Shape, ...]) -> Iterator[tuple[str, ...]]:
    """Paths to the sensitive members of `shape`, through structures, lists and maps, each shape once on a path."""
    if shape.type == "structure" and shape not in outer:
        for name, member in shape.members.items():
            if member.shape.sensitive:
                yield (name,)
            else:
                yield from ((name, *rest) for rest in _sensitive(member.shape, (*outer, shape)))
    elif shape.type == "list":
        yield from _sensitive(shape.member.shape, outer)
    elif shape.type == "map":
        yield from _sensitive(shape.value.shape, outer)


def _compile_check(operation: Operation, hint: Any, shape: Shape, where: str) -> Check | None:
    """What refuses unsupported members inside a value of `shape`, or None when every value passes."""
    hint = _without_none(hint)
    if shape.type == "structure" and is_typeddict(hint):
        return _structure_check(operation, hint, shape, where)
    arguments = get_args(hint)
    if shape.type == "list" and arguments:
        item = _compile_check(operation, arguments[0], shape.member.shape, where)
        if item is not None:
            return _for_each(item, list)
    if shape.type == "map" and len(arguments) == 2:
        entry_check = _compile_check(operation, arguments[1], shape.value.shape, where)
        if entry_check is not None:
            return _for_each(entry_check, dict.values)
    return None


def _for_each(check: Check, entries: Callable[[Any], Iterable[Any]]) -> Check:
    def check_each(value: Any, path: str) -> None:
        for entry in entries(value):
            check(entry, path)

    return check_each


def _structure_check(operation: Operation, hint: Any, shape: Shape, where: str) -> Check | None:
    hints = get_type_hints(hint)
    unknown = hints.keys() - shape.members.keys()
    assert not unknown, f"{where}: {hint.__name__} has {sorted(unknown)}, which {shape.name} does not have"
    supported = frozenset(hints)
    inner = {
        name: member_check
        for name, member_hint in hints.items()
        if (member_check := _compile_check(operation, member_hint, shape.members[name].shape, where)) is not None
    }
    if supported == shape.members.keys() and not inner:
        return None

    def check(value: Mapping[str, Any], path: str) -> None:
        for name, item in value.items():
            if name not in supported:
                raise not_supported(operation, f"{path}.{name}")
            if name in inner:
                inner[name](item, f"{path}.{name}")

    return check


def _check_result(operation: Operation, hint: Any, where: str) -> None:
    members = operation.output.members if operation.output else {}
    if hint is NoneType or hint is None:
        return
    assert is_typeddict(hint), f"{where}: the result is annotated with a TypedDict or None"
    hints = get_type_hints(hint)
    unknown = hints.keys() - members.keys()
    assert not unknown, f"{where}: the result has {sorted(unknown)}, which {operation.id} does not have"
    for name, member_hint in hints.items():
        _compile_check(operation, member_hint, members[name].shape, where)


def _without_none(hint: Any) -> Any:
    if get_origin(hint) in (Union, UnionType):
        arguments = [argument for argument in get_args(hint) if argument is not NoneType]
        if len(arguments) == 1:
            return arguments[0]
    return hint


def _squash(name: str) -> str:
    return name.replace("_", "").lower()


def _where(endpoint: Endpoint) -> str:
    return f"{endpoint.function.__module__}.{endpoint.function.__name__}"
