"""What a figure is: a drawing of a spec's results, described in the spec's ``[figure]`` table."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grokspec.engines.base import RESERVED
from grokspec.errors import GrokspecError, Mistake, suggestion
from grokspec.formatting import dotted, in_toml
from grokspec.kinds import Kind

if TYPE_CHECKING:
    from pathlib import Path

    import xarray
    from matplotlib.figure import Figure as Canvas


@dataclass(frozen=True)
class Available:
    """What can be drawn, from results or from a spec whose runs are not yet trained."""

    quantities: frozenset[str] | None
    """The recorded quantities; None if a probe does not name its own beforehand."""
    axes: Mapping[str, Mapping[str, Sequence[Any]]]
    """For each axis of the sweep except the seed, its coordinates with a value for each point."""

    @classmethod
    def of(cls, results: xarray.Dataset) -> Available:
        """What can be drawn from results."""
        axes = {
            str(dim): {
                str(name): coordinate.values.tolist()
                for name, coordinate in results.coords.items()
                if coordinate.dims == (dim,)
            }
            for dim in results["status"].dims
            if dim != "seed"
        }
        quantities = {str(name) for name in results.data_vars} - set(RESERVED)
        return cls(frozenset(quantities), axes)

    @property
    def coordinates(self) -> list[str]:
        """The axes, followed by the keys that are zipped with them."""
        zipped = [name for along in self.axes.values() for name in along]
        return list(dict.fromkeys([*self.axes, *zipped]))


@dataclass(frozen=True)
class Objection:
    """Why a figure cannot be drawn: the field at fault, its value and the reason."""

    at: tuple[str | int, ...]
    value: Any
    reason: str

    def __str__(self) -> str:
        place = dotted(("figure", *self.at))
        return (
            f"{place}: {self.reason}"
            if self.value is None
            else (f"{place} = {in_toml(self.value)}: {self.reason}")
        )


def unrecorded_quantity(available: Available, name: str, *at: str | int) -> Iterator[Objection]:
    """An objection if a quantity is not recorded."""
    if available.quantities is not None and name not in available.quantities:
        yield Objection(at, name, f"not recorded; {suggestion(name, available.quantities)}")


def pooled_points(available: Available, **named: str | None) -> Iterator[Objection]:
    """Objections to fields that name no axis, and to points that the figure would pool.

    Those are points of the sweep with equal values on all named axes; only seeds may be pooled.
    """
    known = available.coordinates
    for field, name in named.items():
        if name is not None and name not in known:
            yield Objection((field,), name, f"not an axis of the sweep; {suggestion(name, known)}")
    for axis, along in available.axes.items():
        columns = [along[name] for name in named.values() if name is not None and name in along]
        points = max(map(len, along.values()), default=1)
        if points > max(1, len(set(zip(*columns, strict=True)))):
            yield Objection(
                (),
                None,
                f"the sweep varies {axis!r}, whose points the figure would pool; "
                "name it, or vary it in a spec of its own",
            )


def part_at(results: xarray.Dataset, coordinate: str, value: Any) -> xarray.Dataset:
    """The points of a sweep at which a coordinate has a value (or none); there may be none."""
    along = results[coordinate]
    (axis,) = along.dims
    chosen = along.isnull() if value is None else along == value
    return results.isel({axis: chosen.to_numpy().nonzero()[0]})


class Figure(Kind, family="figure"):
    """The base of every figure."""

    def objections(self, available: Available) -> Iterator[Objection]:
        """The reasons why this figure cannot be drawn from what is available."""
        yield from ()

    def require(self, results: xarray.Dataset) -> None:
        """Raise a GrokspecError with every objection to results."""
        if mistakes := [Mistake(str(found)) for found in self.objections(Available.of(results))]:
            raise GrokspecError(*mistakes)

    @abstractmethod
    def draw(self, results: xarray.Dataset) -> Canvas:
        """Draw results of the figure's spec; a GrokspecError if there are objections to them."""

    def save(self, results: xarray.Dataset, file: Path) -> None:
        """Draw into a file, in the format of its ending; the same results give the same file."""
        from grokspec.figures._style import settings

        undated = {"Date": None} if file.suffix.lower() == ".svg" else None
        with settings():
            self.draw(results).savefig(file, metadata=undated)
