"""A formula in a and b modulo p: read by Python's parser, never executed.

What a formula may hold is a whitelist of the syntax tree's nodes. It is evaluated for all pairs at
once, and the result of every operation is a whole number from 0 to p − 1. So ``%`` and comparisons
see these numbers; division is multiplication by the inverse, and what is divided by 0 is undefined.
"""

from __future__ import annotations

import ast
import functools
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np

LONGEST = 200
"""The most characters of a formula."""
LARGEST_POWER = 1_000
LARGEST_NUMBER = 10**9
"""Bounds on exponents and on all other whole numbers in a formula."""

ALLOWED = f"a, b, whole numbers up to {LARGEST_NUMBER:,}, + - * / ** %, comparisons, x if … else y"

ARITHMETIC: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
}
COMPARISONS: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
REMEDIES: dict[type[ast.AST], str] = {
    ast.BitXor: "; a power is **",
    ast.FloorDiv: "; division modulo p is /",
}


class FormulaError(ValueError):
    """What is wrong with a formula: place, value, rule, remedy."""


def parsed(formula: str) -> ast.expr:
    """The syntax tree of a formula; a FormulaError if it has anything but what is allowed."""
    if len(formula) > LONGEST:
        raise FormulaError(f"has {len(formula)} characters; at most {LONGEST} are read")
    if not formula.isprintable():
        raise FormulaError("has a line break or another character that cannot be printed")
    try:
        tree = ast.parse(formula.strip(), mode="eval").body
    except SyntaxError as error:
        raise FormulaError(f"is no formula: {error.msg}; write it as in Python") from None
    _check(tree, formula.strip())
    return tree


def divides(tree: ast.expr) -> bool:
    """Whether there is a division in a formula, so that it may be undefined for some pairs."""
    return any(isinstance(node, ast.Div) for node in ast.walk(tree))


class Values(NamedTuple):
    """Whole numbers for each [a, b], and for which pairs they are defined."""

    number: np.ndarray
    defined: np.ndarray


def evaluated(tree: ast.expr, modulus: int) -> Values:
    """The results from 0 to p − 1 of a formula that `parsed` has checked, for all a and b."""
    number, defined = _Evaluation(modulus).of(tree)
    return Values(number % modulus, defined)


class _Evaluation:
    def __init__(self, modulus: int) -> None:
        import numpy as np

        self.modulus = modulus
        self.everywhere = np.ones((modulus, modulus), dtype=bool)
        self.names = dict(zip("ab", np.indices((modulus, modulus)), strict=True))

    def of(self, node: ast.expr) -> Values:
        import numpy as np

        match node:
            case ast.Name():
                return Values(self.names[node.id], self.everywhere)
            case ast.Constant():
                return Values(np.full_like(self.names["a"], node.value), self.everywhere)
            case ast.UnaryOp():
                number, defined = self.of(node.operand)
                return Values(-number % self.modulus, defined)
            case ast.BinOp():
                return self._operation(node)
            case ast.Compare():
                return self._comparison(node)
            case ast.IfExp():
                test, body, other = map(self.of, (node.test, node.body, node.orelse))
                chosen = test.number != 0
                return Values(
                    np.where(chosen, body.number, other.number),
                    test.defined & np.where(chosen, body.defined, other.defined),
                )
        raise AssertionError("`parsed` has refused all other nodes")

    def _operation(self, node: ast.BinOp) -> Values:
        left, right = self.of(node.left), self.of(node.right)
        defined = left.defined & right.defined
        match node.op:
            case ast.Mod():
                return Values(left.number % right.number, defined)
            case ast.Pow():
                return Values(self._power(left.number, _number(node.right)), defined)
            case ast.Div():  # Fermat: for a prime modulus x^(p−2) is the inverse of x
                inverse = self._power(right.number, self.modulus - 2)
                nonzero = right.number % self.modulus != 0
                number = (left.number % self.modulus) * inverse % self.modulus
                return Values(number, defined & nonzero)
        number = ARITHMETIC[type(node.op)](left.number, right.number)
        return Values(number % self.modulus, defined)

    def _power(self, base: np.ndarray, exponent: int) -> np.ndarray:
        """By repeated squaring, so that no intermediate number exceeds p²."""
        import numpy as np

        power, square = np.ones_like(base), base % self.modulus
        while exponent:
            if exponent % 2:
                power = power * square % self.modulus
            square, exponent = square * square % self.modulus, exponent // 2
        return power % self.modulus

    def _comparison(self, node: ast.Compare) -> Values:
        terms = [self.of(term) for term in (node.left, *node.comparators)]
        pairs = zip(node.ops, terms, terms[1:], strict=False)
        holds = [COMPARISONS[type(op)](one.number, other.number) for op, one, other in pairs]
        defined = functools.reduce(operator.and_, (term.defined for term in terms))
        return Values(functools.reduce(operator.and_, holds).astype(int), defined)


def _check(node: ast.expr, formula: str) -> None:
    """Raise a FormulaError at the first node that is not allowed."""
    inner: list[ast.expr]
    match node:
        case ast.Name(id="a" | "b"):
            inner = []
        case ast.Constant() if 0 <= _number(node) <= LARGEST_NUMBER:
            inner = []
        case ast.UnaryOp(op=ast.USub()):
            inner = [node.operand]
        case ast.BinOp(op=ast.Pow()) if not 0 <= _number(node.right) <= LARGEST_POWER:
            rule = f"an exponent is a whole number from 0 to {LARGEST_POWER:,}"
            raise _refusal(node.right, formula, rule)
        case ast.BinOp(op=ast.Mod()) if _number(node.right) < 1:
            raise _refusal(node.right, formula, "after % stands a whole number from 1")
        case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div() | ast.Mod() | ast.Pow()):
            inner = [node.left, node.right]
        case ast.Compare() if all(type(op) in COMPARISONS for op in node.ops):
            inner = [node.left, *node.comparators]
        case ast.IfExp():
            inner = [node.test, node.body, node.orelse]
        case _:
            operation = node.op if isinstance(node, ast.BinOp) else node
            remedy = REMEDIES.get(type(operation), "")
            raise _refusal(node, formula, f"use {ALLOWED}{remedy}")
    for part in inner:
        _check(part, formula)


def _number(node: ast.expr) -> int:
    """The whole number that a node is, or −1."""
    value = node.value if isinstance(node, ast.Constant) else None
    return value if type(value) is int else -1


def _refusal(node: ast.expr, formula: str, rule: str) -> FormulaError:
    part = ast.get_source_segment(formula, node)
    character = len(formula.encode()[: node.col_offset].decode()) + 1  # the tree counts bytes
    return FormulaError(f'has "{part}" at character {character}; {rule}')
