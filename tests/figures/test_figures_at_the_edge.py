"""Figures of losses that are zero, of runs that diverged, and of numbers as large as they get."""

import math

import numpy as np
import pytest
import xarray as xr
from edge_numbers import EDGE, no_warnings

from grokspec.errors import GrokspecError
from grokspec.figures.curves import Curves
from grokspec.figures.map import Map

STEPS = [0, 1, 10, 100]


def results(losses, status="finished", **coords):
    """The training losses of the seeds of one point, or of several ("alpha")."""
    losses = np.array(losses, float)
    dims = ("alpha", "seed", "record")[-losses.ndim :]
    return xr.Dataset(
        {
            "train_loss": (dims, losses),
            "baseline": (dims[:-1], np.ones(losses.shape[:-1])),
            "status": (dims[:-1], np.broadcast_to(status, losses.shape[:-1])),
        },
        {"step": ("record", STEPS[: losses.shape[-1]]), "seed": range(losses.shape[-2])} | coords,
    )


def panel(runs, scale="log", **options):
    """The one panel of the curves, drawn without a warning."""
    with no_warnings():
        canvas = Curves(panels=(("train_loss",),), scale=scale, **options).draw(runs)
        canvas.draw_without_rendering()
    (axes,) = canvas.axes
    return axes


def notes(axes):
    return "\n".join(text.get_text() for text in axes.texts)


def bands(axes):
    """The horizontal ends of every part of the band."""
    (band,) = axes.collections
    paths = (path.vertices[:, 0] for path in band.get_paths())
    return [(float(x.min()), float(x.max())) for x in paths]


def test_a_band_and_a_line_have_gaps_where_a_logarithmic_axis_has_no_place_for_them():
    axes = panel(results([[4, 2, 0, 1]] * 2 + [[4, 0, 0, 1]] * 8 + [[4, 2, 0, 2]] * 8))
    (line,) = axes.get_lines()
    assert np.array_equal(line.get_ydata(), [4, 2, math.nan, 1], equal_nan=True)
    assert all(start == end for start, end in bands(axes))  # no neighboring steps have one
    assert notes(axes) == "gaps: not above zero"


def test_what_is_above_zero_is_drawn_without_a_word():
    axes = panel(results([[4, 2, 1, 0.5], [4, 3, 2, 1]]))
    assert bands(axes) == [(0, 100)]
    assert notes(axes) == ""


def test_a_point_between_gaps_is_a_dot():
    (line,) = panel(results([[4, 0, 1, 0]] * 3)).get_lines()
    assert (line.get_marker(), line.get_markevery()) == (".", [0, 2])


def test_a_run_of_a_single_record_is_a_dot_on_an_axis_of_steps():
    axes = panel(results([[4.0], [5.0]]))
    (line,) = axes.get_lines()
    assert line.get_markevery() == [0]
    assert axes.get_xlim() == (0, 1.05)


@pytest.mark.parametrize("zero", [0.0, -0.0, -1.0])
def test_only_zeros_on_a_logarithmic_axis_are_nothing_to_draw(zero):
    with pytest.raises(GrokspecError, match="no value is above zero, and the axis is logarithmic"):
        panel(results([[zero] * 4] * 3))
    assert notes(panel(results([[zero] * 4] * 3), "linear")) == ""


@pytest.mark.parametrize("scale", ["log", "linear"])
def test_runs_that_all_diverged_at_the_start_are_nothing_to_draw(scale):
    with pytest.raises(GrokspecError, match="nothing to draw: all 3 runs diverged at the start"):
        panel(results([[math.nan] * 4] * 3, "diverged"), scale)


def test_losses_over_one_of_zero_are_nothing_to_draw():
    runs = results([[0, 0, 0, 0]] * 3)
    with pytest.raises(GrokspecError, match="over that of the zero predictor, which is zero"):
        panel(runs.assign(baseline=runs["baseline"] * 0))


def test_one_panel_of_several_may_have_nothing_to_draw():
    runs = results([[[4, 2, 1, 1]] * 3, [[0, 0, 0, 0]] * 3], alpha=[1.0, 2.0])
    figure = Curves(panels=(("train_loss",),), across="alpha", scale="log")
    with no_warnings():
        canvas = figure.draw(runs)
        canvas.draw_without_rendering()
    first, second = canvas.axes
    assert notes(first) == ""
    assert notes(second) == "no value is above zero, and the axis is logarithmic"
    assert first.get_xlim()[1] > 100


def test_the_axis_of_steps_reaches_to_the_last_step_of_any_panel():
    losses = [[[4, 2, 1, 1]] * 3, [[math.nan] * 4] * 3]
    for order in (1, -1):
        runs = results(losses[::order], [["finished"], ["diverged"]][::order], alpha=[1.0, 2.0])
        canvas = Curves(panels=(("train_loss",),), across="alpha").draw(runs)
        assert all(axes.get_xlim()[1] > 100 for axes in canvas.axes)


@pytest.mark.parametrize("scale", ["log", "linear"])
def test_the_axis_is_that_of_the_runs_that_did_not_diverge(scale):
    status = ["finished"] * 3 + ["diverged"]
    axes = panel(results([[4, 2, 1, 1]] * 3 + [[4, 1e20, 1e66, math.nan]], status), scale)
    assert axes.get_ylim()[1] < 10
    assert notes(axes).splitlines() == [
        "1 of 4 runs diverged, drawn up to there",
        "the axis is that of the others",
    ]


def test_where_all_runs_diverged_they_are_drawn_up_to_there():
    axes = panel(results([[4, 1e20, 1e66, math.nan]] * 3, "diverged"))
    assert axes.get_ylim()[1] > 1e66
    assert notes(axes) == "all 3 runs diverged, drawn up to there"


@pytest.mark.parametrize("scale", ["log", "linear"])
@pytest.mark.parametrize("seed", range(3))
def test_any_numbers_can_be_drawn(scale, seed):
    among = [x for x in EDGE if not math.isinf(x)]
    losses = np.random.default_rng(seed).choice(among, (2, 6, 4))
    losses[0, :, 0] = 1.0
    panel(results(losses, alpha=[1.0, 2.0]), scale, color="alpha")


def grid(values):
    """Final losses at three α and two ε."""
    dims = ("alpha", "epsilon", "seed", "record")
    losses = np.array(values, float)[..., None, None] * np.ones((2, 1))
    return xr.Dataset(
        {
            "test_loss": (dims, losses),
            "baseline": (dims[:-1], np.ones(losses.shape[:-1])),
            "status": (dims[:-1], np.full(losses.shape[:-1], "finished")),
        },
        {"alpha": [1.0, 2.0, 4.0], "epsilon": [0.1, 0.2]},
    )


@pytest.mark.parametrize(
    "values",
    [
        [[1, 2], [3, 4], [0, math.nan]],
        [[0, 1e66], [1, 1e-66], [2, 3]],
        [[0, 0], [-0.0, 0], [0, 0]],
        [[-1e300, 1e300], [5e-324, 0], [1, math.nan]],
        [[math.nan] * 2, [math.nan] * 2, [math.nan, 1]],
    ],
)
def test_a_map_shows_every_number_there_is_and_a_question_mark_for_none(values):
    with no_warnings():
        canvas = Map(measures=("final_loss",), x="epsilon", y="alpha").draw(grid(values))
        canvas.draw_without_rendering()
    texts = {text.get_position(): text.get_text() for text in canvas.axes[0].texts}
    for (row, column), value in np.ndenumerate(values):
        assert (texts[column, row] == "?") == math.isnan(value)
    assert ("; ?: none has a value" in canvas.get_supxlabel()) == np.isnan(values).any()


def test_a_map_of_no_values_is_nothing_to_draw():
    figure = Map(measures=("final_loss", "bump"), x="epsilon", y="alpha")
    with pytest.raises(GrokspecError, match="nothing to draw: no run has a value of final_loss or"):
        figure.draw(grid([[math.nan] * 2] * 3))
