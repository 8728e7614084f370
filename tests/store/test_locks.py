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
division = Reservations(Path(sys.argv[1])).reserve(["a", "b"], lambda keys: ())
print("holds", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path):
    """Another process, which holds the runs a and b."""
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
    """Names of the files in the folder of reservations."""
    return sorted(file.name for file in (store / "reservations").iterdir())


def test_runs_that_nobody_holds_are_reserved(tmp_path):
    division = Reservations(tmp_path).reserve(["a", "b"], nothing)
    assert division.reservation.keys == ("a", "b")
    assert division.held_by_others == division.done == ()


def test_runs_that_another_process_holds_are_not(tmp_path, other):
    division = Reservations(tmp_path).reserve(["b", "c"], nothing)
    assert division.held_by_others == ("b",)
    assert division.reservation.keys == ("c",)


def test_runs_that_another_thread_of_this_process_holds_are_not(tmp_path):
    first = Reservations(tmp_path).reserve(["a"], nothing)
    division = Reservations(tmp_path).reserve(["a"], nothing)
    assert division.held_by_others == ("a",)
    assert division.reservation is None
    first.reservation.release()


def test_runs_that_are_done_are_not_reserved(tmp_path):
    division = Reservations(tmp_path).reserve(["a", "b"], lambda keys: ["a"])
    assert division.done == ("a",)
    assert division.reservation.keys == ("b",)


def test_only_runs_that_nobody_holds_are_looked_up_in_the_store(tmp_path, other):
    looked_up = []
    Reservations(tmp_path).reserve(["a", "c"], lambda keys: looked_up.extend(keys) or ())
    assert looked_up == ["c"]


def test_a_killed_process_holds_nothing(tmp_path, other):
    other.kill()
    other.wait()
    division = Reservations(tmp_path).reserve(["a"], nothing)
    assert division.held_by_others == ()
    division.reservation.release()
    assert left(tmp_path) == ["lock"]


def test_what_is_released_is_free_and_leaves_nothing_behind(tmp_path):
    reservation = Reservations(tmp_path).reserve(["a"], nothing).reservation
    reservation.steps.write_text("12")
    reservation.release()
    reservation.release()
    assert left(tmp_path) == ["lock"]
    assert Reservations(tmp_path).reserve(["a"], nothing).held_by_others == ()


def test_the_end_of_a_context_releases_what_was_reserved_in_it(tmp_path):
    with Reservations(tmp_path) as reservations:
        reservations.reserve(["a"], nothing)
        assert len(left(tmp_path)) == 3
    assert left(tmp_path) == ["lock"]


def test_a_reservation_that_cannot_be_written_is_reported_and_holds_nothing(tmp_path, monkeypatch):
    def full(self, text):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(GrokspecError, match=r"no runs can be reserved in .*: No space left"):
        Reservations(tmp_path).reserve(["a"], nothing)
    monkeypatch.undo()
    assert Reservations(tmp_path).reserve(["a"], nothing).held_by_others == ()
