"""Reads pages of the documentation: their blocks, links and commands.

How a page is written:

- ``<!-- file: specs/mine.toml -->`` before a fenced block: the block is this file.
- A ``console`` block has commands after ``$ ``, each followed by lines of its output, if any are
  shown. The lines occur in the output in this order; ``…`` alone stands for any lines, and ``…`` in
  a line for any text. A command that ends with a backslash continues in the next line.
- ``<!-- exit: 1 -->`` before a console block: the exit code of its last command, if not 0.
- The ``python`` blocks of a page that are no files run in one namespace.
- ``<!-- output -->`` before a ``text`` block: the output of the python block above it.
- ``<!-- not run: reason -->`` before a block: it is not run.
- ``<!-- start: clone -->`` anywhere: the page starts in a copy of our specs and claims.
- Everything else is ``text`` (or ``bibtex``). A block in a comment is run, but not shown.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))

NOTE = re.compile(r"^\s*<!-- ([^:]+?)(?:: (.+?))? -->$")
MARKS = {"set-up", "end"}  # for .ci/run
NOTES = {"file", "exit", "output", "not run", "start", *MARKS}
FENCE = re.compile(r"^( *)```(\w*)$")
REMARK = re.compile(r"^\s*(?:<!--.*|.*-->|)$")  # allowed between a note and its block


@dataclass(frozen=True)
class Block:
    """A fenced block, with the notes that stand before it."""

    language: str
    text: str
    line: int  # of its first line in the page, counted from 1
    notes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Command:
    """A command of a console block, with the lines of its output that the page shows."""

    text: str
    shown: tuple[str, ...]
    exit: int


@dataclass(frozen=True)
class Page:
    """A page: its blocks, and its prose without blocks."""

    path: Path
    blocks: tuple[Block, ...]
    prose: str
    starts_from_clone: bool

    def file(self, path: str) -> str:
        """The text of the block that is this file."""
        (text,) = (block.text for block in self.blocks if block.notes.get("file") == path)
        return text

    @property
    def links(self) -> list[str]:
        """The targets of links and pictures, without web addresses."""
        targets = re.findall(r"\]\(([^)\s]+)\)", self.prose)
        return [t for t in targets if not re.match(r"\w+:", t)]

    @property
    def anchors(self) -> set[str]:
        """The anchors of the headings, as GitHub makes them."""
        headings = re.findall(r"^#+ (.+)$", self.prose, re.M)
        return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}

    @property
    def mentions(self) -> list[str]:
        """The texts between backticks in the prose."""
        return re.findall(r"`([^`\n]+)`", self.prose)


def read_page(path: Path) -> Page:
    """Read a page into its blocks."""
    blocks: list[Block] = []
    prose: list[str] = []
    notes: dict[str, str] = {}
    clone = False
    lines = iter(enumerate(path.read_text(encoding="utf-8").splitlines(), 1))
    for number, line in lines:
        if fence := FENCE.match(line):
            indent, language = fence.groups()
            text = "\n".join(_until_closed(lines, indent))
            blocks.append(Block(language, textwrap.dedent(text) + "\n", number + 1, notes))
            notes = {}
            continue
        if note := NOTE.match(line):
            clone |= note[1] == "start"
            notes = {**notes, note[1]: note[2] or ""}
        elif not REMARK.match(line):
            notes = {}
        prose.append(line)
    return Page(path, tuple(blocks), "\n".join(prose), clone)


def _until_closed(lines: Iterator[tuple[int, str]], indent: str) -> Iterator[str]:
    for _, line in lines:
        if line == f"{indent}```":
            return
        yield line


def commands_of(block: Block) -> list[Command]:
    """The commands of a console block; the exit code in its notes is that of the last."""
    parts = re.split(r"^\$ ", block.text, flags=re.M)
    assert not parts[0].strip(), f"line {block.line}: a console block begins with `$ `"
    commands = [_command(part) for part in parts[1:]]
    last = int(block.notes.get("exit", 0))
    exits = [*[0] * (len(commands) - 1), last]
    return [Command(*c, exit) for c, exit in zip(commands, exits, strict=True)]


def _command(part: str) -> tuple[str, tuple[str, ...]]:
    text, _, rest = part.partition("\n")
    while text.endswith("\\"):
        more, _, rest = rest.partition("\n")
        text += f"\n{more.removeprefix('> ')}"
    return text, tuple(line for line in rest.splitlines() if line.strip())


def first_not_in(shown: tuple[str, ...], output: str) -> str | None:
    """The first of the shown lines that does not occur in the output after those before it."""
    lines = iter(line.rstrip() for line in output.splitlines())
    for wanted in shown:
        if wanted.strip() == "…":
            continue
        pattern = re.compile(".*".join(map(re.escape, wanted.rstrip().split("…"))))
        if not any(pattern.fullmatch(line) for line in lines):
            return wanted
    return None
