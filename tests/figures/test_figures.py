import matplotlib
import numpy as np
import pytest
import xarray as xr

from grokspec.errors import GrokspecError
from grokspec.figures import _style as style
from grokspec.figures.base import Figure
from grokspec.figures.curves import Curves
from grokspec.figures.map import Map
from grokspec.figures.measure import MeasureAlongAxis
from grokspec.figures.threshold_accuracy import ThresholdAccuracy
from grokspec.kinds import discover

discover()


def results(steps=(0, 1, 10, 100)):
    rng = np.random.default_rng(0)
    dims = ("alpha", "epsilon", "seed", "record")
    shape = (2, 3, 4, len(steps))
    falling = np.linspace(1, 0.1, len(steps))
    curves = {
        name: (dims, falling * rng.uniform(0.9, 1.1, shape)) for name in ("train_loss", "test_loss")
    }
    return xr.Dataset(
        curves
        | {
            "baseline": (dims[:-1], np.full(shape[:-1], 2.0)),
            "status": (dims[:-1], np.full(shape[:-1], "finished")),
            "kernel_regression_loss": (dims[:-1], np.full(shape[:-1], 1.0)),
        },
        coords={
            "alpha": [0.125, 1.0],
            "epsilon": [0.1, 0.2, 0.4],
            "seed": range(4),
            "step": ("record", list(steps)),
            "time": ("record", np.array(steps, float)),
        },
    )


FIGURES = {
    "curves": Curves(
        panels=(("train_loss", "test_loss", "kernel_regression_loss"), ("test_loss",)),
        color="alpha",
        across="epsilon",
    ),
    "map": Map(measures=("final_loss", "grokking_delay"), x="epsilon", y="alpha"),
    "measure": MeasureAlongAxis(
        measures=("final_loss", "grokking_delay"), x="epsilon", color="alpha"
    ),
    "threshold_accuracy": ThresholdAccuracy(
        thresholds=(0.3, 0.6),
        panels=(("train_accuracy", "test_accuracy"), ("train_loss", "test_loss")),
        color="alpha",
        across="threshold",
    ),
}


def with_errors():
    """The results at one ε, with the errors of five examples of each split."""
    r = results().isel(epsilon=0, drop=True)
    rng = np.random.default_rng(1)
    for split in ("train", "test"):
        shape = (*r["train_loss"].shape, 5)
        dims = (*r["train_loss"].dims, f"{split}_example")
        r[f"{split}_squared_errors"] = (dims, rng.uniform(0, 1, shape))
    return r


def available(kind):
    return with_errors() if kind == "threshold_accuracy" else results()


def test_every_figure_is_drawn_here():
    assert set(FIGURES) == set(Figure.alternatives)


@pytest.mark.parametrize("kind", FIGURES)
@pytest.mark.parametrize("suffix", ["svg", "png"])
def test_a_figure_is_the_same_twice_whatever_the_user_has_set(kind, suffix, tmp_path):
    files = [tmp_path / f"{name}.{suffix}" for name in "ab"]
    settings = {"font.size": 30, "axes.facecolor": "red", "svg.fonttype": "path", "axes.grid": True}
    for file, user in zip(files, ({}, settings), strict=True):
        with matplotlib.rc_context(user):
            FIGURES[kind].save(available(kind), file)
            assert matplotlib.rcParams["axes.grid"] is bool(user)
    assert files[0].stat().st_size > 1000
    assert files[0].read_bytes() == files[1].read_bytes()


def test_curves_show_the_median_over_the_baseline_at_the_recorded_steps():
    r = results()
    r = r.isel(epsilon=[0])
    canvas = Curves(panels=(("test_loss",),), color="alpha").draw(r)
    (axes,) = canvas.axes
    for line, alpha in zip(axes.get_lines(), r["alpha"].values, strict=True):
        expected = (r["test_loss"] / r["baseline"]).sel(alpha=alpha).median(["epsilon", "seed"])
        assert line.get_ydata() == pytest.approx(expected.values)
        assert line.get_xdata() == pytest.approx(r["step"].values)


def test_training_is_dashed_and_test_solid_as_in_the_paper():
    r = results().rename(test_loss="population_loss").isel(alpha=[0], epsilon=[0])
    (axes,) = Curves(panels=(("train_loss", "population_loss"),)).draw(r).axes
    train, test = axes.get_lines()
    assert train.is_dashed()
    assert not test.is_dashed()


def test_a_figure_says_what_its_bands_are():
    canvas = FIGURES["curves"].draw(results())
    assert canvas.get_supxlabel() == "lines: median over 4 seeds; bands: 10% to 90% of them"


def test_a_map_writes_infinity_where_half_the_runs_never_generalize():
    r = results()
    r["test_loss"][:, 0] = 9.0  # at the first ε
    (axes,) = Map(measures=("grokking_delay",), x="epsilon", y="alpha").draw(r).axes
    texts = {(t.get_position()): t.get_text() for t in axes.texts}
    assert texts[0, 0] == texts[0, 1] == "∞"
    assert "∞" not in (texts[1, 0], texts[2, 1])


@pytest.mark.parametrize(
    ("figure", "message"),
    [
        (Curves(panels=(("tran_loss",),)), 'not recorded; did you mean "train_loss"'),
        (Curves(panels=(("train_loss",),), color="alfa"), 'not an axis.*did you mean "alpha"'),
        (Curves(panels=(("train_loss",),), across="seed"), "there are alpha, epsilon"),
        (Curves(panels=(("train_loss",),), color="alpha"), "varies 'epsilon', whose points"),
        (
            ThresholdAccuracy(thresholds=(0.1,), panels=(("test_accuracy",),)),
            'thresholds.*the errors of examples are not recorded; add the probe "example_errors"',
        ),
        (Map(measures=("final_loss",), x="alpha", y="epsilom"), 'did you mean "epsilon"'),
        (Map(measures=("final_loss",), x="alpha", y="alpha"), "varies together with x"),
        (
            Map(measures=("final_misalignment",), x="alpha", y="epsilon"),
            'figure.measures: "final_misalignment" cannot be computed: .*misalignment_error',
        ),
        (
            ThresholdAccuracy(thresholds=(0.1, 0.1), panels=(("test_accuracy",),)),
            "the same threshold twice",
        ),
        (Map(measures=("final_los",), x="alpha", y="epsilon"), 'did you mean "final_loss"'),
    ],
)
def test_a_figure_of_what_does_not_exist_is_refused_with_the_nearest_name(figure, message):
    with pytest.raises(GrokspecError, match=message):
        figure.draw(results())


@pytest.mark.parametrize(
    ("axis", "values", "labels"),
    [
        ("alpha", [0.125, 0.001, 4.0, 2.0**20], ["α = 1/8", "α = 0.001", "α = 4", "α = 1048576"]),
        ("alpha", [0.1234567, 0.12345678], ["α = 0.1234567", "α = 0.12345678"]),
        ("alpha", [1.0, 1.0 + 2**-52], ["α = 1.0", "α = 1.0000000000000002"]),
        ("alpha", [2.0**-1074, 1e-300], ["α = 4.94066e-324", "α = 1e-300"]),
        ("centered", [False, True], ["not centered", "centered"]),
        ("width", [500, "infinite"], ["width = 500", "width = infinite"]),
        ("width", [1, "1"], ["width = 1", 'width = "1"']),
        ("batch", [None, 16.0], ["no batch", "batch = 16"]),
        ("optimizer", ["a" * 41, "b"], [f"optimizer = {'a' * 39}…", "optimizer = b"]),
        ("optimizer", ["a" * 41, "a" * 42], [f"optimizer = {'a' * n}" for n in (41, 42)]),
        ("optimizer", ["a\n", "b"], ['optimizer = "a\\n"', "optimizer = b"]),
    ],
)
def test_values_of_an_axis_read_as_the_paper_writes_them_and_none_like_another(
    axis, values, labels
):
    assert style.value_labels(axis, values) == labels


def key(canvas):
    """The labels of the figure's only legend."""
    legends = [*canvas.legends, *(axes.get_legend() for axes in canvas.axes if axes.get_legend())]
    (legend,) = legends
    return [text.get_text() for text in legend.get_texts()]


def test_panels_that_agree_have_one_legend_beside_them():
    canvas = FIGURES["curves"].draw(results())
    assert len(canvas.axes) == 6
    labels = ["train loss", "test loss", "kernel regression", "α = 1/8", "α = 1"]
    assert key(canvas) == labels
    some = zipped().assign_coords(alpha=[2.0, 1.0, 0.125])  # a row has some of the colors
    canvas = Curves(panels=(("test_loss",),), color="alpha", across="sigma").draw(some)
    assert key(canvas) == ["α = 1/8", "α = 1", "α = 2"]


def test_panels_in_which_a_label_looks_different_have_a_legend_each():
    r = results().isel(alpha=[0], epsilon=[0])
    panels = (("train_loss", "test_loss"), ("test_loss", "train_loss"))
    first, second = Curves(panels=panels).draw(r).axes
    texts = [[t.get_text() for t in axes.get_legend().get_texts()] for axes in (first, second)]
    assert texts == [["train loss", "test loss"], ["test loss", "train loss"]]


def test_a_test_loss_is_called_sampled_only_where_it_is():
    r = results().isel(alpha=[0], epsilon=[0])
    figure = Curves(panels=(("train_loss", "test_loss"),))
    assert key(figure.draw(r)) == ["train loss", "test loss"]
    r["test_loss"].attrs["test_set"] = "sampled"
    assert key(figure.draw(r)) == ["train loss", "test loss (sampled)"]


@pytest.mark.parametrize(
    "labels",
    [["a $x", "b$ y"], [16.0, np.nan], [50, "infinite"], [True, False], ["1", 1], [3, 2**70]],
)
def test_any_two_values_of_an_axis_can_be_drawn(labels):
    r = results().isel(epsilon=[0, 1])
    r["test_loss"][:, 1] *= 2
    kept = np.empty(2, dtype=object)
    kept[:] = labels
    kept = np.array(labels) if {type(x) for x in labels} in ({bool}, {float}) else kept
    r = r.assign_coords(epsilon=("epsilon", kept))
    curves = Curves(panels=(("test_loss",),), color="epsilon", across="alpha")
    canvas = curves.draw(r)
    lines = canvas.axes[0].get_lines()
    assert sorted(float(line.get_ydata()[0]) for line in lines)[1] > 1
    assert len(set(key(canvas))) == 2
    Curves(panels=(("test_loss",),), color="alpha", across="epsilon").draw(r)
    (axes, *_) = Map(measures=("final_loss",), x="epsilon", y="alpha").draw(r).axes
    assert len({text.get_text() for text in axes.get_xticklabels()}) == 2


def test_a_map_may_name_what_is_zipped_with_an_axis():
    r = results().isel(epsilon=[0, 1]).assign_coords(sigma=("epsilon", [4.0, 2.0]))
    (axes,) = Map(measures=("final_loss",), x="sigma", y="alpha").draw(r).axes
    assert [text.get_text() for text in axes.get_xticklabels()] == ["2", "4"]


def zipped():
    """Results whose points along α differ only in α and σ taken together."""
    r = results().isel(epsilon=0, drop=True).isel(alpha=[0, 1, 1])
    return r.assign_coords(alpha=[0.125, 1.0, 1.0], sigma=("alpha", [2.0, 2.0, 4.0]))


def test_what_is_zipped_with_an_axis_can_be_shown_by_color_or_row():
    r = zipped()
    r["test_loss"][2] = 7.0
    canvas = Curves(panels=(("test_loss",),), color="alpha", across="sigma").draw(r)
    above, below = canvas.axes
    assert [len(axes.get_lines()) for axes in (above, below)] == [2, 1]
    assert below.get_lines()[0].get_ydata() == pytest.approx(3.5)
    assert key(canvas) == ["α = 1/8", "α = 1"]
    shared = above.get_lines()[1].get_color(), below.get_lines()[0].get_color()
    assert shared[0] == pytest.approx(shared[1])


def test_points_that_differ_in_no_named_axis_are_not_pooled():
    with pytest.raises(GrokspecError, match="whose points the figure would pool"):
        Curves(panels=(("test_loss",),), color="alpha").draw(zipped())


def test_accuracy_at_a_threshold_is_computed_from_the_errors():
    r = with_errors().isel(alpha=[0])
    canvas = ThresholdAccuracy(
        thresholds=(0.3, 0.6), panels=(("test_accuracy",),), color="threshold"
    ).draw(r)
    (axes,) = canvas.axes
    for line, threshold in zip(axes.get_lines(), (0.3, 0.6), strict=True):
        share = (r["test_squared_errors"] <= threshold).mean("test_example")
        assert line.get_ydata() == pytest.approx(share.median(["alpha", "seed"]).values)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["θ = 0.3", "θ = 0.6"]


def test_several_thresholds_are_not_pooled():
    figure = ThresholdAccuracy(thresholds=(0.3, 0.6), panels=(("test_accuracy",),), color="alpha")
    with pytest.raises(
        GrokspecError, match="varies 'threshold', whose points the figure would pool"
    ):
        figure.draw(with_errors())


def test_panels_of_accuracies_and_of_losses_are_called_what_they_are():
    canvas = FIGURES["threshold_accuracy"].draw(with_errors())
    labels = [axes.get_ylabel() for axes in canvas.axes]
    assert labels == ["accuracy", "loss / zero predictor's"] * 2


@pytest.mark.parametrize(
    ("panel", "label"),
    [
        (("train_loss", "test_loss"), "loss"),
        (("train_loss", "norm"), "train loss, norm"),
        (("norm", "test_loss"), "norm, test loss"),
    ],
)
def test_losses_that_nothing_divides_and_other_quantities_are_called_what_they_are(panel, label):
    r = results().isel(epsilon=0, drop=True).drop_vars("baseline")
    r["norm"] = 2 * r["test_loss"]
    (axes,) = Curves(panels=(panel,), color="alpha").draw(r).axes
    assert axes.get_ylabel() == label
    median = r[panel[0]].isel(alpha=0).median("seed")
    assert axes.get_lines()[0].get_ydata() == pytest.approx(median.values)


@pytest.mark.parametrize(("lowest", "bottom"), [(0.1, 0), (-0.5, -0.55)])
def test_a_panel_of_several_quantities_starts_at_zero_unless_there_is_less(lowest, bottom):
    r = results().isel(alpha=0, epsilon=0)
    r["gradient_cosine"] = 0 * r["train_loss"] + lowest
    (axes,) = Curves(panels=(("test_loss", "gradient_cosine"),)).draw(r).axes
    assert axes.get_ylim()[0] == pytest.approx(bottom, abs=0.05)


def test_a_panel_that_does_not_depend_on_the_colors_axis_is_not_colored_by_it():
    canvas = ThresholdAccuracy(
        thresholds=(0.3, 0.6),
        panels=(("test_accuracy",), ("train_loss", "test_loss")),
        color="threshold",
        across="alpha",
    ).draw(with_errors())
    accuracy, loss = canvas.axes[:2]
    assert len(accuracy.get_lines()) == 2  # thresholds
    assert len(loss.get_lines()) == 2  # losses
    assert key(canvas) == ["train loss", "test loss", "θ = 0.3", "θ = 0.6"]
