"""A network as a model, and its loop as a function, give the curves of the loop by hand."""

from pathlib import Path

import numpy as np
import pytest
import torch

from grokspec.files.python import PythonName
from grokspec.results import read_results
from grokspec.runner import train_runs
from grokspec.spec import read_spec

NETS = """
import torch
from torch import nn


class MLP(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.hidden = nn.Linear(64, width)
        self.readout = nn.Linear(width, 3)

    def forward(self, images):
        return self.readout(torch.relu(self.hidden(images.flatten(1))))


class CNN(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.convolution = nn.Conv2d(1, width, 3)
        self.readout = nn.Linear(9 * width, 3)

    def forward(self, images):
        maps = torch.relu(self.convolution(images))
        return self.readout(nn.functional.max_pool2d(maps, 2).flatten(1))
"""

LOOP = """
from pathlib import Path

import numpy as np
import torch
import nets


def train(*, name, width, log, steps):
    with np.load(Path(__file__).parent / "images.npz") as file:
        arrays = {key: torch.from_numpy(file[key]) for key in file}
    network = getattr(nets, name)(width).double()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9)
    for step in range(steps + 1):
        losses = {}
        for part in ("train", "test"):
            outputs = network(arrays[f"{part}_inputs"].view(-1, 1, 8, 8))
            losses[part] = torch.nn.functional.mse_loss(outputs, arrays[f"{part}_targets"])
        log(step, train_loss=losses["train"], test_loss=losses["test"])
        optimizer.zero_grad()
        losses["train"].backward()
        optimizer.step()
"""

STEPS = 12

AS_A_MODEL = f"""
[task]
kind = "arrays"
file = "images.npz"

[model]
kind = "module"
class = "nets.py:MLP"
arguments = {{ width = 5 }}
input_shape = [1, 8, 8]

[optimizer]
kind = "torch"
class = "torch.optim:SGD"
arguments = {{ momentum = 0.9 }}
learning_rate = 0.05

[training]
steps = {STEPS}

[record]
probes = ["loss"]
steps = {{ log = 40 }}

[sweep]
seed = 5

[sweep.grid]
"model.class" = ["nets.py:MLP", "nets.py:CNN"]
"""

AS_A_FUNCTION = f"""
[function]
call = "train.py:train"
arguments = {{ name = "MLP", width = 5, steps = {STEPS} }}

[sweep]
seed = 5

[sweep.grid]
"arguments.name" = ["MLP", "CNN"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    sizes = {"train_inputs": (20, 64), "train_targets": (20, 3)}
    sizes |= {"test_inputs": (9, 64), "test_targets": (9, 3)}
    np.savez(tmp_path / "images.npz", **{n: random.standard_normal(s) for n, s in sizes.items()})
    files = {"nets.py": NETS, "train.py": LOOP}
    files |= {"model.toml": AS_A_MODEL, "function.toml": AS_A_FUNCTION}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def curves_by_hand(folder: Path, network: str, seed: int) -> dict[str, list[float]]:
    curves: dict[str, list[float]] = {"train_loss": [], "test_loss": []}

    def note(step: int, **losses: torch.Tensor) -> None:
        for name, loss in losses.items():
            curves[name].append(loss.item())

    train = PythonName.find("train.py:train", folder).load()
    torch.manual_seed(seed)
    train(name=network, width=5, log=note, steps=STEPS)
    return curves


@pytest.mark.parametrize(("spec", "axis"), [("model.toml", "class"), ("function.toml", "name")])
@pytest.mark.parametrize("network", ["MLP", "CNN"])
def test_curves_are_those_of_the_loop_by_hand(folder, store, spec, axis, network):
    read = read_spec(folder / spec)
    train_runs(read.runs, store, device="cpu", workers=0)
    label = network if axis == "name" else f"nets.py:{network}"
    results = read_results(read, store).to_xarray().sel({axis: label})
    np.testing.assert_array_equal(results["step"], range(STEPS + 1))
    for seed in range(5):
        for name, curve in curves_by_hand(folder, network, seed).items():
            np.testing.assert_allclose(results[name].sel(seed=seed), curve, rtol=1e-9)
