"""The rules of the house as functions over syntax trees: `Source` in, findings out.

They live apart from `test_tidy.py` so that each is a pure function which a test can show a bad example.  Names are
resolved through the imports of the module (`from datetime import datetime as d; d.now()` is found), because a rule
that is met by renaming is none.  Considered and rejected: a plugin for ruff (it has none) and pylint (slow, and these
rules would be a plugin there as well).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70
CLASS_LINES_MAX = 300
PARAMETERS_MAX = 8
INHERITANCE_DEPTH_MAX = 1

Function = ast.FunctionDef | ast.AsyncFunctionDef

CLOCKS = {
    "time.time",
    "time.time_ns",
    "time.localtime",
    "time.gmtime",
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.datetime.today",
    "datetime.date.today",
}
RANDOMNESS = {"uuid.uuid1", "uuid.uuid4", "os.urandom", "os.getrandom", "random.SystemRandom"}

PATCHES = {"monkeypatch.setattr", "monkeypatch.setitem", "monkeypatch.delattr"}


@dataclass(frozen=True)
class Finding:
    """A broken rule: where (`path`, and `name` within it), which number or word, and what to say about it."""

    path: str
    name: str
    measured: int
    message: str

    @property
    def key(self) -> str:
        return f"{self.path}:{self.name}" if self.name else self.path


@dataclass
class Source:
    """A Python file: its path from the root of the repository, its text and what is read from it."""

    path: str
    text: str = field(repr=False)

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    @cached_property
    def module(self) -> str:
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def is_test(self) -> bool:
        return self.path.startswith("tests/")

    @cached_property
    def imported(self) -> dict[str, str]:
        """Local name -> full name of what was imported under it, anywhere in the file."""
        names: dict[str, str] = {}
        for node in self.nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    root = alias.name.partition(".")[0]
                    names[alias.asname or root] = alias.name if alias.asname else root
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        return names

    def full_name(self, node: ast.expr) -> str:
        """The dotted name that an expression stands for, through the imports; empty when it is no name."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if isinstance(node, ast.Subscript):
            return self.full_name(node.value) if not parts else ""
        if not isinstance(node, ast.Name):
            return ""
        parts.append(self.imported.get(node.id, node.id))
        return ".".join(reversed(parts))

    def finding(self, message: str, name: str = "", measured: int = 1) -> Finding:
        return Finding(self.path, name, measured, message)


def read_sources(root: Path, folders: tuple[str, ...]) -> list[Source]:
    """Every Python file under the folders, in order of path."""
    return [
        Source(str(path.relative_to(root)), path.read_text(encoding="utf-8"))
        for folder in folders
        for path in sorted((root / folder).rglob("*.py"))
        if "node_modules" not in path.parts
    ]


def functions(source: Source) -> Iterator[tuple[str, Function]]:
    """Every function with its qualified name."""

    def visit(node: ast.AST, prefix: str) -> Iterator[tuple[str, Function]]:
        for child in ast.iter_child_nodes(node):
            inner = prefix
            if isinstance(child, Function | ast.ClassDef):
                inner = f"{prefix}{child.name}."
            if isinstance(child, Function):
                yield inner[:-1], child
            yield from visit(child, inner)

    return visit(source.tree, "")


def length(node: Function | ast.ClassDef) -> int:
    """Lines from `def` or `class` to the end; decorators do not count."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def file_length(source: Source) -> Iterator[Finding]:
    lines = source.text.count("\n")
    if lines > FILE_LINES_MAX:
        yield source.finding(f"{lines} lines, at most {FILE_LINES_MAX}", measured=lines)


def function_length(source: Source) -> Iterator[Finding]:
    for name, node in functions(source):
        if length(node) > FUNCTION_LINES_MAX:
            yield source.finding(f"{length(node)} lines, at most {FUNCTION_LINES_MAX}", name, length(node))


def class_length(source: Source) -> Iterator[Finding]:
    for node in source.nodes:
        if isinstance(node, ast.ClassDef) and length(node) > CLASS_LINES_MAX:
            yield source.finding(f"{length(node)} lines, at most {CLASS_LINES_MAX}", node.name, length(node))


def parameter_count(source: Source) -> Iterator[Finding]:
    """At most eight parameters; an operation has as many as the API gives it, a command one per option."""
    for name, node in functions(source):
        decorators = {source.full_name(d.func if isinstance(d, ast.Call) else d) for d in node.decorator_list}
        if any(decorator.rpartition(".")[2] in {"operation", "command"} for decorator in decorators):
            continue
        every = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
        count = len([argument for argument in every if argument.arg not in {"self", "cls"}])
        if count > PARAMETERS_MAX:
            yield source.finding(f"{count} parameters, at most {PARAMETERS_MAX}", name, count)


def inheritance_depth(sources: list[Source]) -> Iterator[Finding]:
    """A class of ours may inherit from one of ours; that one may not."""
    bases: dict[str, list[str]] = {}
    where: dict[str, Source] = {}
    for source in sources:
        own = {node.name for node in source.nodes if isinstance(node, ast.ClassDef)}
        for node in source.nodes:
            if isinstance(node, ast.ClassDef):
                names = [source.full_name(base) for base in node.bases]
                full = f"{source.module}.{node.name}"
                bases[full] = [f"{source.module}.{name}" if name in own else name for name in names]
                where[full] = source

    def depth(name: str) -> int:
        ours = [base for base in bases.get(name, ()) if base in bases and base != name]
        return 1 + max(map(depth, ours)) if ours else 0

    for name in bases:
        if depth(name) > INHERITANCE_DEPTH_MAX:
            message = f"inherits {depth(name)} deep, at most {INHERITANCE_DEPTH_MAX}"
            yield where[name].finding(message, name.rpartition(".")[2], depth(name))


def module_docstring(source: Source) -> Iterator[Finding]:
    if not ast.get_docstring(source.tree) and source.text.strip():
        yield source.finding("a module says in a docstring what it is for")


def clock_and_randomness(source: Source) -> Iterator[Finding]:
    """Time and randomness come from `gureum.base`; a test may have a generator with a seed."""
    if source.path.startswith("gureum/base/"):
        return
    for node in source.nodes:
        if isinstance(node, ast.Call):
            name = source.full_name(node.func)
            seeded = name == "random.Random" and node.args
            stray = name in CLOCKS | RANDOMNESS or name.startswith(("random.", "secrets."))
            if stray and not seeded:
                yield source.finding(f"line {node.lineno}: {name}() outside gureum/base/")


def sleeping_tests(source: Source) -> Iterator[Finding]:
    """A test waits for what it needs (a reply, a process, an event), never for time to pass."""
    for node in source.nodes:
        if source.is_test and isinstance(node, ast.Call):
            name = source.full_name(node.func)
            zero = bool(node.args) and isinstance(node.args[0], ast.Constant) and node.args[0].value == 0
            if name in {"time.sleep", "asyncio.sleep"} and not zero:
                yield source.finding(f"line {node.lineno}: a test must not sleep")


def mocks(source: Source) -> Iterator[Finding]:
    """Tests use the real parts.  The environment and the working directory may be set through monkeypatch."""
    if not source.is_test:
        return
    if any(name.startswith(("unittest.mock", "mock.", "pytest_mock")) for name in source.imported.values()):
        yield source.finding("imports a mock library")
    for node in source.nodes:
        if isinstance(node, ast.Attribute) and source.full_name(node) in PATCHES:
            yield source.finding(f"line {node.lineno}: monkeypatch.{node.attr} puts a fake in the place of a part")


def swallowed_errors(source: Source) -> Iterator[Finding]:
    for node in source.nodes:
        if isinstance(node, ast.ExceptHandler):
            broad = node.type is None or source.full_name(node.type) in {"Exception", "BaseException"}
            if broad and all(isinstance(statement, ast.Pass | ast.Continue) for statement in node.body):
                yield source.finding(f"line {node.lineno}: every error is swallowed")


def skips_without_reason(source: Source) -> Iterator[Finding]:
    for node in source.nodes:
        if isinstance(node, ast.Attribute) and source.full_name(node) in {"pytest.mark.skip", "pytest.mark.xfail"}:
            called = any(isinstance(call, ast.Call) and call.func is node for call in source.nodes)
            if not called:
                yield source.finding(f"line {node.lineno}: skipped without a reason")
        if isinstance(node, ast.Call):
            name = source.full_name(node.func)
            marks = {"pytest.mark.skip", "pytest.mark.skipif", "pytest.mark.xfail"}
            reason = any(keyword.arg in {"reason", "msg"} for keyword in node.keywords)
            if (name in marks and not reason) or (name == "pytest.skip" and not (node.args or reason)):
                yield source.finding(f"line {node.lineno}: skipped without a reason")


def bare_ignores(source: Source) -> Iterator[Finding]:
    for number, line in enumerate(source.text.splitlines(), 1):
        if re.search(r"#\s*(type:\s*ignore(?!\[)|noqa(?!:))", line):
            yield source.finding(f"line {number}: an ignore names what it ignores")


RULES: tuple[Callable[[Source], Iterator[Finding]], ...] = (
    file_length,
    function_length,
    class_length,
    parameter_count,
    module_docstring,
    clock_and_randomness,
    sleeping_tests,
    mocks,
    swallowed_errors,
    skips_without_reason,
    bare_ignores,
)
