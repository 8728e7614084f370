"""A log takes any numbers at steps that go forward, and gives the history of a run."""

import re
import subprocess
import sys
from decimal import Decimal

import numpy as np
import pytest
import torch

from grokspec.engines._log import Log
from grokspec.engines.base import RESERVED
from grokspec.errors import GrokspecError

ONE = {
    "float": 0.5,
    "int": 3,
    "bool": True,
    "float32": np.float32(0.5),
    "0-d array": np.array(0.5),
    "0-d tensor": torch.tensor(0.5),
    "0-d tensor that needs a gradient": torch.tensor(0.5, requires_grad=True),
    "bfloat16 tensor": torch.tensor(0.5, dtype=torch.bfloat16),
    "whole tensor": torch.tensor(3),
}

SEVERAL = {
    "list": [[1, 2], [3, 4.5]],
    "array": np.array([[1, 2], [3, 4.5]]),
    "tensor": torch.tensor([[1, 2], [3, 4.5]], requires_grad=True),
    "transposed tensor": torch.tensor([[1, 3], [2, 4.5]]).T,
}

NO_NUMBERS = {
    "complex": 1j,
    "complex tensor": torch.tensor(1j),
    "text": "0.5",
    "None": None,
    "object": object(),
    "decimal": Decimal("0.5"),
    "function": min,
    "ragged": [[1, 2], [3]],
    "time": np.datetime64("2026-01-01"),
    "record": np.zeros(2, dtype=[("a", float)]),
    "masked": np.ma.masked,
    "sparse tensor": torch.eye(2).to_sparse(),
    "nothing": [],
}


class LikeJax:
    """An array of another library, which says by itself what it is in numpy."""

    def __array__(self, dtype=None, copy=None):
        return np.array([1.0, 2.0], dtype=dtype)


def logged(*steps, **quantities):
    log = Log()
    for i, step in enumerate(steps):
        log(step, **{name: values[i] for name, values in quantities.items()})
    return log


@pytest.mark.parametrize("value", ONE.values(), ids=ONE)
def test_a_number_of_any_kind_is_a_float_at_its_step(value):
    log = Log()
    log(0, loss=value)
    log(10, loss=value)
    history = log.history()
    assert history.steps.tolist() == [0, 10]
    assert history.quantities["loss"].dtype == np.float64
    assert history.quantities["loss"].tolist() == [torch.as_tensor(value).item()] * 2
    assert (history.status, history.diverged_at) == ("finished", None)


@pytest.mark.parametrize("value", SEVERAL.values(), ids=SEVERAL)
def test_an_array_of_any_kind_has_the_record_first(value):
    history = logged(0, 1, 2, errors=[value] * 3).history()
    assert history.quantities["errors"].tolist() == [[[1, 2], [3, 4.5]]] * 3


def test_what_another_library_calls_an_array_is_asked_for_it():
    assert logged(0, errors=[LikeJax()]).history().quantities["errors"].tolist() == [[1, 2]]


def test_a_step_may_be_a_whole_number_of_numpy_or_torch():
    log = Log()
    for step in (0, np.int32(1), np.array(2), torch.tensor(3)):
        log(step, loss=1.0)
    assert log.history().steps.tolist() == [0, 1, 2, 3]


def test_what_changes_after_it_was_logged_stays_as_it_was():
    weights, tensor = np.zeros(2), torch.zeros(2, dtype=torch.float64)
    log = Log()
    log(0, weights=weights, tensor=tensor)
    weights += 1
    tensor += 1
    before = log.history()
    before.quantities["weights"] += 1
    assert all(values.tolist() == [[0, 0]] for values in log.history().quantities.values())


def test_calls_at_one_step_add_to_each_other():
    log = Log()
    log(5, train_loss=1)
    log(5, test_loss=2)
    log(6, train_loss=3, test_loss=4)
    found = log.history().quantities
    assert {name: values.tolist() for name, values in found.items()} == {
        "train_loss": [1, 3],
        "test_loss": [2, 4],
    }


def test_a_quantity_that_is_not_logged_at_a_step_is_unknown_there():
    log = Log()
    log(0, loss=1)
    log(1, loss=2, errors=[1, 2])
    log(2, loss=3)
    history = log.history()
    np.testing.assert_array_equal(
        history.quantities["errors"], [[np.nan, np.nan], [1, 2], [np.nan, np.nan]]
    )
    assert history.status == "finished"


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf, [0.0, np.nan], torch.tensor(np.inf)])
def test_a_number_that_is_not_finite_makes_the_run_diverged_from_there_on(number):
    size = np.shape(number)
    log = Log()
    log.once(baseline=2)
    log(0, loss=np.zeros(size), other=1)
    log(10, other=2)
    log(10, loss=number)
    log(20, loss=np.zeros(size), other=3)
    history = log.history()
    assert (history.status, history.diverged_at) == ("diverged", 10)
    np.testing.assert_array_equal(history.quantities["other"], [1, np.nan, np.nan])
    assert np.isfinite(history.quantities["loss"][0]).all()
    assert np.isnan(history.quantities["loss"][1:]).all()
    assert history.quantities["baseline"] == 2


def test_what_is_logged_once_has_no_record():
    log = Log()
    log.once(baseline=2, size=torch.tensor(100))
    log.once(noise=0.5)
    log(0, loss=1)
    log.once(late=True)
    found = log.history().quantities
    once = {name: values.item() for name, values in found.items() if not values.ndim}
    assert once == {"baseline": 2, "size": 100, "noise": 0.5, "late": 1}


@pytest.mark.parametrize("step", [3.5, 3.0, "3", None, True, torch.tensor(3.0), np.array(2.5)])
def test_a_step_that_is_no_whole_number_is_refused(step):
    with pytest.raises(GrokspecError, match=r"a step is a whole number: give an int, like int\("):
        Log()(step, loss=1)


@pytest.mark.parametrize("step", [-1, 2**63])
def test_a_step_out_of_range_is_refused(step):
    with pytest.raises(GrokspecError, match=f"step = {step}: steps are counted from 0, and end"):
        Log()(step, loss=1)


def test_a_step_that_goes_back_is_refused():
    why = "step 5: comes after step 10; steps must not go back, so count them over all epochs"
    with pytest.raises(GrokspecError, match=why):
        logged(0, 10, 5, loss=[1, 1, 1])


def test_a_quantity_twice_at_one_step_is_refused():
    why = "step 10: loss was logged at this step already; log it once a step, or give it another"
    with pytest.raises(GrokspecError, match=why):
        logged(0, 10, 10, loss=[1, 1, 1])


def test_a_quantity_that_changes_shape_is_refused():
    why = (
        r"step 10: errors has the shape \[3\], and at step 0 it had \[2\]; log arrays of one shape"
    )
    with pytest.raises(GrokspecError, match=why):
        logged(0, 10, errors=[[1, 2], [1, 2, 3]])


@pytest.mark.parametrize("name", sorted({*RESERVED} - {"step"}))
def test_a_name_that_means_something_else_in_results_is_refused(name):
    with pytest.raises(GrokspecError, match=f"step 0: '{name}' means something else in results"):
        Log()(0, **{name: 1})
    with pytest.raises(GrokspecError, match=f"once: '{name}' means something else in results"):
        Log().once(**{name: 1})


def test_the_step_is_no_quantity():
    with pytest.raises(TypeError, match="multiple values for argument 'step'"):
        Log()(0, **{"step": 1})
    with pytest.raises(GrokspecError, match="once: 'step' means something else"):
        Log().once(step=1)


@pytest.mark.parametrize("name", ["loss/train", "test loss", "1st", "", "a[0]"])
def test_a_name_that_is_none_is_refused(name):
    with pytest.raises(GrokspecError, match=f"step 0: {re.escape(repr(name))} is no name for a"):
        Log()(0, **{name: 1})


@pytest.mark.parametrize("value", NO_NUMBERS.values(), ids=NO_NUMBERS)
def test_what_is_no_number_is_refused_with_its_step(value):
    with pytest.raises(GrokspecError, match=r"^step 7: loss (is|has) .*; (give a real|leave it)"):
        Log()(7, loss=value)


def test_a_call_with_a_mistake_leaves_nothing():
    log = logged(0, loss=[1])
    with pytest.raises(GrokspecError):
        log(1, loss=2, other="text")
    log(1, loss=3)
    assert log.history().quantities["loss"].tolist() == [1, 3]
    assert set(log.history().quantities) == {"loss"}


def test_a_quantity_is_logged_once_or_at_steps():
    log = logged(0, loss=[1])
    log.once(baseline=1)
    with pytest.raises(GrokspecError, match="step 1: baseline was logged once, for the whole run"):
        log(1, baseline=2)
    with pytest.raises(GrokspecError, match="once: loss was logged at step 0 already; log it in"):
        log.once(loss=2)
    with pytest.raises(GrokspecError, match="once: baseline was logged once already; log it in"):
        log.once(baseline=2)


def test_an_array_is_not_logged_once():
    with pytest.raises(GrokspecError, match=r"once: sizes has the shape \[2\], and only single"):
        Log().once(sizes=[1, 2])


def test_a_log_of_nothing_is_no_history():
    log = Log()
    log.once(baseline=1)
    with pytest.raises(GrokspecError, match=r"nothing was logged; call log\(step, train_loss=…\)"):
        log.history()
    with pytest.raises(GrokspecError, match=r"step 3: nothing is logged; name a quantity, like"):
        log(3)


def test_numbers_are_logged_without_torch():
    code = (
        "import sys; from grokspec.engines._log import Log; import numpy as np; log = Log(); "
        "log(0, loss=1.0, errors=np.ones(3)); log.history(); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
