"""Every mistake has its place, the rule and a remedy, and those of a file are shown at once.

In `mistakes(text)` the first line of x.toml is ``extends = "base.toml"``; the text begins on the
second. The base is whole, so what is wrong is in the text.
"""

from pathlib import Path

import pytest

from grokspec.errors import GrokspecError
from grokspec.models.base import Model
from grokspec.optimizers.base import Optimizer
from grokspec.spec import read_spec
from grokspec.tasks.base import Task


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[training]\nsteps = 0",
            "x.toml:3:9  training.steps = 0: must be at least 1",
        ),
        (
            "[training]\nsteps = 1e4",
            "x.toml:3:9  training.steps = 10000.0: must be a whole number; write 10000",
        ),
        (
            '[training]\nsteps = "100"',
            'x.toml:3:9  training.steps = "100": must be a whole number; write it without quotes',
        ),
        (
            "[training]\nsteps = true",
            "x.toml:3:9  training.steps = true: must be a whole number",
        ),
        (
            "training.steps = 2020-01-01",
            'x.toml:2:18  training.steps = "2020-01-01": must be a whole number',
        ),
        (
            '[model]\nalpha = "lazy"',
            'x.toml:3:9  model.alpha = "lazy": must be a number',
        ),
        (
            "[model]\nalpha = 0",
            "x.toml:3:9  model.alpha = 0: must be above 0",
        ),
        (
            "[model]\nalpha = nan",
            "x.toml:3:9  model.alpha = nan: must be finite, neither NaN nor infinite",
        ),
        (
            "[model]\nalpha = -inf",
            "x.toml:3:9  model.alpha = -inf: must be finite, neither NaN nor infinite",
        ),
        (
            "[model]\ncentered = 1",
            "x.toml:3:12  model.centered = 1: must be true or false",
        ),
        (
            '[model]\nwidth = "infinit"',
            'x.toml:3:9  model.width = "infinit": must be a whole number, or "infinite"; '
            'did you mean "infinite"?',
        ),
        (
            "[model]\nwidth = 0",
            'x.toml:3:9  model.width = 0: must be at least 1, or "infinite"',
        ),
        (
            '[training]\nloss = "msee"',
            'x.toml:3:8  training.loss = "msee": not a loss; did you mean "mse"?',
        ),
        (
            '[task]\nkind = "polynomal"',
            'x.toml:3:8  task.kind = "polynomal": not a task; did you mean "polynomial"?',
        ),
        (
            '[optimizer]\nkind = "sgd"',
            'x.toml:3:8  optimizer.kind = "sgd": not an optimizer; there are '
            + ", ".join(sorted(Optimizer.alternatives)),
        ),
        (
            "[task]\nkind = 3",
            "x.toml:3:8  task.kind = 3: not a task; there are "
            + ", ".join(sorted(Task.alternatives)),
        ),
        (
            'task = "polynomial"',
            'x.toml:2:8  task = "polynomial": must be a table with a kind',
        ),
        (
            "training = 3",
            "x.toml:2:12  training = 3: must be a table",
        ),
        (
            '[record]\nprobes = ["loss", "los", 3]',
            'x.toml:3:19  record.probes[1] = "los": not a probe; did you mean "loss"?',
        ),
        (
            '[record]\nprobes = "loss"',
            'x.toml:3:10  record.probes = "loss": must be a list; write ["loss"]',
        ),
        (
            "[record]\nprobes = []",
            "x.toml:3:10  record.probes = []: must not be empty",
        ),
        (
            '[record]\nprobes = [{ kind = "loss", x = 1 }]',
            'x.toml:3:28  record.probes[0].x: probe "loss" has no such field; it has none',
        ),
        (
            "[[record.probes]]\nx = 1",
            "x.toml:2:1  record.probes[0]: kind is missing; choose a probe: ",
        ),
        (
            "[model]\ncentred = true",
            'x.toml:3:1  model.centred: model "committee" has no such field; '
            'did you mean "centered"?',
        ),
        (
            "[training]\nmomentum = 0.9",
            "x.toml:3:1  training.momentum: [training] has no such field; "
            "there are batch, batches, fresh, loss, precision, steps",
        ),
        (
            "seeed = 3",
            'x.toml:2:1  seeed: a spec has no such part; did you mean "seed"?',
        ),
        (
            '[modle]\nkind = "committee"',
            'x.toml:2:2  modle: a spec has no such part; did you mean "model"?',
        ),
        (
            'engine = "momments"',
            'x.toml:2:10  engine = "momments": not an engine; did you mean "moments"?',
        ),
        (
            "seed = -1",
            "x.toml:2:8  seed = -1: must be at least 0",
        ),
        (
            '[figure]\nkind = "curve"',
            'x.toml:3:8  figure.kind = "curve": not a figure; did you mean "curves"?',
        ),
        (
            '"model.alpha" = 3',
            'x.toml:2:1  "model.alpha": a spec has no such part; did you mean "model"?',
        ),
    ],
)
def test_a_mistake_has_its_place_value_rule_and_remedy(mistakes, text, message):
    assert mistakes(text)[0].startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "sweep = 3",
            "x.toml:2:9  sweep = 3: must be a table",
        ),
        (
            "[sweep]\nseeds = 3",
            'x.toml:3:1  sweep.seeds: [sweep] has no such field; did you mean "seed"?',
        ),
        (
            '[sweep]\nseed = "3"',
            'x.toml:3:8  sweep.seed = "3": must be a count, a list of whole numbers, or '
            "{ count = n, from = first }",
        ),
        (
            "[[sweep.when]]",
            "x.toml:2:9  sweep.when[0]: if is missing; [sweep.when[0]] needs if = … "
            "(paths of other axes, each with the value or list of values that matches)",
        ),
        (
            "[sweep]\nseed = [0, -1]",
            "x.toml:3:12  sweep.seed[1] = -1: must be at least 0",
        ),
        (
            "[sweep.grid]\nmodel.alpha = [1, 2]",
            'x.toml:3:1  sweep.grid.model: write the path of an axis in quotes: "model.alpha" = …',
        ),
        (
            '[sweep.grid]\n"model.alpha" = 3',
            'x.toml:3:17  sweep.grid."model.alpha" = 3: must be a list of values, ',
        ),
        (
            '[sweep.grid]\n"model.alpha" = []',
            'x.toml:3:17  sweep.grid."model.alpha" = []: must not be empty',
        ),
        (
            '[sweep.grid]\n"model.alpha" = { log = [0, 1], count = 3 }',
            'x.toml:3:26  sweep.grid."model.alpha".log[0] = 0: must be above 0',
        ),
        (
            '[sweep.grid]\n"model.alpha" = { log2 = [0, 4], every = 3 }',
            'x.toml:3:42  sweep.grid."model.alpha".every = 3: steps of 3 from 0 do not reach 4, ',
        ),
        (
            '[sweep.grid]\n"model.alpha" = { log2 = [0, 4], evry = 2 }',
            'x.toml:3:34  sweep.grid."model.alpha".evry: [sweep.grid."model.alpha"] has no such '
            'field; did you mean "every"?',
        ),
        (
            '[sweep.grid]\n"model.alpha" = { linear = [0, 4] }',
            'x.toml:3:1  sweep.grid."model.alpha": count is missing; '
            '[sweep.grid."model.alpha"] needs count = … (how many values, ends included)',
        ),
        (
            '[sweep.grid]\n"model.alpha" = { linear = [4], count = 2 }',
            'x.toml:3:19  sweep.grid."model.alpha".linear: a value is missing at its end',
        ),
        (
            '[sweep.zip]\n"model.alpha" = [1, 2]\n"model.sigma" = [1, 2, 3]',
            'x.toml:4:17  sweep.zip."model.sigma" = [1, 2, 3]: zipped axes must be equally long, '
            'but this one has 3 and "model.alpha" has 2 values; make them equal',
        ),
        (
            '[sweep.grid]\n"model.alhpa" = [1, 2]',
            'x.toml:3:1  model.alhpa: model "committee" has no such field; did you mean "alpha"?',
        ),
        (
            '[sweep.grid]\n"modle.alpha" = [1, 2]',
            'x.toml:3:1  "modle.alpha" is not a field of a run; did you mean "model.alpha"?',
        ),
        (
            '[sweep.grid]\n"figure.kind" = ["curves"]',
            'x.toml:3:1  "figure.kind" is not a field of a run; ',
        ),
        (
            '[sweep.grid]\n"model..alpha" = [1, 2]',
            'x.toml:3:1  "model..alpha" is not a field of a run; ',
        ),
        (
            '[sweep.grid]\n"training.steps.log" = [1, 2]',
            'x.toml:3:1  "training.steps.log" is not a field of a run; '
            "training.steps is not a table",
        ),
        (
            '[sweep.grid]\n"record.probes.0" = ["loss"]',
            'x.toml:3:1  "record.probes.0" is not a field of a run; '
            "record.probes is a list, which varies as a whole",
        ),
        (
            '[sweep.grid]\n"model.alpha" = [1, "x", 2]',
            'x.toml:3:21  model.alpha = "x": must be a number',
        ),
        (
            '[sweep.grid]\n"model.alpha" = { linear = [0, 2], count = 3 }',
            "x.toml:3:17  model.alpha = 0: must be above 0",
        ),
        (
            '[sweep.grid]\n"task.kind" = ["polynomial", "polynomal"]',
            'x.toml:3:30  task.kind = "polynomal": not a task; did you mean "polynomial"?',
        ),
        (
            '[sweep.grid]\nrecord = [{ probes = ["loss"] }, { probes = ["los"] }]',
            'x.toml:3:46  record.probes[0] = "los": not a probe; did you mean "loss"?',
        ),
        (
            "[sweep]\nseed = 2\n[sweep.grid]\nseed = [1, 2]",
            'x.toml:5:1  "seed" is varied by another axis at the same points; '
            "remove one of the two",
        ),
        (
            '[[sweep.concat]]\n[[sweep.concat]]\nwhen = [{ if = { "model.alpha" = 1 } }]',
            'x.toml:4:18  "model.alpha" is not varied here, so it cannot be a condition; '
            "there are no axes",
        ),
    ],
)
def test_a_mistake_in_the_sweep_is_placed_at_the_axis_or_the_value(mistakes, text, message):
    assert mistakes(text)[0].startswith(message)


def test_all_mistakes_of_a_file_come_at_once_from_its_top_to_its_end(mistakes):
    found = mistakes(
        """\
seeed = 3
[task]
kind = "polynomal"
[model]
centred = true
width = -3
[optimizer]
learning_rate = nan
[training]
steps = 1e5
loss = "msee"
[record]
probes = ["loss", "decompsition", 3]
[sweep]
seed = [1, -2]
[sweep.grid]
"model.alhpa" = [1, 2]
"model.sigma" = [1, 0, "x"]
"modle.alpha" = [1, 2]
"training.steps.log" = [3]
[sweep.zip]
"model.alpha" = [1, 2]
"model.epsilon" = [1]
[figure]
kind = "curve"
"""
    )
    assert [message.split("  ")[0].removeprefix("x.toml:") for message in found] == [
        "2:1",  # seeed
        "4:8",  # polynomal
        "6:1",  # centred
        "7:9",  # width
        "9:17",  # nan
        "11:9",  # 1e5
        "12:8",  # msee
        "14:19",  # decompsition
        "14:35",  # 3
        "16:12",  # -2
        "18:1",  # alhpa
        "19:21",  # 0
        "19:24",  # "x"
        "20:1",  # modle
        "21:1",  # training.steps.log
        "24:19",  # unequal lengths
        "26:8",  # curve
    ]


def test_a_mistaken_value_is_reported_once_however_many_points_have_it(mistakes):
    found = mistakes(
        '[sweep]\nseed = 50\n[sweep.grid]\n"model.alpha" = [1, -2]\n"model.sigma" = [1, 2]'
    )
    assert found == ["x.toml:5:21  model.alpha = -2: must be above 0"]


def test_a_mistake_outside_the_sweep_is_reported_once(mistakes):
    assert mistakes("[training]\nsteps = 0\n[sweep]\nseed = 50") == [
        "x.toml:3:9  training.steps = 0: must be at least 1"
    ]


def test_a_mistake_shows_its_line_with_the_value_underlined(write, whole):
    path = write('extends = "base.toml"\n\n[model]\nwidth = -3   # too few\n')
    with pytest.raises(GrokspecError) as caught:
        read_spec(path)
    assert str(caught.value) == (
        'x.toml:4:9  model.width = -3: must be at least 1, or "infinite"\n'
        "   4 | width = -3   # too few\n"
        "     |         ^^"
    )


def test_a_mistake_is_placed_in_the_file_where_it_was_made(write, whole):
    write(f"{whole.read_text()}\n[profile.paper]\nmodel = {{ alpha = -1 }}\n", "base.toml")
    path = write('extends = "base.toml"\n[model]\nwidth = -3\n')
    with pytest.raises(GrokspecError) as caught:
        read_spec(path, "paper")
    assert [m.place for m in caught.value.mistakes] == ["x.toml:3:9", "base.toml:22:19"]


def test_missing_sections_are_reported_with_their_meaning(write):
    path = write('[task]\nkind = "polynomial"\ninputs = 3\n')
    with pytest.raises(GrokspecError) as caught:
        read_spec(path)
    assert [f"{m.place}  {m.message}" for m in caught.value.mistakes] == [
        "x.toml:1:1  [model] is missing: the architecture and its initial weights; "
        f"there are {', '.join(sorted(Model.alternatives))}",
        "x.toml:1:1  [optimizer] is missing: the rule that moves the weights; "
        f"there are {', '.join(sorted(Optimizer.alternatives))}",
        "x.toml:1:1  [record] is missing: what is recorded while a run trains",
        "x.toml:1:1  [training] is missing: how long a run trains, on which loss and in which "
        "precision",
        'x.toml:1:2  task: train is missing; task "polynomial" needs train = … '
        "(training examples P)",
    ]


def test_what_an_axis_sets_is_not_missing(write, whole):
    write(whole.read_text().replace("epsilon = 0.25\n", ""), "base.toml")
    path = write('extends = "base.toml"\n[sweep.grid]\n"model.epsilon" = [1, 2]\n')
    assert [run.experiment.model.epsilon for run in read_spec(path).runs] == [1, 2]


def test_what_an_axis_sets_is_not_missing_even_if_the_sweep_is_invalid(write, whole):
    write(whole.read_text().replace("epsilon = 0.25\n", ""), "base.toml")
    path = write('extends = "base.toml"\n[sweep]\nseed = -1\n[sweep.grid]\n"model.epsilon" = [1]\n')
    with pytest.raises(GrokspecError) as caught:
        read_spec(path)
    assert [m.place for m in caught.value.mistakes] == ["x.toml:3:8"]


def test_an_engine_that_cannot_train_a_run_says_why_and_at_which_point(mistakes):
    found = mistakes(
        'engine = "moments"\n[sweep]\nseed = 3\n[sweep.grid]\n'
        '"optimizer.kind" = ["gradient_descent", "adam"]\n"model.alpha" = [1, 2]'
    )
    assert found == [
        'x.toml:2:10  engine = "moments": works with gradient descent and momentum only, not with '
        '"adam" (first at optimizer.kind = "adam", model.alpha = 1, seed = 0)'
    ]


def test_a_run_that_no_engine_can_train_is_refused_with_every_engines_reason(mistakes):
    (message,) = mistakes('[model]\nwidth = "infinite"\n[training]\nbatch = 5')
    assert message.startswith("x.toml:1:1  engine: none can train this: ")
    assert '"moments" ' in message
    assert '"autograd" ' in message


def test_an_unknown_engine_is_reported_without_a_point(mistakes):
    (message,) = mistakes('engine = "x"\n[sweep]\nseed = 3')
    assert message == 'x.toml:2:10  engine = "x": not an engine; there are auto, autograd, moments'


def test_a_misspelled_extends_is_recognized(write):
    path = write('extnds = "base.toml"\n[profiles.paper]\nseed = 3\n')
    with pytest.raises(GrokspecError) as caught:
        read_spec(path)
    assert 'extnds: a spec has no such part; did you mean "extends"?' in str(caught.value)
    assert 'profiles: a spec has no such part; did you mean "profile"?' in str(caught.value)


def test_points_that_are_one_run_are_reported_at_the_second_value(mistakes):
    assert mistakes('[sweep]\nseed = 3\n[sweep.grid]\n"model.alpha" = [1, 2, 1.0]') == [
        "x.toml:5:24  the sweep has the same run twice; remove one of the two "
        "(first at model.alpha = 1.0, seed = 0)"
    ]


def test_points_that_are_one_run_are_reported_at_the_part_that_repeats_them(mistakes):
    found = mistakes(
        '[[sweep.concat]]\ngrid = { "model.alpha" = [1, 2] }\n'
        '[[sweep.concat]]\ngrid = { "model.alpha" = [4, 2], "model.sigma" = [1, 2] }'
    )
    assert [message.split("  ")[0] for message in found] == ["x.toml:5:8"]
    assert "(first at model.alpha = 2, model.sigma = 1)" in found[0]


def test_a_repeated_seed_is_reported(mistakes):
    (message,) = mistakes("[sweep]\nseed = [4, 5, 4]")
    assert message.startswith("x.toml:3:15  the sweep has the same run twice")


def test_a_huge_sweep_is_refused(mistakes):
    text = (
        '[sweep]\nseed = 1_000_000\n[sweep.grid]\n"model.alpha" = { linear = [1, 2], count = 1000 }'
    )
    assert mistakes(text) == [
        "x.toml:2:2  more than 10,000 runs; thin the sweep, or allow more with --limit"
    ]


def test_other_mistakes_are_reported_besides_a_huge_sweep(mistakes):
    text = '[sweep]\nseed = 1_000_000\n[sweep.grid]\n"model.alpha" = [1, 0]\n[training]\nsteps = 0'
    assert [message.split("  ")[0] for message in mistakes(text)] == [
        "x.toml:2:2",
        "x.toml:5:21",
        "x.toml:7:9",
    ]


def test_values_never_carry_terminal_codes_into_a_message(mistakes):
    (message,) = mistakes('engine = "\\u001b[31m\\u009b"')
    assert "\x1b" not in message
    assert "\x9b" not in message


def test_a_long_value_is_shown_in_part(mistakes):
    (message,) = mistakes(f'engine = "{"x" * 500}"')
    assert len(message) < 200


def test_every_mistake_of_a_file_without_a_final_newline_is_placed(mistakes):
    assert mistakes("seed = -1")[0].startswith("x.toml:2:8")


def test_windows_line_ends_leave_places_as_they_are(write, whole):
    path = write(b'extends = "base.toml"\r\n[model]\r\nalpha = 0\r\n')
    with pytest.raises(GrokspecError, match=r"x\.toml:3:9  model\.alpha = 0"):
        read_spec(path)


def test_a_spec_elsewhere_is_shown_with_its_whole_path(tmp_path: Path, whole, monkeypatch):
    path = tmp_path / "x.toml"
    path.write_text('extends = "base.toml"\nseed = -1\n')
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path / "inner")
    with pytest.raises(GrokspecError) as caught:
        read_spec(path)
    assert caught.value.mistakes[0].place == f"{path}:2:8"


# The figure


def with_figure(whole, figure, sweep=""):
    return whole.read_text() + f"{sweep}\n[figure]\n{figure}\n"


CURVES = 'kind = "curves"\npanels = [["train_loss"]]\n'


@pytest.mark.parametrize(
    ("figure", "message"),
    [
        (
            'kind = "curves"\npanels = [["train_loss", "tset_loss"]]',
            '25:26  figure.panels[0][1] = "tset_loss": not recorded; did you mean "test_loss"?',
        ),
        (
            'kind = "curves"\npanels = [["status"]]',
            '25:12  figure.panels[0][0] = "status": not recorded; there are test_loss, train_loss',
        ),
        (
            f'{CURVES}color = "alfa"',
            '26:9  figure.color = "alfa": not an axis of the sweep; did you mean "alpha"?',
        ),
        (
            'kind = "map"\nmeasures = ["final_loss", "final_los"]\nx = "alpha"\ny = "alpha"',
            '25:27  figure.measures[1] = "final_los": no such measure; did you mean "final_loss"?',
        ),
        (
            'kind = "measure"\nmeasures = ["final_loss"]\nx = "alfa"',
            '26:5  figure.x = "alfa": not an axis of the sweep; did you mean "alpha"?',
        ),
        (
            'kind = "map"\nmeasures = ["final_loss"]\nx = "alpha"\ny = "alpha"',
            '27:5  figure.y = "alpha": varies together with x = "alpha"; a map has two axes of '
            "their own",
        ),
    ],
)
def test_a_figure_is_checked_against_what_will_be_recorded(write, whole, figure, message):
    path = write(with_figure(whole, figure, '[sweep.grid]\n"model.alpha" = [1.0, 2.0]\n'))
    with pytest.raises(GrokspecError) as caught:
        read_spec(path)
    assert f"x.toml:{message}" in [f"{m.place}  {m.message}" for m in caught.value.mistakes]


def test_a_figure_that_would_pool_an_axis_is_refused(write, whole):
    path = write(with_figure(whole, CURVES, '[sweep.grid]\n"model.alpha" = [1.0, 2.0]\n'))
    with pytest.raises(GrokspecError, match="varies 'alpha', whose points the figure would pool"):
        read_spec(path)


def test_a_figure_may_color_by_a_zipped_field(write, whole):
    sweep = '[sweep.zip]\n"model.alpha" = [1.0, 2.0]\n"model.sigma" = [2.0, 1.0]\n'
    assert read_spec(write(with_figure(whole, f'{CURVES}color = "sigma"', sweep))).content.figure


@pytest.mark.parametrize("where", ["", "[profile.quick]\n"])
def test_a_spec_drops_the_figure_of_its_base(write, whole, where):
    write(with_figure(whole, CURVES), "drawn.toml")
    assert (
        read_spec(write(f'extends = "drawn.toml"\n{where}figure = false\n')).content.figure is None
    )
    again = write(f'extends = "x.toml"\n[profile.quick.figure]\n{CURVES}', "again.toml")
    assert read_spec(again).content.figure.kind == "curves"


def test_a_figure_that_is_true_is_refused(write, whole):
    path = write('extends = "base.toml"\nfigure = true\n')
    with pytest.raises(GrokspecError) as caught:
        read_spec(path)
    assert [f"{m.place}  {m.message}" for m in caught.value.mistakes] == [
        "x.toml:2:10  figure = true: must be a table with a kind, or false to drop the figure of "
        "the base"
    ]
