"""Provides the results that claims read: from the store, after training what it does not have."""

from __future__ import annotations

import contextlib
import functools
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from grokspec.claims.judging import STALE
from grokspec.errors import GrokspecError
from grokspec.pytest_plugin.effects import Retraining, idle_change, retraining
from grokspec.pytest_plugin.items import Reading
from grokspec.pytest_plugin.result_files import ResultFiles

if TYPE_CHECKING:
    from typing import TextIO

    import pytest
    import xarray as xr
    from distributed import Client

    from grokspec.spec import Run, SpecFile
    from grokspec.store import Store
    from grokspec.store.inventory import Stale


class StaleResults(UserWarning):
    """With ``--stale=keep``, claims are judged on results that other code made."""


@dataclass
class Provider:
    """Trains and reads as the options say; results are read once."""

    mode: Literal["missing", "never", "fresh"]
    store: Path | None
    profile: str
    seeds_moved_by: int
    device: str
    workers: int | None
    stale: Stale
    scheduler: str | None = None
    given: ResultFiles = field(default_factory=ResultFiles)
    _read: dict[Reading, xr.Dataset] = field(default_factory=dict, repr=False)
    _specs: dict[Reading, SpecFile] = field(default_factory=dict, repr=False)

    def train(
        self, readings: Iterable[Reading], terminal: pytest.TerminalReporter | None
    ) -> dict[Reading, str]:
        """Train everything that these readings need; return the reason for each that failed.

        Specs with mistakes, a store that cannot be opened and plugins that cannot be loaded are
        skipped here: `read` raises the error for the claims that need them.
        """
        readings = [one for one in readings if not self.is_recorded_elsewhere(one)]
        if self.mode == "never" or not readings:
            return {}
        try:
            from grokspec.runner import TooLargeError, TrainingError, train_runs
            from grokspec.runner.progress import progress_line

            store = self._opened
        except GrokspecError:
            return {}
        needed = self._needed(readings, store)
        runs = {run.key: run for own in needed.values() for run in own}
        if not runs:
            return {}
        specs = ", ".join(dict.fromkeys(self.spec(r).name for r, own in needed.items() if own))
        _announce(terminal, f"grokspec: {len(runs)} runs to train, for {specs}")
        try:
            with self._cluster() as client, progress_line(_file_of(terminal)) as show:
                summary = train_runs(
                    tuple(runs.values()),
                    store,
                    device=self.device,
                    workers=self.workers,
                    stale=self.stale,
                    fresh=self.mode == "fresh",
                    executor=client,
                    progress=show if terminal else None,
                )
        except TrainingError as error:
            _announce(terminal, "grokspec: some runs could not be trained")
            concerned = {reading: error.of(own) for reading, own in needed.items()}
            failures = {reading: str(own) for reading, own in concerned.items() if own}
            if isinstance(error, TooLargeError):  # nothing was trained, so train for the others
                failures |= self.train(needed.keys() - failures.keys(), terminal)
            return failures
        except GrokspecError as error:
            _announce(terminal, "grokspec: no run could be trained")
            return {reading: str(error) for reading, own in needed.items() if own}
        _announce(terminal, f"grokspec: trained in {summary.seconds:.0f} s on {summary.device}")
        return {}

    def _cluster(self) -> contextlib.AbstractContextManager[Client | None]:
        """A client of the scheduler, if one is named. Raises a GrokspecError if it is not there."""
        if self.scheduler is None:
            return contextlib.nullcontext()
        from grokspec.runner.connecting import connected

        return connected(self.scheduler)

    def read(self, reading: Reading) -> xr.Dataset:
        """The results of a spec, in a copy that the caller may change. Raises a GrokspecError."""
        if reading not in self._read:
            self._read[reading] = self._load(reading)
        return self._read[reading].copy(deep=True)

    def is_given(self, reading: Reading) -> bool:
        """Whether these are results in a file that pytest was given, not those of a spec."""
        return reading.spec in self.given.files.values()

    def is_recorded_elsewhere(self, reading: Reading) -> bool:
        """Whether these results were recorded elsewhere, so that nothing here can train them."""
        if self.is_given(reading):
            return True
        with contextlib.suppress(GrokspecError):  # `read` raises it again
            return self.spec(_unchanged(reading)).recording is not None
        return False

    def retraining_of(self, readings: Iterable[Reading]) -> Retraining:
        """How many runs the change of these readings makes others. Raises a GrokspecError."""
        return retraining((self.spec(_unchanged(one)), self.spec(one)) for one in readings)

    def idle_change(self, reading: Reading) -> str:
        """Why the change of a reading leaves all runs as they are, with the remedy."""
        from grokspec.spec.source import source_of

        return idle_change(
            self.spec(_unchanged(reading)), source_of(reading.spec, reading.change).data
        )

    def _load(self, reading: Reading) -> xr.Dataset:
        if self.is_given(reading):
            from grokspec.files.datasets import read_dataset

            return read_dataset(reading.spec)
        from grokspec.results import MissingResults, load_results

        spec = self.spec(reading)
        try:
            results = load_results(spec, self._opened, stale=self.stale)
        except MissingResults as error:
            remedy = (
                "pytest with --grokspec-run=missing trains them"
                if self.mode == "never"
                else "the code changed while they were trained: run pytest again"
            )
            raise GrokspecError(
                f"{spec.name}: {len(error.runs)} of {len(spec.runs)} runs have no result of "
                f"today's code; {remedy}"
            ) from error
        if stale := results.attrs["stale"]:
            message = f"{STALE}: {len(stale)} of {len(spec.runs)} of {spec.name}"
            warnings.warn(message, StaleResults, stacklevel=2)
        return results

    @functools.cached_property
    def _opened(self) -> Store:
        """One store for all specs, so that the header of each shard is read once."""
        from grokspec.store import open_store

        return open_store(self.store)

    def spec(self, reading: Reading) -> SpecFile:
        """The spec of a reading. Raises a GrokspecError if it has mistakes."""
        if reading not in self._specs:
            from grokspec.spec import read_spec

            self._specs[reading] = read_spec(
                reading.spec,
                self.profile,
                change=reading.change,
                seeds_moved_by=self.seeds_moved_by,
            )
        return self._specs[reading]

    def _needed(self, readings: Iterable[Reading], store: Store) -> dict[Reading, tuple[Run, ...]]:
        """The runs to train for each reading, for specs that can be read."""
        from grokspec.runner import missing

        needed = {}
        for reading in readings:
            with contextlib.suppress(GrokspecError):  # `read` raises it again
                runs = self.spec(reading).runs
                fresh = self.mode == "fresh"
                needed[reading] = runs if fresh else missing(runs, store, self.stale)
        return needed


def _unchanged(reading: Reading) -> Reading:
    return reading.model_copy(update={"change": ""})


def _file_of(terminal: pytest.TerminalReporter | None) -> TextIO | None:
    """The terminal's own file, since pytest captures stdout and stderr."""
    return terminal._tw._file if terminal else None


def _announce(terminal: pytest.TerminalReporter | None, text: str) -> None:
    """Write a line, and keep it from being overwritten."""
    if terminal is None:
        return
    if terminal.isatty:
        terminal.rewrite(text, erase=True)
        terminal.line("")
    else:
        terminal.write_line(text)
