"""Identities: whether two quantities are the same, number by number."""

from __future__ import annotations

import math

import numpy as np
import xarray as xr

from grokspec.formatting import after_space, count, number
from grokspec.statistics.evidence import Comparison
from grokspec.statistics.finding import Finding
from grokspec.statistics.quantities import labels_of_two, minus, paired, place_of, unit_of
from grokspec.statistics.verdict import Verdict

KEPT = 1000
"""The most pairs that are kept for a figure."""


def agreement(
    a: xr.DataArray, b: xr.DataArray, *, rtol: float | None = None, atol: float | None = None
) -> Finding:
    """Judge an identity: every number of ``a`` equals that of ``b`` within a tolerance.

    Give either ``rtol``, a share of the larger number, or ``atol``, in the unit of the quantities.
    Nothing is random, so there is no p-value; the interval runs from the smallest to the largest
    deviation. Two infinities of the same sign agree. A NaN makes the finding INCONCLUSIVE, unless
    a deviation refutes it. Raises ValueError without exactly one tolerance, if the two do not have
    the same coordinates, or if no pair is known.
    """
    if (rtol is None) == (atol is None):
        raise ValueError("agreement() takes one tolerance: rtol=, a share, or atol=, in the unit")
    tolerance = rtol if rtol is not None else atol
    assert tolerance is not None
    if not 0 <= tolerance < math.inf:
        raise ValueError(f"tolerance = {tolerance}: it is a number that is not negative")
    deviation = paired(_relative_deviation if atol is None else _deviation, a, b)
    known = deviation.to_numpy()[~np.isnan(deviation.to_numpy())]
    first, second = labels_of_two(a, b)
    if known.size == 0:
        pairs = count(deviation.size, "pair")
        raise ValueError(f"{first} and {second}: there are no numbers to compare in {pairs}")
    absent, largest = deviation.size - known.size, float(known.max())
    where = np.unravel_index(np.nanargmax(deviation.to_numpy()), deviation.shape)
    unit = "" if atol is None else unit_of(a)
    verdict = _verdict_of_agreement(largest <= tolerance, absent)
    one, other = (_laid_out(values, deviation) for values in (a, b))
    kept = _kept(deviation.to_numpy().ravel())
    return Finding(
        verdict=verdict,
        statement=(
            f"{first} and {second} differ by at most {number(largest)}"
            f"{after_space('of the larger' if atol is None else unit)}"
            f" over {count(known.size, 'number')}, held to {tolerance:g}"
            + _about_absent(absent, deviation.size, verdict)
        ),
        measured=largest,
        interval=(float(known.min()), largest),
        n=known.size,
        unit=unit,
        details=(f"they differ most at {place_of(deviation, where)}",) if deviation.ndim else (),
        evidence=(
            Comparison(
                quantities=(first, second),
                unit=unit_of(a),
                first=one[kept].tolist(),
                second=other[kept].tolist(),
                deviations=deviation.to_numpy().ravel()[kept].tolist(),
                relative=atol is None,
                tolerance=tolerance,
                count=known.size,
                unknown=absent,
                verdict=verdict,
            ),
        ),
    )


def _about_absent(absent: int, size: int, verdict: Verdict) -> str:
    if not absent:
        return ""
    some = f"{absent:,} of {size:,} {'has' if absent == 1 else 'have'} no value"
    return f"; undecided, since {some}" if verdict is Verdict.INCONCLUSIVE else f"; {some}"


def _laid_out(values: xr.DataArray, like: xr.DataArray) -> np.ndarray:
    """The numbers of one quantity, in the order of the deviations."""
    return values.broadcast_like(like).transpose(*like.dims).to_numpy().astype(float).ravel()


def _kept(deviations: np.ndarray) -> np.ndarray:
    """Places of the known deviations; of too many, the largest and an even choice of the rest."""
    order = np.argsort(-deviations)  # NaN is last
    order = order[: np.count_nonzero(~np.isnan(deviations))]
    if order.size <= KEPT:
        return order
    most, rest = order[: KEPT // 2], order[KEPT // 2 :]
    return np.concatenate([most, rest[np.linspace(0, rest.size - 1, KEPT // 2).astype(int)]])


def _deviation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.where(a == b, 0.0, np.abs(minus(a, b)))


def _relative_deviation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    larger = np.maximum(np.abs(a), np.abs(b))
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(np.isinf(larger), math.inf, _deviation(a, b) / larger)
    share = np.where(a == b, 0.0, share)
    return np.where(np.isnan(a) | np.isnan(b), math.nan, share)


def _verdict_of_agreement(close: bool, absent: int) -> Verdict:
    if not close:
        return Verdict.REFUTED
    return Verdict.INCONCLUSIVE if absent else Verdict.SUPPORTED
