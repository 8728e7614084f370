"""Files that cannot be read, and files that are no TOML."""

import sys
from pathlib import Path

import pytest

from grokspec.errors import GrokspecError, Mistake
from grokspec.formatting import shown_path
from grokspec.spec.source import read_source


def mistake_in(path: Path) -> Mistake:
    with pytest.raises(GrokspecError) as caught:
        read_source(path)
    (mistake,) = caught.value.mistakes
    return mistake


def test_a_file_that_is_not_there_is_named_with_the_nearest_that_is(write):
    write("a = 1", "alpha.toml")
    message = 'alpa.toml: no such file; did you mean "alpha.toml"?'
    assert str(mistake_in(Path("alpa.toml"))) == message


def test_a_spec_that_is_named_without_its_ending_is_found_near(write):
    write("a = 1", "specs/alpha.toml")
    assert 'did you mean "specs/alpha.toml"?' in str(mistake_in(Path("specs/alpha")))


def test_a_file_in_a_folder_that_is_not_there_says_so(write):
    write("a = 1")
    message = "specs/x.toml: no such file; there is no folder specs either"
    assert str(mistake_in(Path("specs/x.toml"))) == message


def test_a_folder_is_no_spec(write):
    write("a = 1", "specs/x.toml")
    assert str(mistake_in(Path("specs"))) == "specs: is a folder; name one spec file in it"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such path")
def test_a_path_below_a_file_cannot_be_read(write):
    write("a = 1")
    assert str(mistake_in(Path("x.toml/y.toml"))).startswith("x.toml/y.toml: cannot be read: ")


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "  \t\n"])
def test_an_empty_file_says_what_a_spec_holds_and_how_to_start_one(write, text):
    mistake = mistake_in(write(text))
    assert mistake.place == "x.toml:1:1"
    assert "the file is empty" in mistake.message
    assert "grokspec new" in mistake.message


def test_a_file_that_is_not_utf8_is_placed_at_the_first_wrong_byte(write):
    mistake = mistake_in(write('a = 1\nname = "caf\xe9"\n'.encode("latin-1")))
    assert mistake.place == "x.toml:2:12"
    assert mistake.message == "not UTF-8 (byte 0xe9); save the file as UTF-8"
    assert mistake.excerpt.splitlines()[1].index("^") == mistake.excerpt.index(
        "\N{REPLACEMENT CHARACTER}"
    )


def test_the_place_of_a_wrong_byte_counts_characters_and_not_bytes(write):
    mistake = mistake_in(write('# αβ\r\nα = "é'.encode() + b"\xff"))
    assert mistake.place == "x.toml:2:7"


def test_utf16_is_not_utf8(write):
    mistake = mistake_in(write("a = 1".encode("utf-16")))
    assert mistake.place == "x.toml:1:1"
    assert mistake.message.startswith("not UTF-8")


def test_a_byte_order_mark_is_refused_with_its_remedy(write):
    mistake = mistake_in(write(b"\xef\xbb\xbfa = 1\n"))
    assert mistake.place == "x.toml:1:1"
    assert mistake.message == "the file starts with a byte order mark; save it as UTF-8 without one"


@pytest.mark.parametrize(
    ("text", "place", "remedy"),
    [
        ("a = 1\na = 2\n", "2:1", "this key is there twice; keep one"),
        ("a = { b = 1, b = 2 }\n", "1:1", "this key is there twice; keep one"),
        ("[a]\nx = 1\n[a]\n", "3:3", "this table is opened twice; put its keys under one header"),
        ("a = quick\n", "1:5", "not a value; put text in quotes"),
        ("a = \n", "1:4", "not a value"),
        ("a = True\n", "1:5", "write true"),
        ("a = .5\n", "1:5", "a digit precedes the point of a decimal"),
        ('a = "x\nb = 1\n', "1:7", "the text has no end on its line; add the closing quote"),
        ('a = "x', "1:7", "the text has no end; add the closing quote"),
        ("a = [1, 2\nb = 3\n", "2:1", "a comma or the closing ] is missing"),
        ("a = { x = 1\n", "1:12", "a comma or the closing } is missing"),
        ("a b = 3\n", "1:3", "a key is followed by = and its value"),
        ("a = 1 b = 2\n", "1:7", "a line has one key = value and nothing else"),
        ("a = 1_000_\n", "1:10", "an underscore in a number stands between two digits"),
        ("a = 1__0\n", "1:6", "an underscore in a number stands between two digits"),
        ("a = 5.\n", "1:6", "a digit follows the point of a decimal"),
        ("a = [1, 5.]\n", "1:10", "a digit follows the point of a decimal"),
        ("a = { b = 5.e3 }\n", "1:12", "a digit follows the point of a decimal"),
        ("a = -.5\n", "1:5", "a digit precedes the point of a decimal"),
        ("a = 08\n", "1:6", "a whole number doesn't start with 0: 8, not 08"),
        ("a = +-5\n", "1:5", "a number has at most one sign"),
        ("a = 0x1G\n", "1:8", "the digits of 0x are 0-9 and a-f"),
        ("a = 1e\n", "1:6", "digits follow the e of a number"),
        ("a = 0,5\n", "1:6", "decimals have a point"),
        ("a = 1/4\n", "1:6", "nothing is computed in a spec; write the number"),
        ("a = 5GB\n", "1:6", "a number has no unit"),
        ("a = None\n", "1:5", "leave the key out"),
        ("a = null\n", "1:5", "leave the key out"),
        ("a == 5\n", "1:4", "a key and its value have one = between them"),
        ("a = \u201cx\u201d\n", "1:5", "these are typographic quotes"),
        ('a = "C:\\Users"\n', "1:10", "put text that has one in single quotes"),
        ("\ta = 5.\n", "1:7", "a digit follows the point of a decimal"),
        ("[a\n", "1:3", "the header of a table is [name]"),
        ("= 3\n", "1:1", "a line is a [table], a key = value or a # comment"),
        ("model.α = 3\n", "1:7", "a key has letters, digits, - and _, or is in quotes"),
    ],
)
def test_a_syntax_error_says_where_and_what_to_write(write, text, place, remedy):
    mistake = mistake_in(write(text))
    assert mistake.place == f"x.toml:{place}"
    assert mistake.message.startswith("not valid TOML: ")
    assert remedy in mistake.message


def test_a_syntax_error_shows_its_line_with_a_caret(write):
    mistake = mistake_in(write("[task]\nkind = polynomial\n"))
    assert mistake.excerpt == "   2 | kind = polynomial\n     |        ^"


@pytest.mark.parametrize("number", [str(2**63), str(-(2**63) - 1), "9" * 100, "9" * 5000])
def test_whole_numbers_have_at_most_64_bits(write, number):
    mistake = mistake_in(write(f"[a]\nb = [1, {number}]\n"))
    assert mistake.place == "x.toml:2:9"
    assert mistake.message == "a whole number has at most 64 bits"


def test_the_largest_whole_numbers_are_read(write):
    source = read_source(write(f"a = {2**63 - 1}\nb = {-(2**63)}\n"))
    assert source.data == {"a": 2**63 - 1, "b": -(2**63)}


def test_windows_line_ends_do_not_shift_places(write):
    mistake = mistake_in(write("[task]\r\nkind = 'x'\r\nkind = 'y'\r\n"))
    assert mistake.place == "x.toml:3:1"
    assert "\r" not in mistake.excerpt


def test_paths_are_shown_below_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert shown_path(tmp_path / "specs" / "x.toml") == str(Path("specs/x.toml"))
    assert shown_path(Path("x.toml")) == "x.toml"
    assert shown_path(tmp_path.parent / "x.toml") == str(tmp_path.parent / "x.toml")
