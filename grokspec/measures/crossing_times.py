"""When a quantity reaches a threshold, what another one is then, and the grokking delay (Fig. 3).

Times are those of the results: the step times the learning rate η₀, where there is one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from grokspec.measures.base import measure, relative_test_loss, relative_train_loss

if TYPE_CHECKING:
    import numpy as np
    import xarray

THRESHOLD = 0.6
"""The default fraction of the baseline below which a loss counts as fallen.

It lies just above the loss of kernel regression with the initial kernel on the polynomial task
(about 0.4 to 0.6 of the baseline), so that a lazy network gets there too, if late.
"""


@measure("grokking delay", unit="η₀ × steps")
def grokking_delay(results: xarray.Dataset, threshold: float = THRESHOLD) -> xarray.DataArray:
    """Time from when the training loss falls below a threshold to when the test loss does.

    Infinite for a run whose test loss never does, NaN for one whose training loss never does.
    """
    import numpy as np

    train, test = _crossings(results, threshold)
    return (test - train).where(np.isfinite(train))


@measure("grokking delay", unit="decades")
def log_grokking_delay(results: xarray.Dataset, threshold: float = THRESHOLD) -> xarray.DataArray:
    """The same delay as a ratio of the two times, in decades."""
    train, test = _crossings(results, threshold)
    return decades_between(test, train)


def _crossings(
    results: xarray.Dataset, threshold: float
) -> tuple[xarray.DataArray, xarray.DataArray]:
    time = results["time"]
    return (
        crossing_time(relative_train_loss(results), time, threshold),
        crossing_time(relative_test_loss(results), time, threshold),
    )


def crossing_time(
    loss: xarray.DataArray, time: xarray.DataArray, threshold: float
) -> xarray.DataArray:
    """When each loss first falls below a threshold, interpolated in the logarithm of time.

    Infinite where it never does; NaN for a run whose loss is not finite up to there.
    """
    import xarray

    loss, time = xarray.broadcast(loss, time)
    return xarray.apply_ufunc(
        _first_crossing,
        loss,
        time,
        input_core_dims=[["record"], ["record"]],
        kwargs={"threshold": threshold},
        vectorize=True,
        output_dtypes=[float],  # numpy cannot find it out where there are no runs
    )


def reaching_time(
    accuracy: xarray.DataArray, time: xarray.DataArray, threshold: float
) -> xarray.DataArray:
    """When each accuracy first reaches a threshold, interpolated in the logarithm of time.

    Infinite where it never does; NaN for a run whose accuracy is not finite up to there.
    """
    import numpy as np

    return crossing_time(-accuracy, time, np.nextafter(-threshold, np.inf))  # crossing is strict


def value_at_reaching(
    quantity: xarray.DataArray, threshold: float, values: xarray.DataArray
) -> xarray.DataArray:
    """The values of one quantity at the moment when another first reaches a threshold.

    Interpolated between records, linearly in the other quantity; NaN for a run that never gets
    there, or is not finite up to there.
    """
    import xarray

    return xarray.apply_ufunc(
        _value_at_reaching,
        quantity,
        values,
        input_core_dims=[["record"], ["record"]],
        kwargs={"threshold": threshold},
        vectorize=True,
        output_dtypes=[float],
    )


def decades_between(later: xarray.DataArray, earlier: xarray.DataArray) -> xarray.DataArray:
    """The ratio of two times in decades.

    Infinite where the later one never comes. NaN where the earlier one never does, and where one
    is zero, which has no logarithm.
    """
    import numpy as np

    with np.errstate(divide="ignore", invalid="ignore"):
        decades = later.pipe(np.log10) - earlier.pipe(np.log10)
    have_logarithms = (earlier > 0) & (later != 0)
    return decades.where(np.isfinite(earlier) & (have_logarithms | np.isinf(later)))


def _first_crossing(loss: np.ndarray, time: np.ndarray, threshold: float) -> float:
    import numpy as np

    below = np.flatnonzero(loss < threshold)
    until = below[0] if len(below) else len(loss) - 1
    if not np.isfinite(loss[: until + 1]).all():
        return np.nan
    if not len(below):
        return np.inf
    if until == 0:
        return float(time[0])
    # The first record is at time 0, which has no logarithm; half the next stands in for it.
    before = time[until - 1] or time[until] / 2
    if before == 0:  # time stands still, at a learning rate of zero
        return float(time[until])
    part = (loss[until - 1] - threshold) / (loss[until - 1] - loss[until])
    return float(before * (time[until] / before) ** part)


def _value_at_reaching(quantity: np.ndarray, values: np.ndarray, threshold: float) -> float:
    import numpy as np

    above = np.flatnonzero(quantity >= threshold)
    if not len(above) or not np.isfinite(quantity[: above[0] + 1]).all():
        return np.nan
    after = above[0]
    if after == 0:
        return float(values[0])
    part = (threshold - quantity[after - 1]) / (quantity[after] - quantity[after - 1])
    return float(values[after - 1] + part * (values[after] - values[after - 1]))
