"""Where the results come from that claims read: a store, trained into beforehand."""

from __future__ import annotations

import contextlib
import dataclasses
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from grokspec.errors import GrokspecError
from grokspec.pytest_plugin.claimed import Reading

if TYPE_CHECKING:
    import xarray as xr

    from grokspec.plans import Plan, Run
    from grokspec.pytest_plugin.progress import ProgressLine
    from grokspec.store import Store
    from grokspec.store.inventory import Stale


class StaleResults(UserWarning):
    """Claims are judged on results that other code made, because ``--stale=keep`` says so."""


@dataclass(frozen=True)
class Provision:
    """What the options say of how results are come by, and the results read so far."""

    mode: Literal["missing", "never", "fresh"]
    store: Path | None
    profile: str
    device: str
    stale: Stale
    _read: dict[Reading, xr.Dataset] = field(default_factory=dict, repr=False)

    def train(self, readings: Iterable[Reading], line: ProgressLine) -> dict[Reading, str]:
        """Train what these specs need, all of it as one plan; say why for those that failed.

        A spec with mistakes in it is passed over here, and so are a store that cannot be opened and
        a plugin that cannot be loaded: `read` has them told by the claims that depend on them.
        """
        if self.mode == "never":
            return {}
        try:
            from grokspec.runner import TrainingError, run_plan
            from grokspec.store import open_store

            store = open_store(self.store)
        except GrokspecError:
            return {}
        plans = self._plans(readings)
        needed = {reading: self._needed(plan, store) for reading, plan in plans.items()}
        runs = {run.key: run for needs in needed.values() for run in needs}
        if not runs:
            return {}
        names = ", ".join(dict.fromkeys(plans[r].name for r, needs in needed.items() if needs))
        line.announce(f"grokspec: {len(runs)} runs to train, for {names}")
        try:
            report = run_plan(
                dataclasses.replace(next(iter(plans.values())), runs=tuple(runs.values())),
                store,
                device=self.device,
                stale=self.stale,
                fresh=self.mode == "fresh",
                progress=line.show,
            )
        except TrainingError as error:
            line.announce("grokspec: not all could be trained")
            concerned = {reading: error.of(needs) for reading, needs in needed.items()}
            return {reading: str(own) for reading, own in concerned.items() if own}
        except GrokspecError as error:
            line.announce("grokspec: none could be trained")
            return {reading: str(error) for reading, needs in needed.items() if needs}
        line.announce(f"grokspec: trained in {report.seconds:.0f} s on {report.device}")
        return {}

    def read(self, reading: Reading) -> xr.Dataset:
        """The results of a spec, in a copy that the caller may change. Raises a GrokspecError."""
        if reading not in self._read:
            self._read[reading] = self._load(reading)
        return self._read[reading].copy(deep=True)

    def _load(self, reading: Reading) -> xr.Dataset:
        from grokspec.dataset import MissingResults, load_results
        from grokspec.plans import make_plan
        from grokspec.store import open_store

        plan = make_plan(reading.spec, self.profile, change=reading.change)
        try:
            results = load_results(plan, open_store(self.store), stale=self.stale)
        except MissingResults as error:
            remedy = (
                "pytest with --grokspec-run=missing has them trained"
                if self.mode == "never"
                else "it was changed while they were trained: run pytest again"
            )
            raise GrokspecError(
                f"{plan.name}: {len(error.runs)} of {len(plan.runs)} runs have no result of "
                f"today's code; {remedy}"
            ) from error
        if stale := results.attrs["stale"]:
            message = (
                f"{plan.name}: {len(stale)} of {len(plan.runs)} results were read though stale"
            )
            warnings.warn(message, StaleResults, stacklevel=2)
        return results

    def _plans(self, readings: Iterable[Reading]) -> dict[Reading, Plan]:
        plans = {}
        for reading in readings:
            with contextlib.suppress(GrokspecError):
                from grokspec.plans import make_plan  # which loads plugins, and may fail by it

                plans[reading] = make_plan(reading.spec, self.profile, change=reading.change)
        return plans

    def _needed(self, plan: Plan, store: Store) -> tuple[Run, ...]:
        from grokspec.runner import missing

        if self.mode == "fresh":
            return tuple(plan.runs)
        with contextlib.suppress(GrokspecError):  # which reading will raise again
            return missing(plan, store, self.stale)
        return ()
