"""Where in a TOML text each key and value is; needed only to show a mistake."""

from __future__ import annotations

import re
from typing import Any

import spanned_toml

from grokspec.spec.bounds import TEXT_OR_COMMENT
from grokspec.spec.source import KeyPath

Span = tuple[int, int]
"""The first character, and the one after the last."""


class Positions:
    """The positions of the keys and values of a TOML text.

    A table that is opened by headers is placed at the first header that names it. A path that is
    not in the text is placed at the longest part of it that is.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        try:
            self._root: Any = spanned_toml.loads(_plain(text))
        except (ValueError, RecursionError):
            self._root = None
        self._keys: dict[int, dict[str | int, Any]] = {}

    def key(self, path: KeyPath) -> Span:
        """The last key of a path, or the list element."""
        return self._find(path)[0]

    def value(self, path: KeyPath) -> Span:
        """The value at a path; for a table opened by a header, its key."""
        span, node = self._find(path)
        return (_span_of(node) if path and node is not None else None) or span

    def _find(self, path: KeyPath) -> tuple[Span, Any]:
        span, node = (0, 0), self._root
        for name in path:
            inner = node.inner() if node is not None else None
            if isinstance(inner, dict) and name in inner:
                span, node = _span_of(self._keys_of(inner)[name]) or span, inner[name]
            elif isinstance(inner, list) and isinstance(name, int) and name < len(inner):
                node = inner[name]
                span = _span_of(node) or self._header_of(node) or span
            else:
                return span, None
        return span, node

    def _keys_of(self, table: dict[Any, Any]) -> dict[str | int, Any]:
        """The keys of a table with their positions, which are looked for only once."""
        if id(table) not in self._keys:
            self._keys[id(table)] = {str(key): key for key in table}
        return self._keys[id(table)]

    def _header_of(self, element: Any) -> Span | None:
        """The ``[[header]]`` of one element of an array of tables."""
        first = min((key.span().start for key in element.inner()), default=None)
        if first is None:
            return None
        start = self._text.rfind("[[", 0, first)
        return start, self._text.find("]]", start) + 2


def _span_of(node: Any) -> tuple[int, int] | None:
    span = node.span()
    return (span.start, span.stop) if span.stop else None  # 0:0 marks a table without a span


_TOKEN = re.compile(
    TEXT_OR_COMMENT + r"|[{}\[\],\n]",
    re.DOTALL | re.VERBOSE,
)


def _plain(text: str) -> str:
    """The text, unchanged in length, as spanned-toml can read it.

    spanned-toml knows TOML 1.0, where an inline table is on one line without a trailing comma, and
    misplaces strings with escapes; newlines, commas and escapes are replaced, comments blanked.
    """
    pieces = list(text)
    brackets: list[str] = []
    last_comma: int | None = None
    end = 0
    for match in _TOKEN.finditer(text):
        token, start = match.group(), match.start()
        if text[end:start].strip():
            last_comma = None
        end = match.end()
        if token == "\n":
            if brackets and brackets[-1] == "{":
                pieces[start] = " "
        elif token.startswith("#"):
            pieces[start:end] = " " * len(token)
        elif token == ",":
            last_comma = start
        elif token in "{[":
            brackets.append(token)
            last_comma = None
        elif token in "}]":
            if token == "}" and last_comma is not None:
                pieces[last_comma] = " "
            if brackets:
                brackets.pop()
            last_comma = None
        else:
            last_comma = None
            if token.startswith('"'):
                pieces[start:end] = re.sub(r"\\.", "__", token, flags=re.DOTALL)
    return "".join(pieces)
