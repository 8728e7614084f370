"""Values over seeds, and at each α, to judge."""

import numpy as np
import xarray as xr

ALPHA = [0.125, 1.0, 8.0, 64.0]


def over_seeds(values, **attrs):
    values = np.asarray(values, dtype=float)
    return xr.DataArray(values, dims="seed", coords={"seed": np.arange(values.size)}, attrs=attrs)


def over_alpha(centers, seeds=8, spread=0.05, **attrs):
    """A quantity at each α, with independent noise."""
    rng = np.random.default_rng(1)
    values = np.array(centers)[:, None] + spread * rng.standard_normal((len(centers), seeds))
    return xr.DataArray(
        values,
        dims=("alpha", "seed"),
        coords={"alpha": ALPHA[: len(centers)], "seed": np.arange(seeds)},
        attrs=attrs,
    )
