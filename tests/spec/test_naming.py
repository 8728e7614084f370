"""Names for the values of an axis, and labels that stand for one value each."""

from typing import Literal

import pytest

from grokspec.experiment import Experiment
from grokspec.optimizers.adam import Adam
from grokspec.spec import read_spec
from grokspec.spec.layout import labels_at
from grokspec.spec.naming import named
from grokspec.spec.ranges import Named

FAR, NEAR = (
    f'kind = "adam", learning_rate = 0.01, weight_decay = 0.25, epsilon = {epsilon}'
    for epsilon in ("1e6", "1e-8")
)


@pytest.fixture
def runs(write, whole):
    """The runs of a sweep of base.toml."""
    return lambda sweep: read_spec(write(f'extends = "base.toml"\n{sweep}')).runs


def labels(runs, path):
    return list(dict.fromkeys(run.coordinates[path] for run in runs))


def test_tables_that_begin_alike_have_a_label_each(runs):
    found = runs(f"[sweep.grid]\noptimizer = [{{ {FAR} }}, {{ {NEAR} }}]")
    far, near = labels(found, "optimizer")
    assert far == f"{{ {FAR} }}".replace("1e6", "1000000.0")
    assert near == f"{{ {NEAR} }}".replace("1e-8", "1e-08")


def test_a_named_value_is_called_by_its_name_which_is_no_part_of_its_run(runs):
    plain = runs(f"[sweep.grid]\noptimizer = [{{ {FAR} }}, {{ {NEAR} }}]")
    named = runs(
        f'[sweep.grid]\noptimizer = [{{ name = "far", {FAR} }}, {{ name = "near", {NEAR} }}]'
    )
    assert labels(named, "optimizer") == ["far", "near"]
    assert [run.key for run in named] == [run.key for run in plain]
    assert [run.id.split("-")[0] for run in named] == ["x/ofar", "x/onear"]


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("record.probes", ['["loss"]', '["loss", "baseline"]']),
        ("model.alpha", ["1", "8.0"]),
        ("optimizer.kind", ['"adam"', '"momentum"']),
        ("training", ["{ steps = 5 }", '{ steps = 6, precision = "float32" }']),
        ("record.steps", ["{ log = 3 }", "{ log = 4 }"]),
    ],
)
@pytest.mark.parametrize("part", ["grid", "zip"])
def test_any_value_can_be_named(runs, path, values, part):
    one, other = values
    plain = runs(f'[sweep.{part}]\n"{path}" = [{one}, {other}]')
    named = runs(
        f'[sweep.{part}]\n"{path}" = [{{ name = "a", value = {one} }}, '
        f'{{ value = {other}, name = "b" }}]'
    )
    assert labels(named, path) == ["a", "b"]
    assert [run.key for run in named] == [run.key for run in plain]


@pytest.fixture
def optimizer_with_a_name(kinds_as_before):
    class Titled(Adam):
        kind: Literal["titled"] = "titled"
        name: str = "none"


def test_a_part_that_has_a_field_called_name_keeps_it(optimizer_with_a_name):
    own, other = {"kind": "titled", "name": "a"}, {"kind": "adam", "name": "a"}
    data = {"optimizer": {"kind": "titled"}}
    sweep = {"grid": {"optimizer": [own, other]}, "when": [{"grid": {"optimizer": [own]}}]}
    assert named(sweep, data, Experiment) == {
        "grid": {"optimizer": [own, Named("a", {"kind": "adam"})]},
        "when": [{"grid": {"optimizer": [own]}}],
    }
    unknown_kind = {"learning_rate": 1, "name": "a"}
    assert named({"zip": {"optimizer": [unknown_kind]}}, {}, Experiment) == {
        "zip": {"optimizer": [unknown_kind]}
    }


@pytest.mark.parametrize(
    ("axis", "message"),
    [
        (
            f'[{{ name = "far", {FAR} }}, {{ name = "far", {NEAR} }}]',
            'name = "far": value 1 of "optimizer" has this name already; '
            "give each value a name of its own",
        ),
        (
            f'[{{ name = "far", {FAR} }}, {{ {NEAR} }}]',
            '"optimizer": 1 value of 2 without a name; name all values of an axis or none',
        ),
        *(
            (f"[{{ name = {name}, {FAR} }}]", f"name = {shown}: must be text that can be read on")
            for name, shown in [
                ("1", "1"),
                ("[]", "[]"),
                ('""', '""'),
                ('"  "', '"  "'),
                (r'"a\nb"', r'"a\nb"'),
                (r'"\u001b[0m"', r'"\u001b[0m"'),
            ]
        ),
    ],
)
def test_names_that_do_not_tell_values_apart_are_refused(mistakes, axis, message):
    (found,) = mistakes(f"[sweep.grid]\noptimizer = {axis}")
    place, text = found.split("  ", 1)
    assert place.startswith("x.toml:3:")
    assert text.startswith(message)


def test_a_mistake_in_a_named_value_is_placed_in_it(mistakes):
    assert mistakes('[sweep.grid]\n"model.alpha" = [{ name = "lazy", value = -8 }]') == [
        "x.toml:3:43  model.alpha = -8: must be above 0"
    ]
    (found,) = mistakes(f'[sweep.grid]\noptimizer = [{{ name = "far", {FAR}, epsilo = 1 }}]')
    assert 'optimizer.epsilo: optimizer "adam" has no such field; did you mean "epsilon"?' in found


def test_one_name_for_two_values_in_two_parts_of_a_sweep_is_refused(mistakes):
    block = '[[sweep.concat]]\ngrid = {{ optimizer = [{{ name = "it", {} }}] }}\n'
    (found,) = mistakes(block.format(FAR) + block.format(NEAR))
    assert found.startswith("x.toml:5:")
    assert '"optimizer": two different values of it are both called "it"; give every' in found


def test_two_names_for_one_value_in_two_parts_of_a_sweep_are_refused(mistakes):
    block = (
        '[[sweep.concat]]\ngrid = {{ "model.alpha" = [{}], "model.sigma" = '
        '[{{ name = "{}", value = 2 }}] }}\n'
    )
    (found,) = mistakes(block.format(1, "wide") + block.format(2, "broad"))
    assert '"model.sigma": the value named "broad" is called "wide" on another axis' in found


def test_one_value_has_one_label_however_it_is_written(runs):
    block = "[[sweep.concat]]\ngrid = {{ training = [{}], seed = [{}] }}\n".replace(
        "seed", '"model.alpha"'
    )
    found = runs(
        block.format("{ steps = 7, batch = 4 }", 1) + block.format("{ batch = 4, steps = 7 }", 2)
    )
    assert labels(found, "training") == ["{ steps = 7, batch = 4 }"]


def test_a_run_that_does_not_vary_a_path_has_the_label_of_its_value(write, whole):
    text = (
        'extends = "base.toml"\n[[sweep.concat]]\ngrid = { "model.alpha" = [1, 2] }\n'
        '[[sweep.concat]]\ngrid = { "record.probes" = [{ name = "plain", value = ["loss"] }, '
        '{ name = "both", value = ["loss", "baseline"] }], "model.alpha" = [4] }\n'
    )
    spec = read_spec(write(text))
    points = [(run.experiment, run.coordinates) for run in spec.runs]
    assert labels_at(points, "record.probes") == ["plain", "plain", "plain", "both"]
