"""The texts of a tiny project: claims of every verdict, and words that could do harm."""

HOSTILE = r"<script>alert('pwned')</script> & 100% of $x_1 {~^#} \end | `b` *c* α² « end"
"""Text that HTML, Markdown and LaTeX would each take for something else."""

DRAWN = """\
# Fig. 9: a title & <b>more</b>. A second sentence.
extends = "base.toml"
[sweep.grid]
"model.alpha" = [1.0, 4.0]
[figure]
kind = "curves"
panels = [["train_loss"]]
color = "alpha"
"""

CLAIMS = rf'''
import xarray

@claim("P2", "Fig. 9", spec="tiny/drawn", headline="Training trains", control=reversed_in_time(),
       about="train_loss_falls", says="yes")
def test_falls(results):
    """The train loss falls."""
    assert estimate(fall(results)).below(1)

@claim("P2", "Fig. 9", spec="tiny/drawn", expected="refuted", control=held("alpha"),
       positive_control=reversed_in_time(), about="train_loss_falls", says="no")
def test_rises(results):
    """The train loss rises."""
    assert estimate(fall(results)).above(1)

@claim("P10", "Fig. 9b", spec="tiny/drawn", control=held("alpha"))
def test_is_insensitive(results):
    """The train loss falls also where alpha is held."""
    assert estimate(fall(results)).below(1)

@claim("P11", "Fig. 9c", spec="lone", control=reversed_in_time())
def test_without_results(results):
    """Nothing was trained for this."""
    assert estimate(fall(results)).below(1)

@claim("Q1", "Eq. \x1b[31m5", given=2, expected="refuted", control=instead("another", 3))
def test_theory(given):
    r"""{HOSTILE}"""
    assert agreement(xarray.DataArray(2.0**given), xarray.DataArray(9.0), rtol=1e-12)

@claim("Q2", "our finding", spec=("tiny/drawn", "other/one"), control=reversed_in_time())
def test_two_systems(results):
    """It falls in both."""
    assert estimate(fall(results["tiny/drawn"])).below(2)
'''

QUESTIONS = """\
[train_loss_falls]
question = "Does the train loss <b>fall</b>?"
background = "Some say that it does not."
answers = { yes = "It falls.", no = "It rises.", both = "It does both." }
"""

KILLS = [
    {
        "id": "sign",
        "description": "weights climb <b>up</b>",
        "file": "optimizers/x.py",
        "status": "killed",
        "killed_by": [
            {
                "id": "P2",
                "test": "claims/test_tiny.py::test_falls",
                "verdict": "refuted",
                "expected": "supported",
            }
        ],
        "seconds": 1.0,
    }
]
