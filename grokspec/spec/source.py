"""One TOML file as it was read, with the position of each key and value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from errno import EFBIG
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import tomli

from grokspec.errors import GrokspecError, Mistake, nearest
from grokspec.files.inputs import SpecText
from grokspec.files.regular import NotRegularError, read_regular, reason
from grokspec.formatting import shown_path
from grokspec.spec.bounds import DEEPEST, MOST_BYTES, keys_and_elements, too_deep, too_much

if TYPE_CHECKING:
    from grokspec.spec.positions import Positions


KeyPath = tuple[str | int, ...]
"""The path from the top of a document to a place in it: keys and list positions."""

Part = Literal["key", "value"]

AsMistake = Callable[[str], Mistake]
"""Makes a mistake of the reason why a file cannot be read, placed where the file is named."""

EMPTY_SPEC = (
    "the file is empty; a spec has at least a task, a model, an optimizer, the training and what "
    "to record; `grokspec new FILE` writes one to start from"
)

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class SourceFile:
    """One file: its text, with ``\\n`` for line ends, and its content.

    Mistakes show a line of the file only if it is ``quoted``.
    """

    path: Path
    text: str = field(repr=False)
    data: dict[str, Any] = field(default_factory=dict, repr=False)
    quoted: bool = True

    def mistake(self, message: str, path: KeyPath = (), part: Part = "key") -> Mistake:
        """A mistake placed at a key or at its value."""
        find = self.positions.value if part == "value" else self.positions.key
        return self.mistake_at(message, *find(path))

    def mistake_at(self, message: str, start: int, end: int) -> Mistake:
        """A mistake placed at the characters from ``start`` up to ``end``."""
        line = self.text.count("\n", 0, start) + 1
        line_start = self.text.rfind("\n", 0, start) + 1
        content = self.text[line_start:].split("\n", 1)[0]
        column = start - line_start
        return Mistake(
            message,
            place=f"{shown_path(self.path)}:{line}:{column + 1}",
            excerpt=excerpt(content, line, column, max(1, end - start)) if self.quoted else "",
        )

    def mistake_as_a_whole(self, message: str) -> Mistake:
        """A mistake placed at the start of the file."""
        return self.mistake_at(message, 0, 1)

    @cached_property
    def positions(self) -> Positions:
        """Where each key and value is."""
        from grokspec.spec.positions import Positions

        return Positions(self.text)


def read_source(
    path: Path, mistake: AsMistake | None = None, quoted: bool = True, empty: str = EMPTY_SPEC
) -> SourceFile:
    """Read one file. Raises a GrokspecError with the reason if it cannot be read.

    ``mistake`` makes the mistake if there is no file whose text could be shown. Whether mistakes
    show lines of it is ``quoted``. ``empty`` is the mistake of a file without content.
    """
    content = _read_bytes(path, mistake or (lambda why: Mistake(f"{shown_path(path)}: {why}")))
    source = _with_content(_decoded(SourceFile(path, "", quoted=quoted), content))
    if not source.data:
        raise GrokspecError(source.mistake_as_a_whole(empty))
    return source


def source_of(path: Path, text: str) -> SourceFile:
    """The content of a text, as if read from a path. Raises a GrokspecError if it is no TOML."""
    return _with_content(SourceFile(path, text))


def _with_content(unread: SourceFile) -> SourceFile:
    data = _parse(unread)
    if excess := too_much(*keys_and_elements(data)):
        raise GrokspecError(unread.mistake_as_a_whole(f"the file has {excess}"))
    source = replace(unread, data=SpecText.within(unread.path.parent.absolute(), data))
    too_long = [
        source.mistake("a whole number has at most 64 bits", where, "value")
        for where, value in _leaves(data)
        if isinstance(value, int) and not -(2**63) <= value < 2**63
    ]
    if too_long:
        raise GrokspecError(*too_long)
    return source


def _read_bytes(path: Path, mistake: AsMistake) -> bytes:
    try:
        if path.is_dir():
            raise GrokspecError(mistake("is a folder; name one spec file in it"))
        return read_regular(path, MOST_BYTES)
    except FileNotFoundError:
        raise GrokspecError(mistake(f"no such file{_like(path)}")) from None
    except OSError as error:
        raise GrokspecError(mistake(reason(path, error) + _remedy(error))) from None
    except ValueError as error:  # a path with a null character
        raise GrokspecError(mistake(f"cannot be read: {error}")) from None


def _remedy(error: OSError) -> str:
    if isinstance(error, NotRegularError):
        return "; write the spec to a file and name that"
    return "; a spec has a few thousand: is it the right file?" if error.errno == EFBIG else ""


def _like(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"; there is no folder {shown_path(folder)} either"
    match = nearest(path.name, (other.name for other in folder.glob("*.toml")))
    return f'; did you mean "{shown_path(folder / match)}"?' if match else ""


def _decoded(unread: SourceFile, content: bytes) -> SourceFile:
    if content.startswith(BYTE_ORDER_MARK):
        text = content[len(BYTE_ORDER_MARK) :].decode(errors="replace")
        raise GrokspecError(
            replace(unread, text=text).mistake_as_a_whole(
                "the file starts with a byte order mark; save it as UTF-8 without one"
            )
        )
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        before = content[: error.start].decode().replace("\r\n", "\n")
        text = before + content[error.start :].decode(errors="replace")
        raise GrokspecError(
            replace(unread, text=text).mistake_at(
                f"not UTF-8 (byte 0x{content[error.start]:02x}); save the file as UTF-8",
                len(before),
                len(before) + 1,
            )
        ) from None
    return replace(unread, text=text.replace("\r\n", "\n"))


SLIPS = {
    r"\d[\d_]*\.(?!\d)": "a digit follows the point of a decimal: 5.0",
    r"[+-]?\.\d": "a digit precedes the point of a decimal: 0.5",
    r"[+-]?0\d": "a whole number doesn't start with 0: 8, not 08",
    r"[+-]?\d[\d_]*(?:__|_(?!\d))": "an underscore in a number stands between two digits: 1_000",
    r"0x[0-9a-fA-F_]*|0o[0-7_]*|0b[01_]*": "the digits of 0x are 0-9 and a-f, those of 0o 0-7, "
    "those of 0b 0 and 1",
    r"[+-]?\d+(?:\.\d+)?[eE](?![+-]?\d)": "digits follow the e of a number: 1e-5",
    r"[+-]?\d[\d.]*,\d": "decimals have a point: 0.5",
    r"(?:True|TRUE)\b": "write true",
    r"(?:False|FALSE)\b": "write false",
    r"(?:None|null|nil|NaN|Inf|Infinity)\b": "leave the key out: there is no None and no NaN",
    "[\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb]": 'these are typographic quotes; write "…"',
    r"(?<==)=|(?<== )=": "a key and its value have one = between them",
    r"[+-][+-]|[+-] ": "a number has at most one sign, with no space after it",
    r"\d[\d.]* *(?:/|\*|\^|%)": "nothing is computed in a spec; write the number",
    r"\d+[A-Za-z]": 'put text in quotes ("like this"); a number has no unit',
}
"""Rule and remedy for a value that is none, by how it starts."""

REMEDIES = {
    "Cannot overwrite a value": "this key is there twice; keep one",
    "Duplicate inline table key": "this key is there twice; keep one",
    "Cannot declare": "this table is opened twice; put its keys under one header",
    "Cannot redefine namespace": "this table is opened twice; put its keys under one header",
    "Cannot mutate immutable namespace": "this table is complete where it is first written; "
    "add the key there",
    "Invalid value": 'not a value; put text in quotes ("like this"), '
    "write booleans as true and false, start decimals with a digit",
    "Unterminated string": "the text has no end; add the closing quote",
    "Illegal character '\\n'": "the text has no end on its line; add the closing quote",
    "Unclosed array": "a comma or the closing ] is missing",
    "Unclosed inline table": "a comma or the closing } is missing",
    "Expected '=' after a key": "a key is followed by = and its value; "
    'put a key of other characters than letters, digits, - and _ in quotes ("like this")',
    "Expected newline": "a line has one key = value and nothing else; "
    'put text in quotes ("like this")',
    "Expected ']'": "the header of a table is [name]",
    "Invalid statement": "a line is a [table], a key = value or a # comment",
    "Invalid hex value": "a \\ starts an escape; put text that has one in single quotes",
    "Unescaped '\\' in a string": "a \\ starts an escape; put text that has one in single quotes",
    "Invalid initial character for a key": "a key has letters, digits, - and _, or is in quotes",
}
"""Rule and remedy for each error of the TOML reader, by how its message starts."""


def _parse(source: SourceFile) -> dict[str, Any]:
    if (deep := too_deep(source.text)) is not None:
        message = f"nested too deeply; tables and lists are at most {DEEPEST} levels deep"
        raise GrokspecError(source.mistake_at(message, deep, deep + 1))
    try:
        return tomli.loads(source.text)
    except tomli.TOMLDecodeError as error:
        start = min(error.pos, len(source.text.rstrip()))
        if error.msg.startswith(("Cannot overwrite", "Duplicate", "Cannot redefine")):
            start = _statement_start(source.text, error.pos)  # as error.pos is where the value ends
        what = _slip(source.text, start) or next(
            (r for m, r in REMEDIES.items() if error.msg.startswith(m)), error.msg
        )
        raise GrokspecError(
            source.mistake_at(f"not valid TOML: {what}", start, start + 1)
        ) from None
    except ValueError:  # Python's own limit on the digits of a whole number
        digits = re.search(r"[0-9_]{1000,}", source.text)
        start = digits.start() if digits else 0
        raise GrokspecError(
            source.mistake_at("a whole number has at most 64 bits", start, start + 1)
        ) from None


def _slip(text: str, position: int) -> str:
    """What is wrong with the value on whose line a text stops being TOML; empty if unclear."""
    line_start = text.rfind("\n", 0, position) + 1
    statement = re.compile(r"[^\n=\"'#]*(?:\"[^\"\n]*\")?[^\n=\"'#]*=[ \t]*").match(
        text, line_start
    )
    starts = [position] + ([statement.end()] if statement and statement.end() <= position else [])
    before = re.compile(r"[\w.+-]*$").search(text[max(line_start, position - 80) : position])
    starts += [position - len(before.group())] if before else []
    for start in dict.fromkeys(reversed(starts)):
        for slip, remedy in SLIPS.items():
            if (found := re.compile(slip).match(text, start)) and found.end() >= position:
                return remedy
    return ""


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
"""A longer line is cut to this many characters around the mistake."""


def excerpt(content: str, line: int, column: int, length: int) -> str:
    """A line with carets below the mistake."""
    first = max(0, min(column - WIDTH // 4, len(content) - WIDTH))
    window = content[first : first + WIDTH]
    before = window[: column - first]
    marked = window[column - first : column - first + length]
    gutter = f"{line:>4} | "
    blank = " " * (len(gutter) - 2) + "| "
    carets = "^" * max(1, _cells(marked))
    return f"{gutter}{_printable(window)}\n{blank}{_blank(before)}{carets}"


def _printable(text: str) -> str:
    """The text without control characters, which a terminal would obey."""
    return "".join(c if c.isprintable() or c == "\t" else "\N{REPLACEMENT CHARACTER}" for c in text)


def _blank(text: str) -> str:
    """As many spaces as the text is wide on a terminal; tabs stay tabs."""
    return "".join("\t" if c == "\t" else " " * _cells(c) for c in text)


def _cells(text: str) -> int:
    from rich.cells import cell_len  # only mistakes need it

    return sum(cell_len(c) if c.isprintable() else 1 for c in text)
