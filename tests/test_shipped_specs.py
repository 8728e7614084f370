"""Every shipped spec trains and draws its figure, in a copy made small; or has been recorded.

Those of specs/kumar2024 train for some steps, all others for a single one.
"""

import math
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import public_files
import public_results
import pytest
import tomli

from grokspec.plan import stack_runs
from grokspec.results import load_results
from grokspec.runner import train_runs
from grokspec.spec import read_spec
from grokspec.spec.document import profiles_of, read_chain
from grokspec.store import Store

ROOT = Path(__file__).parents[1]
SPECS = sorted((ROOT / "specs").rglob("*.toml"))
EXAMPLES = [spec for spec in SPECS if spec.parent.name == "examples"]
RECORDED = list(filter(public_results.is_recorded, SPECS))
TRAINED = [spec for spec in SPECS if "kumar2024" in spec.parts]
BRIEFLY_TRAINED = [spec for spec in SPECS if spec not in RECORDED and spec not in TRAINED]

SHORT = """
training = { steps = 10 }
record = { steps = { log = 4 } }
sweep.seed = 2
"""

ONE_STEP = """
training = { steps = 1 }
record = { steps = { log = 0 } }
sweep.seed = 1
"""

STEPS_OF_AXES = {"linear_estimators/inputs": 'sweep.zip."training.steps" = [1, 1, 1, 1, 1]\n'}
"""For specs that sweep over the number of steps, which an axis sets last."""

EARLIER = {"softmax_collapse/scaled": "interventions.scale.at = 1\n"}
"""For specs that intervene at a later step than the first."""

MOST_STACKS = 6
"""Of how many stacks of a spec a run is trained for a single step."""

FEW_IMAGES = {"liu2022": "task = { train = 20, test = 10 }\n"}
"""For examples that train on images, of which the stand-in has few."""

SMALL = {
    "digits": """
        task = { train = 20, test = 10 }
        model = { hidden = [6] }
    """,
    "mnist": """
        task = { train = 20, test = 10, side = 7 }
        model = { hidden = [6] }
    """,
    "modular": """
        task = { modulus = 5 }
        model = { hidden = [12] }
    """,
    "polynomial": """
        task = { inputs = 6, test = 10 }
        model = { width = 12 }
    """,
    "student_teacher": """
        task = { teacher = [6], train = 8, test = 10 }
        model = { hidden = [6] }
    """,
    "transformer": """
        task = { modulus = 5 }
        model = { width = 8, mlp_width = 12 }
    """,
}
"""Changes that make the experiments of each folder small."""


def each(specs):
    return pytest.mark.parametrize(
        "spec", specs, ids=lambda path: f"{path.parent.name}-{path.stem}"
    )


@each(TRAINED)
def test_a_shipped_spec_trains_and_draws_its_figure(spec, tmp_path, monkeypatch):
    public_files.stand_in(tmp_path / "data", monkeypatch)
    copy = tmp_path / "small.toml"
    small = SHORT + shorter_sweep(spec) + SMALL[spec.parent.name]
    copy.write_text(f'extends = "{spec}"\n{small}')
    small_spec, store = read_spec(copy), Store(tmp_path / "store")
    with ThreadPoolExecutor(1) as executor:
        summary = train_runs(small_spec.runs, store, label="small", device="cpu", executor=executor)
    assert len(summary.trained) == len(small_spec.runs)
    if spec.stem == "base":
        return
    small_spec.content.figure.save(load_results(small_spec, store), tmp_path / "figure.svg")
    assert (tmp_path / "figure.svg").stat().st_size > 5000


@each(EXAMPLES)
def test_an_example_is_valid_at_every_profile_and_says_what_it_answers(spec):
    for profile in profiles_of(read_chain(spec)):
        assert read_spec(spec, profile).content.figure is not None
    assert re.search(r"^# .* \d{4}.*(Fig\.|Table|§)", spec.read_text().splitlines()[1])


@each(EXAMPLES)
def test_an_example_is_on_the_page_of_examples(spec):
    assert f"| `{spec.name}` |" in (ROOT / "docs" / "examples.md").read_text(encoding="utf-8")


@each(BRIEFLY_TRAINED)
def test_a_shipped_spec_trains_for_a_step(spec, tmp_path, monkeypatch):
    public_files.stand_in(tmp_path / "data", monkeypatch)
    copy = tmp_path / "small.toml"
    copy.write_text(f'extends = "{spec}"\n{ONE_STEP}{special(spec)}')
    small_spec, store = read_spec(copy), Store(tmp_path / "store")
    stacks = stack_runs(small_spec.runs)
    some = [stack.runs[0] for stack in stacks[:: math.ceil(len(stacks) / MOST_STACKS)]]
    with ThreadPoolExecutor(1) as executor:
        summary = train_runs(some, store, label="small", device="cpu", executor=executor)
    assert len(summary.trained) == len(some)


def special(spec):
    """What else makes the copy of a spec small."""
    place = f"{spec.parent.name}/{spec.stem}"
    return FEW_IMAGES.get(spec.stem, "") + STEPS_OF_AXES.get(place, "") + EARLIER.get(place, "")


@each(RECORDED)
def test_a_shipped_spec_of_recorded_results_draws_its_figure(spec, tmp_path, monkeypatch):
    public_results.stand_in(tmp_path / "data", monkeypatch)
    read, store = read_spec(spec), Store(tmp_path / "store")
    assert read.recording is not None
    read.content.figure.save(load_results(read, store), tmp_path / "figure.svg")
    assert (tmp_path / "figure.svg").stat().st_size > 5000


def shorter_sweep(spec):
    """An axis of few steps, where the sweep of a spec sets the steps."""
    swept = tomli.loads(spec.read_text()).get("sweep", {}).get("zip", {})
    steps = [10 + i for i, _ in enumerate(swept.get("training.steps", []))]
    return f'sweep.zip."training.steps" = {steps}\n' if steps else ""
