"""What a process does that tests start, stop and kill: it trains a spec in threads."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.synchronize import Event
from pathlib import Path

from grokspec.runner import train_runs
from grokspec.spec import read_spec
from grokspec.store import Store


def train_in_threads(spec: Path, store: Path, started: Event) -> None:
    """Train the runs of a spec that the store does not have, two stacks at a time."""
    warnings.simplefilter("error", UserWarning)
    runs = read_spec(spec).runs
    started.set()
    with ThreadPoolExecutor(2) as executor:
        train_runs(runs, Store(store), device="cpu", workers=2, executor=executor)
