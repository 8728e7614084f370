"""A history on the terminal: a table of the claims and one of the sides."""

from __future__ import annotations

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from grokspec.cli.output import terminal
from grokspec.cli.terminal import can_print
from grokspec.errors import visible
from grokspec.regression.history import ClaimHistory, History
from grokspec.regression.history_rendering import (
    at_each_side,
    cell,
    headline,
    key,
    measured,
    what_changed,
)
from grokspec.statistics.verdict import Verdict

LETTERS = str.maketrans("✓✗?–·", "SRI-.")
"""For the signs of supported, refuted, inconclusive, not run and not there."""


def show(history: History) -> None:
    """Print the claims and the sides; on a narrow terminal, the verdicts of a claim as signs."""
    console = terminal()
    if history.claims:
        table = _wide(history)
        if _least_width(console, table) > console.width:
            table = _narrow(history)
        console.print(table)
        console.print(_text(f"{_signs(key())}  underlined: changed there\n", "dim"))
    console.print(_sides(history))
    console.print(_text(f"\n{headline(history)}"))


def _wide(history: History) -> Table:
    """A row a claim, a column a side, with the numbers of the claim's effect."""
    table = _table()
    table.add_column("claim", min_width=24)
    for side in history.sides:
        table.add_column(_text(f"{side.name}\n{side.day}".rstrip()), no_wrap=True)
    table.add_column("last changed", min_width=16)
    for claim in history.claims:
        points = (_in_lines(claim, at) for at in range(len(history.sides)))
        table.add_row(_about(claim), *points, _text(what_changed(history, claim)))
    return table


def _narrow(history: History) -> Table:
    """A row a claim, with a sign for each side, and the effect as it was first and last."""
    table = _table()
    table.add_column("claim", min_width=16)
    table.add_column("verdicts", max_width=10, overflow="fold")
    table.add_column("first")
    table.add_column("last")
    table.add_column("last changed", min_width=12)
    for claim in history.claims:
        known = [at for at, point in enumerate(claim.points) if point and point.effect] or [0]
        first, last = (_in_lines(claim, at) for at in (known[0], known[-1]))
        table.add_row(
            _about(claim), _in_a_row(claim), first, last, _text(what_changed(history, claim))
        )
    return table


def _sides(history: History) -> Table:
    """A row a side: when it was, what the claims were and what changed."""
    table = _table("side", "day", "commit", "claims", "changes")
    for row in at_each_side(history):
        table.add_row(*map(_text, row))
    return table


def _table(*columns: str) -> Table:
    return Table(*columns, box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")


def _least_width(console: Console, table: Table) -> int:
    """The width that a table takes on a terminal that is wide enough."""
    return Measurement.get(console, console.options.update(width=10_000), table).minimum


def _about(claim: ClaimHistory) -> Text:
    """The claim and, below it, what its numbers are."""
    about = _text(f"{claim.full_id}  {claim.sentence}\n")
    return about.append_text(_text(f"{measured(claim)}\n".lstrip(), "dim"))


def _in_lines(claim: ClaimHistory, at: int) -> Text:
    """A claim on one side: the sign and the median, and the interval below them."""
    sign, *numbers = cell(claim.points[at]).split(" ", 2)
    lines = [" ".join([_signs(sign), *numbers[:1]]), *numbers[1:]]
    return _text("\n".join(lines), _style(claim, at))


def _in_a_row(claim: ClaimHistory) -> Text:
    """The signs of all sides, one beside the other."""
    signs = (cell(point).split(" ")[0] for point in claim.points)
    return Text.assemble(*((_signs(s), _style(claim, at)) for at, s in enumerate(signs)))


def _style(claim: ClaimHistory, at: int) -> str:
    """Red for what is not as expected, green for supported claims; underlined where it changed."""
    point = claim.points[at]
    color = "dim"
    if point:
        supported = point.verdict is Verdict.SUPPORTED
        color = "red" if point.verdict is not point.expected else "green" if supported else "yellow"
    return f"{color} underline" if claim.changed_at(at) else color


def _signs(text: str) -> str:
    """Signs of verdicts, as letters if the terminal lacks them."""
    return text if can_print(text) else text.translate(LETTERS)


def _text(text: str, style: str = "") -> Text:
    return Text(visible(text), style)
