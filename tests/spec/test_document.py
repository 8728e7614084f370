"""Files that extend files, profiles on top of them, and where each key was written."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokspec.errors import GrokspecError, Mistake
from grokspec.spec.document import Layer, Origin, profiles_of, read_chain, read_document
from grokspec.spec.source import SourceFile


def place(document, *path, part="key"):
    return document.mistake("here", path, part).place


def mistakes_of(path: Path, profile: str = "quick") -> list[str]:
    with pytest.raises(GrokspecError) as caught:
        read_document(path, profile)
    return [str(mistake).split("\n")[0] for mistake in caught.value.mistakes]


def test_a_file_by_itself_is_its_document(write):
    document = read_document(write("a = 1\n[b]\nc = [2]\n"))
    assert document.data == {"a": 1, "b": {"c": [2]}}


def test_tables_are_merged_key_by_key_and_anything_else_is_replaced(write):
    write("a = 1\nb = 2\nlist = [1, 2]\n[t]\nx = 1\ny = 2\n[t.u]\nz = 3\n", "base.toml")
    path = write('extends = "base.toml"\nb = 3\nlist = [4]\n[t]\ny = 5\n[t.u]\nw = 6\n')
    assert read_document(path).data == {
        "a": 1,
        "b": 3,
        "list": [4],
        "t": {"x": 1, "y": 5, "u": {"z": 3, "w": 6}},
    }


def test_a_table_of_another_kind_replaces_the_whole_table(write):
    write('[model]\nkind = "committee"\nwidth = 3\n', "base.toml")
    other = write('extends = "base.toml"\n[model]\nkind = "transformer"\n')
    same = write('extends = "base.toml"\n[model]\nkind = "committee"\n', "same.toml")
    unsaid = write('extends = "base.toml"\n[model]\nalpha = 2\n', "unsaid.toml")
    assert read_document(other).data == {"model": {"kind": "transformer"}}
    assert read_document(same).data == {"model": {"kind": "committee", "width": 3}}
    assert read_document(unsaid).data["model"] == {"kind": "committee", "width": 3, "alpha": 2}


@pytest.mark.parametrize("table", ["grid", "zip"])
def test_an_axis_replaces_the_whole_axis_and_leaves_the_others(write, table):
    write(f"[sweep.{table}]\nx = {{ log2 = [0, 2], every = 1 }}\ny = [1]\n", "base.toml")
    path = write(f'extends = "base.toml"\n[sweep.{table}]\nx = {{ linear = [0, 1], count = 3 }}\n')
    kept = {"x": {"linear": [0, 1], "count": 3}, "y": [1]}
    assert read_document(path).data == {"sweep": {table: kept}}


def test_seeds_replace_the_whole_of_the_seeds(write):
    write("[sweep]\nseed = { count = 10, from = 100 }\n", "base.toml")
    path = write('extends = "base.toml"\n[sweep]\nseed = { count = 3 }\n')
    assert read_document(path).data == {"sweep": {"seed": {"count": 3}}}


def test_files_extend_files_that_extend_files_in_other_folders(write):
    write("a = 1\nb = 1\nc = 1\n", "specs/base.toml")
    write('extends = "../base.toml"\nb = 2\nc = 2\n', "specs/system/base.toml")
    path = write('extends = "base.toml"\nc = 3\n', "specs/system/x.toml")
    assert read_document(path).data == {"a": 1, "b": 2, "c": 3}


def test_a_profile_is_merged_on_top_of_everything(write):
    write("a = 1\n[profile.paper]\na = 2\nb = 2\n", "base.toml")
    path = write('extends = "base.toml"\na = 3\n[profile.paper]\nb = 4\n')
    assert read_document(path).data == {"a": 3}
    assert read_document(path, "paper").data == {"a": 2, "b": 4}


def test_the_default_profile_need_not_be_defined_but_counts_if_it_is(write):
    assert read_document(write("a = 1\n")).data == {"a": 1}
    assert read_document(write("a = 1\n[profile.quick]\na = 2\n")).data == {"a": 2}


def test_an_unknown_profile_names_the_nearest(write):
    path = write("a = 1\n[profile.paper]\n[profile.tiny]\n")
    assert mistakes_of(path, "papr") == ['x.toml: no profile "papr"; did you mean "paper"?']
    assert mistakes_of(path, "zzz") == ['x.toml: no profile "zzz"; there are paper, tiny']


def test_an_unknown_profile_of_a_spec_without_any_says_that(write):
    assert mistakes_of(write("a = 1\n"), "paper") == [
        'x.toml: no profile "paper"; the spec defines none'
    ]


def test_profiles_are_those_of_the_whole_chain_and_the_default(write):
    write("a = 1\n[profile.paper]\n", "base.toml")
    path = write('extends = "base.toml"\n[profile.tiny]\n')
    assert profiles_of(read_chain(path)) == ("quick", "tiny", "paper")


def test_profiles_must_be_tables(write):
    assert mistakes_of(write("profile = 3\n")) == [
        "x.toml:1:11  profile must be a table of tables; write [profile.paper]"
    ]
    (message,) = mistakes_of(write("a = 1\n[profile]\nsteps = 3\n"))
    assert message == (
        'x.toml:3:1  profile.steps must be a table, as "steps" is the name of a profile; write '
        "[profile.steps] and the settings below it"
    )


def test_a_base_that_is_not_there_is_a_mistake_in_the_file_that_names_it(write):
    write("a = 1", "base.toml")
    assert mistakes_of(write('a = 1\nextends = "bse.toml"\n')) == [
        'x.toml:2:11  extends = bse.toml: no such file; did you mean "base.toml"?'
    ]


def test_a_base_that_is_a_folder_is_refused(write):
    assert mistakes_of(write('extends = "."\n')) == [
        "x.toml:1:11  extends = .: is a folder; name one spec file in it"
    ]


@pytest.mark.parametrize("value", ["3", '["base.toml"]', '""', '"a\\u0000b"'])
def test_extends_names_one_file(write, value):
    assert mistakes_of(write(f"extends = {value}\n")) == [
        'x.toml:1:11  extends names one file: extends = "base.toml"'
    ]


def test_a_mistake_in_a_base_is_placed_in_the_base(write):
    write("a = 1\nb = \n", "base.toml")
    (message,) = mistakes_of(write('extends = "base.toml"\n'))
    assert message.startswith("base.toml:2:")


def test_files_that_extend_each_other_are_refused_with_the_circle(write):
    write('extends = "b.toml"\n', "a.toml")
    write('# the other\nextends = "c.toml"\n', "b.toml")
    write('extends = "a.toml"\n', "c.toml")
    circle = "a.toml extends b.toml extends c.toml extends a.toml"
    assert mistakes_of(Path("a.toml")) == [
        f"c.toml:1:11  files extend each other in a circle: {circle}"
    ]


def test_a_file_that_extends_itself_is_a_circle_however_it_is_spelled(write):
    (message,) = mistakes_of(write('extends = "../specs/x.toml"\n', "specs/x.toml"))
    assert "files extend each other in a circle" in message


def test_every_key_is_placed_in_the_file_where_it_was_written(write):
    write("[t]\nx = 1\ny = 2\n[t.u]\nz = 3\n[profile.paper.t]\ny = 7\n", "base.toml")
    document = read_document(write('extends = "base.toml"\n[t]\nx = 5\n'), "paper")
    assert place(document, "t", "x") == "x.toml:3:1"
    assert place(document, "t", "x", part="value") == "x.toml:3:5"
    assert place(document, "t", "u", "z") == "base.toml:5:1"
    assert place(document, "t", "y", part="value") == "base.toml:7:5"


def test_a_missing_key_is_placed_at_the_innermost_table(write):
    write("[t.u]\nz = 3\n", "base.toml")
    document = read_document(write('extends = "base.toml"\n[t]\nx = 5\n'))
    assert place(document, "t", "missing") == "x.toml:2:2"
    assert place(document, "t", "u", "missing") == "base.toml:1:4"
    assert place(document, "missing") == "x.toml:1:1"


def test_a_replaced_table_leaves_no_trace(write):
    write('[model]\nkind = "a"\nwidth = 3\n', "base.toml")
    document = read_document(write('extends = "base.toml"\n[model]\nkind = "b"\n'))
    assert place(document, "model", "width") == "x.toml:2:2"


names = st.sampled_from("abc")
trees = st.recursive(
    st.integers(0, 9) | st.lists(st.integers(0, 9), max_size=2),
    lambda inner: st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
tables = st.dictionaries(names, trees, max_size=3)


def merged(*layers: dict) -> dict:
    layer = Layer()
    for table in layers:
        layer.add(table, Origin(SourceFile(Path("x.toml"), ""), ()))
    return layer.data


def leaves(tree, path=()):
    if isinstance(tree, dict):
        return {p: v for k, t in tree.items() for p, v in leaves(t, (*path, k)).items()}
    return {path: tree}


@given(tables, tables)
def test_every_value_of_the_upper_of_two_tables_is_kept(lower, upper):
    assert leaves(upper).items() <= leaves(merged(lower, upper)).items()


@given(tables)
def test_a_table_upon_itself_changes_nothing(table):
    assert merged(table, table) == merged(table) == table


def test_a_change_is_merged_last_and_the_figure_is_dropped(write):
    path = write("a = 1\n[b]\nc = 2\nd = 3\n[figure]\nx = 1\n[profile.paper]\nb = { c = 4 }\n")
    document = read_document(path, "paper", "b.c = 5\nsweep.seed = 6")
    assert document.data == {"a": 1, "b": {"c": 5, "d": 3}, "sweep": {"seed": 6}}


def test_a_mistake_in_a_change_is_placed_in_the_change(write):
    document = read_document(write("a = 1\n"), change="seed = 1\nb.c = 5")
    assert place(document, "b", "c").endswith("x.toml, changed:2:3")
    with pytest.raises(GrokspecError, match=r"x\.toml, changed:1:5 .*not a value"):
        read_document(write("a = 1\n"), change="b = yes")


def test_a_file_that_a_change_names_is_relative_to_the_spec(write):
    path = write("a = 1\n")
    changed = read_document(path, change='file = "data.npz"').data["file"]
    assert changed.folder == path.parent.absolute()


def test_no_line_is_shown_of_a_base_that_may_be_no_spec(write):
    write("secret one\n", "passwords")
    (mistake,) = _refused(write('extends = "passwords"\n'))
    assert str(mistake).startswith("passwords:1:8  not valid TOML: ")
    assert "secret" not in str(mistake)


def test_the_lines_of_a_base_and_of_a_file_that_the_user_names_are_shown(write):
    write("secret one\n", "base.toml")
    (mistake,) = _refused(write('extends = "base.toml"\n'))
    assert "secret one" in mistake.excerpt
    (mistake,) = _refused(write("secret one\n", "spec.txt"))
    assert "secret one" in mistake.excerpt


@pytest.mark.parametrize("name", ["", " ", "\x1b[31m", "a\u202eb", "p" * 61])
def test_the_name_of_a_profile_can_be_printed(write, name):
    (message,) = mistakes_of(write(f"a = 1\n[profile.{json.dumps(name)}]\n"))
    assert message.endswith(
        "a profile has a name of up to 60 characters that can be printed; rename it"
    )
    assert message.isprintable()


def _refused(path: Path) -> tuple[Mistake, ...]:
    with pytest.raises(GrokspecError) as caught:
        read_document(path)
    return caught.value.mistakes
