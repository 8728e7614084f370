"""`grokspec check`: every mistake in files and folders of specs, under all profiles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from grokspec.cli.options import Limit
from grokspec.errors import GrokspecError, Mistake
from grokspec.formatting import count, shown_path
from grokspec.spec import LIMIT
from grokspec.spec.document import base_of, profiles_of
from grokspec.spec.source import read_source


def check(
    specs: Annotated[
        list[Path], typer.Argument(metavar="SPEC...", help="Spec files, or folders of them.")
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
        return f"{shown_path(self.path)}  {', '.join(counts) or 'a base of other specs'}"


def check_all(paths: Sequence[Path], limit: int | None = LIMIT) -> list[Checked]:
    """Check files, and all specs in folders and their subfolders.

    Raises a GrokspecError with every mistake once, however many specs and profiles have it.
    """
    mistakes: dict[Mistake, None] = {}
    checked = []
    for path, is_base in _specs(paths, mistakes):
        try:
            checked.append(Checked(path, {} if is_base else _runs(path, limit)))
        except GrokspecError as error:
            mistakes |= dict.fromkeys(error.mistakes)
    if mistakes:
        raise GrokspecError(*mistakes)
    return checked


def _runs(path: Path, limit: int | None) -> dict[str, int]:
    from grokspec.spec import read_spec

    runs: dict[str, int] = {}
    mistakes: dict[Mistake, None] = {}
    for profile in profiles_of(path):
        try:
            runs[profile] = len(read_spec(path, profile, limit).runs)
        except GrokspecError as error:
            mistakes |= dict.fromkeys(error.mistakes)
    if mistakes:
        raise GrokspecError(*mistakes)
    return runs


def _specs(paths: Sequence[Path], mistakes: dict[Mistake, None]) -> Iterator[tuple[Path, bool]]:
    """The spec files at these paths, and whether each is only a base of others in its folder."""
    for path in paths:
        if not path.is_dir():
            yield path, False
            continue
        files = sorted(path.rglob("*.toml"))
        if not files:
            mistakes[Mistake(f"{shown_path(path)}: has no spec, no file that ends in .toml")] = None
        bases = {base for file in files if (base := _base(file)) is not None}
        yield from ((file, file.resolve() in bases) for file in files)


def _base(file: Path) -> Path | None:
    try:
        base = base_of(read_source(file))
    except GrokspecError:
        return None  # checking the file reports why
    return base.resolve() if base is not None else None
