"""The offending line, with a caret where the mistake is."""

from grokspec.spec.source import WIDTH, excerpt


def test_a_caret_underlines_what_is_wrong():
    assert excerpt("steps = -3", line=7, column=8, length=2) == (
        "   7 | steps = -3\n     |         ^^"
    )


def test_an_empty_place_gets_one_caret():
    assert excerpt("a =", line=1, column=3, length=1) == "   1 | a =\n     |    ^"


def test_tabs_stay_tabs_so_that_the_caret_lines_up():
    assert excerpt("\ta\t= 3", line=1, column=5, length=1).splitlines()[1] == "     | \t \t  ^"


def test_wide_characters_take_two_columns_and_combining_ones_none():
    line, caret = excerpt('k = "漢e\u0301" x', line=1, column=10, length=1).splitlines()
    assert line == '   1 | k = "漢e\u0301" x'
    assert caret == "     | " + " " * 10 + "^"


def test_a_mark_ends_with_the_line():
    assert excerpt("a = [1,", line=1, column=4, length=50).splitlines()[1] == "     |     ^^^"


def test_control_characters_never_reach_the_terminal():
    shown = excerpt("a = \x1b[31m\x9b", line=1, column=4, length=1)
    assert "\x1b" not in shown
    assert "\x9b" not in shown


def test_of_a_long_line_the_part_around_the_mistake_is_shown():
    content = "x" * 500 + "MISTAKE" + "y" * 500
    line, caret = excerpt(content, line=12, column=500, length=7).splitlines()
    assert len(line) == len("  12 | ") + WIDTH
    assert line[caret.index("^") : caret.rindex("^") + 1] == "MISTAKE"
