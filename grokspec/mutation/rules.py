"""The rules by which mutants are made: what each changes in an expression, and into what.

    comparison   < to <= and to >, == to !=, is to is not, in to not in, and back
    number       n to n + 1 and n − 1 (so 0 to 1, and the first to the last); of a fraction, the
                 double; 0.0 to 1.0 and back
    index        the same of the numbers in an index, a slice, or `isel` and `shift`
    sign         + to −, × to /, a minus taken away; ** to *; // to %, and back
    logic        and to or, & to |, and back; a not taken away
    reduction    min to max, all to any, mean to sum, median to mean, argmax to argmin, and back
    flag         True to False, and back

mutmut and cosmic-ray have most of them. But mutmut leaves out every function with a decorator, so
all measures, and cosmic-ray starts a process for each mutant, which loads torch anew.
"""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from itertools import pairwise
from tokenize import NAME, OP, generate_tokens

COMPARISONS = {
    "<": ("<=", ">"),
    "<=": ("<", ">="),
    ">": (">=", "<"),
    ">=": (">", "<="),
    "==": ("!=",),
    "!=": ("==",),
    "is": ("is not",),
    "is not": ("is",),
    "in": ("not in",),
    "not in": ("in",),
}
ARITHMETIC = {"+": "-", "-": "+", "*": "/", "/": "*", "**": "*", "//": "%", "%": "//"}
SETS = {"&": "|", "|": "&"}

_PAIRS = (
    ("min", "max"),
    ("amin", "amax"),
    ("minimum", "maximum"),
    ("nanmin", "nanmax"),
    ("argmin", "argmax"),
    ("nanargmin", "nanargmax"),
    ("all", "any"),
    ("logical_and", "logical_or"),
    ("mean", "sum"),
    ("isnull", "notnull"),
    ("floor", "ceil"),
)
REDUCTIONS = {
    **dict(_PAIRS),
    **{second: first for first, second in _PAIRS},
    "median": "mean",
}
"""Of arrays and modules, as in ``x.mean()`` and ``np.maximum(a, b)``."""

BUILT_IN = {"min": "max", "max": "min", "all": "any", "any": "all", "sum": "max"}

BY_INDEX = ("isel", "shift", "roll", "take")
"""Methods whose numbers are indices."""


@dataclass(frozen=True)
class Change:
    """A replacement in the text of a file; offsets count bytes of UTF-8."""

    rule: str
    start: int
    end: int
    old: str
    new: str


class Source:
    """The text of a module, in which the places of nodes and operators can be found."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.data = text.encode()
        self._lines = text.splitlines(keepends=True)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line.encode()))

    def span(self, node: ast.expr) -> tuple[int, int]:
        """Where an expression starts and ends."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return (
            self._starts[node.lineno - 1] + node.col_offset,
            self._starts[node.end_lineno - 1] + node.end_col_offset,
        )

    def operator(self, start: int, end: int) -> tuple[int, int, str]:
        """The operator between two operands: its place and text, of one word or two."""
        found = self.operators(start, end)
        return found[0][0], found[-1][1], " ".join(text for *_, text in found)

    def operators(self, start: int, end: int) -> list[tuple[int, int, str]]:
        """All operators and words between two places, without parentheses."""
        first = bisect_left(self._tokens, (start,))
        last = bisect_left(self._tokens, (end,))
        return [token for token in self._tokens[first:last] if token[2] not in "()"]

    @cached_property
    def _tokens(self) -> list[tuple[int, int, str]]:
        return [
            (self._offset(*token.start), self._offset(*token.end), token.string)
            for token in generate_tokens(StringIO(self.text).readline)
            if token.type in (OP, NAME)
        ]

    def _offset(self, line: int, column: int) -> int:
        return self._starts[line - 1] + len(self._lines[line - 1][:column].encode())


def changes_of(node: ast.AST, source: Source, is_index: bool = False) -> Iterator[Change]:
    """What the rules make of one node, in the order of the text.

    ``is_index`` says that it stands in an index. A number with a minus is one number: its own node
    is not to be visited then.
    """
    if isinstance(node, ast.Compare):
        yield from _comparisons(node, source)
    elif isinstance(node, ast.BinOp):
        yield from _arithmetic(node.left, node.right, source)
    elif isinstance(node, ast.AugAssign):
        yield from _augmented(node, source)
    elif isinstance(node, ast.BoolOp):
        yield _joined(node, source)
    elif isinstance(node, ast.Call):
        yield from _reductions(node.func, source)
    elif is_number(node):
        yield from _numbers(node, source, "index" if is_index else "number")
    elif isinstance(node, ast.UnaryOp):
        yield from _unary(node, source)
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield Change("flag", *source.span(node), str(node.value), str(not node.value))


def is_number(node: ast.AST) -> bool:
    """Whether a node is a number, which may have a minus."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node = node.operand
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def _comparisons(node: ast.Compare, source: Source) -> Iterator[Change]:
    operands = [node.left, *node.comparators]
    for left, right in pairwise(operands):
        start, end, old = source.operator(source.span(left)[1], source.span(right)[0])
        for new in COMPARISONS[old]:
            yield Change("comparison", start, end, old, new)


def _arithmetic(left: ast.expr, right: ast.expr, source: Source) -> Iterator[Change]:
    if _is_text(left) or _is_text(right):
        return
    start, end, old = source.operator(source.span(left)[1], source.span(right)[0])
    if old in ARITHMETIC:
        yield Change("sign", start, end, old, ARITHMETIC[old])
    elif old in SETS:
        yield Change("logic", start, end, old, SETS[old])


def _augmented(node: ast.AugAssign, source: Source) -> Iterator[Change]:
    if _is_text(node.value):
        return
    start, end, old = source.operator(source.span(node.target)[1], source.span(node.value)[0])
    if (new := ARITHMETIC.get(old[:-1])) is not None:
        yield Change("sign", start, end, old, f"{new}=")


def _joined(node: ast.BoolOp, source: Source) -> Change:
    """Every `and` of a chain becomes an `or`, or the other way round."""
    new = "or" if isinstance(node.op, ast.And) else "and"
    places = [
        source.operator(source.span(left)[1], source.span(right)[0])
        for left, right in pairwise(node.values)
    ]
    start, end = places[0][0], places[-1][1]
    text = bytearray(source.data[start:end])
    for first, last, _ in reversed(places):
        text[first - start : last - start] = new.encode()
    return Change("logic", start, end, source.data[start:end].decode(), text.decode())


def _reductions(function: ast.expr, source: Source) -> Iterator[Change]:
    if isinstance(function, ast.Attribute) and function.attr == "reduce":
        function = function.value
    if isinstance(function, ast.Attribute):
        name, others = function.attr, REDUCTIONS
    elif isinstance(function, ast.Name):
        name, others = function.id, BUILT_IN
    else:
        return
    if name in others:
        end = source.span(function)[1]
        yield Change("reduction", end - len(name), end, name, others[name])


def _numbers(node: ast.AST, source: Source, rule: str) -> Iterator[Change]:
    assert isinstance(node, ast.expr)
    start, end = source.span(node)
    old = source.data[start:end].decode()
    value = ast.literal_eval(node)
    if isinstance(value, int):
        others: tuple[float, ...] = (value + 1, value - 1)
    elif value in (0.0, 1.0):
        others = (1.0 - value,)
    else:
        others = (2 * value,)
    for other in others:
        yield Change(rule, start, end, old, repr(other))


def _unary(node: ast.UnaryOp, source: Source) -> Iterator[Change]:
    """A minus, a not or a ~ is taken away."""
    if isinstance(node.op, ast.UAdd):
        return
    start = source.span(node)[0]
    old = {ast.USub: "-", ast.Not: "not ", ast.Invert: "~"}[type(node.op)]
    rule = "sign" if isinstance(node.op, ast.USub) else "logic"
    yield Change(rule, start, start + len(old), old, "")


def _is_text(node: ast.expr) -> bool:
    """Whether an operand is text, of a message or a label."""
    if isinstance(node, ast.BinOp):
        return _is_text(node.left) or _is_text(node.right)
    if isinstance(node, ast.IfExp):
        return _is_text(node.body) or _is_text(node.orelse)
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
