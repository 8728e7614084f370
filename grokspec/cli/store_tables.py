"""What the commands of `grokspec store` print: tables that are never cut, and JSON."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import typer

from grokspec.errors import visible
from grokspec.formatting import amount, count
from grokspec.store.census import by_spec

if TYPE_CHECKING:
    from pydantic import BaseModel

    from grokspec.store.holdings import SpecHoldings
    from grokspec.store.merging import Merged
    from grokspec.store.removal import Removal, Removed
    from grokspec.store.usage import Usage
    from grokspec.store.verification import Kind, Verification

BYTES = "B"

REMEDIES: dict[Kind, str] = {
    "damaged": "its runs count as missing, and `grokspec run` trains them again. If it is still "
    "being copied, wait. `grokspec store verify --remove-damaged` puts it out of the way; then "
    "`grokspec store merge` brings it back from another copy of the store",
    "unreadable": "nothing is known of it; mend what the system says",
    "lacking": "the results count, but no training goes on from there. If another copy of the "
    "store has the file, `grokspec store merge` brings it back",
    "foreign": "it is passed over, and left alone; put it elsewhere",
    "whole again": "it was set aside and is whole now; put it back where it was",
}
"""What to do about each kind of problem."""

COUNTED_BY_SPEC = ("spec", "runs", "results", "stale", "size", "codes")


def show_holdings(holdings: Sequence[SpecHoldings]) -> None:
    """Print what a store holds, a line for each spec."""
    rows = [
        (
            each.spec,
            f"{each.runs:,}",
            f"{each.results:,}",
            f"{each.stale:,}" + (f" + {each.unknown:,}?" if each.unknown else ""),
            amount(each.bytes, BYTES),
            f"{each.fingerprints:,}",
            ", ".join(each.grokspec),
            ", ".join(each.torch),
            _day(each.first),
            _day(each.last),
        )
        for each in holdings
    ]
    names = (*COUNTED_BY_SPEC, "grokspec", "torch", "first", "last")
    print_table(names, rows, numbers=(1, 2, 3, 4, 5))
    if any(each.unknown for each in holdings):
        typer.echo(
            "\n? made by a Python file that a spec names; `--code-of SPEC` compares that, too"
        )


def show_usage(usage: Usage) -> None:
    """Print what a store takes, by spec and by kind of file."""
    rows = [
        (each.spec, amount(each.shards, BYTES), amount(each.weights, BYTES)) for each in usage.specs
    ]
    if rows:
        print_table(("spec", "shards", "weights"), rows, numbers=(1, 2))
        typer.echo()
    kinds = [
        (each.kind, f"{each.files:,}", amount(each.bytes, BYTES))
        for each in usage.kinds
        if each.files
    ]
    kinds.append(("all", f"{sum(k.files for k in usage.kinds):,}", amount(usage.bytes, BYTES)))
    print_table(("kind", "files", "size"), kinds, numbers=(1, 2))
    if usage.superseded_results:
        typer.echo(
            f"\n{count(usage.superseded_results, 'superseded result')}: "
            f"{amount(usage.superseded_bytes, BYTES)}; "
            "`grokspec store rm --superseded` removes them"
        )
    if usage.unused_weights:
        typer.echo(
            f"\n{count(usage.unused_weights, 'file')} of weights without a result: "
            f"{amount(usage.unused_bytes, BYTES)}; `grokspec store rm --superseded` removes those "
            "that are older than a day"
        )


def show_removal(removal: Removal) -> None:
    """Print what is to be removed, before anybody is asked."""
    rows = [
        (
            spec,
            f"{len({result.key for result in results}):,}",
            f"{len(results):,}",
            amount(sum(result.size for result in results), BYTES),
        )
        for spec, results in by_spec(removal.results).items()
    ]
    if rows:
        print_table(("spec", "runs", "results", "size"), rows, numbers=(1, 2, 3))
    if removal.weights:
        size = amount(sum(removal.weights.values()), BYTES)
        typer.echo(f"and {count(len(removal.weights), 'file')} of weights, {size}")
    if removal.rewritten:
        shards = count(removal.rewritten, "shard")
        typer.echo(f"{shards} also with results that stay: these are written anew before")


def say_what_is_unknown(results: int) -> None:
    """Print how many results stay because nobody can say whether they are stale."""
    typer.echo(
        f"{count(results, 'result')} left: whether the Python files that made them changed shows "
        "only with their specs; name these with --code-of"
    )


def show_removed(removed: Removed) -> None:
    """Print what was removed, and what was left and why."""
    files = count(removed.weights, "file")
    weights = f" and {files} of weights" if removed.weights else ""
    freed = amount(max(removed.bytes, 0), BYTES)
    typer.echo(f"removed {count(removed.results, 'result')}{weights}: {freed}")
    for why, number in removed.left.items():
        typer.echo(f"{count(number, 'result')} left: they {why}")
    if removed.weights_left:
        typer.echo(
            f"files of weights left: {removed.weights_left}; `grokspec store verify` names it"
        )


def show_verification(found: Verification, moved: Sequence[str], store: str) -> None:
    """Print what was found in a store, and what to do about each kind of problem."""
    weights = f" and {count(found.weights, 'file')} of weights" if found.weights else ""
    results = f"{count(found.results, 'result')} in {count(found.shards, 'shard')}"
    typer.echo(f"{store}: whole are {results}{weights}")
    for kind, remedy in REMEDIES.items():
        problems = [problem for problem in found.problems if problem.kind == kind]
        if problems:
            typer.echo(f"\n{kind}: {count(len(problems), 'file')}")
            for problem in problems:
                typer.echo(visible(f"  {problem.file} {problem.why}"))
            done = f"moved to {store}/damaged" if kind == "damaged" and moved else remedy
            typer.echo(f"  → {done}")


def show_merged(merged: Merged, store: str, other: str) -> None:
    """Print what came from another store, and what did not."""
    if merged.shards or merged.weights:
        weights = f" and {count(merged.weights, 'file')} of weights" if merged.weights else ""
        results = f"{count(merged.results, 'result')} in {count(merged.shards, 'shard')}"
        size, runs = amount(merged.bytes, BYTES), count(merged.new_runs, "run")
        typer.echo(f"{store}: {results}{weights} came from {other}, {size}; {runs} new")
    else:
        typer.echo(f"{store}: lacks nothing that {other} has")
    if merged.there:
        typer.echo(f"{count(merged.there, 'shard')} there already")
    for file, why in merged.passed_over.items():
        typer.echo(visible(f"did not come: {other}/{file} {why}"), err=True)


def as_json(records: BaseModel | Iterable[BaseModel]) -> str:
    """Records as JSON, in characters that every terminal has."""
    from pydantic import BaseModel

    if isinstance(records, BaseModel):
        return json.dumps(records.model_dump(mode="json"), indent=2)
    return json.dumps([record.model_dump(mode="json") for record in records], indent=2)


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] = ()
) -> None:
    """Print a table as wide as it is: in a narrow terminal its lines wrap, and nothing is cut."""
    from rich.console import Console
    from rich.markup import escape
    from rich.measure import Measurement
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for position, name in enumerate(columns):
        table.add_column(name, no_wrap=True, justify="right" if position in numbers else "left")
    for row in rows:
        table.add_row(*(escape(visible(cell)) for cell in row))
    console = Console(highlight=False, soft_wrap=True)
    wide = console.options.update(width=10_000)
    console.width = max(console.width, Measurement.get(console, wide, table).maximum)
    console.print(table)


def _day(seconds: float) -> str:
    """A date for people, of any number that a header may have."""
    try:
        return time.strftime("%Y-%m-%d", time.localtime(seconds))
    except (ValueError, OverflowError, OSError):
        return "?"
