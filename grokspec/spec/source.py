"""One TOML file as it was read, and where in it each key and value stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import tomli

from grokspec.errors import GrokspecError, Mistake, nearest
from grokspec.files.inputs import SpecText
from grokspec.formatting import shown_path

if TYPE_CHECKING:
    from grokspec.spec.positions import Positions


KeyPath = tuple[str | int, ...]
"""The keys and list positions that lead from the top of a document to a place in it."""

Part = Literal["key", "value"]

Complain = Callable[[str], Mistake]
"""Puts a reason where whoever asked for a file stands."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class SourceFile:
    """One file: its text with plain line ends, and what the text says."""

    path: Path
    text: str = field(repr=False)
    data: dict[str, Any] = field(default_factory=dict, repr=False)

    def mistake(self, message: str, path: KeyPath = (), part: Part = "key") -> Mistake:
        """A mistake placed at a key or at its value."""
        find = self.positions.value if part == "value" else self.positions.key
        return self.mistake_at(message, *find(path))

    def mistake_at(self, message: str, start: int, end: int) -> Mistake:
        """A mistake placed at the characters from ``start`` to before ``end``."""
        line = self.text.count("\n", 0, start) + 1
        line_start = self.text.rfind("\n", 0, start) + 1
        content = self.text[line_start:].split("\n", 1)[0]
        column = start - line_start
        return Mistake(
            message,
            place=f"{shown_path(self.path)}:{line}:{column + 1}",
            excerpt=excerpt(content, line, column, max(1, end - start)),
        )

    @cached_property
    def positions(self) -> Positions:
        """Where each key and value stands."""
        from grokspec.spec.positions import Positions

        return Positions(self.text)


def read_source(path: Path, complain: Complain | None = None) -> SourceFile:
    """Read one file, or raise a GrokspecError that says why it cannot be read.

    ``complain`` places the mistake if the file itself is not there to be shown.
    """
    content = _read_bytes(path, complain or (lambda why: Mistake(f"{shown_path(path)}: {why}")))
    source = source_of(path, _decode(path, content))
    if not source.data:
        raise GrokspecError(
            source.mistake(
                "the file is empty: a spec names at least a task, a model, an optimizer, its "
                "training and what to record; `grokspec new FILE` writes one to start from"
            )
        )
    return source


def source_of(path: Path, text: str) -> SourceFile:
    """What a text says that stands at a path, or would; a GrokspecError if it is no TOML."""
    data = _parse(SourceFile(path, text))
    source = SourceFile(path, text, SpecText.within(path.parent.absolute(), data))
    too_long = [
        source.mistake("a whole number has at most 64 bits", where, "value")
        for where, value in _leaves(data)
        if isinstance(value, int) and not -(2**63) <= value < 2**63
    ]
    if too_long:
        raise GrokspecError(*too_long)
    return source


def _read_bytes(path: Path, complain: Complain) -> bytes:
    try:
        if path.is_dir():
            raise GrokspecError(complain("is a directory; name one spec file in it"))
        return path.read_bytes()
    except FileNotFoundError:
        raise GrokspecError(complain(f"no such file{_like(path)}")) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise GrokspecError(complain(f"cannot be read: {reason}")) from None


def _like(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"; there is no folder {shown_path(folder)} either"
    match = nearest(path.name, (other.name for other in folder.glob("*.toml")))
    return f'; did you mean "{shown_path(folder / match)}"?' if match else ""


def _decode(path: Path, content: bytes) -> str:
    if content.startswith(BYTE_ORDER_MARK):
        text = content[len(BYTE_ORDER_MARK) :].decode(errors="replace")
        raise GrokspecError(
            SourceFile(path, text).mistake(
                "the file begins with a byte order mark; save it as UTF-8 without one"
            )
        )
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        before = content[: error.start].decode().replace("\r\n", "\n")
        text = before + content[error.start :].decode(errors="replace")
        raise GrokspecError(
            SourceFile(path, text).mistake_at(
                f"not UTF-8 (byte 0x{content[error.start]:02x}); save the file as UTF-8",
                len(before),
                len(before) + 1,
            )
        ) from None
    return text.replace("\r\n", "\n")


REMEDIES = {
    "Cannot overwrite a value": "this key is there twice; keep one",
    "Duplicate inline table key": "this key is there twice; keep one",
    "Cannot declare": "this table is opened twice; put its keys under one header",
    "Cannot redefine namespace": "this table is opened twice; put its keys under one header",
    "Cannot mutate immutable namespace": "this table is closed where it is first written; "
    "add the key there",
    "Invalid value": 'not a value; texts stand in quotes ("like this"), '
    "booleans are true and false, decimals begin with a digit",
    "Unterminated string": "the text is not closed; add the closing quote",
    "Illegal character '\\n'": "the text is not closed on its line; add the closing quote",
    "Unclosed array": "a comma or the closing ] is missing",
    "Unclosed inline table": "a comma or the closing } is missing",
    "Expected '=' after a key": "a key is followed by = and its value; "
    'a key that is not plain letters, digits, - and _ stands in quotes ("like this")',
    "Expected newline": "one key = value stands on each line, and nothing else; "
    'texts stand in quotes ("like this")',
    "Expected ']'": "a table's header reads [name]",
    "Invalid statement": "a line is a [table], a key = value or a # comment",
    "Invalid initial character for a key": "a key is letters, digits, - and _, or stands in quotes",
}
"""What to do about each of the TOML reader's complaints, by how they begin."""


def _parse(source: SourceFile) -> dict[str, Any]:
    try:
        return tomli.loads(source.text)
    except tomli.TOMLDecodeError as error:
        start = min(error.pos, len(source.text.rstrip()))
        if error.msg.startswith(("Cannot overwrite", "Duplicate", "Cannot redefine")):
            start = _statement_start(source.text, error.pos)  # not where the value ends
        what = next((r for m, r in REMEDIES.items() if error.msg.startswith(m)), error.msg)
        raise GrokspecError(
            source.mistake_at(f"not valid TOML: {what}", start, start + 1)
        ) from None
    except RecursionError:
        raise GrokspecError(source.mistake("not valid TOML: nested too deeply")) from None
    except ValueError:  # Python's own bound on the digits of a whole number
        digits = re.search(r"[0-9_]{1000,}", source.text)
        start = digits.start() if digits else 0
        raise GrokspecError(
            source.mistake_at("a whole number has at most 64 bits", start, start + 1)
        ) from None


def _statement_start(text: str, position: int) -> int:
    line_start = text.rfind("\n", 0, max(0, position - 1)) + 1
    line = text[line_start:position]
    return line_start + len(line) - len(line.lstrip())


def _leaves(value: Any, where: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, (*where, key))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from _leaves(inner, (*where, position))
    else:
        yield where, value


WIDTH = 96
"""Of a longer line, this many characters around the mistake are shown."""


def excerpt(content: str, line: int, column: int, length: int) -> str:
    """The line with a caret below it; cut to a window if it is long."""
    first = max(0, min(column - WIDTH // 4, len(content) - WIDTH))
    window = content[first : first + WIDTH]
    before = window[: column - first]
    marked = window[column - first : column - first + length]
    gutter = f"{line:>4} | "
    blank = " " * (len(gutter) - 2) + "| "
    carets = "^" * max(1, _cells(marked))
    return f"{gutter}{_printable(window)}\n{blank}{_blank(before)}{carets}"


def _printable(text: str) -> str:
    """Without the control characters that a terminal would obey."""
    return "".join(c if c.isprintable() or c == "\t" else "\N{REPLACEMENT CHARACTER}" for c in text)


def _blank(text: str) -> str:
    """As much space as a text takes on a terminal; tabs stay tabs."""
    return "".join("\t" if c == "\t" else " " * _cells(c) for c in text)


def _cells(text: str) -> int:
    from rich.cells import cell_len  # only mistakes need it

    return sum(cell_len(c) if c.isprintable() else 1 for c in text)
