"""What a Python file sets for the whole process holds for its own runs and for no other."""

import os

import numpy as np
import pytest
import torch

from grokspec.files.python import run_file, settings_of
from grokspec.files.settings import applied, kept

CHANGES = {
    "default type": (torch.get_default_dtype, lambda: torch.set_default_dtype(torch.float64)),
    "default device": (torch.get_default_device, lambda: torch.set_default_device("meta")),
    "gradients": (torch.is_grad_enabled, lambda: torch.set_grad_enabled(False)),
    "deterministic": (
        torch.are_deterministic_algorithms_enabled,
        lambda: torch.use_deterministic_algorithms(True),
    ),
    "matrix products": (
        torch.get_float32_matmul_precision,
        lambda: torch.set_float32_matmul_precision("high"),
    ),
    "threads": (
        torch.get_num_threads,
        lambda: torch.set_num_threads(torch.get_num_threads() + 1),
    ),
    "numpy errors": (np.geterr, lambda: np.seterr(all="raise")),
    "folder": (os.getcwd, lambda: os.chdir("/")),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_setting_is_undone_and_can_be_had_again(name):
    get, change = CHANGES[name]
    before = get()
    with kept() as changed:
        change()
        during = get()
    assert during != before
    assert get() == before
    assert set(changed) == {name}
    with applied(changed):
        assert get() == during
    assert get() == before


@pytest.mark.parametrize("name", CHANGES)
def test_a_setting_is_undone_after_an_error(name):
    get, change = CHANGES[name]
    before = get()

    def fail():
        with kept():
            change()
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert get() == before


def test_a_file_that_is_run_leaves_the_process_as_it_was(tmp_path):
    file = tmp_path / "sets.py"
    file.write_text("import torch\ntorch.set_default_dtype(torch.float64)\n")
    run_file(file)
    assert torch.get_default_dtype() == torch.float32
    assert settings_of(file) == {"default type": torch.float64}
    assert settings_of(tmp_path / "other.py") == {}
