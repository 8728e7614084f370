"""The [results] table: its forms, and the mistakes in it."""

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError
from recorded_files import table

from grokspec.recorded.results_table import RecordedQuantity

HERE = Path()


def test_axes_are_those_in_the_names_of_files_then_those_inside_then_those_of_columns():
    read = table(
        HERE,
        files="{width}/*_{alpha}.csv",
        axes={"rho": "norm"},
        quantities={"loss": "{arm} - loss"},
    )
    assert read.axis_names == ("width", "alpha", "rho", "arm")


def test_axes_may_be_a_list_of_columns_of_the_same_names():
    assert table(HERE, axes=["a", "b"]).columns_of_axes == {"a": "a", "b": "b"}


@pytest.mark.parametrize(
    ("never", "expected"),
    [
        (None, [-1, 0, 5, np.nan]),
        (-1, [np.inf, 0, 5, np.nan]),
        ([-1, 5], [np.inf, 0, np.inf, np.nan]),
        ("<= 0", [np.inf, np.inf, 5, np.nan]),
        ("< 0", [np.inf, 0, 5, np.nan]),
        (">= 5", [-1, 0, np.inf, np.nan]),
        ("> 5", [-1, 0, 5, np.nan]),
        ("nan", [-1, 0, 5, np.inf]),
    ],
)
def test_numbers_that_mean_never_become_infinite(never, expected):
    own = RecordedQuantity.model_validate({"from": "t", "never": never})
    assert np.array_equal(own.with_never(np.array([-1, 0, 5, np.nan])), expected, equal_nan=True)


@pytest.mark.parametrize("never", ["", "0", "<= x", "== 1", "<= nan", "<= 0 0"])
def test_what_means_never_is_a_number_or_a_comparison(never):
    with pytest.raises(ValidationError, match='or a comparison such as "<= 0"'):
        RecordedQuantity.model_validate({"from": "t", "never": never})


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"files": ""}, "not a path; write one"),
        ({"files": []}, "must be text in quotes, or a list of texts"),
        ({"files": 3}, "must be text in quotes, or a list of texts"),
        ({"files": "{a}/{a}.csv"}, "{a} twice; write \\* in one"),
        ({"files": ["{a}.csv", "{b}.csv"]}, "other names in braces; write the same ones"),
        ({"files": "{step}.csv"}, '{step}: "step" means something else in results'),
        ({"axes": ["time"]}, '"time" means something else in results; choose another name'),
        ({"axes": {"weight decay": "lam"}}, '"weight decay" is no name; use letters'),
        ({"axes": ["seed"]}, 'the seed is said by seed = "…"'),
        ({"axes": ["train_loss"]}, '"train_loss" is the name of an axis and of a quantity'),
        ({"quantities": {}}, "at least 1 item"),
        ({"quantities": {"status": "s"}}, '"status" means something else in results'),
        ({"quantities": {"loss": 3}}, "must be the name of a column, array or tag"),
        ({"quantities": {"loss": "{a}{b}"}}, "{a} directly before {b}"),
        ({"quantities": {"loss": "{a} x", "b": "x"}}, '"x" lacks {a}, which other columns have'),
        ({"axes": ["a"], "quantities": {"loss": "{a} x"}}, "{a} is in the names of columns and"),
        ({"seed": "seed", "files": "{seed}.csv"}, "the seed is said twice, by seed and by {seed}"),
        ({"seed": True}, "must be the name of a column or array, a count"),
        ({"seed": 0}, "greater than or equal to 1"),
        ({"gaps": "fill"}, "Input should be 'keep' or 'skip'"),
    ],
)
def test_a_mistake_in_the_table_is_told_with_the_rule(fields, reason):
    with pytest.raises(ValidationError, match=reason.replace("(", "\\(")):
        table(HERE, **fields)


@pytest.mark.parametrize(
    ("along", "step", "reason"),
    [
        (["seed", "seed"], "t", 'has "seed" twice'),
        (["seed", "step"], None, 'has "step", but the table has none; add step'),
        (["layer", "step"], "t", '"layer" is no axis of the sweep and must come after "step"'),
    ],
)
def test_the_axes_of_an_array_are_those_of_the_sweep_and_then_its_own(along, step, reason):
    with pytest.raises(ValidationError, match=reason):
        table(HERE, step=step, quantities={"loss": {"from": "l", "along": along}})
