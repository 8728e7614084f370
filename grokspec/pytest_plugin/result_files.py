"""Results that ``--grokspec-results`` gives to the claims: files in the place of specs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from grokspec.errors import GrokspecError, suggestion
from grokspec.files.folders import named_path

OPTION = "--grokspec-results"

ONLY = ""
"""Stands for the only spec that the claims name."""


@dataclass(frozen=True)
class ResultFiles:
    """The files of results that were recorded elsewhere, by the spec whose place they take."""

    files: Mapping[str, Path] = field(default_factory=dict)

    def of(self, spec: str, pack: str = "") -> Path | None:
        """The file that has the results of a spec, as claims name it; None if none has.

        The file of a claim's own pack goes before one that is named without a pack.
        """
        named = (self.files.get(name) for name in (f"{pack}/{spec}", spec, ONLY))
        return next((file for file in named if file is not None), None)

    def require_readers(self, specs: Collection[tuple[str, str]]) -> None:
        """Raise a UsageError unless each file has a claim that reads it.

        ``specs`` are all that the selected claims name, each with the pack of the claim.
        """
        names = {f"{pack}/{name}" if pack else name for pack, name in specs}
        if ONLY in self.files and len(names) > 1:
            raise pytest.UsageError(
                f"{OPTION}: the claims read the results of {', '.join(sorted(names))}; say which "
                "of them each file has, as NAME=FILE, or select the claims on one"
            )
        for name in self.files.keys() - {ONLY, *names, *(name for _, name in specs)}:
            raise pytest.UsageError(
                f'{OPTION}: no claim here reads the results of "{name}"; '
                + suggestion(name, names, none="they read none")
            )


def result_files(options: Sequence[str], folder: Path) -> ResultFiles:
    """The files that the options name, relative to a folder. A UsageError if one is missing."""
    files: dict[str, Path] = {}
    for option in options:
        name, equals, file = option.partition("=")
        if not equals:
            name, file = ONLY, option
        if name in files or (files and ONLY in (name, *files)):
            raise pytest.UsageError(f"{OPTION} {option}: give each file the name of another spec")
        try:
            files[name] = folder / named_path(file)
        except GrokspecError as error:
            raise pytest.UsageError(f"{OPTION} {option}: {error}") from None
        if not files[name].is_file():
            raise pytest.UsageError(f"{OPTION} {option}: there is no file {file}")
    return ResultFiles(files)
