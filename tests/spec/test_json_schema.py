"""The JSON Schema for editors, used by tombi, a tool that checks TOML with it."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grokspec.spec.json_schema import document_schema

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "specs" / "grokspec.schema.json"
SPECS = sorted((ROOT / "specs").rglob("*.toml"))
TOMBI = shutil.which("tombi", path=str(Path(sys.executable).parent)) or shutil.which("tombi")

with_tombi = pytest.mark.skipif(TOMBI is None, reason="tombi is not installed")

PARTIAL = """\
#:schema ./grokspec.schema.json
extends = "base.toml"
engine = "auto"
seed = 3
figure.color = "alpha"

[model]
centered = true
alpha = 2
width = "infinite"

[record]
steps = { log = 40 }
probes = ["loss", { kind = "loss" }]

[sweep]
seed = { count = 8, from = 100 }

[sweep.grid]
"model.alpha" = { log2 = [-3, 6], every = 3 }
"model.sigma" = { log = [0.1, 10], count = 3 }
"training.loss" = ["mse"]
training = [{ steps = 3 }]

[[sweep.concat]]
grid = { "model.epsilon" = { linear = [1, 2], count = 3 } }

[[sweep.when]]
if = { "model.alpha" = [1, 8] }
zip = { "optimizer.learning_rate" = [1, 2] }

[profile.paper]
task = { inputs = 100, train = 550 }
sweep.seed = [1, 2]

[profile.tiny]
figure = false

[profile.tiny.training]
steps = 100_000
"""


def lint(*paths: Path) -> list[str]:
    """The errors and warnings of tombi for some files, without colors; offline."""
    command = [str(TOMBI), "lint", "--offline", "--no-cache", "--error-on-warnings"]
    done = subprocess.run(
        [*command, *map(str, paths)], capture_output=True, text=True, cwd=paths[0].parent
    )
    output = re.sub(r"\x1b\[[0-9;]*m", "", done.stderr + done.stdout)
    errors = re.findall(r"(?:Error|Warning): (.*)", output)
    assert bool(errors) == bool(done.returncode), output
    return errors


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "grokspec.schema.json").write_text(json.dumps(document_schema()))
    return tmp_path


def test_the_schema_beside_the_specs_is_the_one_that_the_program_writes():
    written = json.dumps(document_schema(), indent=2, ensure_ascii=False) + "\n"
    assert SCHEMA.read_text(encoding="utf-8") == written, (
        "grokspec schema --output specs/grokspec.schema.json"
    )


def test_every_shipped_spec_names_the_schema():
    assert SPECS
    for spec in SPECS:
        first, *_ = spec.read_text(encoding="utf-8").splitlines()
        assert first.startswith("#:schema "), spec
        assert (spec.parent / first.removeprefix("#:schema ")).resolve() == SCHEMA


@with_tombi
def test_tombi_finds_no_fault_with_the_shipped_specs():
    assert lint(*SPECS) == []


@with_tombi
def test_tombi_accepts_a_file_that_leaves_much_to_its_base(folder):
    path = folder / "x.toml"
    path.write_text(PARTIAL)
    assert lint(path) == []


@with_tombi
@pytest.mark.parametrize(
    ("right", "wrong", "objection"),
    [
        ("centered", "centred", '"centred" is not allowed'),
        ("seed = 3\n", "seeed = 3\n", '"seeed" is not allowed'),
        ('engine = "auto"', 'engine = "aut"', "must be one of"),
        ("alpha = 2\n", 'alpha = "2"\n', "expected a value of type Float"),
        ("alpha = 2\n", "alpha = -2\n", "must be > 0"),
        ('"infinite"', '"infinit"', "const"),
        ('["loss",', '["los",', "must be one of"),
        ('{ kind = "loss" }', '{ kind = "los" }', "const"),
        ("every = 3", "evry = 3", '"evry" is not allowed'),
        ("count = 8, ", "", "count"),
        ("[0.1, 10]", "[-0.1, 10]", "must be > 0"),
        ("task = {", "tsk = {", '"tsk" is not allowed'),
        ("steps = 100_000", "steps = 1e5", "expected a value of type Integer"),
        ('extends = "base.toml"', "extends = 3", "expected a value of type String"),
        ("figure = false", "figure = true", 'must be const value "false"'),
    ],
)
def test_tombi_objects_to_a_wrong_key_or_value(folder, right, wrong, objection):
    assert PARTIAL.count(right) == 1
    path = folder / "x.toml"
    path.write_text(PARTIAL.replace(right, wrong))
    assert objection in "\n".join(lint(path))


def test_nothing_is_required_of_a_section_that_a_base_may_complete():
    schema = document_schema()
    definitions = schema["$defs"]
    assert "required" not in schema
    for name in ("Polynomial", "Committee", "GradientDescent", "Training", "Record"):
        assert "required" not in definitions[name]
    assert definitions["SeedRange"]["required"] == ["count"]
    assert definitions["LossProbe"]["required"] == ["kind"]


def test_fields_carry_their_descriptions_for_editors_to_show():
    definitions = document_schema()["$defs"]
    for name in ("Polynomial", "Committee", "GradientDescent", "Training", "Record", "Sweep"):
        for key, described in definitions[name]["properties"].items():
            assert key == "kind" or described.get("description"), (name, key)
