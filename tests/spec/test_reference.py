"""The page of all fields agrees with the schema, and docs/ has the current page."""

import re
from pathlib import Path

import pytest

from grokspec.cli import main
from grokspec.engines.base import names_of_engines
from grokspec.kinds import FAMILIES, Kind
from grokspec.spec import catalog
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
    assert rows("training")["loss"][1:] == ["text or a table with a `kind`", '`"mse"`']
    assert rows("perceptron")["hidden"][1:] == ["[whole number ≥ 1, …]", "required"]
    assert rows("record")["steps"][1:] == ["[record.steps](#recordsteps)", "`{ log = 40 }`"]
    assert rows("A range of seeds")["from"][1:] == ["whole number ≥ 0", "`0`"]
    assert rows("Outside the tables")["profile"][1:] == ["a table of tables", "–"]


def test_what_a_family_shares_is_said_once():
    assert "alpha" not in rows("committee")
    assert TEXT.count("| `alpha` |") == 1


KINDS = [
    (family.family, kind)
    for family in Kind.__subclasses__()
    if family.__module__.split(".")[1] in FAMILIES
    for kind in (names_of_engines() if family.family == "engine" else family.alternatives)
]


def test_every_family_has_parts_in_the_table():
    assert {row[0] for row in catalog.rows()} == {family for family, _ in KINDS}
    assert len(catalog.families()) == len(FAMILIES)


@pytest.mark.parametrize(("family", "kind"), KINDS)
def test_every_part_is_in_the_table_with_what_it_is_and_a_link_to_its_fields(family, kind):
    (row,) = re.findall(
        rf"^\| {family} \| \[{kind}\]\(#(.+?)\) \| (.+?) \|", SECTIONS["All parts"], re.M
    )
    place, what = row
    assert len(what) > 10
    assert [catalog.anchor(heading) for heading in SECTIONS].count(place) == 1


def test_no_two_headings_are_the_same():
    headings = re.findall(r"^##+ (.+)$", TEXT, re.M)
    assert len(set(headings)) == len(headings)


def test_the_table_names_the_papers_that_docstrings_name():
    sources = {(family, kind): source for family, kind, _, source in catalog.rows()}
    assert sources["optimizer", "adamw"] == "Loshchilov and Hutter 2019"
    assert sources["model", "transformer"] == "Nanda et al. 2023"
    assert sources["task", "arrays"] == ""


@pytest.mark.parametrize(
    ("text", "papers"),
    [
        ("As in Power et al. (2022), again Power et al., 2022.", ["Power et al. 2022"]),
        ("See (Nanda et al. 2023; Gromov 2023a).", ["Nanda et al. 2023", "Gromov 2023a"]),
        ("Kingma and\nBa (2015) in 2000 steps", ["Kingma and Ba 2015"]),
        (
            "(Lee et al., 2024, arXiv:2405.20233)",
            ["Lee et al. 2024", "[arXiv:2405.20233](https://arxiv.org/abs/2405.20233)"],
        ),
        ("(Roy & Vetterli 2007)", ["Roy & Vetterli 2007"]),
        ("Fig. 2 and Eq. 3", []),
    ],
)
def test_papers_are_found_in_a_docstring(text, papers):
    assert catalog.cited(text) == papers


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("One thing. And more.", "One thing"),
        ("A\nthing of Liu et al. (2022a): a net.\n\nB.", "A thing of Liu et al. (2022a): a net"),
        ("Two: The rest", "Two"),
        ("As torch.optim.Adam.", "As torch.optim.Adam"),
    ],
)
def test_the_table_has_the_first_sentence(text, sentence):
    assert catalog.first_sentence(text) == sentence


def test_the_page_says_how_to_drop_a_figure():
    assert "false drops the figure of the base" in SECTIONS["figure"]
