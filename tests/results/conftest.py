"""Results of a small sweep, for the tests to look at."""

from __future__ import annotations

from pathlib import Path

import pytest
from executors import Inline
from experiments import WHOLE

import grokspec
from grokspec.runner import train_runs

SPEC = f"""\
{WHOLE.replace('["loss"]', '["loss", "baseline"]')}
[sweep]
seed = 2
[sweep.grid]
"model.alpha" = [1, 2, 1e8]
[profile.paper.sweep]
seed = 30
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """A spec whose runs at the largest α diverge."""
    path = tmp_path / "specs" / "tiny" / "alpha.toml"
    path.parent.mkdir(parents=True)
    path.write_text(SPEC)
    return path


@pytest.fixture
def results(spec, store) -> grokspec.Results:
    """Its results: six runs, of which two diverge."""
    plan = grokspec.plan(spec)
    train_runs(plan, store, device="cpu", workers=1, executor=Inline())
    return grokspec.results(plan, store=store)
