"""Mistakes, and the remedies that they suggest."""

import pytest

from grokspec.errors import GrokspecError, Mistake, nearest, suggestion


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
