"""What docs/bringing-data.md shows is what happens, file by file, as it is written there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from grokspec.errors import GrokspecError
from grokspec.plan import make_plan
from grokspec.runner.training import train_stack
from grokspec.spec import read_spec

TEXT = (Path(__file__).parents[1] / "docs" / "bringing-data.md").read_text(encoding="utf-8")
SPECS = dict(re.findall(r"^`(\w+\.toml)`[^\n]*:\n\n```toml\n(.*?)^```", TEXT, re.M | re.S))
PYTHON = "\n".join(re.findall(r"^```python\n(.*?)^```", TEXT, re.M | re.S))
TOLD = re.findall(r"^<!-- (.+) -->\n```\n(.*?)\n```", TEXT, re.M | re.S)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The folder that a reader has who has typed in all of it."""
    monkeypatch.chdir(tmp_path)
    for name, text in SPECS.items():
        Path(name).write_text(text, encoding="utf-8")
    Path("bring.py").write_text(PYTHON, encoding="utf-8")
    subprocess.run([sys.executable, "bring.py"], check=True)
    return tmp_path


def test_there_are_specs_and_programs_in_it():
    assert set(SPECS) == {"products.toml", "quiet.toml"}
    assert PYTHON.count("savez(") == 1
    assert PYTHON.count("save_file(") == 2
    assert len(TOLD) == 1


@pytest.mark.parametrize("name", SPECS)
def test_its_specs_train(project, store, name):
    small = f'extends = "{name}"\n[training]\nsteps = 5\n[sweep]\nseed = 1\n'
    Path("small.toml").write_text(small, encoding="utf-8")
    (stack,) = make_plan("small.toml").stacks()
    assert all(e.status == "finished" for e in train_stack(store.folder, stack.runs, "cpu"))


def test_weights_from_a_file_make_other_runs(project):
    drawn, given = (read_spec(name).experiments for name in ("products.toml", "quiet.toml"))
    assert {p.experiment.identity for p in drawn}.isdisjoint(p.experiment.identity for p in given)


def test_the_mistake_that_it_shows_is_told_in_these_words(project):
    ((line, message),) = TOLD
    spec = Path("products.toml")
    spec.write_text(re.sub(r"train = \d+", line, spec.read_text("utf-8")), encoding="utf-8")
    with pytest.raises(GrokspecError) as caught:
        read_spec(spec)
    assert (
        message
        == f"{caught.value.mistakes[0].place}  {caught.value.mistakes[0].message}".split(
            " (first at"
        )[0]
    )


def test_a_file_that_is_divided_needs_no_number_of_examples(project):
    spec = Path("products.toml")
    text = re.sub(r"train = .*\n", "", spec.read_text("utf-8"))
    spec.write_text(text.replace("products.npz", "divided.safetensors"), encoding="utf-8")
    assert {p.experiment.task.sizes for p in read_spec(spec).experiments} == {(200, 100)}
