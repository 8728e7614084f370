"""A measure along an axis: what is drawn is what a claim is judged by, and no run is left out."""

import math

import numpy as np
import pytest
import xarray as xr
from edge_numbers import no_warnings

from grokspec.errors import GrokspecError
from grokspec.figures.base import Available
from grokspec.figures.measure import MeasureAlongAxis
from grokspec.kinds import discover, known_too
from grokspec.measures import measure
from grokspec.statistics import estimate

discover()

DECAYS = [0.0, 0.01, 0.1, 1.0]


@pytest.fixture(autouse=True)
def _with_a_measure():
    def value(results):
        return results["value"].copy()

    with known_too({"measure": {"value": _labeled(value)}}):
        yield


def _labeled(function):
    from grokspec.kinds import defined_apart

    with defined_apart():
        return measure("delay", unit="decades")(function)


def results(values, axis="decay", ticks=None, **coords):
    """Results with a value for each (point, seed), or (point, share, seed)."""
    values = np.array(values, float)
    ticks = DECAYS[: len(values)] if ticks is None else ticks
    dims = (axis, *coords, "seed")
    return xr.Dataset(
        {"value": (dims, values), "status": (dims, np.full(values.shape, "finished"))},
        {axis: ticks, **coords},
    )


def drawn(runs, **options):
    """The panels, drawn without a warning."""
    with no_warnings():
        canvas = MeasureAlongAxis(measures=("value",), **{"x": "decay", **options}).draw(runs)
        canvas.draw_without_rendering()
    return canvas


def lines(axes, marker):
    """The coordinates of all that was drawn with a marker, or with a line for "-" and ":"."""
    found = [line for line in axes.get_lines() if marker in (line.get_marker(), _dashes(line))]
    return [np.column_stack(line.get_data()).tolist() for line in found]


def _dashes(line):
    return line.get_linestyle() if line.get_marker() == "None" else ""


def counts(axes):
    """The numbers above a panel by their sign and color, from left to right."""
    texts = [text for text in axes.texts if text.get_position()[1] == 1.0]
    rows = {}
    for text in texts:
        if "/" not in text.get_text():
            rows[text.get_text(), tuple(text.get_color())] = row = {}
        else:
            row[text.get_position()[0]] = text.get_text()
    return [(sign, row) for (sign, _), row in rows.items()]


def test_medians_and_intervals_are_those_that_claims_are_judged_by():
    values = np.random.default_rng(0).lognormal(size=(4, 9))
    runs = results(values)
    (axes,) = drawn(runs).axes
    expected = estimate(runs["value"])
    marks = [mark for mark in lines(axes, "o") if len(mark) == 1]
    assert marks == [[[x, float(y)]] for x, y in zip(DECAYS, expected.median, strict=True)]
    bars = [line for line in lines(axes, "-") if line[0][0] == line[1][0]]
    ends = zip(DECAYS, expected.low, expected.high, strict=True)
    assert bars == [[[x, float(low)], [x, float(high)]] for x, low, high in ends]
    joined = [line for line in lines(axes, "-") if line[0][0] != line[1][0]]
    assert joined == [[marks[i][0], marks[i + 1][0]] for i in range(3)]
    dots = [mark for mark in lines(axes, "o") if len(mark) > 1]
    assert [[y for _, y in row] for row in dots] == values.tolist()


def test_what_never_happens_is_at_the_upper_edge_and_counted():
    values = [[math.inf] * 6, [3, 4, 5, math.inf, math.inf, math.inf], [1, 2, 3, 3, 2, 1]]
    (axes,) = drawn(results(values)).axes
    top = axes.get_ylim()[1]
    assert top > 5
    assert [[0.0, top]] in lines(axes, "^")
    assert counts(axes) == [("∞", {0.0: "6/6", 0.01: "3/6"})]
    assert [[0.01, top], [0.1, 2.0]] in lines(axes, ":")  # the median of the second is infinite
    canvas = drawn(results(values))
    assert "∞ n/m: n of m never happen" in canvas.get_supxlabel().replace("\n", " ")


def test_unknown_values_are_counted_and_their_medians_are_gaps():
    values = [[1, 2, 3, 4, 5, 6], [math.nan] * 6, [1, 2, 3, 4, 5, math.nan], [1, 2, 3, 4, 5, 6]]
    (axes,) = drawn(results(values)).axes
    assert counts(axes) == [("?", {0.01: "6/6", 0.1: "1/6"})]
    joined = [line for line in lines(axes, "-") if line[0][0] != line[1][0]]
    assert [[x for x, _ in line] for line in joined] == [[0.1, 1.0]]
    bottom, top = axes.get_ylim()
    assert [[0.1, bottom], [0.1, top]] in lines(axes, "-")  # the unknown value may be any


def test_what_the_sweep_has_not_is_neither_drawn_nor_counted():
    runs = results(np.ones((3, 6)))
    runs["status"][1] = "absent"
    runs["value"][1] = math.nan
    (axes,) = drawn(runs).axes
    assert counts(axes) == []
    assert [[0.0, 1.0], [0.1, 1.0]] in lines(axes, "-")


def test_few_seeds_have_no_interval_and_the_figure_says_why():
    canvas = drawn(results([[1, 2, 3], [2, 3, 4]]))
    (axes,) = canvas.axes
    assert all(line[0][0] != line[1][0] for line in lines(axes, "-"))
    assert canvas.get_supxlabel().replace("\n", " ") == (
        "marks: median over 3 seeds, the small dots; an interval takes 6 seeds"
    )


def test_a_band_has_the_ends_of_the_intervals():
    values = np.arange(12.0).reshape(2, 6)
    (axes,) = drawn(results(values), interval="band").axes
    (band,) = axes.collections
    heights = {tuple(vertex) for vertex in band.get_paths()[0].vertices.tolist()}
    assert heights == {(0.0, 0.0), (0.0, 5.0), (0.01, 6.0), (0.01, 11.0)}


def test_colors_and_rows_stand_for_other_axes():
    values = np.arange(3 * 2 * 2 * 6, dtype=float).reshape(3, 2, 2, 6)
    canvas = drawn(results(values, train=[0.3, 0.5], width=[8, 16]), color="train", across="width")
    above, below = canvas.axes
    assert [axes.get_title() for axes in canvas.axes] == ["width = 8", "width = 16"]
    assert above.get_ylim() == below.get_ylim()
    medians = [mark[0][1] for mark in lines(above, "o") if len(mark) == 1]
    assert medians == np.median(values[:, :, 0], axis=-1).T.ravel().tolist()
    (legend,) = canvas.legends
    assert [text.get_text() for text in legend.get_texts()] == ["P = 0.3", "P = 1/2"]


@pytest.mark.parametrize(("colors", "beside"), [(6, False), (7, True)])
def test_a_long_key_is_beside_the_panel(colors, beside):
    canvas = drawn(results(np.ones((2, colors, 3)), train=range(colors)), color="train")
    assert bool(canvas.legends) == beside
    assert bool(canvas.axes[0].get_legend()) != beside


@pytest.mark.parametrize(
    ("ticks", "scale", "texts"),
    [
        ([0.0, 0.01, 0.1, 1.0], "symlog", ["0", "0.01", "0.1", "1"]),
        ([0.125, 1.0, 8.0, 64.0], "log", ["1/8", "1", "8", "64"]),
        ([0.3, 0.4, 0.5, 0.6], "linear", ["0.3", "0.4", "0.5", "0.6"]),
        ([-1.0, 10.0, 100.0], "linear", ["-1", "10", "100"]),
        (["mlp", "cnn"], "linear", ["mlp", "cnn"]),
        ([False, True], "linear", ["false", "true"]),
        ([16.0, math.nan], "linear", ["16", "none"]),
    ],
)
def test_the_horizontal_axis_fits_its_values(ticks, scale, texts):
    (axes,) = drawn(results(np.ones((len(ticks), 6)), ticks=ticks)).axes
    assert axes.get_xscale() == scale
    assert [text.get_text() for text in axes.get_xticklabels()] == texts
    assert bool([line for line in lines(axes, "-") if line[0][0] != line[1][0]]) == all(
        isinstance(tick, float) and tick == tick for tick in ticks
    )


@pytest.mark.parametrize(("scale", "expected"), [("auto", "linear"), ("log", "log")])
def test_a_scale_may_be_chosen(scale, expected):
    runs = results([[1] * 6, [2] * 6, [3] * 6], ticks=[1.0, 2.0, 3.0])
    (axes,) = drawn(runs, scale=scale, x_scale=scale).axes
    assert (axes.get_xscale(), axes.get_yscale()) == (expected, expected)


@pytest.mark.parametrize("number", [0.0, 5e-324, -1e308, 1e308])
def test_any_numbers_can_be_drawn(number):
    values = [[number] * 6, [1.0] * 3 + [number] * 3, [number, math.inf, -math.inf, math.nan, 0, 1]]
    assert drawn(results(values)).axes


def test_values_that_are_all_unknown_are_nothing_to_draw():
    with pytest.raises(GrokspecError, match="nothing to draw: no run has a value of value"):
        drawn(results(np.full((2, 6), math.nan)))
    assert drawn(results(np.full((2, 6), math.inf))).axes


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"measures": ("final_los",)}, 'figure.measures[0] = "final_los": no such measure'),
        ({"x": "decai"}, 'figure.x = "decai": not an axis of the sweep; did you mean "decay"?'),
        ({"color": None}, "figure: the sweep varies 'train', whose points the figure would pool"),
        ({"color": "decay"}, 'figure.color = "decay": x is that axis already; name another'),
        ({"across": "train"}, 'figure.across = "train": color is that axis already'),
        ({"x": "model", "color": "decay", "across": "train", "x_scale": "log"},
         'figure.x_scale = "log": model has "mlp", which is no number; leave x_scale out'),
        ({"x": "shift", "color": "decay", "across": "train", "x_scale": "log"},
         'figure.x_scale = "log": shift has -1, which has no logarithm; choose another scale'),
        ({"x": "batch", "color": "decay", "across": "train", "x_scale": "linear"},
         'figure.x_scale = "linear": batch has "none", which is no number'),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_refused_with_place_and_remedy(options, message):
    more = {name: {name: values} for name, values in (
        ("model", ["mlp"]), ("shift", [-1]), ("batch", [None]),
    )}  # fmt: skip
    axes = {"decay": {"decay": DECAYS}, "train": {"train": [0.3, 0.5]}, **more}
    options = {"measures": ("final_loss",), "x": "decay", "color": "train", **options}
    objections = MeasureAlongAxis(**options).objections(Available(frozenset(), axes))
    assert any(str(objection).startswith(message) for objection in objections)
