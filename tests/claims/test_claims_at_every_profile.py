"""Each shipped claim can be evaluated in each profile, and each of its controls applied.

The histories are made up, so verdicts do not matter. But a claim or a control may name a point or a
quantity that a profile does not have, which would otherwise be noticed after hours of training.
"""

import functools
import importlib.util
import warnings
from pathlib import Path

import numpy as np
import public_results
import pytest

from grokspec.claims.claim import evaluation, find_spec
from grokspec.claims.packs import pack_of
from grokspec.engines.base import History
from grokspec.results.dataset import labeled
from grokspec.spec import read_spec
from grokspec.spec.document import profiles_of, read_chain

ROOT = Path(__file__).parents[2]

UNITS = 8  # of hidden units, frequencies and whatever else a probe counts but examples


@pytest.fixture(scope="module", autouse=True)
def _nothing_is_fetched(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        public_results.stand_in(tmp_path_factory.mktemp("public"), patch)
        yield


def claims():
    """Every shipped claim that reads specs: its test, their files, and a profile that all have."""
    for file in sorted((ROOT / "claims").rglob("test_*.py")):
        key = pack.key if (pack := pack_of(file)) else ""
        found = importlib.util.spec_from_file_location(f"shipped_{file.stem}", file)
        module = importlib.util.module_from_spec(found)
        found.loader.exec_module(module)
        for name, test in vars(module).items():
            marks = [m for m in getattr(test, "pytestmark", ()) if m.name == "claim"]
            if marks and marks[0].args[0].specs:
                claim = marks[0].args[0]
                specs = {s: find_spec(s, ROOT / "specs", "", key) for s in claim.specs}
                for profile in profiles_of_all(specs.values()):
                    yield pytest.param(test, claim, specs, profile, id=f"{profile}-{name}")


def profiles_of_all(specs):
    own = [profiles_of(read_chain(spec)) for spec in specs]
    return [profile for profile in own[0] if all(profile in others for others in own)]


def made_up(experiment):
    """A history of falling quantities with some noise, as the probes would have taken."""
    rng = np.random.default_rng(experiment.seed)
    steps = np.array(experiment.recorded_steps)
    sizes = dict(zip(("train_example", "test_example"), experiment.task.sizes, strict=True))
    quantities = {}
    for probe in experiment.record.probes:
        dimensions = probe.dimensions_of(experiment)
        for name in probe.quantities_of(experiment):
            more = tuple(sizes.get(axis, UNITS) for axis in dimensions.get(name, ()))
            falling = np.linspace(1, 0.01, len(steps)).reshape(-1, *(1,) * len(more))
            noise = rng.uniform(0.9, 1.1, (() if probe.once else (len(steps),)) + more)
            quantities[name] = noise if probe.once else falling * noise
    return History(steps, quantities)


@functools.cache
def results_of(spec, profile, change=""):
    read = read_spec(spec, profile, change=change)
    if read.recording is not None:
        return labeled(read, [run.history for run in read.recording.runs])
    return labeled(read, [made_up(run.experiment) for run in read.runs])


def read_by(specs, profile, change_of=lambda name: ""):
    """What a claim reads, with the specs changed as its control says."""
    read = {
        name: results_of(path, profile, change_of(name)).copy(deep=True)
        for name, path in specs.items()
    }
    return read if len(read) > 1 else next(iter(read.values()))


@pytest.mark.parametrize(("test", "claim", "specs", "profile"), list(claims()))
def test_a_claim_can_be_evaluated_and_its_controls_applied(test, claim, specs, profile):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of numbers that make no sense
        with evaluation() as judged:
            test(read_by(specs, profile))
        assert judged.finding is not None
        for control in claim.controls:
            control.apply(read_by(specs, profile, control.change_of))
