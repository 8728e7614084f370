"""What a class or function needs of the Python file that defines it, found without running it.

A result depends on the statements that define what a spec names, on those that define what these
use, and so on, also in the files beside it that it imports. To add a function to a file then makes
no result stale that does not call it. Counted are

- the statements that define a needed name, or change what it stands for (``Net.forward = …``),
- every statement that does something when the file is run, whatever it is needed for, since it may
  decide how everything else computes: calls, loops, conditions, also assignments whose value calls
  something, and changes of what is imported (``torch.backends.… = True``),
- all of a file in which a needed statement looks names up by text (``globals()``, ``eval``, …), or
  that is used as a whole (``getattr(layers, name)``).

Docstrings, comments and what is below ``if __name__ == "__main__":`` don't count. Of what is
installed only grokspec's own modules do, see `fingerprint`.
"""

from __future__ import annotations

import ast
import functools
import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from grokspec.files.program import MAIN, Program
from grokspec.files.syntax import (
    Imported,
    bound,
    changed,
    imported,
    is_type_checking,
    outside_functions,
    running,
    used,
)
from grokspec.store.sourcecode import source_of

BY_TEXT = frozenset(["__import__", "eval", "exec", "globals", "importlib", "locals", "vars"])
"""Names by which code finds others in ways that its text does not show."""

ATTRIBUTES_BY_TEXT = frozenset(["__globals__", "f_globals", "sys.modules"])
"""Attributes by which it does."""

OF_SUBCLASSES = frozenset(["__init_subclass__", "__subclasses__"])
"""Names by which a class finds those that derive from it, wherever they are defined."""

Chain = tuple[str, ...]
"""A name and the attributes that are taken of it: ("layers", "Block") for ``layers.Block``."""


@dataclass(frozen=True)
class Definitions:
    """What some names need of a program."""

    hashes: dict[str, str]
    """Of each definition, as "my_nets.py:Block"; of what is run in order, as "my_nets.py"."""
    imports: frozenset[tuple[str, str]]
    """What they import from elsewhere, as in `ModuleSource`."""


@functools.lru_cache(maxsize=256)
def definitions(program: Program, names: frozenset[str]) -> Definitions:
    """What names at the top of a program's file need of it and of the files beside it."""
    search = _Search(program)
    search.reach(MAIN)
    for name in sorted(names):
        search.use(MAIN, (name,))
    return search.found()


class _File:
    """One file of a program: its statements, and which of them define each name."""

    def __init__(self, program: Program, module: str) -> None:
        self.module, self.package = module, program.package(module)
        self.label = program.label(module)
        self.statements = [s for s in _one_by_one(program.statements(module)) if _counts(s)]
        self.defining: dict[str, list[int]] = defaultdict(list)
        for i, statement in enumerate(self.statements):
            for name in dict.fromkeys([*bound(statement), *changed(statement)]):
                self.defining[name].append(i)
        of_program = (s for s in self.statements if self._is_of(program, s))
        own = {name for statement in of_program for name in bound(statement)}
        new = {
            name for statement in self.statements if _is_new(statement) for name in bound(statement)
        }
        self.acting = [i for i, s in enumerate(self.statements) if _acts(s, own, new)]

    def _is_of(self, program: Program, statement: ast.stmt) -> bool:
        """Whether a statement defines something of the program's own, not of what is installed."""
        found = list(imported(statement, self.package))
        return not found or any(program.holds(i.module) for i in found)


@dataclass
class _Search:
    """Which statements are needed."""

    program: Program
    files: dict[str, _File] = field(default_factory=dict)
    taken: dict[str, set[int]] = field(default_factory=dict)
    """The needed statements of each file that is reached."""
    used: set[tuple[str, Chain]] = field(default_factory=set)
    outside: set[tuple[str, str]] = field(default_factory=set)
    """What is imported from elsewhere."""

    def reach(self, module: str) -> None:
        """A module is imported: what its file does when it is run is needed."""
        if module in self.taken or module not in self.program.files:
            return
        self.taken[module] = set()
        file = self.files[module] = _File(self.program, module)
        for statement in file.statements:
            for node in outside_functions(statement):
                for found in imported(node, file.package):
                    self._reach_imported(found)
        for place in file.acting:
            self._take(file, place)

    def use(self, module: str, chain: Chain) -> None:
        """A name of a file is needed, with attributes of it."""
        if (module, chain) in self.used:
            return
        self.used.add((module, chain))
        file, (name, *rest) = self.files[module], chain
        for place in file.defining.get(name, ()):
            self._take(file, place)
            for node in outside_functions(file.statements[place]):
                for found in imported(node, file.package):
                    if found.bound == name:
                        self._follow(file, found, tuple(rest))

    def found(self) -> Definitions:
        """The definitions that were found."""
        texts: dict[str, set[str]] = defaultdict(set)
        for module, places in self.taken.items():
            in_order = []
            for place in sorted(places):
                file = self.files[module]
                text = source_of(ast.Module([file.statements[place]], []), file.package).hash
                if (name := self._name_alone(file, place)) is None:
                    in_order.append(text)
                else:
                    texts[f"{file.label}:{name}"].add(text)
            if in_order:
                texts[file.label].add(" ".join(in_order))
        hashes = {label: _hash(" ".join(sorted(found))) for label, found in texts.items()}
        return Definitions(hashes, frozenset(self.outside))

    def _take(self, file: _File, place: int) -> None:
        """A statement is needed, and so is what it uses."""
        if place in self.taken[file.module]:
            return
        self.taken[file.module].add(place)
        statement = file.statements[place]
        self._note_outside(file, statement)
        if isinstance(statement, ast.Import | ast.ImportFrom):
            return  # `use` follows it
        names, chains = used(statement), _chains(statement)
        self._follow_within(file, statement, chains)
        for chain in chains:
            if chain[0] in names:
                self.use(file.module, chain)
        words = _words(statement)
        if names & BY_TEXT or words & ATTRIBUTES_BY_TEXT:
            self._take_all(file.module)
        if words & OF_SUBCLASSES:
            for module in self.program.files:
                self._take_all(module)

    def _note_outside(self, file: _File, statement: ast.stmt) -> None:
        """Note what a statement imports that is no file of the program."""
        for node in (statement, *running(statement)):
            for found in imported(node, file.package):
                if not self.program.holds(found.module):
                    self.outside.add((found.module, "" if found.name == "*" else found.name))
                    if found.module.partition(".")[0] in BY_TEXT:
                        self._take_all(file.module)

    def _follow_within(self, file: _File, statement: ast.stmt, chains: set[Chain]) -> None:
        """Follow what a statement's functions import."""
        at_top = {id(node) for node in outside_functions(statement)}
        for node in (node for node in running(statement) if id(node) not in at_top):
            for found in imported(node, file.package):
                self._reach_imported(found)
                own = [chain for chain in chains if chain[0] == found.bound]
                for chain in own or [(found.bound,)]:
                    self._follow(file, found, chain[1:])

    def _reach_imported(self, found: Imported) -> None:
        """An import runs the files of the packages around a module, and of the module."""
        names = found.module.split(".")
        for length in range(1, len(names) + 1):
            self.reach(".".join(names[:length]))
        self.reach(f"{found.module}.{found.name}")
        if found.name == "*" and self.program.holds(found.module):
            self._take_all(found.module)

    def _follow(self, file: _File, found: Imported, attributes: Chain) -> None:
        """Attributes of what an import has bound are needed."""
        if found.name != "*":
            self._look_up(file, found.holder, (*filter(None, [found.name]), *attributes))

    def _look_up(self, file: _File, module: str, chain: Chain) -> None:
        """A name in a module is needed, or all of the module; ``file`` is the one that asks."""
        if not self.program.holds(module):
            return
        submodule = ".".join([module, *chain[:1]])
        is_submodule = bool(chain) and self.program.holds(submodule)
        defines = bool(chain) and module in self.files and chain[0] in self.files[module].defining
        if defines and not (is_submodule and module == file.module):
            self.use(module, chain)
        elif is_submodule:
            self.reach(submodule)
            self._look_up(file, submodule, chain[1:])
        else:
            self._take_all(module)

    def _take_all(self, module: str) -> None:
        """All of a file is needed."""
        self.reach(module)
        for name in self.files[module].defining if module in self.files else ():
            self.use(module, (name,))

    def _name_alone(self, file: _File, place: int) -> str | None:
        """The name that a statement defines, if nothing depends on when it is run."""
        names = list(bound(file.statements[place]))
        alone = names and all(file.defining[name] == [place] for name in names)
        return names[0] if alone and place not in file.acting else None


def _one_by_one(statements: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements, with an import of several names taken apart."""
    for statement in statements:
        match statement:
            case ast.Import(names=names):
                yield from (ast.Import([alias]) for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                yield from (ast.ImportFrom(module, [alias], level) for alias in names)
            case _:
                yield statement


def _counts(statement: ast.stmt) -> bool:
    """Whether a statement is run when the file is imported, and may change anything."""
    match statement:
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return False
        case ast.If(test=test, orelse=[]):
            return not is_type_checking(test) and not _asks_for_main(test)
    return True


def _asks_for_main(test: ast.expr) -> bool:
    """Whether the condition of an ``if`` is ``__name__ == "__main__"``."""
    if not isinstance(test, ast.Compare) or not isinstance(test.ops[0], ast.Eq):
        return False
    sides = [ast.unparse(side) for side in (test.left, *test.comparators)]
    return sorted(sides) == ["'__main__'", "__name__"]


def _is_new(statement: ast.stmt) -> bool:
    """Whether a statement makes something new, which nothing else can have a name for."""
    match statement:
        case ast.Import() | ast.ImportFrom():
            return False
        case ast.Assign(value=value) | ast.AnnAssign(value=value):
            return not isinstance(value, ast.Name | ast.Attribute | ast.Subscript)
    return True


def _acts(statement: ast.stmt, own: set[str], new: set[str]) -> bool:
    """Whether a statement does something when the file is run, besides defining names.

    ``own`` are the names of what the program's files define, ``new`` those by which alone this file
    knows something.
    """
    match statement:
        case ast.Import():
            return False
        case ast.ImportFrom(names=[alias]):
            return alias.name == "*"
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            decorators = [ast.Expr(node) for node in statement.decorator_list]
            return any(used(node) & own for node in decorators)  # it may register what it decorates
        case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
            calls = any(isinstance(node, CALLS) for node in outside_functions(statement))
            return calls or not {*changed(statement)} <= new
    return type(statement).__name__ != "TypeAlias"  # from Python 3.12 on


CALLS = (ast.Call, ast.Await, ast.Yield, ast.YieldFrom)


def _chains(statement: ast.stmt) -> set[Chain]:
    """The names that a statement reads, each with the attributes that are taken of it."""
    chains: set[Chain] = set()
    todo: list[ast.AST] = [statement]
    while todo:
        node, attributes = todo.pop(), []
        while isinstance(node, ast.Attribute):
            attributes.append(node.attr)
            node = node.value
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            chains.add((node.id, *reversed(attributes)))
        todo += ast.iter_child_nodes(node)
    return chains


def _words(statement: ast.stmt) -> set[str]:
    """The attributes that are taken in a statement, and the functions that it defines."""
    words: set[str] = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Attribute):
            words |= {node.attr, ast.unparse(node)}
        elif isinstance(node, ast.FunctionDef):
            words.add(node.name)
    return words


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
