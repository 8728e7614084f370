"""Controls: experiments that must change the verdict on a claim.

Each function makes a `Control` for ``@claim(..., control=...)``. All except `retrained` transform
the results that the claim reads, so nothing is trained. Runs are moved whole: the steps, status and
quantities of a run stay together, and only its place in the sweep changes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from grokspec.errors import nearest
from grokspec.formatting import exact

if TYPE_CHECKING:
    import numpy as np
    import xarray as xr

    Places = np.ndarray
    """For each place of the sweep, the place whose run moves there; flat, counted from 0."""

AxisValue = float | bool | str

ClaimInput = Any
"""What a claim reads: an ``xarray.Dataset``, or a dict of them by spec for several specs."""


@dataclass(frozen=True)
class Control:
    """An experiment that must change the verdict on a claim; otherwise the claim is insensitive."""

    sentence: str
    """What was done to the experiment, for example "alpha permuted across runs"."""
    transform: Callable[[Any], Any]
    """Takes a copy of the results of one spec (of what a claim on theory is given), and returns
    what the claim is judged on instead."""
    specs: tuple[str, ...] = ()
    """The specs of the claim that it applies to; all if empty."""
    change: str = ""
    """TOML that is laid on top of these specs, whose runs are then trained."""

    def of(self, *specs: str) -> Control:
        """This control for only some of the specs that a claim names."""
        return replace(self, sentence=f"{self.sentence} in {', '.join(specs)}", specs=specs)

    def change_of(self, spec: str) -> str:
        """The TOML that is laid on top of a spec of the claim; empty if none is."""
        return self.change if not self.specs or spec in self.specs else ""

    def apply(self, results: ClaimInput) -> ClaimInput:
        """Transform the results of a claim."""
        if not isinstance(results, dict):  # a Dataset is a Mapping, too
            return self.transform(results)
        return {
            name: self.transform(one) if not self.specs or name in self.specs else one
            for name, one in results.items()
        }

    def __str__(self) -> str:
        return self.sentence


def permuted(along: str) -> Control:
    """Permute the points of one axis, differently for each seed."""

    def permute(places: Places, axis: int) -> Places:
        import numpy as np

        return np.random.default_rng(places.size).permuted(places, axis=axis)

    return Control(f"{along} permuted across runs", _moving_along(along, permute))


def swapped(along: str, one: AxisValue, other: AxisValue) -> Control:
    """Exchange the results of two points of an axis, named by their values."""

    def transform(results: xr.Dataset) -> xr.Dataset:
        import numpy as np

        def swap(places: Places, axis: int) -> Places:
            order = np.arange(places.shape[axis])
            i, j = (_position(results, along, value) for value in (one, other))
            order[[i, j]] = order[[j, i]]
            return places.take(order, axis=axis)

        return _moving_along(along, swap)(results)

    return Control(f"results of {along} = {_shown(one)} and {_shown(other)} exchanged", transform)


def mirrored(along: str) -> Control:
    """Reverse the order of the results along an axis."""

    def mirror(places: Places, axis: int) -> Places:
        import numpy as np

        return np.flip(places, axis)

    return Control(f"{along} in reverse order", _moving_along(along, mirror))


def held(along: str, at: AxisValue | None = None) -> Control:
    """Give every point of an axis the results of one point, so that the axis has no effect.

    The point is ``at``, or else the middle of the axis.
    """

    def transform(results: xr.Dataset) -> xr.Dataset:
        def hold(places: Places, axis: int) -> Places:
            size = places.shape[axis]
            kept = size // 2 if at is None else _position(results, along, at)
            return places.take([kept] * size, axis=axis)

        return _moving_along(along, hold)(results)

    return Control(f"{along} held fixed{'' if at is None else f' at {_shown(at)}'}", transform)


def shuffled() -> Control:
    """Shuffle all runs over the whole sweep, seeds included."""

    def transform(results: xr.Dataset) -> xr.Dataset:
        import numpy as np

        places = _places(results)
        rng = np.random.default_rng(places.size)
        return _moved(results, rng.permutation(places.ravel()).reshape(places.shape))

    return Control("runs shuffled over the whole sweep", transform)


def train_read_as_test() -> Control:
    """Replace the quantities of the test set by those of the training set."""

    def transform(results: xr.Dataset) -> xr.Dataset:
        names = {str(name) for name in results.data_vars}
        pairs = {n: n.replace("test_", "train_", 1) for n in names if n.startswith("test_")}
        pairs |= {"population_loss": "train_loss"}
        pairs = {test: train for test, train in pairs.items() if {test, train} <= names}
        if not pairs:
            raise ValueError(
                "train read as test: no test quantity here has a counterpart on the training set"
            )
        return results.assign(
            {
                test: results[train].assign_attrs(results[test].attrs)
                for test, train in pairs.items()
            }
        )

    return Control("train read as test", transform)


def reversed_in_time() -> Control:
    """Read every history from its end to its start."""

    def transform(results: xr.Dataset) -> xr.Dataset:
        reversed_values = {
            name: values.isel(record=slice(None, None, -1)).variable
            for name, values in results.data_vars.items()
            if "record" in values.dims and name != "time"
        }
        return results.assign(reversed_values)

    return Control("time reversed", transform)


def exchanged(one: str, other: str) -> Control:
    """Exchange two quantities."""

    def transform(results: xr.Dataset) -> xr.Dataset:
        return results.assign({one: results[other].variable, other: results[one].variable})

    return Control(f"{one} and {other} exchanged", transform)


def retrained(change: str) -> Control:
    """Train the claim's spec with a small change, written in TOML.

    For example ``retrained("model.centered = false")``. The change is laid on top of the spec and
    its profile, and the new runs are trained and stored like all others. Mistakes in the change
    are reported when the control is judged.
    """
    lines = [line.strip() for line in change.strip().splitlines()]
    sentence = f"trained with {', '.join(lines)}" if lines else ""  # `Claim.mistakes` reports it
    return Control(sentence, lambda results: results, change=change)


def instead(sentence: str, other: object) -> Control:
    """Give a claim on theory something else, which ``sentence`` describes."""
    return Control(sentence, lambda given: other)


def _moving_along(
    along: str, move: Callable[[Places, int], Places]
) -> Callable[[xr.Dataset], xr.Dataset]:
    def transform(results: xr.Dataset) -> xr.Dataset:
        if along not in (dims := results["status"].dims):
            raise ValueError(f"a control moves runs along {along!r}; the axes are {dims}")
        return _moved(results, move(_places(results), dims.index(along)))

    return transform


def _places(results: xr.Dataset) -> Places:
    """Number the places of the sweep, in the shape of `status`, which has one value a run."""
    import numpy as np

    shape = results["status"].shape
    return np.arange(int(np.prod(shape))).reshape(shape)


def _moved(results: xr.Dataset, sources: Places) -> xr.Dataset:
    """Put at each place of the sweep the run that stood at its source."""
    axes = results["status"].dims
    steps = [c for c in results.coords if "record" in results[c].dims]
    moved = {}
    for name in [*results.data_vars, *steps]:
        values = results[name]
        if not set(values.dims) & set(axes):
            continue  # the same for all runs
        values = values.broadcast_like(results["status"]).transpose(*axes, ...)
        runs = values.to_numpy().reshape(sources.size, *values.shape[len(axes) :])
        moved[name] = (values.dims, runs[sources.ravel()].reshape(values.shape), values.attrs)
    return results.assign({n: v for n, v in moved.items() if n not in steps}).assign_coords(
        {n: v for n, v in moved.items() if n in steps}
    )


def _position(results: xr.Dataset, along: str, value: AxisValue) -> int:
    import numpy as np

    points = results[along].to_numpy()
    (found,) = np.nonzero(points == value)
    if found.size != 1 and points.dtype.kind in "fiu" and not isinstance(value, str):
        # near zero, points differ though they are close
        (found,) = np.nonzero(np.isclose(points, value, atol=0))
    if found.size != 1:
        texts = [point for point in points if isinstance(point, str)]
        match = nearest(value, texts) if isinstance(value, str) else None
        remedy = f'did you mean "{match}"?' if match else f"it has {', '.join(map(_shown, points))}"
        raise ValueError(f"{along} = {_shown(value)} is not a point of this sweep; {remedy}")
    return int(found[0])


def _shown(point: AxisValue) -> str:
    return str(point) if isinstance(point, (str, bool)) else exact(point)
