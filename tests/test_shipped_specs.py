"""Every shipped spec trains, and draws its figure, in a copy that takes a second."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from grokspec.plan import make_plan
from grokspec.results import load_results
from grokspec.runner import run_plan
from grokspec.store import Store

SPECS = sorted((Path(__file__).parents[1] / "specs").glob("*/*.toml"))

SMALL = """
task = { inputs = 6, test = 10 }
model = { width = 12 }
training = { steps = 10 }
record = { steps = { log = 4 } }
sweep = { seed = 2 }
"""


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_a_shipped_spec_trains_and_draws_its_figure(spec, tmp_path):
    copy = tmp_path / "small.toml"
    copy.write_text(f'extends = "{spec}"\n{SMALL}')
    plan, store = make_plan(copy), Store(tmp_path / "store")
    with ThreadPoolExecutor(1) as executor:
        report = run_plan(plan, store, device="cpu", executor=executor)
    assert len(report.trained) == len(plan.runs)
    if spec.stem == "base":
        return
    plan.spec.figure.save(load_results(plan, store), tmp_path / "figure.svg")
    assert (tmp_path / "figure.svg").stat().st_size > 5000
