from __future__ import annotations

import pytest
import typer

from grokspec.cli.computing import cluster_of, portion, time_limit
from grokspec.errors import GrokspecError
from grokspec.runner.portion import Portion


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("3h50m", 13_800),
        ("90m", 5_400),
        ("45s", 45),
        ("1d12h", 129_600),
        ("1h0m5s", 3_605),
        ("03:50:00", 13_800),
        ("1-12:00:00", 129_600),
    ],
)
def test_a_time_limit_is_read_as_people_and_batch_systems_write_it(text, seconds):
    assert time_limit(text) == seconds


@pytest.mark.parametrize("text", ["", "90", "soon", "-5m", "5m3h", "1.5h", "3:50"])
def test_a_time_limit_that_is_none_is_refused(text):
    with pytest.raises(typer.BadParameter, match="write it like 3h50m"):
        time_limit(text)


def test_a_portion_is_a_number_of_a_number():
    assert portion("3/8") == Portion(3, 8)
    assert portion(" 1 / 1 ") == Portion(1, 1)


@pytest.mark.parametrize("text", ["0/8", "9/8", "3", "a/b", "3/0", "-1/2", "3/8/2"])
def test_a_portion_that_is_none_is_refused(text):
    with pytest.raises(typer.BadParameter, match="write it like 3/8"):
        portion(text)


def test_options_that_say_different_things_are_refused():
    with (
        pytest.raises(GrokspecError, match="--scheduler and --workers say different things"),
        cluster_of("tcp://host:8786", None, 3),
    ):
        pass


def test_without_such_options_there_is_no_cluster():
    with cluster_of(None, None, 3) as client:
        assert client is None
