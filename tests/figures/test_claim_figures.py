"""The figures of claims, on evidence whose drawing is known."""

import math
import warnings
import xml.etree.ElementTree as ElementTree

import matplotlib
import numpy as np
import pytest
import xarray as xr
from matplotlib.colors import same_color

from grokspec.claims.claim import Claim
from grokspec.claims.controls import permuted
from grokspec.claims.figure import claim_as_svg, draw_claim
from grokspec.claims.record import record_of
from grokspec.figures._style import VERDICTS
from grokspec.statistics import agreement, estimate, trend
from grokspec.statistics.finding import Finding, all_of
from grokspec.statistics.verdict import Verdict

TEST = "claims/test_polynomial.py::test_delay"
CLAIM = record_of(
    Claim(
        id="P06",
        source="§5.1, Fig. 3a",
        specs=("polynomial/alpha",),
        expected="supported",
        negative_controls=(permuted("alpha"),),
        positive_controls=(),
        given=None,
        headline=False,
        about="",
        says="",
        sentence="The lazier, the later.",
        shadows=None,
    ),
    TEST,
    specs={"polynomial/alpha": "specs/polynomial/alpha.toml"},
)
SUPPORTED, REFUTED = (VERDICTS[v][0] for v in (Verdict.SUPPORTED, Verdict.REFUTED))


def delays(rows, **attrs):
    rows = np.asarray(rows, float)
    coords = {"alpha": 2.0 ** np.arange(len(rows)), "seed": np.arange(rows.shape[1])}
    attrs = {"long_name": "grokking delay", "units": "steps", **attrs}
    return xr.DataArray(rows, dims=("alpha", "seed"), coords=coords, attrs=attrs)


def drawn(finding):
    canvas = draw_claim(CLAIM, finding)
    canvas.draw_without_rendering()
    return canvas


def texts(canvas):
    from matplotlib.text import Text

    return [text.get_text() for text in canvas.findobj(Text) if text.get_text()]


def points(axes):
    """Every marker that is drawn at finite data, as (x, y)."""
    return {
        (float(x), float(y))
        for line in axes.get_lines()
        if line.get_marker() not in ("None", None, "")
        for x, y in zip(*line.get_data(orig=False), strict=True)
    }


def test_a_figure_shows_the_claim_its_verdict_and_its_place_in_the_paper():
    shown = texts(drawn(estimate(delays([[1, 2, 3, 4, 5, 6]])).above(7)))
    assert "P06  The lazier, the later." in shown
    assert "REFUTED, supported was expected · §5.1, Fig. 3a" in shown
    assert "REFUTED: the median is not above 7" in shown
    assert TEST in shown


def test_a_forest_shows_every_seed_the_median_the_interval_and_the_bound():
    values = [[1, 2, 3, 4, 5, 6], [11, 12, 13, 14, 15, 16]]
    (axes,) = drawn(estimate(delays(values)).above(8)).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["alpha = 1", "alpha = 2"]
    assert axes.get_xlabel() == "grokking delay (steps)"
    assert {x for x, _ in points(axes)} >= {*values[0], *values[1]}
    assert (3.5, 0) in points(axes)
    assert (13.5, 1) in points(axes)
    bars = {
        (*line.get_xdata(), line.get_ydata()[0]): line.get_color()
        for line in axes.get_lines()
        if line.get_linewidth() == 2.5 and len(line.get_xdata()) == 2
    }
    assert same_color(bars[1, 6, 0], REFUTED)
    assert same_color(bars[11, 16, 1], SUPPORTED)
    assert [8.0, 8.0] in [list(line.get_xdata()) for line in axes.get_lines()]
    (shaded,) = axes.patches
    assert shaded.get_x() == 8
    assert shaded.get_x() + shaded.get_width() == pytest.approx(axes.get_xlim()[1])


def test_runs_at_infinity_and_unknown_ones_are_counted():
    rows = [[1, 2, 3, 4, 5, 6, math.inf, math.inf], [1, 2, 3, 4, 5, 6, 7, math.nan]]
    canvas = drawn(estimate(delays(rows)).above(0.5))
    shown = texts(canvas)
    assert {"alpha = 1 (2 at ∞)", "alpha = 2 (1 unknown)", "∞"} <= set(shown)


def test_never_is_drawn_though_nothing_is_finite():
    assert "SUPPORTED: it never happens" in texts(drawn(estimate(delays([[math.inf] * 6])).never))


def test_a_number_that_should_agree_is_drawn_among_the_seeds_with_the_interval_of_one_more():
    canvas = drawn(estimate(delays([np.arange(39)])).agrees_with(45))
    (axes,) = canvas.axes
    drawn_at = [tuple(line.get_xdata()) for line in axes.get_lines()]
    assert {(45, 45), (0, 38)} <= {at for at in drawn_at if len(at) == 2}
    shown = " ".join(texts(canvas))
    assert "REFUTED: runs like these do not give 45" in shown
    assert "bars: one further seed lies there with 95%; dashed: the claim's number" in shown


def test_the_weakest_of_many_cells_are_shown_and_it_says_of_how_many():
    rows = np.arange(1, 101)[:, None] + np.linspace(-0.1, 0.1, 6)
    canvas = drawn(estimate(delays(rows[::-1])).above(0))
    (axes,) = canvas.axes
    assert len(axes.get_yticks()) == 40
    assert {
        "SUPPORTED: the median is above 0 in each of 100 cells, of which the 40 weakest are shown"
    } & {text.replace("\n", " ") for text in texts(canvas)}
    assert max(x for x, _ in points(axes)) == pytest.approx(40.1)


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ([1, 2, 3, 4, 5, 6], "linear"),
        ([1, 10, 100, 1_000, 10_000, 1e5], "log"),
        ([-1e4, -10, 1, 100, 1_000, 1e5], "symlog"),
    ],
)
def test_the_scale_fits_the_decades_that_the_values_span(values, scale):
    (axes,) = drawn(estimate(delays([values])).above(0.5)).axes
    assert axes.get_xscale() == scale


def test_an_agreement_shows_both_quantities_and_the_tolerance_on_their_deviation():
    one = delays([[1, 2, 3, 4, 5, 6]])
    other = one.assign_attrs(long_name="the formula").copy()
    other[0, 3] += 0.5
    against, apart = drawn(agreement(one, other, rtol=1e-3)).axes
    assert points(against) == {(1, 1), (2, 2), (3, 3), (4.5, 4), (5, 5), (6, 6)}
    assert (against.get_xlabel(), against.get_ylabel()) == (
        "the formula (steps)",
        "grokking delay (steps)",
    )
    far = [line for line in apart.get_lines() if same_color(line.get_color(), REFUTED)]
    assert [tuple(xy) for line in far for xy in line.get_xydata()] == [(4.5, pytest.approx(1 / 9))]
    assert [1e-3, 1e-3] in [list(line.get_ydata()) for line in apart.get_lines()]
    assert apart.get_yscale() == "log"


def test_a_part_is_drawn_for_each_of_the_joined_findings():
    values = delays([[1, 2, 3, 4, 5, 6], [11, 12, 13, 14, 15, 16]])
    rises, equal = trend(values, "alpha").increases, agreement(values, values, atol=0)
    assert len(drawn(all_of(rises, equal)).axes) == 1 + 2


def test_a_finding_without_evidence_is_shown_in_words():
    bare = Finding(Verdict.SUPPORTED, "two is even", 2.0, (2.0, 2.0), 1)
    canvas = drawn(bare)
    assert canvas.axes == []
    assert "two is even" in texts(canvas)


def test_the_same_finding_makes_the_same_file_and_another_verdict_another():
    finding = estimate(delays([[1, 2, 3, 4, 5, 6]])).above(0)
    svg = claim_as_svg(CLAIM, finding)
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red", "axes.grid": True}):
        assert svg == claim_as_svg(CLAIM, finding)
    refuted = CLAIM.model_copy(update={"expected": Verdict.REFUTED})
    assert svg != claim_as_svg(refuted, finding)
    assert b"as expected" in svg


def test_what_looks_like_mathematics_stays_text():
    finding = estimate(delays([[1, 2, 3, 4, 5, 6]], long_name="cost in $ and $x_")).above(0)
    assert b"cost in $ and $x_ (steps)" in claim_as_svg(CLAIM, finding)


UP, DOWN, MIXED = [1, 2, 3, 4, 5, 6], [-1, -2, -3, -4, -5, -6], [-1, -2, -3, 4, 5, 6]


@pytest.mark.parametrize(
    ("rows", "heading"),
    [
        ([UP], "SUPPORTED: the median is above 0"),
        ([DOWN], "REFUTED: the median is not above 0"),
        ([MIXED], "INCONCLUSIVE: undecided whether the median is above 0"),
        ([UP, UP], "SUPPORTED: the median is above 0 in each of 2 cells"),
        ([UP, DOWN, DOWN], "REFUTED: the median is not above 0 in 2 of 3 cells"),
        ([UP, MIXED], "INCONCLUSIVE: undecided whether the median is above 0 in each of 2 cells"),
    ],
)
def test_a_heading_does_not_read_as_if_a_statement_held_that_does_not(rows, heading):
    assert heading in texts(draw_claim(CLAIM, estimate(delays(rows)).above(0)))


@pytest.mark.parametrize(
    ("other", "heading"),
    [
        (UP, "SUPPORTED: equal to within 0.1 steps, in 6 numbers compared"),
        (DOWN, "REFUTED: not equal to within 0.1 steps, in 6 numbers compared"),
        (
            [*UP[:5], math.nan],
            "INCONCLUSIVE: undecided whether equal to within 0.1 steps, in 5 numbers compared; "
            "1 unknown",
        ),
    ],
)
def test_the_heading_of_a_comparison_does_not_either(other, heading):
    shown = texts(draw_claim(CLAIM, agreement(delays([UP]), delays([other]), atol=0.1)))
    assert heading in {text.replace("\n", " ") for text in shown}


def test_control_characters_leave_a_figure_that_can_be_read():
    finding = estimate(delays([[1, 2, 3, 4, 5, 6]], long_name="cost\x1b[31m")).above(0)
    svg = claim_as_svg(CLAIM.model_copy(update={"source": "\x00§5\x1b"}), finding)
    assert "\\x00§5\\x1b" in "".join(ElementTree.fromstring(svg).itertext())


def test_nothing_is_cut_off_at_the_edges():
    values = delays([[1, 2, 3, 4, math.inf, math.inf]] * 3, long_name="a quantity " * 12)
    canvas = drawn(all_of(estimate(values).above(2), agreement(values, values, rtol=0.1)))
    width, height = canvas.get_size_inches() * canvas.dpi
    for axes in canvas.axes:
        box = axes.get_tightbbox()
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= width
        assert box.y1 <= height


@pytest.mark.parametrize(
    "values",
    [
        [0.0, -0.0, 5e-324, 1e-310, 1, 2],
        [1.7e308, -1.7e308, 1, 2, 3, 4],
        [1.7e308] * 6,
        [1e-300, 1e300, 1, 1, 1, 1],
        [5e-324] * 6,
        [math.nan] * 5 + [1e66],
        [-math.inf] * 3 + [math.inf] * 3,
    ],
)
def test_numbers_at_the_edge_of_what_there_is_are_drawn(values):
    one = delays([values])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for bound in (5e-324, 1e300):
            drawn(estimate(one).above(bound))
        drawn(
            all_of(
                agreement(one, one, rtol=0),
                agreement(one, one.copy(data=np.ones_like(one)), atol=5e-324),
            )
        )
