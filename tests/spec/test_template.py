"""A spec to start from."""

import re
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import pytest
import tomli
from public_files import stand_in
from pydantic import Field

from grokspec.errors import GrokspecError
from grokspec.kinds import SpecModel
from grokspec.spec import read_spec
from grokspec.spec.document import profiles_of, read_chain
from grokspec.spec.locations import fields_of
from grokspec.spec.template import section, template
from grokspec.tasks.base import Task

FROM_FILES = {"arrays", "function"}


FUNCTION = """
from numpy.random import rand


def draw(inputs, train, test):
    return rand(train, inputs), rand(train), rand(test, inputs), rand(test)
"""


@pytest.mark.parametrize("kind", sorted(Task.alternatives.keys() - FROM_FILES))
def test_it_passes_its_check_for_every_task(write, kind):
    path = write(template(Path("x.toml"), kind))
    for profile in profiles_of(read_chain(path)):
        assert read_spec(path, profile).content.task.kind == kind


def test_a_task_of_a_function_needs_only_the_function(write):
    path = write(template(Path("x.toml"), "function"))
    with pytest.raises(GrokspecError, match=r'task\.call = "my_task\.py:draw": .*no such file'):
        read_spec(path)
    write(FUNCTION, "my_task.py")
    assert read_spec(path).content.task.sizes == (100, 100)


def test_a_task_on_a_file_needs_only_the_file(write):
    path = write(template(Path("x.toml"), "arrays"))
    with pytest.raises(GrokspecError) as caught:
        read_spec(path)
    (mistake,) = caught.value.mistakes
    assert mistake.message.startswith('task.file = "data.npz": no such file')
    inputs = np.random.default_rng(0).standard_normal((100, 20))
    np.savez("data.npz", inputs=inputs, targets=inputs[:, 0])
    path.write_text(path.read_text().replace("# train = …", "train = 80"))
    assert read_spec(path).content.task.sizes == (80, 20)


@pytest.mark.parametrize("kind", sorted(Task.alternatives))
def test_it_trains_on_every_task(write, monkeypatch, tmp_path, kind):
    """With fewer examples, seeds and steps, which are cut in the text as a user would."""
    text = template(Path("x.toml"), kind)
    stand_in(tmp_path / "data", monkeypatch)
    np.savez("data.npz", inputs=np.eye(30, 4), targets=np.arange(30.0))
    write(FUNCTION, "my_task.py")
    for there, written in {
        r"^(# )?train = (\d+|…)": "train = 20",
        r"^# test = (\d+|…)": "test = 5",
        r"^steps = \d+": "steps = 3",
        r"^seed = 8": "seed = 1",
    }.items():
        text = re.sub(there, written, text, flags=re.MULTILINE)
    for run in read_spec(write(text)).runs:
        (history,) = run.engine.train([run.experiment], "cpu")
        assert history.status == "finished"


@pytest.mark.parametrize("kind", sorted(Task.alternatives))
def test_it_has_a_line_for_every_field_of_the_task_with_its_meaning(kind):
    text = template(Path("x.toml"), kind)
    for name, field in fields_of(Task.alternatives[kind]).items():
        assert f"\n{name} = " in text or f"\n# {name} = " in text
        assert name == "kind" or field.description.split()[0] in text


def test_fields_with_a_default_can_be_uncommented(write):
    text = template(Path("x.toml"))
    path = write(text.replace("\n# sigma = ", "\nsigma = "))
    assert read_spec(path).runs[0].experiment.model.sigma == 1.0


def test_it_names_the_schema_that_lies_nearest_above_it(write):
    write("{}", "specs/grokspec.schema.json")
    assert template(Path("specs/mine/x.toml")).startswith("#:schema ../grokspec.schema.json\n")
    assert template(Path("specs/x.toml")).startswith("#:schema grokspec.schema.json\n")


def test_it_names_no_schema_where_there_is_none(write, tmp_path):
    assert "#:schema" not in template(tmp_path / "x.toml")


def test_a_task_that_does_not_exist_is_refused_with_the_nearest():
    with pytest.raises(GrokspecError, match='"polynomal": not a task; did you mean "polynomial"'):
        template(Path("x.toml"), "polynomal")


def test_fields_without_examples_get_a_value_that_they_take():
    class Needy(SpecModel):
        """What a plugin might ask for."""

        rate: Annotated[float, Field(gt=0, lt=1)]
        name: str
        sizes: Annotated[list[int], Field(min_length=1)]
        special: Annotated[int, Field(examples=[7])]
        loss: Literal["mse", "hinge"] = "hinge"

    written = tomli.loads(section("needy", Needy))["needy"]
    assert written == {"rate": 0.5, "name": "name", "sizes": [1], "special": 7}
    Needy.model_validate(written)


def test_a_field_without_a_valid_plain_value_asks_for_an_example():
    class Odd(SpecModel):
        """A field that takes a single value."""

        odd: Literal["only this"]

    why = r"^Odd\.odd is required, and no plain value .* give it one: Field\(examples=\[…\]\)$"
    with pytest.raises(GrokspecError, match=why):
        section("odd", Odd)


def test_every_default_is_written_as_the_toml_that_sets_it():
    class Inner(SpecModel):
        """A table in a table."""

        needed: int
        depth: int = 3

    class Outer(SpecModel):
        """Defaults that a plugin might have."""

        empty: list[float] = Field(default_factory=list)
        many: tuple[float, ...] = tuple(i / 8 for i in range(40))
        inner: Inner = Inner(needed=1)
        other: dict[str, int] = Field(default_factory=lambda: {"a b": 1})
        later: Annotated[int, Field(default_factory=lambda data: len(data["many"]))]
        required: Inner
        table: dict[str, float]

    text = section("outer", Outer)
    assert "\n# later = …" in text
    assert "Pydantic" not in text
    uncommented = re.sub(r"^# (?!later)", "", text, flags=re.MULTILINE)
    expected = {
        "empty": [],
        "many": [i / 8 for i in range(40)],
        "inner": {"needed": 1, "depth": 3},
        "other": {"a b": 1},
        "required": {"needed": 100},
        "table": {},
    }
    assert tomli.loads(uncommented)["outer"] == expected
