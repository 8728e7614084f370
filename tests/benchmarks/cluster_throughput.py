"""How many short runs a second go through a cluster of local workers, and what the driver takes.

    python tests/benchmarks/cluster_throughput.py 50000 1 2 4

trains so many runs on clusters of 1, 2 and 4 workers. The driver's own time a run is the limit on
how many workers it can keep busy.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from grokspec.runner import train_runs
from grokspec.runner.connecting import local_cluster
from grokspec.spec import Run, read_spec
from grokspec.store import Store

SPEC = """
engine = "moments"
[task]
kind = "polynomial"
inputs = 6
train = 20
[model]
kind = "committee"
width = 8
epsilon = 0.25
[optimizer]
kind = "gradient_descent"
learning_rate = 0.1
[training]
steps = 20
[record]
steps = {{ log = 3 }}
probes = ["loss"]
[sweep]
seed = {seeds}
"""


def measure(runs: Sequence[Run], folder: Path, workers: int) -> str:
    """Train the runs on so many workers, and say how it went."""
    store = Store(folder / f"store{workers}")
    with local_cluster(workers) as client:
        started, at_work = time.perf_counter(), time.process_time()
        train_runs(runs, store, device="cpu", executor=client)
        seconds, driver = time.perf_counter() - started, time.process_time() - at_work
    return (
        f"{workers} workers: {len(runs) / seconds:.0f} runs/s, "
        f"driver {1e6 * driver / len(runs):.0f} µs a run, {len(store.files())} shards"
    )


def main(count: int, *several: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        spec = Path(folder) / "short.toml"
        spec.write_text(SPEC.format(seeds=count))
        runs = read_spec(spec, limit=count).runs
        for workers in several:
            print(measure(runs, Path(folder), workers), flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
