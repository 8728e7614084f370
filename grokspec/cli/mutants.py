"""`grokspec mutants`: makes known mistakes in the program, and shows which claims notice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grokspec.cli.computing import portion
from grokspec.cli.options import StoreFolder
from grokspec.errors import GrokspecError, visible
from grokspec.files.folders import named_path
from grokspec.runner.portion import Portion

if TYPE_CHECKING:
    from rich.console import Console

    from grokspec.mutation.by_rule import RuleMutant
    from grokspec.mutation.matrix import MutantOutcome, Status
    from grokspec.mutation.rule_matrix import RuleOutcome
    from grokspec.mutation.selection import MutantTrial


def mutants(
    claims: Annotated[
        Path, typer.Argument(metavar="CLAIMS", parser=named_path, help="The folder of the claims.")
    ] = Path("claims"),
    mutant: Annotated[
        list[str] | None,
        typer.Option("--mutant", metavar="ID", help="Only this one; can be given several times."),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            metavar="FILE",
            parser=named_path,
            help="A file of mutants, instead of grokspec's.",
        ),
    ] = None,
    without_training: Annotated[
        bool,
        typer.Option("--without-training", help="Only mutants that stored results can decide."),
    ] = False,
    shard: Annotated[
        Portion | None,
        typer.Option(
            "--shard",
            metavar="I/N",
            parser=portion,
            help="Only one of N parts of the mutants that were not made by rule: 1/3 to 3/3.",
        ),
    ] = None,
    by_rule: Annotated[
        bool,
        typer.Option("--by-rule", help="Mutants made by rule, judged by tests and claims."),
    ] = False,
    room: Annotated[
        list[str] | None,
        typer.Option(
            "--room",
            metavar="ROOM",
            help="With --by-rule: only those of this room or file of grokspec (statistics, "
            "measures/base.py); can be given several times. Else statistics, measures and probes.",
        ),
    ] = None,
    sample: Annotated[
        int | None,
        typer.Option(
            "--sample", min=1, help="With --by-rule: only so many, of those not known equivalent."
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", help="With --sample: another number draws others.")
    ] = 0,
    tests: Annotated[
        Path,
        typer.Option(
            "--tests",
            metavar="FOLDER",
            parser=named_path,
            help="With --by-rule: where the tests of each room are.",
        ),
    ] = Path("tests"),
    without_claims: Annotated[
        bool,
        typer.Option("--without-claims", help="With --by-rule: judge by the tests alone."),
    ] = False,
    required: Annotated[
        float,
        typer.Option(
            "--required",
            min=0,
            max=1,
            help="With --by-rule: the share that must be killed for an exit code of 0.",
        ),
    ] = 1.0,
    store: StoreFolder = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, help="How many at a time; else one on each core."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            parser=named_path,
            help="Write the matrix to a .md or .json file, too.",
        ),
    ] = None,
) -> None:
    """Make known mistakes in the program, one at a time, and see which claims notice.

    Each mistake is made in a copy of the program. Results that it affects are trained again, into a
    temporary store. The exit code is 1 if a mutant survives that is not known to be equivalent.
    """
    if by_rule:
        chosen_by_rule = _chosen_by_rule(room or (), mutant or (), sample, seed)
        judging_claims = None if without_claims else claims
        _try_by_rule(chosen_by_rule, tests, judging_claims, store, workers, output, required)
        return
    from grokspec.cli.output import by_ending, write_text
    from grokspec.mutation.matrix import matrix_as_json, matrix_as_markdown
    from grokspec.mutation.mutants import SHIPPED, chosen, read_mutants
    from grokspec.mutation.selection import select
    from grokspec.mutation.trying import try_all
    from grokspec.runner.machine import cores
    from grokspec.store import open_store

    writers = {".md": matrix_as_markdown, ".json": matrix_as_json}
    write = by_ending(output, writers, "the kill matrix") if output else None
    source = file or SHIPPED
    trials = select(chosen(read_mutants(source), mutant or ()), claims, source)
    if shard:
        trials = _part_of(trials, shard)
    matrix = try_all(
        trials,
        open_store(store),
        _printer(max(len(trial.mutant.id) for trial in trials)),
        train=not without_training,
        workers=workers or min(cores(), len(trials)),
    )
    if output and write:
        write_text(output, write(matrix))
    left_out = len(trials) - len(matrix.mutants)
    if left_out == len(trials):
        raise GrokspecError(f"none of {left_out} mutants can be judged without training")
    typer.echo(matrix.summary + (f"; {left_out} not judged without training" if left_out else ""))
    if any(outcome.shows_a_hole for outcome in matrix.mutants):
        raise typer.Exit(1)


def _part_of(trials: tuple[MutantTrial, ...], shard: Portion) -> tuple[MutantTrial, ...]:
    if shard.of > len(trials):
        raise GrokspecError(f"--shard: {len(trials)} mutants do not make {shard.of} parts")
    return trials[shard.number - 1 :: shard.of]


def _chosen_by_rule(
    rooms: Sequence[str], ids: Sequence[str], sample: int | None, seed: int
) -> tuple[RuleMutant, ...]:
    from grokspec.mutation.by_rule import ROOMS, mutants_of, sampled
    from grokspec.mutation.equivalents import read_equivalents, reasons_of
    from grokspec.mutation.mutants import chosen

    made = tuple(mutant for room in rooms or ROOMS for mutant in mutants_of(room))
    if ids:
        return chosen(made, ids)
    if sample is None:
        return made
    # All tests of a line try an equivalent one, so it takes as long as many that are killed.
    equivalent = reasons_of(made, read_equivalents())
    return sampled([mutant for mutant in made if mutant.id not in equivalent], sample, seed)


def _try_by_rule(
    mutants: Sequence[RuleMutant],
    tests: Path,
    claims: Path | None,
    store: Path | None,
    workers: int | None,
    output: Path | None,
    required: float,
) -> None:
    from grokspec.cli.output import by_ending, write_text
    from grokspec.mutation.equivalents import read_equivalents, reasons_of
    from grokspec.mutation.rule_matrix import rule_matrix_as_json, rule_matrix_as_markdown
    from grokspec.mutation.rule_trying import try_by_rule
    from grokspec.runner.machine import cores
    from grokspec.store import open_store

    writers = {".md": rule_matrix_as_markdown, ".json": rule_matrix_as_json}
    write = by_ending(output, writers, "the matrix") if output else None
    matrix = try_by_rule(
        mutants,
        tests,
        claims,
        open_store(store),
        _printer(max(len(mutant.id) for mutant in mutants)),
        equivalent=reasons_of(mutants, read_equivalents()),
        workers=workers or cores(),
    )
    if output and write:
        write_text(output, write(matrix))
    typer.echo(matrix.summary)
    if matrix.share_killed < required:
        raise typer.Exit(1)


def _printer(width: int) -> Callable[[MutantOutcome | RuleOutcome], None]:
    """Print the head of the table, and return a function that prints the line of a mutant.

    The ids of the mutants have at most ``width`` characters.
    """
    from rich.markup import escape

    from grokspec.cli.output import terminal

    console = terminal()
    colors: dict[Status, str] = {"killed": "green", "equivalent": "yellow"}
    head = (f"[dim]{title}[/]" for title in ("mutant", "what is wrong", "killed by", "s"))
    _print_line(console, width, *head)

    def show(outcome: MutantOutcome | RuleOutcome) -> None:
        color = colors.get(outcome.status, "red")
        _print_line(
            console,
            width,
            escape(visible(outcome.id)),
            escape(visible(outcome.description)),
            f"[{color}]{escape(visible(outcome.killers))}[/]",
            f"{outcome.seconds:.0f}",
        )

    return show


def _print_line(console: Console, width: int, *cells: str) -> None:
    """Print one line of the table, in columns of the same widths on every line."""
    from rich.table import Table

    line = Table.grid(padding=(0, 2, 0, 0), expand=True)
    line.add_column(width=width)
    for share in (7, 2):
        line.add_column(ratio=share)
    line.add_column(width=4, justify="right")
    line.add_row(*cells)
    console.print(line)
