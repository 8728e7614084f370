import pytest
from learning_curves import number, results

from grokspec import measures


def test_alignment_initially_and_its_growth():
    r = results(alignment=[0.1, 0.1, 0.1, 0.1, 0.3])
    assert number(measures.initial_alignment(r)) == pytest.approx(0.1)
    assert number(measures.alignment_growth(r)) == pytest.approx(3)
