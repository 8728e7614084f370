"""What figures of measures share: the measures, looked up when the spec is read and computed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, PrivateAttr

from grokspec.errors import GrokspecError
from grokspec.figures.base import Available, Figure, Objection
from grokspec.kinds import known_apart
from grokspec.measures import Measure, measure_named
from grokspec.measures.base import why_no_measure

if TYPE_CHECKING:
    from collections.abc import Iterator

    import xarray


class FigureOfMeasures(Figure):
    """The base of figures that show measures."""

    measures: Annotated[
        tuple[str, ...],
        Field(strict=False, min_length=1, description="Measures, by name, side by side."),
    ]

    _apart: dict[str, Measure] = PrivateAttr(default_factory=dict)
    """Measures that only the figure's spec knows."""

    def model_post_init(self, context: Any) -> None:
        self._apart.update(known_apart("measure"))

    def objections(self, available: Available) -> Iterator[Objection]:
        for place, name in enumerate(self.measures):
            if name not in self._apart and (reason := why_no_measure(name)):
                yield Objection(("measures", place), name, reason)

    def measured(self, name: str, results: xarray.Dataset) -> xarray.DataArray:
        """A measure of results; a GrokspecError if they lack what it reads."""
        try:
            return (self._apart.get(name) or measure_named(name))(results)
        except KeyError as error:
            raise GrokspecError(
                f'figure.measures: "{name}" cannot be computed: {error.args[0]}'
            ) from error

    def nothing_to_draw(self) -> GrokspecError:
        """The error for results in which no measure has a value."""
        names = " or ".join(self.measures)
        return GrokspecError(f"figure: there is nothing to draw: no run has a value of {names}")


def title(values: xarray.DataArray) -> str:
    """What a measure is called, with its unit."""
    unit = values.attrs.get("units", "")
    return str(values.attrs["long_name"]) + (f" ({unit})" if unit else "")
