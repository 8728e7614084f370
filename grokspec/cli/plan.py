"""`grokspec plan`: the runs of a spec, what the store has of them, and the cost of the rest."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from grokspec.cli.options import Limit, Profile, SeedsMovedBy, SpecPath, StoreFolder
from grokspec.cli.run import nothing_to_train
from grokspec.cli.terminal import can_print
from grokspec.formatting import amount, duration, shown_path
from grokspec.spec import DEFAULT_PROFILE, LIMIT

if TYPE_CHECKING:
    from rich.console import Console

    from grokspec.runner.estimate import Rate, State, TrainingEstimate

MOST_LINES = 20
"""Longer lists are cut."""

COLORS: dict[State, str] = {
    "stored": "green",
    "recorded": "green",
    "stale": "yellow",
    "missing": "red",
}


def plan(
    spec: SpecPath,
    profile: Profile = DEFAULT_PROFILE,
    seeds_moved_by: SeedsMovedBy = 0,
    store: StoreFolder = None,
    limit: Limit = LIMIT,
    device: Annotated[
        str,
        typer.Option("--device", help="Device to estimate for, as for `run`; it need not be here."),
    ] = "cpu",
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            min=1,
            help="How many workers a cluster has, each with a core or a GPU like those here.",
        ),
    ] = None,
    show_all: Annotated[bool, typer.Option("--all", help="List all runs and stacks.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the runs of a spec, which of them the store has, and what the others will take."""
    from grokspec.runner.estimate import estimate_training
    from grokspec.spec import read_spec
    from grokspec.store import open_store

    read = read_spec(spec, profile, limit, seeds_moved_by=seeds_moved_by)
    if read.recording is not None:
        typer.echo(nothing_to_train(read))
        return
    estimate = estimate_training(read, open_store(store), device, workers)
    if as_json:
        text = estimate.model_dump_json(indent=2)
        typer.echo(text if can_print(text) else json.dumps(json.loads(text), indent=2))
        return
    from rich.console import Console

    _show(Console(highlight=False, soft_wrap=True), estimate, show_all)


def _show(console: Console, estimate: TrainingEstimate, show_all: bool) -> None:
    from rich.markup import escape

    states = Counter(run.state for run in estimate.runs)
    counts = ", ".join(f"{states[state]} {state}" for state in COLORS if states[state])
    console.print(f"[bold]{escape(estimate.name)}[/], profile {escape(estimate.profile)}: {counts}")
    console.print(f"store {escape(shown_path(estimate.store))}\n")
    for run in _part(estimate.runs, show_all):
        console.print(f"  [{COLORS[run.state]}]{run.state:<8}[/]{escape(run.id)}")
    _show_rest(console, estimate.runs, show_all, "runs")
    if not estimate.stacks:
        console.print("\nnothing to train")
        return
    console.print("\nstacks to train")
    for stack in _part(estimate.stacks, show_all):
        flops, memory = amount(stack.flops, "flop"), amount(stack.memory, "B")
        flops, memory = (flops, memory) if stack.is_known else ("cost", "unknown")
        more = " …" if stack.runs[1:] else ""
        console.print(
            f"  {len(stack.runs):>5} runs {flops:>11} {memory:>8}  "
            f"{stack.engine}  {escape(stack.runs[0])}{more}"
        )
    _show_rest(console, estimate.stacks, show_all, "stacks")
    for why in dict.fromkeys(stack.why_one_by_one for stack in estimate.stacks):
        if why is not None:
            console.print(f"  one by one: {escape(why)}")
    console.print(f"\n{_total(estimate)}, {estimate.slots} at a time{_price(estimate)}")
    for rate in estimate.rates:
        console.print(f"  {escape(_in_words(rate))}")
    if not estimate.device_is_here:
        console.print(
            f"this machine has no {estimate.device}; on one that has it, `grokspec run` cuts the "
            "stacks to fit its memory"
        )
    for id, reason in list(estimate.too_large.items())[:1]:
        rest = len(estimate.too_large) - 1
        more = f" and {rest} more" if rest else ""
        console.print(f"more than this machine has: {escape(id)}{more} cannot be trained: {reason}")


def _part(lines: Sequence, show_all: bool) -> Sequence:
    return lines if show_all or len(lines) <= MOST_LINES else lines[: MOST_LINES // 2]


def _show_rest(console: Console, lines: Sequence, show_all: bool, what: str) -> None:
    rest = len(lines) - len(_part(lines, show_all))
    if rest:
        console.print(f"  … and {rest:,} more {what}, which --all shows")


def _total(estimate: TrainingEstimate) -> str:
    """What all stacks take together, as far as it is known."""
    if estimate.seconds is None:
        return "a time that shows once the first runs are trained"
    at_most = "at most " if any(stack.may_end for stack in estimate.stacks) else ""
    time = f"{at_most}about {duration(estimate.seconds)}"
    known = all(stack.is_known for stack in estimate.stacks)
    return f"{time} and {amount(estimate.memory, 'B')} of memory" if known else time


def _price(estimate: TrainingEstimate) -> str:
    """What one worker would take, if there are several."""
    if estimate.work is None or estimate.slots == 1:
        return ""
    return f" (about {duration(estimate.work)} of one)"


def _in_words(rate: Rate) -> str:
    if not rate.of_arithmetic:
        if not rate.results:
            return f"{rate.engine} on {rate.device}: no result in the store says what a run takes"
        each = duration(1 / rate.flops_per_second)
        return f"{rate.engine} on {rate.device}: {each} a run, by {rate.results} results"
    speed = f"{rate.engine} on {rate.device} does {amount(rate.flops_per_second, 'flop/s')}"
    if rate.results:
        return f"{speed}, by what {rate.results} results in the store took"
    return f"{speed}, by assumption: the store has no result of it yet"
