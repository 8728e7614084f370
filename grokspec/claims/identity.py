"""What a verdict on a claim depends on: its test and its specs, each as a short hash.

A verdict that was written down for another profile is out of date once one of these has changed.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import json
from pathlib import Path

from grokspec.files.inputs import stamp
from grokspec.files.syntax import bound, used
from grokspec.spec.document import read_document

DIGITS = 12
"""The hexadecimal digits of a hash: enough to tell a changed text from the one before."""

DECORATOR, KEPT = "claim", "given"
"""Of the decorator of a claim only what it is given counts. Its sentence, source and specs are
compared by themselves, and the expected verdict and the controls decide no verdict."""


def hash_of_spec(path: Path, profile: str) -> str:
    """The hash of a spec under a profile, as it is once merged with its bases.

    Comments, the order of keys and the figure don't count. Raises a GrokspecError if the spec
    cannot be read or has no such profile.
    """
    data = {k: v for k, v in read_document(path, profile).data.items() if k != "figure"}
    return _hash(json.dumps(data, sort_keys=True, default=str))


def hash_of_test(path: Path, name: str) -> str:
    """The hash of a test, and of whatever else at the top of its file it uses.

    ``name`` is that of the function, or of the class that has it. Comments, docstrings and imports
    don't count. Empty if the top of the file does not define the name.
    """
    definitions = _definitions(path, stamp(path))
    needed, todo = {}, [name]
    while todo:
        for text, uses in definitions.get(following := todo.pop(), ()):
            if text not in needed:
                needed[text] = following
                todo += sorted(uses)
    return _hash("\n".join(sorted(needed))) if needed else ""


@functools.lru_cache(maxsize=64)
def _definitions(path: Path, stamp: object) -> dict[str, list[tuple[str, frozenset[str]]]]:
    """The statements that define each name at the top of a file: text, and the names it uses."""
    found: dict[str, list[tuple[str, frozenset[str]]]] = {}
    for statement in ast.parse(path.read_bytes()).body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            continue
        bare = ast.fix_missing_locations(_Bare().visit(statement))
        if names := set(bound(bare)):
            definition = ast.unparse(bare), frozenset(used(bare))
            for name in names:
                found.setdefault(name, []).append(definition)
    return found


class _Bare(ast.NodeTransformer):
    """Drops docstrings, and of the decorator of a claim all that decides no verdict."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.decorator_list = [_bare_decorator(one) for one in node.decorator_list]
        return self.visit_ClassDef(node)

    def visit_ClassDef(self, node: ast.FunctionDef | ast.ClassDef) -> ast.AST:
        if ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        return self.generic_visit(node)


def _bare_decorator(decorator: ast.expr) -> ast.expr:
    if not isinstance(decorator, ast.Call) or _called(decorator.func) != DECORATOR:
        return decorator
    kept = [keyword for keyword in decorator.keywords if keyword.arg == KEPT]
    return ast.Call(decorator.func, [], kept)


def _called(function: ast.expr) -> str:
    """The last part of a dotted name."""
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:DIGITS]
