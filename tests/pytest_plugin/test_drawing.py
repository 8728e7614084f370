import pytest

CLAIMS = """
@claim("P10", "§2", spec="tiny/alpha", control=reversed_in_time())
def test_it_falls(results):
    "The loss falls."
    assert estimate(fall(results)).below(1)

@claim("P02", "Fig. 1", spec="tiny/alpha", expected="refuted", control=permuted("alpha"))
def test_it_rises(results):
    "The loss rises."
    assert estimate(fall(results)).above(1)

@claim("P03", "§3", spec="tiny/alpha", control=permuted("alpha"))
def test_it_surprises(results):
    "The loss surprises."
    assert estimate(fall(results)).above(1)

@claim("P04", "§3", spec="tiny/alpha", control=permuted("alpha"))
def test_it_breaks(results):
    "The loss breaks."
    assert estimate(results["no_such_loss"]).above(1)

def test_that_is_no_claim():
    pass
"""

DRAWN = {"P10-test_it_falls.svg", "P02-test_it_rises.svg", "P03-test_it_surprises.svg"}


@pytest.fixture
def figures(warm):
    """The names of the files that a run has drawn."""
    return lambda: {file.name for file in (warm.folder / "figures").iterdir()}


def test_a_figure_is_drawn_of_each_claim_that_reached_a_verdict(warm, figures):
    warm.claims(CLAIMS)
    warm.run("--figures=figures").assert_outcomes(passed=3, failed=2)
    assert figures() == DRAWN
    svg = (warm.folder / "figures" / "P03-test_it_surprises.svg").read_text()
    assert "REFUTED, supported was expected" in svg
    assert "claims/test_tiny.py::test_it_surprises" in svg


def test_workers_draw_as_well(warm, figures):
    warm.claims(CLAIMS)
    outcome = warm.run_apart("-n", "2", "--figures=figures")
    outcome.stdout.fnmatch_lines(["*2 failed, 3 passed*"])
    assert figures() == DRAWN


def test_a_claim_under_control_is_not_drawn(warm, figures):
    warm.claims(CLAIMS)
    warm.run("--figures=figures", "--controls", "-k", "falls").assert_outcomes(
        passed=2, deselected=6
    )
    assert figures() == {"P10-test_it_falls.svg"}


def test_tests_of_one_name_do_not_draw_over_each_other(warm, figures):
    text = """
    @pytest.mark.parametrize("path", ["a/b", "a b", "c"])
    @claim("P01", "§1", spec="tiny/alpha", control=permuted("alpha"))
    def test_it_falls(results, path):
        "The loss falls."
        assert estimate(fall(results)).below(1)
    """
    warm.claims(text)
    warm.claims(text, name="test_tiny_again")
    warm.run("--figures=figures").assert_outcomes(passed=6)
    assert len(figures()) == 6
    assert all(name.startswith("P01-test_it_falls-") for name in figures())


def test_names_are_safe_and_not_too_long_for_a_file(warm, figures):
    warm.claims(
        """
        @pytest.mark.parametrize("text", ["long", "odd"], ids=["../" * 9 + "x" * 300, "a:b*c?"])
        @claim("P/1", "§1", spec="tiny/alpha", control=permuted("alpha"))
        def test_it(results, text):
            "The loss falls."
            assert estimate(fall(results)).below(1)
        """
    )
    warm.run("--figures=figures").assert_outcomes(passed=2)
    short, long = sorted(figures(), key=len)
    assert short == "P-1-test_it-a-b-c.svg"
    assert long.startswith("P-1-test_it-")
    assert len(long) < 255


def test_a_folder_that_cannot_be_written_is_an_error_before_anything_is_judged(warm):
    warm.claims(CLAIMS)
    (warm.folder / "file").write_text("mine")
    outcome = warm.run("--figures=file")
    assert outcome.ret == pytest.ExitCode.USAGE_ERROR
    outcome.stderr.fnmatch_lines(["ERROR: --figures file: no figure can be written there: *"])
    assert (warm.folder / "file").read_text() == "mine"


def test_a_figure_that_cannot_be_written_is_an_error_and_leaves_the_verdict(warm):
    warm.claims(CLAIMS)
    (warm.folder / "figures" / "P10-test_it_falls.svg").mkdir(parents=True)
    outcome = warm.run("--figures=figures", "-k", "falls")
    outcome.assert_outcomes(passed=1, errors=1, deselected=4)
    outcome.stdout.fnmatch_lines(
        ["the figure *P10-test_it_falls.svg could not be written: *", "✓ SUPPORTED  P10 *"]
    )


@pytest.mark.parametrize("options", [[], ["--figures=figures"]])
def test_matplotlib_is_loaded_only_if_figures_are_asked_for(warm, options):
    warm.claims(
        """
        import sys

        @claim("P01", "§1", spec="tiny/alpha", control=permuted("alpha"))
        def test_a(results):
            "The loss falls."
            assert estimate(fall(results)).below(1)

        def test_b():
            print("loaded:", "matplotlib" in sys.modules)
        """
    )
    outcome = warm.run_apart("-s", *options)
    outcome.stdout.fnmatch_lines([f"*loaded: {bool(options)}*"])
