"""`grokspec check`: every mistake in files and folders of specs, under all profiles."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grokspec.cli.options import Limit
from grokspec.errors import MOST_COLLECTED, GrokspecError, Mistake, visible
from grokspec.files.folders import named_path
from grokspec.formatting import count, shown_path
from grokspec.spec import LIMIT
from grokspec.spec.document import Chain, profiles_of, read_chain

if TYPE_CHECKING:
    from grokspec.spec import Run

PROFILES_AT_THE_LIMIT = 1.5
"""The profiles of a spec may have this many times the limit of runs together."""


def check(
    specs: Annotated[
        list[Path],
        typer.Argument(
            metavar="SPEC...", parser=named_path, help="Spec files, or folders of them."
        ),
    ],
    limit: Limit = LIMIT,
) -> None:
    """Show every mistake in specs, under each of their profiles."""
    for checked in check_all(specs, limit):
        typer.echo(str(checked))


@dataclass(frozen=True)
class Checked:
    """A spec without mistakes, with its number of runs under each profile.

    ``runs`` is empty for a spec in a folder that is only a base: the specs that extend it are
    checked in its place.
    """

    path: Path
    runs: dict[str, int]

    def __str__(self) -> str:
        counts = [f"{name}: {count(n, 'run')}" for name, n in self.runs.items()]
        return visible(f"{shown_path(self.path)}  {', '.join(counts) or 'a base of other specs'}")


def check_all(paths: Sequence[Path], limit: int | None = LIMIT) -> list[Checked]:
    """Check files, and all specs in folders and their subfolders.

    Raises a GrokspecError with every mistake once, however many specs and profiles have it.
    """
    mistakes: dict[Mistake, None] = {}
    checked = []
    for path in paths:
        if path.is_dir():
            checked += _checked_folder(path, limit, mistakes)
        else:
            with _collected(mistakes):
                checked.append(Checked(path, _runs(read_chain(path), limit)))
    if mistakes:
        raise GrokspecError(*mistakes)
    return checked


@contextmanager
def _collected(mistakes: dict[Mistake, None]) -> Iterator[None]:
    try:
        yield
    except GrokspecError as error:
        mistakes |= dict.fromkeys(error.mistakes)


def _checked_folder(
    folder: Path, limit: int | None, mistakes: dict[Mistake, None]
) -> list[Checked]:
    """Check all specs in a folder; those that others in it extend are only bases."""
    files = sorted(_specs_in(folder))
    if not files:
        mistakes[Mistake(f"{shown_path(folder)}: has no spec, no file that ends in .toml")] = None
    chains = []
    for file in files:
        with _collected(mistakes):
            chains.append(read_chain(file))
    bases = {os.path.realpath(source.path) for chain in chains for source in chain[1:]}
    checked = []
    for chain in chains:
        path = chain[0].path
        with _collected(mistakes):
            is_base = os.path.realpath(path) in bases
            checked.append(Checked(path, {} if is_base else _runs(chain, limit)))
    return checked


def runs_in(paths: Sequence[Path]) -> Iterator[Run]:
    """The runs of spec files and of all specs in folders, under each of their profiles.

    Raises a GrokspecError if there is a mistake in one of them.
    """
    from grokspec.spec.reader import read_spec

    for checked in check_all(paths, None):
        for profile in checked.runs:
            yield from read_spec(checked.path, profile, None).runs


def _specs_in(folder: Path) -> Iterator[Path]:
    """The files of specs in a folder and its subfolders; hidden ones are other programs'."""
    for path in folder.rglob("*.toml"):
        inside = path.relative_to(folder).parts
        if not path.is_dir() and not any(name.startswith(".") for name in inside):
            yield path


def _runs(chain: Chain, limit: int | None) -> dict[str, int]:
    from grokspec.spec.reader import spec_of

    runs: dict[str, int] = {}
    mistakes: dict[Mistake, None] = {}
    for profile in profiles_of(chain):
        with _collected(mistakes):
            runs[profile] = len(spec_of(chain, profile, limit).runs)
        most = PROFILES_AT_THE_LIMIT * limit if limit is not None else math.inf
        if sum(runs.values()) > most:
            message = (
                f"the profiles have more than {most:,.0f} runs together; thin their sweeps, or "
                "allow more with --limit"
            )
            raise GrokspecError(*mistakes, chain[0].mistake_as_a_whole(message))
        if len(mistakes) >= MOST_COLLECTED:
            break
    if mistakes:
        raise GrokspecError(*mistakes)
    return runs
