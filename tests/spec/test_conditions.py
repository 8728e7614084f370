"""Conditions of a sweep that match no point."""

import pytest

from grokspec.errors import GrokspecError
from grokspec.spec import read_spec

GRID = """
[sweep.grid]
"model.alpha" = [1, 4, 8]
"record.probes" = [{ name = "few", value = ["loss"] }, { name = "more", value = ["baseline"] }]
"optimizer.kind" = ["adam", "momentum"]
"model.centered" = [true]
"""


@pytest.mark.parametrize(
    ("condition", "at", "message"),
    [
        (
            '"model.alpha" = 16',
            24,
            '16 is no value of "model.alpha" at any of these points; it has 1, 4, 8',
        ),
        ('"model.alpha" = [4, 16]', 28, "16 is no value"),
        ('"model.alpha" = "4"', 24, '"4" is no value of "model.alpha" at any of these points'),
        ('"model.alpha" = true', 24, "true is no value"),
        (
            '"model.centered" = 1',
            27,
            '1 is no value of "model.centered" at any of these points; it has true',
        ),
        ('"optimizer.kind" = "adm"', 27, 'at any of these points; did you mean "adam"?'),
        ('"record.probes" = "moar"', 26, 'at any of these points; did you mean "more"?'),
        ('"model.alpha" = 4, "optimizer.kind" = ["Adam"]', 47, 'did you mean "adam"?'),
    ],
)
def test_a_value_that_no_point_has_is_a_mistake(mistakes, condition, at, message):
    (found,) = mistakes(
        f'{GRID}[[sweep.when]]\nif = {{ {condition} }}\ngrid = {{ "model.sigma" = [1, 2] }}\n'
    )
    place, text = found.split("  ", 1)
    assert message in text
    assert place == f"x.toml:9:{at}"


def test_values_that_no_point_has_together_are_a_mistake(mistakes):
    (found,) = mistakes(
        '[sweep.zip]\n"model.alpha" = [1, 4]\n"model.epsilon" = [0.5, 1]\n[[sweep.when]]\n'
        'if = { "model.alpha" = 1, "model.epsilon" = 1 }\ngrid = { "model.sigma" = [1, 2] }\n'
    )
    assert found.startswith("x.toml:6:")
    assert "no point of the sweep has all of these values; correct one" in found


def test_a_condition_in_a_part_is_held_against_the_points_of_that_part(mistakes):
    (found,) = mistakes(
        '[[sweep.concat]]\ngrid = { "model.alpha" = [1] }\n[[sweep.concat.when]]\n'
        'if = { "model.alpha" = 2 }\ngrid = { "model.sigma" = [1, 2] }\n'
        '[[sweep.concat]]\ngrid = { "model.alpha" = [2] }\n'
    )
    assert "no point of the sweep has all of these values" in found


@pytest.mark.parametrize(
    "condition",
    [
        '"model.alpha" = 1.0',
        '"model.alpha" = [4, 8]',
        '"record.probes" = "few"',
        '"record.probes" = [["loss"]]',
        '"optimizer.kind" = "adam", "model.alpha" = 4',
    ],
)
def test_a_condition_is_met_by_a_value_or_by_its_name(write, whole, condition):
    path = write(
        f'extends = "base.toml"\n{GRID}[[sweep.when]]\nif = {{ {condition} }}\n'
        'grid = { "model.sigma" = [1, 2] }\n'
    )
    assert any("model.sigma" in run.coordinates for run in read_spec(path).runs)


def test_a_profile_without_the_values_of_a_condition_leaves_it_out(write, whole):
    path = write(
        f'extends = "base.toml"\n{GRID}[[sweep.when]]\nif = {{ "model.alpha" = 4 }}\n'
        'grid = { "model.sigma" = [1, 2] }\n'
        '[profile.pilot]\nsweep.grid."model.alpha" = [1]\n'
        '[profile.small]\nsweep = { grid = { "model.alpha" = [1] }, when = [] }\n'
    )
    with pytest.raises(GrokspecError, match=r"4 is no value of .*; it has 1\n"):
        read_spec(path, "pilot")
    assert len(read_spec(path, "small").runs) == 4
