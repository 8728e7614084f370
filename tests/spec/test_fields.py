"""Paths of fields that are not quite right, and the remedy that names the right one."""

import pytest


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ('"weight_decay" = [1]', 'did you mean "optimizer.weight_decay"?'),
        ('"wieght_decay" = [1]', 'did you mean "optimizer.weight_decay"?'),
        ('"alpha" = [1]', 'did you mean "model.alpha"?'),
        ('"model.weight_decay" = [1]', "did you mean optimizer.weight_decay?"),
        ('"optimiser.learning_rate" = [1]', 'did you mean "optimizer.learning_rate"?'),
        ("model.alpha = [1, 2]", 'write the path of an axis in quotes: "model.alpha" = …'),
        ("model.alpha = { log2 = [0, 1] }", 'write the path of an axis in quotes: "model.alpha"'),
        ("record.steps.log = [1]", 'write the path of an axis in quotes: "record.steps.log" = …'),
    ],
)
def test_an_axis_of_no_field_names_the_field_that_was_meant(mistakes, text, remedy):
    (message,) = mistakes(f"[sweep.grid]\n{text}\n")
    assert message.startswith("x.toml:3:1  ")
    assert remedy in message


def test_an_axis_in_a_table_of_its_own_is_written_in_quotes(mistakes):
    (message,) = mistakes("[sweep.zip.model]\nalpha = [1, 2]\n")
    assert 'write the path of an axis in quotes: "model.alpha" = …' in message


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("weight_decay = 1", "did you mean optimizer.weight_decay?"),
        ("wdth = 3", "did you mean model.width?"),
        ("model.learning_rate = 3", "did you mean optimizer.learning_rate?"),
        ("model.wdth = 3", 'did you mean "width"?'),
        ("profiles.paper.seed = 3", 'did you mean "profile"?'),
        ("record.steps = 100", "must be a table; write { log = 100 }"),
        ('record.probes = "loss"', 'must be a list; write ["loss"]'),
        ('model = "committee"', 'must be a table with a kind; write { kind = "committee", … }'),
        ("seed = [1, 2]", "must be a whole number; to run several, write sweep.seed = [1, 2]"),
    ],
)
def test_what_is_written_in_the_wrong_place_or_form_names_the_right_one(mistakes, text, remedy):
    (message,) = mistakes(f"{text}\n")
    assert remedy in message
