"""Controls: experiments that must change the verdict on a claim.

Each function makes a `Control` for ``@claim(..., control=...)``. All but `retrained` are made from
what the claim reads, so that nothing is trained. Runs are moved whole: a run's steps, its status
and its quantities stay together, and only the place in the sweep changes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import xarray as xr

    Places = np.ndarray
    """For each place of the sweep, the place whose run is put there; flat, counted from 0."""

AxisValue = float | bool | str

ClaimInput = Any
"""What a claim reads: an ``xarray.Dataset``, or a dict of them by spec if it names several."""


@dataclass(frozen=True)
class Control:
    """An experiment that must change the verdict on a claim, or the claim is insensitive.

    ``transform`` takes a copy of the results of one spec and returns what the claim is judged on
    instead. Of a claim on several specs it is given those in ``specs``, or all if that is empty;
    of a claim on theory, what that is given. ``change`` is a piece of TOML that is laid on top of
    these specs beforehand, so that their runs are others.
    """

    sentence: str
    """What was done to the experiment: "alpha permuted across runs"."""
    transform: Callable[[Any], Any]
    specs: tuple[str, ...] = ()
    change: str = ""

    def of(self, *specs: str) -> Control:
        """The control for only some of the specs that a claim names."""
        return replace(self, sentence=f"{self.sentence} in {', '.join(specs)}", specs=specs)

    def change_of(self, spec: str) -> str:
        """What is laid on top of a spec that the claim names."""
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
    """Permute the points of one axis, in another way for each seed."""

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
    """Give every point of an axis the results of the one as far from its other end."""

    def mirror(places: Places, axis: int) -> Places:
        import numpy as np

        return np.flip(places, axis)

    return Control(f"{along} in reverse order", _moving_along(along, mirror))


def held(along: str, at: AxisValue | None = None) -> Control:
    """Give every point of an axis the results of one of them, so that the axis has no effect.

    The one is ``at``, or the middle of the axis.
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
    """Put the training set's quantities in the place of the test set's."""

    def transform(results: xr.Dataset) -> xr.Dataset:
        names = {str(name) for name in results.data_vars}
        pairs = {n: n.replace("test_", "train_", 1) for n in names if n.startswith("test_")}
        pairs |= {"population_loss": "train_loss"}
        pairs = {test: train for test, train in pairs.items() if {test, train} <= names}
        if not pairs:
            raise ValueError("train read as test: no test quantity here has a twin on train")
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
        turned = {
            name: values.isel(record=slice(None, None, -1)).variable
            for name, values in results.data_vars.items()
            if "record" in values.dims and name != "time"
        }
        return results.assign(turned)

    return Control("time reversed", transform)


def exchanged(one: str, other: str) -> Control:
    """Exchange two quantities."""

    def transform(results: xr.Dataset) -> xr.Dataset:
        return results.assign({one: results[other].variable, other: results[one].variable})

    return Control(f"{one} and {other} exchanged", transform)


def retrained(change: str) -> Control:
    """Train the claim's spec with a small change, in TOML as the spec itself.

    ``retrained("model.centered = false")``: the change is laid on top of the spec and its profile,
    and the runs that this makes are trained and stored like any others. The change is
    checked as a spec is, when the control is judged.
    """
    lines = [line.strip() for line in change.strip().splitlines()]
    sentence = f"trained with {', '.join(lines)}" if lines else ""  # which is reported as a mistake
    return Control(sentence, lambda results: results, change=change)


def instead(sentence: str, other: object) -> Control:
    """Give a claim on theory something else than it is about, which ``sentence`` describes."""
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
    """Number the places of the sweep; `status` has one value a run, so its axes are the sweep's."""
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
    matches = np.isclose(points, value) if points.dtype.kind in "fiu" else points == value
    (found,) = np.nonzero(matches)
    if found.size != 1:
        listed = ", ".join(map(_shown, points))
        raise ValueError(f"{along} = {_shown(value)} is not a point of this sweep; it has {listed}")
    return int(found[0])


def _shown(point: AxisValue) -> str:
    return str(point) if isinstance(point, (str, bool)) else f"{point:g}"
