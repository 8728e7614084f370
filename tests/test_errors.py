"""Mistakes, and the remedies that they suggest."""

import pytest

from grokspec.errors import GrokspecError, Mistake, nearest, suggestion, visible


def test_a_mistake_reads_as_place_message_and_excerpt():
    assert str(Mistake("wrong")) == "wrong"
    assert str(Mistake("wrong", "x.toml:1:2")) == "x.toml:1:2  wrong"
    assert str(Mistake("wrong", "x.toml:1:2", "   1 | a\n     |  ^")) == (
        "x.toml:1:2  wrong\n   1 | a\n     |  ^"
    )


def test_an_error_shows_all_its_mistakes_and_exits_with_2():
    error = GrokspecError("first", Mistake("second", "x.toml:1:2"))
    assert str(error) == "first\nx.toml:1:2  second"
    assert error.exit_code == 2


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("polynomal", "polynomial"),
        ("Polynomial", "polynomial"),
        ("alhpa", "alpha"),
        ("aplha", "alpha"),
        ("zzz", None),
        ("", None),
    ],
)
def test_the_nearest_word_is_found_if_any_is_near(word, found):
    assert nearest(word, ["alpha", "epsilon", "polynomial"]) == found


def test_a_word_without_a_similar_one_gets_all_of_them():
    assert suggestion("zzz", ["b", "a"]) == "there are a, b"
    assert suggestion("zzz", ["a"]) == "there is a"
    assert suggestion("zzz", []) == "there are none"


def test_control_characters_are_escaped_where_a_mistake_is_shown():
    error = GrokspecError(Mistake("no \x1b[31mred\x07\u202e", "a\x1b.toml:1:1", "   1 | a\tb"))
    assert str(error) == "a\\x1b.toml:1:1  no \\x1b[31mred\\x07\\u202e\n   1 | a\tb"
    assert visible("caf\xe9 × 日本\n\udcff") == "caf\xe9 × 日本\n\\udcff"


def test_the_first_twenty_mistakes_are_shown_and_how_many_more_there_are():
    def last_line(n: int) -> str:
        return str(GrokspecError(*(f"mistake {i}" for i in range(1, n + 1)))).splitlines()[-1]

    assert last_line(20) == "mistake 20"
    assert last_line(21) == "… and 1 more mistake"
    assert last_line(522) == "… and 502 more mistakes"
    assert last_line(1000) == "… and at least 980 more mistakes"


def test_a_message_lists_only_so_many_known_words():
    assert suggestion("zzz", [f"known{i:03}" for i in range(1000)]).endswith("known039, …")
    assert nearest("k" * 1_000_000, ["k"]) is None
