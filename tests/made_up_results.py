"""Results of three runs that nobody trained: one is whole, one diverged, one has other records."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from experiments import WHOLE

from grokspec.engines.base import History
from grokspec.results import Results
from grokspec.spec import SpecFile, read_spec
from grokspec.store import Store
from grokspec.store.shard import Provenance, Result

LOSSES = [3.25, np.nan, np.inf, -np.inf, 0.1 + 0.2]
"""What floating-point numbers may be."""

MADE = Provenance(
    grokspec="0.1.0",
    torch="2.13",
    numpy="2.4",
    python="3.11",
    device="cpu",
    flops=1e9,
    created=1e9,
)

SWEEP = """
[[sweep.concat]]
grid = { "model.alpha" = [{ name = "none", value = 1 }, { name = "0.5", value = 2 }] }
[[sweep.concat]]
grid = { "model.alpha" = [4] }
"""
"""Three runs, at two texts and a number."""


def spec_of_arms(folder: Path) -> SpecFile:
    """The spec arms.toml, in a folder."""
    path = folder / "arms.toml"
    path.write_text(WHOLE + SWEEP)
    return read_spec(path)


def made_up(spec: SpecFile, **quantities: np.ndarray) -> Results:
    """The first run has all; the second diverged at once, and the third recorded no more."""
    steps = np.array([0, 1, 10, 100, 2**40])
    length = len(next(iter(quantities.values())))
    whole = History(steps[:length], quantities, seconds=1.5)
    only = {name: values[:1] * np.nan for name, values in quantities.items()}
    diverged = History(steps[:1], only, "diverged", diverged_at=0)
    without = History(steps[:2], {"other": np.array([1.0, 2.0]), "once": np.array(7.0)})
    return Results(
        spec,
        (whole, diverged, without),
        stale=(spec.runs[1].id,),
        fingerprints=("code 1",) * 3,
        provenances=(MADE, MADE.model_copy(update={"device": "cuda"}), MADE),
    )


def store_results(results: Results, store: Store) -> None:
    """Put results into a store, as if today's code had made them."""
    from grokspec.store.fingerprint import fingerprint, sources

    store.write(
        [
            Result(
                key=run.key,
                id=run.id,
                experiment=run.experiment.described,
                fingerprint=fingerprint(run.experiment),
                sources=sources(run.experiment),
                history=history,
                provenance=MADE,
            )
            for run, history in zip(results.spec.runs, results.histories, strict=True)
        ]
    )
