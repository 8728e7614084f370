"""How long it takes to look up runs in a large store.

    PYTHONPATH=tests python tests/benchmarks/store_looks.py [RUNS [RUNS_A_SHARD]]

Writes results of a spec of 500 runs among others, 50,000 in shards of 16 by default, to a temporary
store, and prints the processor time of what commands ask of it. No run is trained.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from time import process_time

import numpy as np
from experiments import WHOLE

from grokspec.engines.base import History
from grokspec.spec import Run, read_spec
from grokspec.spec.runs import probes_of, trajectory_of
from grokspec.store import Store
from grokspec.store.composing import compose
from grokspec.store.fingerprint import digest, sources
from grokspec.store.inventory import take_inventory
from grokspec.store.shard import Provenance, Result

OF_THE_SPEC = 500

SPEC = f"""{WHOLE}
[sweep]
seed = {OF_THE_SPEC}
"""


WITH_A_PROBE = SPEC.replace('["loss"]', '["loss", "baseline"]')


def runs_of(text: str, place: Path) -> Sequence[Run]:
    """The runs of a spec with this text."""
    spec = place / "specs" / "large" / "store.toml"
    spec.parent.mkdir(parents=True, exist_ok=True)
    spec.write_text(text)
    return read_spec(spec).runs


def made(run: Run, number: int) -> Result:
    """A result of a run as a training writes it; of another run with the same code from 500 on."""
    hashes = sources(run.experiment)
    others = number >= OF_THE_SPEC
    name = hashlib.sha256(str(number).encode()).hexdigest()
    steps = np.array(run.experiment.recorded_steps)
    return Result(
        key=name if others else run.key,
        id=f"{run.id}/{number}",
        experiment=run.experiment.described,
        fingerprint=digest(hashes),
        sources=hashes,
        history=History(
            steps=steps,
            quantities={
                name: np.full(len(steps), 1.0 / (number + 1))
                for probe in run.experiment.recorded_probes
                for name in probe.quantities_of(run.experiment)
            },
            seconds=1.0,
        ),
        provenance=Provenance(
            grokspec="0.1.0",
            torch="2.9",
            numpy="2.4",
            python="3.11",
            device="cpu",
            flops=1e9,
            created=1.7e9 + number,
        ),
        trajectory=name if others else trajectory_of(run.experiment),
        probes=probes_of(run.experiment),
    )


def fill(store: Store, runs: Sequence[Run], count: int, a_shard: int) -> None:
    """Write so many results, those of the runs first."""
    templates = [made(run, number) for number, run in enumerate(runs)]
    for first in range(0, count, a_shard):
        store.write(
            [
                templates[n] if n < len(runs) else again(templates[n % len(runs)], n)
                for n in range(first, min(first + a_shard, count))
            ]
        )


def again(template: Result, number: int) -> Result:
    """The same result, of another run."""
    name = hashlib.sha256(str(number).encode()).hexdigest()
    return replace(template, key=name, trajectory=name, id=f"{template.id}/{number}")


def looks(
    folder: Path, runs: Sequence[Run], more: Sequence[Run]
) -> Iterator[tuple[str, Callable[[], object]]]:
    """What commands ask of a store, each first in a process of its own and then again."""
    keys = [run.key for run in runs]
    first, second, third = Store(folder), Store(folder), Store(folder)
    unknown = [hashlib.sha256(key.encode()).hexdigest() for key in keys]
    yield "500 runs that are there, first look (index)", lambda: first.index(keys=keys)
    yield "500 runs that are there, next look", lambda: first.index(keys=keys)
    yield "500 runs, taking the inventory, first", lambda: take_inventory(runs, second)
    yield "500 runs, taking the inventory, again", lambda: take_inventory(runs, second)
    yield "500 runs that are not there, first", lambda: Store(folder).verified(unknown)
    yield "16 runs that are not there, next look", lambda: first.verified(unknown[:16])
    yield "16 runs, the next number", lambda: first.next_sequence(unknown[:16])
    yield "500 runs with records to put together", lambda: compose(runs, Store(folder))
    yield "500 runs of which a probe is lacking", lambda: compose(more, Store(folder))
    yield "the timings of all runs", lambda: Store(folder).timings()
    yield "every run (index)", lambda: third.index()
    every = list(third.index())
    yield "every run, verified, first", lambda: third.verified(every)
    yield "every run, verified, again", lambda: third.verified(every)


def main(count: int = 50_000, a_shard: int = 16) -> None:
    with tempfile.TemporaryDirectory() as place:
        runs, more = (runs_of(text, Path(place)) for text in (SPEC, WITH_A_PROBE))
        store = Store(Path(place, "store"))
        fill(store, runs, count, a_shard)
        size = sum(shard.stat().st_size for shard in store.files())
        print(f"{count:,} runs in {len(store.files()):,} shards, {size / 1e6:.0f} MB")
        for what, look in looks(store.folder, runs, more):
            started = process_time()
            look()
            print(f"{what:45} {(process_time() - started) * 1e3:8.1f} ms", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
