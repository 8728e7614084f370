"""Where keys and values are in a text, in every form of TOML."""

import json
from typing import Any

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from grokspec.spec.positions import Positions

TEXT = """\
# ε and [brackets] and "quotes" in a comment, 'too
title = "a \\"quoted\\" # text, {with} [signs]"
numbers = [1, 2.5,
  # a comment, with a comma
  -3e2, [4, "β"],
]
dotted.key.path = true
"quoted key" = 'literal \\ text'
inline = { a = 1, b = { c = [1, 2], "d e" = "}" } }
several = {
  x = 1, # TOML 1.1
  y = [2],
}
long = \"\"\"
one "quote" \\
two = 3
\"\"\"

[sweep.grid]
"model.alpha" = { log2 = [-3, 6], every = 3 }

[[sweep.concat]]
seed = 1
[sweep.concat.grid]
"model.epsilon" = [1, 2]

[[sweep.concat]]
grid = { "model.sigma" = [3] }

[[sweep.concat]]
"""

VALUES = [
    (("title",), "title", '"a \\"quoted\\" # text, {with} [signs]"'),
    (("numbers", 1), "2.5", "2.5"),
    (("numbers", 2), "-3e2", "-3e2"),
    (("numbers", 3, 1), '"β"', '"β"'),
    (("dotted", "key", "path"), "path", "true"),
    (("quoted key",), '"quoted key"', "'literal \\ text'"),
    (("inline", "a"), "a", "1"),
    (("inline", "b", "c", 1), "2", "2"),
    (("inline", "b", "d e"), '"d e"', '"}"'),
    (("several", "x"), "x", "1"),
    (("several", "y", 0), "2", "2"),
    (("sweep", "grid", "model.alpha"), '"model.alpha"', "{ log2 = [-3, 6], every = 3 }"),
    (("sweep", "grid", "model.alpha", "log2", 1), "6", "6"),
    (("sweep", "concat", 0, "seed"), "seed", "1"),
    (("sweep", "concat", 0, "grid", "model.epsilon", 1), "2", "2"),
    (("sweep", "concat", 1, "grid"), "grid", '{ "model.sigma" = [3] }'),
]


def cut(text: str, span: tuple[int, int]) -> str:
    return text[slice(*span)]


@pytest.mark.parametrize(("path", "key", "value"), VALUES)
def test_keys_and_values_are_found_where_they_are_written(path, key, value):
    positions = Positions(TEXT)
    assert cut(TEXT, positions.key(path)) == key
    assert cut(TEXT, positions.value(path)) == value


def test_a_table_with_a_header_is_placed_at_its_name():
    start, end = Positions(TEXT).value(("sweep", "grid"))
    assert TEXT[start - len("[sweep.") : end + 1] == "[sweep.grid]"


@pytest.mark.parametrize("position", [0, 1])
def test_an_element_of_an_array_of_tables_is_placed_at_its_own_header(position):
    start, end = Positions(TEXT).key(("sweep", "concat", position))
    assert TEXT[start:end] == "[[sweep.concat]]"
    assert TEXT.count("[[sweep.concat]]", 0, start) == position


def test_an_element_with_an_empty_table_is_placed_at_the_first_header():
    assert cut(TEXT, Positions(TEXT).key(("sweep", "concat", 2))) == "concat"


def test_a_missing_key_is_placed_at_its_table():
    positions = Positions(TEXT)
    assert positions.key(("inline", "b", "missing")) == positions.key(("inline", "b"))
    assert positions.key(("sweep", "grid", "missing", "too")) == positions.key(("sweep", "grid"))


def test_the_top_of_a_document_is_at_its_start():
    assert Positions(TEXT).key(()) == (0, 0)
    assert Positions(TEXT).key(("missing",)) == (0, 0)


def test_a_text_that_is_not_toml_has_no_places():
    assert Positions("a = [").key(("a",)) == (0, 0)


names = st.text('ab-_ .é"\\#[{', min_size=1, max_size=4)
scalars = st.one_of(st.integers(-9, 9), st.booleans(), st.text("x \"'\\#{}[],=\né", max_size=6))
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(names, inner, min_size=1, max_size=3)
    ),
    max_leaves=12,
)
documents = st.dictionaries(names, values, min_size=1, max_size=4)


def written(value: Any, newline: str) -> str:
    """A value as TOML 1.1, with newlines and comments wherever they may be."""
    if isinstance(value, dict):
        inside = f",{newline}".join(
            f"{quoted(k)} = {written(v, newline)}" for k, v in value.items()
        )
        return f"{{{newline}{inside},{newline}}}"
    if isinstance(value, list):
        return f"[{newline}" + f",{newline}".join(written(v, newline) for v in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def quoted(key: str) -> str:
    return f"'{key}'" if "'" not in key else json.dumps(key, ensure_ascii=False)


def places(value: Any, path: tuple = ()) -> list[tuple[tuple, Any]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    return [
        place
        for name, part in inner
        for place in [
            ((*path, name), part),
            *(places(part, (*path, name)) if isinstance(part, dict | list) else []),
        ]
    ]


@given(documents, st.sampled_from(["\n", " # it's } a \"comment\n", " "]), st.booleans())
def test_every_value_of_any_document_is_found(document, newline, headers):
    tables = {k: v for k, v in document.items() if isinstance(v, dict) and headers}
    lines = [f"{quoted(k)} = {written(v, newline)}" for k, v in document.items() if k not in tables]
    for name, table in tables.items():
        lines += [f"[{quoted(name)}]"]
        lines += [f"{quoted(k)} = {written(v, newline)}" for k, v in table.items()]
    text = "\n".join(lines)
    assert tomli.loads(text) == document
    positions = Positions(text)
    for path, value in places(document):
        if path[0] in tables and len(path) == 1:
            assert cut(text, positions.key(path)) == quoted(path[0])
        else:
            assert tomli.loads(f"x = {cut(text, positions.value(path))}") == {"x": value}
