"""The page of all fields agrees with the schema, and docs/ has the current page."""

import re
from pathlib import Path

import pytest

from grokspec.cli import main
from grokspec.engines.base import names_of_engines
from grokspec.spec.json_schema import whole_schema
from grokspec.spec.reference import field_page

PAGE = Path(__file__).parents[2] / "docs" / "fields.md"
TEXT = field_page()
SECTIONS = dict(re.findall(r"^##+ (.+?)\n(.*?)(?=^##|\Z)", TEXT, re.M | re.S))


def rows(heading):
    """The rows of the table under a heading, by the field that they are about."""
    cells = [row.split(" | ") for row in re.findall(r"^\| (`.*) \|$", SECTIONS[heading], re.M)]
    return {name.strip("`"): rest for name, *rest in cells}


def test_the_page_in_the_docs_is_the_one_that_the_program_writes():
    assert PAGE.read_text(encoding="utf-8") == TEXT, "grokspec schema --output docs/fields.md"


def test_the_command_writes_the_page_where_the_file_is_named_like_one(tmp_path):
    with pytest.raises(SystemExit):
        main(["schema", "--output", str(tmp_path / "deep" / "x.md")])
    assert (tmp_path / "deep" / "x.md").read_text(encoding="utf-8") == TEXT


@pytest.mark.parametrize("name", sorted(whole_schema()["$defs"]))
def test_every_table_is_on_the_page_with_what_it_is(name):
    described = whole_schema()["$defs"][name]["description"].replace("``", "`")
    assert f"\n{described}\n" in TEXT


@pytest.mark.parametrize("name", sorted(whole_schema()["$defs"]))
def test_every_field_is_described_under_its_table_or_its_family(name):
    definition = whole_schema()["$defs"][name]
    for key, field in definition["properties"].items():
        if key != "kind":
            assert f"| `{key}` | {field['description'].replace('|', chr(92) + '|')} |" in TEXT


def test_every_engine_is_on_the_page():
    assert set(re.findall(r"^- `(\w+)`", SECTIONS["engine"], re.M)) == set(names_of_engines())


def test_a_row_says_what_a_field_takes_and_its_default():
    assert rows("committee")["width"][1:] == ['whole number ≥ 1 or `"infinite"`', "required"]
    assert rows("model")["alpha"][1:] == ["number > 0", "`1.0`"]
    assert rows("model")["weights_file"][1:] == ["text", "–"]
    assert rows("momentum")["momentum"][1:] == ["number ≥ 0 and < 1", "`0.9`"]
    assert rows("training")["loss"][1:] == ['`"mse"` or `"cross_entropy"` or text', '`"mse"`']
    assert rows("perceptron")["hidden"][1:] == ["[whole number ≥ 1, …]", "required"]
    assert rows("record")["steps"][1:] == ["[record.steps](#recordsteps)", "`{ log = 40 }`"]
    assert rows("A range of seeds")["from"][1:] == ["whole number ≥ 0", "`0`"]
    assert rows("Outside the tables")["profile"][1:] == ["a table of tables", "–"]


def test_what_a_family_shares_is_said_once():
    assert "alpha" not in rows("committee")
    assert TEXT.count("| `alpha` |") == 1
