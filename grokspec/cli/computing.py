"""Options that say where runs are trained, which of them, and for how long."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from grokspec.errors import GrokspecError
from grokspec.runner.portion import Portion

if TYPE_CHECKING:
    from distributed import Client

SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}

TIME = re.compile(r"(?=\d)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?")
"""A time in days, hours, minutes and seconds."""

CLOCK = re.compile(r"(?:(\d+)-)?(\d+):(\d\d):(\d\d)")
"""A time as batch systems write it."""


def time_limit(text: str) -> float:
    """Seconds, from "3h50m", "90m", "1d12h", or as SLURM has it, "1-12:00:00"."""
    written = text.strip()
    match = CLOCK.fullmatch(written) or TIME.fullmatch(written)
    if match is None or written.isdecimal():
        raise typer.BadParameter(f'"{text}" is no time; write it like 3h50m, 90m or 03:50:00')
    numbers = (int(number or 0) for number in match.groups())
    return float(sum(n * unit for n, unit in zip(numbers, SECONDS.values(), strict=True)))


def portion(text: str) -> Portion:
    """The portion that "3/8" names."""
    match = re.fullmatch(r"\s*(\d+)\s*/\s*(\d+)\s*", text)
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise typer.BadParameter(
            f'"{text}" is no part of a whole; write it like 3/8, with parts counted from 1'
        )
    return Portion(int(match[1]), int(match[2]))


TimeLimit = Annotated[
    float | None,
    typer.Option(
        "--time-limit",
        metavar="TIME",
        parser=time_limit,
        help="Stop in time, for example after 3h50m: no stack is begun that would take longer. "
        "Ends with exit code 75 if there is more to do.",
    ),
]
Shard = Annotated[
    Portion | None,
    typer.Option(
        "--shard",
        metavar="I/N",
        parser=portion,
        help="Train one of N parts of the runs, for array jobs: 1/8 to 8/8.",
    ),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        metavar="ADDRESS",
        help="Train on the workers of a Dask scheduler: its address, like tcp://host:8786, or its "
        "scheduler file.",
    ),
]
Cluster = Annotated[
    int | None,
    typer.Option(
        "--cluster", metavar="N", min=1, help="Train on a Dask cluster of N processes here."
    ),
]


@contextlib.contextmanager
def cluster_of(
    scheduler: str | None, local: int | None, workers: int | None = None
) -> Iterator[Client | None]:
    """A client of the cluster that the options name; None if they name none."""
    named = {"--scheduler": scheduler, "--cluster": local, "--workers": workers}
    given = [name for name, value in named.items() if value is not None]
    if given[1:]:
        raise GrokspecError(f"{' and '.join(given)} say different things; give one of them")
    if scheduler is None and local is None:
        yield None
        return
    from grokspec.runner.connecting import connected, local_cluster

    with connected(scheduler) if scheduler else local_cluster(local or 1) as client:
        yield client
