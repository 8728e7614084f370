from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from grokspec.errors import GrokspecError
from grokspec.store.locks import Reservations


def nothing(keys):
    """As if no run were in the store."""
    return ()


HOLD = """
import sys
from pathlib import Path
from grokspec.store.locks import Reservations
share = Reservations(Path(sys.argv[1])).reserve(["a", "b"], lambda keys: ())
print("holds", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path):
    """Another process, that holds the runs a and b."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "holds\n"
    yield process
    process.kill()
    process.communicate()


def left(store: Path) -> list[str]:
    """Names of what lies in the folder of reservations."""
    return sorted(file.name for file in (store / "reservations").iterdir())


def test_runs_that_nobody_holds_are_reserved(tmp_path):
    share = Reservations(tmp_path).reserve(["a", "b"], nothing)
    assert share.reservation.keys == ("a", "b")
    assert share.theirs == share.done == ()


def test_runs_that_another_process_holds_are_not(tmp_path, other):
    share = Reservations(tmp_path).reserve(["b", "c"], nothing)
    assert share.theirs == ("b",)
    assert share.reservation.keys == ("c",)


def test_runs_that_another_thread_of_this_process_holds_are_not(tmp_path):
    first = Reservations(tmp_path).reserve(["a"], nothing)
    share = Reservations(tmp_path).reserve(["a"], nothing)
    assert share.theirs == ("a",)
    assert share.reservation is None
    first.reservation.release()


def test_runs_that_are_done_are_not_reserved(tmp_path):
    share = Reservations(tmp_path).reserve(["a", "b"], lambda keys: ["a"])
    assert share.done == ("a",)
    assert share.reservation.keys == ("b",)


def test_what_is_done_is_asked_after_who_holds_what(tmp_path, other):
    asked = []
    Reservations(tmp_path).reserve(["a", "c"], lambda keys: asked.extend(keys) or ())
    assert asked == ["c"]


def test_a_process_that_is_killed_holds_nothing_any_more(tmp_path, other):
    other.kill()
    other.wait()
    share = Reservations(tmp_path).reserve(["a"], nothing)
    assert share.theirs == ()
    share.reservation.release()
    assert left(tmp_path) == ["lock"]


def test_what_is_released_is_free_and_leaves_nothing_behind(tmp_path):
    reservation = Reservations(tmp_path).reserve(["a"], nothing).reservation
    reservation.steps.write_text("12")
    reservation.release()
    reservation.release()
    assert left(tmp_path) == ["lock"]
    assert Reservations(tmp_path).reserve(["a"], nothing).theirs == ()


def test_the_end_of_a_context_releases_what_was_reserved_in_it(tmp_path):
    with Reservations(tmp_path) as reservations:
        reservations.reserve(["a"], nothing)
        assert len(left(tmp_path)) == 3
    assert left(tmp_path) == ["lock"]


def test_a_reservation_that_cannot_be_written_is_told_and_holds_nothing(tmp_path, monkeypatch):
    def full(self, text):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(GrokspecError, match=r"no runs can be reserved in .*: No space left"):
        Reservations(tmp_path).reserve(["a"], nothing)
    monkeypatch.undo()
    assert Reservations(tmp_path).reserve(["a"], nothing).theirs == ()
