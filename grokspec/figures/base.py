"""What a figure is: a drawing of a spec's results, described in the spec's ``[figure]`` table."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grokspec.errors import GrokspecError, Mistake, suggestion
from grokspec.formatting import dotted, in_toml
from grokspec.kinds import Kind

if TYPE_CHECKING:
    from pathlib import Path

    import xarray
    from matplotlib.figure import Figure as Canvas


@dataclass(frozen=True)
class Available:
    """What there is to draw: of results, or of a spec whose runs are still to be trained."""

    quantities: frozenset[str] | None
    """What is recorded; None where a probe does not say beforehand."""
    axes: Mapping[str, Mapping[str, Sequence[Any]]]
    """Each axis of the sweep but the seed: its coordinates, with their value at every point."""

    @classmethod
    def of(cls, results: xarray.Dataset) -> Available:
        """What results offer."""
        axes = {
            str(dim): {
                str(name): coordinate.values.tolist()
                for name, coordinate in results.coords.items()
                if coordinate.dims == (dim,)
            }
            for dim in results["status"].dims
            if dim != "seed"
        }
        quantities = {str(name) for name in results.data_vars} - {"status", "diverged_at"}
        return cls(frozenset(quantities), axes)

    @property
    def coordinates(self) -> list[str]:
        """The axes, and then what is zipped with them and so lies along one of them."""
        riders = [name for along in self.axes.values() for name in along]
        return list(dict.fromkeys([*self.axes, *riders]))


@dataclass(frozen=True)
class Objection:
    """Why a figure cannot be drawn: the field that stands in the way, its value and the reason."""

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


def unrecorded(available: Available, name: str, *at: str | int) -> Iterator[Objection]:
    """Object to a quantity that is not recorded."""
    if available.quantities is not None and name not in available.quantities:
        yield Objection(at, name, f"not recorded; {suggestion(name, available.quantities)}")


def undistinguished(available: Available, **named: str | None) -> Iterator[Objection]:
    """Object to fields that name no axis, and to points that those named do not tell apart.

    Only seeds are pooled.
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
                f"the sweep varies {axis!r}, whose points the figure does not tell apart; "
                "name it, or vary it in a spec of its own",
            )


def part_at(results: xarray.Dataset, coordinate: str, value: Any) -> xarray.Dataset:
    """The points of a sweep that have a value of a coordinate; along its axis there may be none."""
    (axis,) = results[coordinate].dims
    return results.isel({axis: (results[coordinate] == value).to_numpy().nonzero()[0]})


class Figure(Kind, family="figure"):
    """The base of every figure."""

    def objections(self, available: Available) -> Iterator[Objection]:
        """Say what stands in the way of drawing what is available."""
        yield from ()

    def require(self, results: xarray.Dataset) -> None:
        """Raise a GrokspecError with every objection to results."""
        if mistakes := [Mistake(str(found)) for found in self.objections(Available.of(results))]:
            raise GrokspecError(*mistakes)

    @abstractmethod
    def draw(self, results: xarray.Dataset) -> Canvas:
        """Draw the results of the spec that this figure belongs to."""

    def save(self, results: xarray.Dataset, file: Path) -> None:
        """Draw into a file whose ending says the format; the same results make the same file."""
        import matplotlib

        from grokspec.figures._style import SETTINGS

        undated = {"Date": None} if file.suffix.lower() == ".svg" else None
        with matplotlib.rc_context(SETTINGS):
            self.draw(results).savefig(file, metadata=undated)
