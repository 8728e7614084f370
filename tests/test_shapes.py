"""Shapes are checked in tests, and no annotation escapes the checks."""

import importlib
import inspect
import pkgutil
import re

import pytest
import torch
from jaxtyping import TypeCheckError
from shape_checks import CHECKED

from grokspec import shapes
from grokspec.engines.moments.quadratic import SharedInputs
from grokspec.files.python import PythonName
from grokspec.losses._function import CalledLoss

SQUARES = CalledLoss(PythonName.find("torch.nn.functional:mse_loss"))


def with_submodules(name):
    inner = getattr(importlib.import_module(name), "__path__", ())
    return [name, *(f"{name}.{module.name}" for module in pkgutil.iter_modules(inner))]


MODULES = [name for checked in CHECKED for name in with_submodules(checked)]
SHAPED = re.compile(
    rf"\b({'|'.join({*vars(shapes)} - {'Callable', 'Mapping', 'annotations'})}|Float64)\b"
)


def test_targets_that_would_broadcast_against_the_outputs_are_refused():
    outputs = torch.zeros(2, 6, 1)
    with pytest.raises(TypeCheckError, match="parameter 'targets'") as error:
        SQUARES.value(outputs, torch.zeros(2, 1, 6), {})
    assert "run example output" in str(error.value)
    assert "example=6" in str(error.value)


def test_targets_without_an_output_axis_are_refused():
    with pytest.raises(TypeCheckError, match="parameter 'targets'"):
        SQUARES.gradient(torch.zeros(2, 6, 1), torch.zeros(2, 6), {})


def test_whole_numbers_are_refused_as_outputs():
    with pytest.raises(TypeCheckError, match="parameter 'outputs'"):
        SQUARES.value(torch.zeros(2, 6, 1, dtype=int), torch.zeros(2, 6, 1), {})


def test_matrices_that_are_not_square_are_refused():
    shared = SharedInputs(torch.zeros(1, 6, 4))
    with pytest.raises(TypeCheckError, match="parameter 'matrices'"):
        shared.quadratic_forms(torch.zeros(1, 3, 4, 5))


@pytest.mark.parametrize("module", MODULES)
def test_every_annotated_shape_is_known_when_the_program_runs(module):
    """One imported for type checkers only would silently not be checked."""
    loaded = importlib.import_module(module)
    for function in functions_of(loaded):
        for annotation in map(str, function.__annotations__.values()):
            if SHAPED.search(annotation):
                eval(annotation, vars(loaded))


def functions_of(module):
    own = [m for m in vars(module).values() if getattr(m, "__module__", None) == module.__name__]
    members = [m for cls in own if inspect.isclass(cls) for m in vars(cls).values()]
    return [inspect.unwrap(f) for f in (*own, *members) if inspect.isfunction(f)]
