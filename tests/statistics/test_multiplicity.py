import pytest

from grokspec.statistics import false_discovery


def test_p_values_are_adjusted_for_their_number_and_none_stays_none():
    assert false_discovery([0.01, None, 0.04, 0.03]) == [
        pytest.approx(0.03),
        None,
        pytest.approx(0.04),
        pytest.approx(0.04),
    ]


def test_no_p_values_need_no_adjustment():
    assert false_discovery([None, None]) == [None, None]
