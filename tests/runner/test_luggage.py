from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from array_data import examples, write_arrays
from executors import Inline

from grokspec.errors import GrokspecError
from grokspec.runner import train_runs
from grokspec.runner.luggage import LacksFilesError, files_named, pack, put, unpack
from grokspec.runner.training import Job, trained
from grokspec.spec import read_spec
from grokspec.store import Store
from grokspec.store.fingerprint import fingerprint

SPEC = """
[task]
kind = "arrays"
file = "mine.npz"
train = 8
test = 4

[model]
kind = "module"
class = "nets.py:Net"

[optimizer]
kind = "gradient_descent"
learning_rate = 0.1

[training]
steps = 5

[record]
probes = ["loss"]
"""

NETS = """
from torch import nn
from sizes import WIDTH

class Net(nn.Module):
    def __init__(self, inputs):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, WIDTH), nn.Tanh(), nn.Linear(WIDTH, 1))

    def forward(self, x):
        return self.layers(x)
"""


@pytest.fixture
def project(tmp_path) -> Path:
    """A project whose spec names a file of arrays, and a Python file that imports another."""
    folder = tmp_path / "project"
    folder.mkdir()
    write_arrays(folder / "mine.npz", **examples())
    (folder / "nets.py").write_text(NETS.replace("self, inputs", "self"))
    (folder / "sizes.py").write_text("WIDTH = 6\n")
    (folder / "mine.toml").write_text(SPEC)
    return folder


def contents(files: dict[Path, str]) -> dict[str, bytes]:
    return {place: path.read_bytes() for path, place in files.items()}


def test_files_are_those_that_a_spec_names_and_those_beside_them(project):
    files = files_named(read_spec(project / "mine.toml").runs)
    assert {path.name for path in files} == {"mine.npz", "nets.py", "sizes.py"}
    beside = {place.rpartition("/")[0] for path, place in files.items() if path.suffix == ".py"}
    assert len(beside) == 1


def test_a_stack_trains_to_the_same_numbers_from_what_it_carries(project, tmp_path):
    runs = read_spec(project / "mine.toml").runs
    store = Store(tmp_path / "store")
    train_runs(runs, store, device="cpu", executor=Inline())
    (own,) = store.read([runs[0].key]).values()

    files = files_named(runs)
    luggage, carried = pack(Job(runs, "cpu"), files), contents(files)
    for path in files:
        path.write_bytes(b"raise SystemExit")
    put(carried, tmp_path / "worker")
    job = unpack(luggage, tmp_path / "worker")
    (there,) = trained(job)
    assert there.key == own.key
    assert there.fingerprint == own.fingerprint == fingerprint(job.runs[0].experiment)
    for name, values in own.history.quantities.items():
        np.testing.assert_array_equal(there.history.quantities[name], values)


def test_files_that_have_not_come_are_asked_for(project, tmp_path):
    runs = read_spec(project / "mine.toml").runs
    files = files_named(runs)
    carried = contents(files)
    arrays = files[project / "mine.npz"]
    put({place: content for place, content in carried.items() if place != arrays}, tmp_path / "w")
    with pytest.raises(LacksFilesError) as error:
        unpack(pack(Job(runs, "cpu"), files), tmp_path / "w")
    assert error.value.places == (arrays,)


def test_a_file_that_came_damaged_is_refused(project, tmp_path):
    runs = read_spec(project / "mine.toml").runs
    files = files_named(runs)
    carried = contents(files)
    carried[files[project / "mine.npz"]] += b"?"
    put(carried, tmp_path / "worker")
    with pytest.raises(GrokspecError, match=r"mine\.npz: has changed since the spec"):
        trained(unpack(pack(Job(runs, "cpu"), files), tmp_path / "worker"))
