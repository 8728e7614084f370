import pytest
import xarray as xr
from learning_curves import number, results

from grokspec import measures
from grokspec.errors import GrokspecError

RECORDED = results(total_norm=[2, 3, 4, 5, 8], train_accuracy=[0, 0.5, 1, 1, 1], baseline=1.0)


def test_the_final_value_and_the_growth_of_any_quantity():
    assert number(measures.final(RECORDED, "total_norm")) == 8
    assert number(measures.growth(RECORDED, "total_norm")) == 4
    assert measures.growth(RECORDED, "total_norm").attrs["long_name"] == (
        "final over initial total_norm"
    )


def test_the_value_of_a_quantity_when_a_run_memorizes():
    assert number(measures.when_memorized(RECORDED, "total_norm", 0.75)) == pytest.approx(3.5)
    assert number(measures.when_memorized(RECORDED, "total_norm", 0.5)) == 3


def test_a_quantity_keeps_its_own_dimensions():
    units = xr.DataArray([[1.0, 2.0]] * 5, dims=("record", "unit"))
    with_units = RECORDED.assign(norms=units * RECORDED["total_norm"])
    assert measures.growth(with_units, "norms").sizes["unit"] == 2
    assert measures.when_memorized(with_units, "norms").sizes["unit"] == 2


def test_a_quantity_that_is_not_recorded_is_refused_with_the_nearest_name():
    with pytest.raises(GrokspecError, match='not recorded at each step; did you mean "total_norm"'):
        measures.final(RECORDED, "total_nrm")
    with pytest.raises(GrokspecError, match='"baseline" is not recorded at each step'):
        measures.final(RECORDED, "baseline")


def test_a_measure_that_needs_more_than_the_results_cannot_be_named_in_a_spec():
    with pytest.raises(GrokspecError, match="no such measure"):
        measures.measure_named("growth")
