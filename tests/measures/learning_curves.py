"""Results of a single run, made of one curve for each quantity."""

import numpy as np
import xarray as xr

STEPS = np.array([0, 1, 10, 100, 1000])


def results(baseline=2.0, **curves):
    """Results with one axis, seed; ``time`` is `STEPS`, as far as the curves go."""
    length = len(next(iter(curves.values())))
    return xr.Dataset(
        {name: (("seed", "record"), np.array([curve], float)) for name, curve in curves.items()}
        | {"baseline": ("seed", [baseline]), "time": ("record", STEPS[:length].astype(float))}
    )


def number(measured):
    return float(measured.squeeze())
