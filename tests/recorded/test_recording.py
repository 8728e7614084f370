"""The identity of a recorded run: its numbers, whatever file they are in."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from grokspec.engines.base import History
from grokspec.recorded import RecordedRun, Source

HERE = Source("a.csv", Path("a.csv"), "0" * 64)
HISTORY = History(np.array([0, 5]), {"a": np.array([1.0, np.nan]), "b": np.array(2.0)})
RUN = RecordedRun({"alpha": 1, "arm": "x"}, 0, HISTORY, HERE)


def quantities(**changed):
    return replace(RUN, history=replace(HISTORY, quantities=HISTORY.quantities | changed))


@pytest.mark.parametrize(
    "same",
    [
        replace(RUN, coordinates={"arm": "x", "alpha": 1.0}),
        replace(RUN, source=Source("b.npz", Path("b.npz"), "1" * 64), rows=9),
        replace(RUN, history=replace(HISTORY, seconds=7.0)),
        replace(RUN, history=History(HISTORY.steps, dict(reversed(HISTORY.quantities.items())))),
        quantities(a=np.array([1.0, -np.nan])),
        quantities(a=np.array([1.0, np.nan], dtype=">f8")),
        quantities(a=np.array([1.0, 0, np.nan, 0])[::2]),
    ],
)
def test_the_same_numbers_have_the_same_key(same):
    assert same.key == RUN.key


@pytest.mark.parametrize(
    "other",
    [
        replace(RUN, coordinates={"alpha": 2, "arm": "x"}),
        replace(RUN, coordinates={"alpha": True, "arm": "x"}),
        replace(RUN, coordinates={"alpha": "1", "arm": "x"}),
        replace(RUN, coordinates={"beta": 1, "arm": "x"}),
        replace(RUN, seed=1),
        replace(RUN, history=replace(HISTORY, steps=np.array([0, 6]))),
        quantities(a=np.array([1.0, 2.0])),
        quantities(b=np.array([2.0])),
        quantities(c=np.array(2.0)),
        replace(RUN, history=History(HISTORY.steps, {"b": HISTORY.quantities["a"]})),
    ],
)
def test_other_numbers_have_another_key(other):
    assert other.key != RUN.key


def test_a_key_does_not_change_from_version_to_version():
    assert RUN.key == ("a7641a4292180bd0bf5bb49f81d7a01e900b5f2eb3a2e6fa2129f7424da8caec")
