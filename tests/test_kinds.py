"""Kinds: a subclass is registered by being defined, in grokspec or outside of it."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Literal

import pytest
from experiments import WHOLE
from pages import ROOT, read_page
from pydantic import ValidationError

from grokspec.engines.base import Engine
from grokspec.errors import GrokspecError
from grokspec.figures.base import Figure
from grokspec.kinds import Kind, PerRun, discover, invalid
from grokspec.models.base import Model
from grokspec.optimizers.base import Optimizer
from grokspec.probes.base import Probe
from grokspec.schedules.base import Schedule
from grokspec.tasks.base import Task
from grokspec.wrappers.base import Wrapper

FAMILIES = [Task, Model, Optimizer, Schedule, Wrapper, Engine, Probe, Figure]

discover()


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.family)
def test_every_family_has_kinds_that_know_their_name(family):
    assert family.alternatives
    for name, kind in family.alternatives.items():
        assert issubclass(kind, family)
        assert kind.family == family.family
        assert kind.model_fields["kind"].default == name


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.family)
def test_every_field_of_every_kind_says_what_it_means(family):
    for name, kind in family.alternatives.items():
        assert kind.__doc__, name
        for field, described in kind.model_fields.items():
            assert field == "kind" or described.description, (name, field)


@pytest.fixture
def family():
    class Animal(Kind, family="animal"):
        legs: PerRun = 4

    return Animal


def test_a_subclass_is_an_alternative_of_its_family_alone(family):
    class Cat(family):
        kind: Literal["cat"] = "cat"

    assert family.alternatives == {"cat": Cat}
    assert "cat" not in Task.alternatives


def test_one_class_may_have_several_names(family):
    class Cat(family):
        kind: Literal["cat", "moggy"] = "cat"

    assert family.alternatives == {"cat": Cat, "moggy": Cat}


def test_a_base_class_between_family_and_kinds_is_not_a_kind(family):
    class Feline(family):
        whiskers: int = 24

    class Cat(Feline):
        kind: Literal["cat"] = "cat"

    assert family.alternatives == {"cat": Cat}


def test_a_name_that_two_modules_use_is_refused_and_both_are_named(family):
    class Cat(family):
        kind: Literal["cat"] = "cat"

    with pytest.raises(GrokspecError, match=r"animal kind 'cat' is defined twice: in .* another"):
        type("Cat", (family,), {
            "__module__": "elsewhere",
            "__annotations__": {"kind": Literal["cat"]},
            "kind": "cat",
        })  # fmt: skip
    assert family.alternatives == {"cat": Cat}


def test_a_kind_is_frozen_and_takes_neither_unknown_fields_nor_other_types(family):
    class Cat(family):
        kind: Literal["cat"] = "cat"

    cat = Cat(legs=3)
    with pytest.raises(ValidationError, match="frozen"):
        cat.legs = 4
    with pytest.raises(ValidationError, match="Extra inputs"):
        Cat(tail=1)
    with pytest.raises(ValidationError, match="valid number"):
        Cat(legs="4")
    with pytest.raises(ValidationError, match="finite"):
        Cat(legs=float("nan"))


def test_fields_that_may_differ_within_a_stack_are_known(family):
    class Cat(family):
        kind: Literal["cat"] = "cat"
        lives: int = 9

    assert Cat.stackable_fields() == ("legs",)


def test_an_invalid_error_keeps_its_text_and_its_place():
    error = invalid('no {braces} or "quotes" are lost', "a", 0)
    assert error.message() == 'no {braces} or "quotes" are lost'
    assert error.context["at"] == ("a", 0)


# A task in one file outside the package, installed as a plugin: the one of the docs.

PARITY = read_page(ROOT / "docs" / "adding-a-task.md").file("parity.py")

CLAIM = '''\
from grokspec.claims import claim
from grokspec.claims.controls import shuffled
from grokspec.measures import final_loss
from grokspec.statistics import estimate


@claim("P01", "Fig. 1", spec="x", control=shuffled())
def test_x(results):
    """It ends low."""
    assert estimate(final_loss(results)).below(1)
'''


@pytest.fixture
def installed(tmp_path: Path):
    """A folder with an installed distribution of one module, and a way to run grokspec with it."""
    site = tmp_path / "site"
    info = site / "parity-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "parity.py").write_text(PARITY, encoding="utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: parity\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[grokspec.plugins]\nparity = parity\n")

    def python(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={"PYTHONPATH": f"{site}{os.pathsep}{ROOT}", "PATH": "", "OMP_NUM_THREADS": "1"},
        )

    def grokspec(*arguments: str) -> subprocess.CompletedProcess[str]:
        return python("-c", "from grokspec.cli import main; main()", *arguments)

    grokspec.python = python
    grokspec.site = site
    grokspec.folder = tmp_path
    return grokspec


def test_a_mistake_in_a_task_from_outside_is_reported_like_any_other(installed):
    assert installed("new", "x.toml", "--from", "parity").returncode == 0
    spec = installed.folder / "x.toml"
    spec.write_text(spec.read_text("utf-8").replace('kind = "parity"', 'kind = "party"'), "utf-8")
    checked = installed("check", "x.toml")
    assert checked.returncode == 2
    assert 'task.kind = "party": not a task; did you mean "parity"?' in checked.stderr


def test_a_plugin_that_cannot_be_loaded_is_named_without_a_traceback(installed):
    (installed.site / "parity.py").write_text("import nothing_of_the_kind\n")
    checked = installed("schema")
    assert checked.returncode == 2
    assert checked.stderr == textwrap.dedent(
        """\
        plugin 'parity' (parity) could not be loaded: ModuleNotFoundError: No module named \
'nothing_of_the_kind'; fix it or uninstall it
        """
    )


def test_a_plugin_may_not_take_the_name_of_another_kind(installed):
    text = PARITY.replace('"parity"', '"polynomial"')
    (installed.site / "parity.py").write_text(text, encoding="utf-8")
    checked = installed("schema")
    assert checked.returncode == 2
    assert "task kind 'polynomial' is defined twice" in checked.stderr
    assert "Traceback" not in checked.stderr


def test_a_kind_without_a_required_method_is_refused(installed):
    text = PARITY.replace("def draw(", "def drawn(")
    (installed.site / "parity.py").write_text(text, encoding="utf-8")
    checked = installed("schema")
    assert checked.returncode == 2
    assert "task kind 'parity' in parity has no draw, which every task needs" in checked.stderr
    assert "Traceback" not in checked.stderr


def test_claims_are_not_run_where_a_plugin_cannot_be_loaded(installed):
    (installed.site / "parity.py").write_text("import nothing_of_the_kind\n")
    (installed.folder / "specs").mkdir()
    (installed.folder / "specs" / "x.toml").write_text(WHOLE)
    (installed.folder / "test_x.py").write_text(CLAIM)
    judged = installed.python("-m", "pytest", "-q", "-p", "no:cacheprovider", "test_x.py")
    assert "NOT RUN: plugin 'parity' (parity) could not be loaded" in judged.stdout
    assert "INTERNALERROR" not in judged.stdout + judged.stderr
