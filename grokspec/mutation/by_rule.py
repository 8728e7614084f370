"""Mutants made by rule: every change that a rule makes in a room, one at a time.

Left out is what computes nothing that is judged:

    docstrings, annotations, imports, `if TYPE_CHECKING`
    messages: what is raised, text with fields in it, `warn(…)`
    display: functions that return text, `__repr__`, `__str__` and `_repr_html_`
    decorators, `field(…)` and `ConfigDict(…)`, and `strict=` of zip, which guards against mistakes
    assertions, which tell a type checker what it cannot see
"""

from __future__ import annotations

import ast
import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from grokspec.errors import GrokspecError, suggestion
from grokspec.mutation.mutants import PROGRAM
from grokspec.mutation.rules import BY_INDEX, Change, Source, changes_of, is_number

ROOMS = ("statistics", "measures", "probes")
"""The rooms that compute what claims judge, in the order in which a fault does most harm."""

SILENT = (
    ast.Import,
    ast.ImportFrom,
    ast.Raise,
    ast.Assert,
    ast.JoinedStr,
    ast.Global,
    ast.Nonlocal,
)
SILENT_FIELDS = ("annotation", "returns", "decorator_list", "type_params")
SILENT_CALLS = ("field", "Field", "ConfigDict", "warn")
GUARDS = ("strict",)
"""Keywords that make an error of a mistake, and change no result."""

DISPLAY = ("__repr__", "__str__", "_repr_html_")
COMPOUND = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.FunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class RuleMutant:
    """One change that a rule makes in one place of the program."""

    id: str
    """``statistics/estimates/Region.verdict/comparison-2``: file, function, rule, and the how many
    of this rule in this function. An edit elsewhere leaves it as it is."""
    file: str
    """Inside the package."""
    function: str
    """The function or method of the module; empty outside of any."""
    at_import: bool
    """Whether it acts when the module is imported, as a constant and a default value do."""
    lines: tuple[int, int]
    """The first and last line of what is computed together."""
    line: int
    text: str
    """The line of the change."""
    change: Change

    @property
    def room(self) -> str:
        """The folder of the package."""
        return self.file.partition("/")[0]

    @property
    def rule(self) -> str:
        """The rule that made it."""
        return self.change.rule

    @property
    def description(self) -> str:
        """What is changed into what, and in which line of code."""
        old, new = (" ".join(text.split()) for text in (self.change.old, self.change.new))
        return f"{old or 'nothing'} → {new or 'nothing'} in {self.text}"

    def mutate(self, text: str) -> str:
        """Make the change in the text of the file from which it was made."""
        data, change = text.encode(), self.change
        return (data[: change.start] + change.new.encode() + data[change.end :]).decode()


@dataclass(frozen=True)
class _Place:
    """Where a walk through a module is."""

    function: str = ""
    prefix: str = ""
    at_import: bool = True
    lines: tuple[int, int] = (0, 0)
    is_index: bool = False


def mutants_of(room: str, program: Path = PROGRAM) -> tuple[RuleMutant, ...]:
    """All mutants of a room, or of one file of it ("statistics/estimates.py").

    Raises a GrokspecError if the program has no such room.
    """
    place = program / room
    files = [place] if place.suffix == ".py" and place.is_file() else sorted(place.rglob("*.py"))
    if not files:
        rooms = (p.name for p in program.iterdir() if p.is_dir() and p.name.isidentifier())
        raise GrokspecError(f'room "{room}": grokspec has none; {suggestion(room, rooms)}')
    found: list[RuleMutant] = []
    for file in files:
        name = file.relative_to(program).as_posix()
        found += made_in(file.read_text(encoding="utf-8"), name)
    return tuple(found)


def made_in(text: str, file: str) -> tuple[RuleMutant, ...]:
    """All mutants of one module, in the order of its text."""
    source, lines = Source(text), text.splitlines()
    ordinals: Counter[tuple[str, str]] = Counter()
    mutants = []
    for change, place in _walk(ast.parse(text), source, _Place()):
        ordinals[place.function, change.rule] += 1
        line = source.data.count(b"\n", 0, change.start) + 1
        module = file.removesuffix(".py")
        steps = filter(None, [module, place.function])
        mutants.append(
            RuleMutant(
                id="/".join([*steps, f"{change.rule}-{ordinals[place.function, change.rule]}"]),
                file=file,
                function=place.function,
                at_import=place.at_import,
                lines=place.lines,
                line=line,
                text=lines[line - 1].strip(),
                change=change,
            )
        )
    return tuple(mutants)


def sampled(mutants: Sequence[RuleMutant], count: int, seed: int) -> tuple[RuleMutant, ...]:
    """So many of the mutants.

    Which they are depends on each one's id and the seed alone, so that a mutant in a function that
    is added later hardly changes the choice.
    """

    def lot(mutant: RuleMutant) -> bytes:
        return hashlib.sha256(f"{seed} {mutant.id}".encode()).digest()

    drawn = {mutant.id for mutant in sorted(mutants, key=lot)[:count]}
    return tuple(mutant for mutant in mutants if mutant.id in drawn)


def _walk(node: ast.AST, source: Source, place: _Place) -> Iterator[tuple[Change, _Place]]:
    """What the rules change below a node, and where."""
    for change in changes_of(node, source, place.is_index):
        if not (place.at_import and change.rule == "logic"):  # the union of two types
            yield change, place
    if is_number(node):
        return
    for name, child in _children(node):
        if not _is_left_out(child):
            yield from _walk(child, source, _inside(node, name, child, place))


def _children(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """The nodes below one, each with the name of its field."""
    for name, value in ast.iter_fields(node):
        if name not in SILENT_FIELDS:
            children = value if isinstance(value, list) else [value]
            yield from ((name, child) for child in children if isinstance(child, ast.AST))


def _is_left_out(node: ast.AST) -> bool:
    if isinstance(node, ast.FunctionDef):
        return node.name in DISPLAY or _returns_text(node)
    if isinstance(node, ast.keyword):
        return node.arg in GUARDS
    if isinstance(node, ast.If):
        return ast.unparse(node.test) == "TYPE_CHECKING"
    if isinstance(node, ast.Call):
        return ast.unparse(node.func).rpartition(".")[2] in SILENT_CALLS
    return isinstance(node, SILENT)


def _returns_text(node: ast.FunctionDef) -> bool:
    """Whether a function makes text for people: a label, a message, a line."""
    returned = "" if node.returns is None else ast.unparse(node.returns)
    return returned in ("str", "str | None", "list[str]") or returned.startswith("tuple[str,")


def _inside(node: ast.AST, name: str, child: ast.AST, place: _Place) -> _Place:
    """The place of a child of a node."""
    function, prefix, at_import, lines = place.function, place.prefix, place.at_import, place.lines
    if isinstance(node, ast.FunctionDef) and name == "body":
        at_import = False
    if at_import and isinstance(child, ast.ClassDef):
        prefix = f"{prefix}{child.name}."
        function = prefix.removesuffix(".")
    elif at_import and isinstance(child, ast.FunctionDef):
        function = f"{prefix}{child.name}"
    if isinstance(child, ast.stmt) and not isinstance(child, COMPOUND):
        lines = _lines_of(child)
    elif isinstance(node, COMPOUND) and isinstance(child, (ast.expr, ast.withitem)):
        lines = _lines_of(child.context_expr if isinstance(child, ast.withitem) else child)
    is_index = place.is_index and not isinstance(child, ast.Call)
    if (isinstance(node, ast.Subscript) and name == "slice") or _takes_indices(node, name):
        is_index = True
    return _Place(function, prefix, at_import, lines, is_index)


def _takes_indices(node: ast.AST, name: str) -> bool:
    is_argument = isinstance(node, ast.Call) and name in ("args", "keywords")
    return is_argument and ast.unparse(node.func).rpartition(".")[2] in BY_INDEX  # type: ignore[attr-defined]


def _lines_of(node: ast.stmt | ast.expr) -> tuple[int, int]:
    return node.lineno, node.end_lineno or node.lineno
