"""For all tests: shapes are checked, one thread is enough, and random examples are the same."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import shape_checks  # noqa: F401  (before anything that it checks is imported)
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import WorkStealingScheduling

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grokspec.results import Results
    from grokspec.store import Store

os.environ.setdefault("OMP_NUM_THREADS", "1")

# What fails does so on every machine, and not because one is busy. New examples are drawn with
# --hypothesis-profile=default.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

pytest_plugins = ["pytester"]  # pytest within pytest, for the plugin's own tests


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(
    config: pytest.Config, log: Producer
) -> WorkStealingScheduling | None:
    """Give the tests of a file to one worker, as far as no other is idle.

    What they share is then made once, and nobody waits for a worker with many long tests.
    """
    return WorkStealingScheduling(config, log) if config.getvalue("dist") == "load" else None


@pytest.fixture(scope="module")
def one_core() -> Iterator[None]:
    """Keep to one core, so that no more than one process loads torch to train what is small."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(cores)[os.getpid() % len(cores)]})
    yield
    os.sched_setaffinity(0, cores)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    from grokspec.store import Store

    return Store(tmp_path / "store")


@pytest.fixture
def kinds_as_before() -> Iterator[None]:
    """Kinds that a test defines are gone after it."""
    from grokspec.kinds import Kind

    before = {family: dict(family.alternatives) for family in Kind.__subclasses__()}
    yield
    for family, known in before.items():
        family.alternatives.clear()
        family.alternatives.update(known)


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """A small sweep with two profiles; its runs at the largest α diverge."""
    from experiments import WHOLE

    path = tmp_path / "specs" / "tiny" / "alpha.toml"
    path.parent.mkdir(parents=True)
    path.write_text(
        WHOLE.replace('["loss"]', '["loss", "baseline"]')
        + '[sweep]\nseed = 2\n[sweep.grid]\n"model.alpha" = [1, 2, 1e8]\n'
        + "[profile.paper.sweep]\nseed = 30\n"
    )
    return path


@pytest.fixture
def results(spec: Path, store: Store) -> Results:
    """The results of the small sweep: six runs, of which two diverge."""
    from executors import Inline

    from grokspec.results import read_results
    from grokspec.runner import train_runs
    from grokspec.spec import read_spec

    read = read_spec(spec)
    train_runs(read.runs, store, label=read.name, device="cpu", workers=1, executor=Inline())
    return read_results(read, store)
