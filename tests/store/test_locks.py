from __future__ import annotations

import errno
import fcntl
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from stored import ending_within

from grokspec.errors import GrokspecError
from grokspec.files.turns import UNSUPPORTED
from grokspec.store import locks
from grokspec.store.locks import Reservations
from grokspec.store.notices import PassedOver


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


def put(kind: str, place: Path) -> None:
    """Put something there that is no reservation."""
    if kind == "folder":
        place.mkdir()
    elif kind == "pipe":
        os.mkfifo(place)
    elif kind == "text":
        place.write_text("text")
    else:
        place.symlink_to(place.name if kind == "link loop" else "nothing")


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
    def full(handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(GrokspecError, match=r"no runs can be reserved in .*: No space left"):
        Reservations(tmp_path).reserve(["a"], nothing)
    monkeypatch.undo()
    assert Reservations(tmp_path).reserve(["a"], nothing).held_by_others == ()


def test_a_process_that_waits_is_told_for_whom(tmp_path, other):
    division = Reservations(tmp_path).reserve(["b", "c"], nothing)
    (words,) = division.holders
    assert words.startswith(f"process {other.pid} on {socket.gethostname()}, since 20")
    assert "silent" not in words


@pytest.mark.parametrize("name", ["lock", "{0}.lock", "{0}.json", "{0}.steps", "notes.txt"])
@pytest.mark.parametrize("kind", ["folder", "pipe", "link to nothing", "link loop", "text"])
def test_what_is_no_reservation_stops_nothing_and_is_not_opened(tmp_path, name, kind):
    place = tmp_path / "reservations" / name.format("0" * 32)
    place.parent.mkdir()
    put(kind, place)
    reserve = Reservations(tmp_path).reserve
    with ending_within(60):
        if name == "lock" and kind != "text":
            with pytest.raises(GrokspecError, match="/lock is a link or no file; remove it"):
                reserve(["a"], nothing)
        elif name.endswith("json"):
            with pytest.warns(PassedOver, match=f"{place} "):
                assert reserve(["a"], nothing).reservation.keys == ("a",)
        else:
            assert reserve(["a"], nothing).reservation.keys == ("a",)


def test_a_link_in_the_place_of_the_lock_leaves_its_target_alone(tmp_path):
    """filelock before 3.20.1 emptied it."""
    thesis = tmp_path / "thesis.txt"
    thesis.write_text("ten years of work")
    (tmp_path / "reservations").mkdir()
    (tmp_path / "reservations" / "lock").symlink_to(thesis)
    with pytest.raises(GrokspecError, match="is a link or no file; remove it"):
        Reservations(tmp_path).reserve(["a"], nothing)
    assert thesis.read_text() == "ten years of work"


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"keys": 1}', "[" * 100_000, "\0" * 9])
def test_a_live_reservation_that_cannot_be_read_is_named(tmp_path, content):
    first = Reservations(tmp_path).reserve(["a"], nothing)
    (file,) = (tmp_path / "reservations").glob("*.json")
    file.write_text(content)
    reservations = Reservations(tmp_path)
    with pytest.warns(PassedOver, match="is not what grokspec wrote") as caught:
        assert reservations.reserve(["a"], nothing).reservation.keys == ("a",)
    assert len(caught) == 1
    first.reservation.release()


def test_reservations_that_are_no_folder_are_reported(tmp_path):
    (tmp_path / "reservations").write_text("")
    with pytest.raises(GrokspecError, match=r"no runs can be reserved in .*: File exists"):
        Reservations(tmp_path).reserve(["a"], nothing)


def test_what_a_worker_notes_after_the_end_does_not_stay(tmp_path):
    reservation = Reservations(tmp_path).reserve(["a"], nothing).reservation
    reservation.release()
    reservation.steps.write_text("12")
    reservation.steps.with_suffix(".part").write_text("13")
    Reservations(tmp_path).reserve(["b"], nothing).reservation.release()
    assert left(tmp_path) == ["lock"]


def no_flock(number: int, monkeypatch) -> None:
    """From now on, files cannot be locked."""

    def flock(handle, operation):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", flock)


@pytest.mark.parametrize("number", sorted(UNSUPPORTED))
def test_a_file_system_without_locks_is_known_by_its_answer(tmp_path, number, monkeypatch):
    no_flock(number, monkeypatch)
    with Reservations(tmp_path) as reservations:
        assert reservations.reserve(["a"], nothing).reservation.keys == ("a",)
        assert [Path(name).suffix for name in left(tmp_path)] == [".json", ""]


def test_an_error_of_the_disk_is_no_such_answer(tmp_path, monkeypatch):
    no_flock(errno.EIO, monkeypatch)
    with pytest.raises(GrokspecError, match=r"no runs can be reserved in .*: Input/output error"):
        Reservations(tmp_path).reserve(["a"], nothing)


class TestWithoutLocks:
    """On a file system that has none, signs of life take their place."""

    @pytest.fixture(autouse=True)
    def no_locks(self, monkeypatch):
        no_flock(errno.ENOSYS, monkeypatch)

    @pytest.fixture
    def patient(self, monkeypatch):
        """Signs of life and the wait for them, a hundred times as fast."""
        monkeypatch.setattr(locks, "BEAT", 0.02)
        monkeypatch.setattr(locks, "LEASE", 0.3)

    def elsewhere(self, tmp_path: Path, **changes) -> Path:
        """A reservation of the runs a and b by a process on another machine."""
        held = locks.Reserved(keys=("a", "b"), host="node17", pid=123, since=1e9, machine="x")
        (tmp_path / "reservations").mkdir(exist_ok=True)
        file = tmp_path / "reservations" / f"{'0' * 32}.json"
        file.write_text(held.model_copy(update=changes).model_dump_json())
        return file

    def test_runs_are_reserved_and_released(self, tmp_path):
        with Reservations(tmp_path) as reservations:
            division = reservations.reserve(["a", "b"], lambda keys: {"b"} & set(keys))
            assert division.reservation.keys == ("a",)
            assert division.done == ("b",)
            again = Reservations(tmp_path).reserve(["a"], nothing)
            assert again.held_by_others == ("a",)
            assert again.reservation is None
        assert left(tmp_path) == ["lock"]

    def test_runs_of_a_process_elsewhere_are_held_and_it_is_named(self, tmp_path):
        self.elsewhere(tmp_path)
        division = Reservations(tmp_path).reserve(["b", "c"], nothing)
        assert division.held_by_others == ("b",)
        assert division.reservation.keys == ("c",)
        assert division.holders[0].startswith("process 123 on node17, since 2001-09-")

    def test_a_process_that_gives_signs_of_life_keeps_its_runs(self, tmp_path, patient):
        waiting = Reservations(tmp_path)
        with Reservations(tmp_path) as reservations:
            reservations.reserve(["a"], nothing)
            end = time.monotonic() + 1.0
            while time.monotonic() < end:
                assert waiting.reserve(["a"], nothing).held_by_others == ("a",)
                time.sleep(0.02)

    def test_runs_of_a_process_that_gives_none_are_free_after_a_while(self, tmp_path, patient):
        self.elsewhere(tmp_path)
        waiting = Reservations(tmp_path)
        started = time.monotonic()
        while not (division := waiting.reserve(["a"], nothing)).reservation:
            assert time.monotonic() - started < 10
            time.sleep(0.05)
        assert time.monotonic() - started > 0.25
        assert division.reservation.keys == ("a",)
        division.reservation.release()
        assert left(tmp_path) == ["lock"]

    def test_one_that_is_silent_is_named_with_when_its_runs_are_free(self, tmp_path, monkeypatch):
        monkeypatch.setattr(locks, "BEAT", 0.01)
        self.elsewhere(tmp_path)
        waiting = Reservations(tmp_path)
        waiting.reserve(["a"], nothing)
        time.sleep(0.1)
        (words,) = waiting.reserve(["a"], nothing).holders
        assert words.endswith(": its runs are free after 60 s")

    @pytest.mark.parametrize("hours", [-24 * 365, 24 * 365])
    def test_clocks_that_differ_free_nothing(self, tmp_path, hours):
        file = self.elsewhere(tmp_path)
        then = time.time() + hours * 3600
        os.utime(file, (then, then))
        assert Reservations(tmp_path).reserve(["a"], nothing).held_by_others == ("a",)

    def test_a_process_of_this_machine_that_is_gone_holds_nothing(self, tmp_path):
        ended = subprocess.Popen(["true"])
        ended.wait()
        here = locks._this_machine()
        self.elsewhere(tmp_path, pid=ended.pid, machine=here)
        assert Reservations(tmp_path).reserve(["a"], nothing).held_by_others == ()
        self.elsewhere(tmp_path, pid=os.getpid(), machine=here)
        assert Reservations(tmp_path).reserve(["b"], nothing).held_by_others == ("b",)

    def test_of_two_that_reserve_at_one_moment_no_two_get_a_run(self, tmp_path, monkeypatch):
        """The other reserves after this one has looked, before it has written."""
        genuine = locks.Reservation

        def late(*arguments):
            self.elsewhere(tmp_path)
            return genuine(*arguments)

        monkeypatch.setattr(locks, "Reservation", late)
        division = Reservations(tmp_path).reserve(["a", "c"], nothing)
        assert division.held_by_others == ("a",)
        assert division.reservation.keys == ("c",)
        (kept,) = (tmp_path / "reservations").glob(f"{division.reservation.name}.json")
        assert locks.Reserved.model_validate_json(kept.read_text()).keys == ("c",)

    def test_what_was_trained_between_two_looks_is_done(self, tmp_path):
        looks = []

        def find_done(keys):
            looks.append(tuple(keys))
            return ["a"] if len(looks) > 1 else []

        division = Reservations(tmp_path).reserve(["a"], find_done)
        assert (division.done, division.reservation) == (("a",), None)

    def test_threads_that_reserve_together_never_share_a_run(self, tmp_path):
        taken: list[str] = []

        def work():
            with Reservations(tmp_path) as reservations:
                while len(taken) < 5:
                    division = reservations.reserve("abcde", lambda keys: set(taken) & set(keys))
                    if division.reservation:
                        time.sleep(0.01)
                        taken.extend(division.reservation.keys)
                        division.reservation.release()

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
        assert sorted(taken) == list("abcde")


def test_a_process_with_locks_looks_for_signs_of_life_where_another_has_none(tmp_path):
    """As on a cluster that mounts a folder with locks here and without them there."""
    there = TestWithoutLocks().elsewhere(tmp_path)
    here = Reservations(tmp_path).reserve(["a", "c"], nothing)
    assert here.held_by_others == ("a",)
    assert there.exists()


def test_a_process_without_locks_leaves_those_of_another_alone(tmp_path, other, monkeypatch):
    no_flock(errno.ENOSYS, monkeypatch)
    assert Reservations(tmp_path).reserve(["a"], nothing).held_by_others == ("a",)
    other.kill()
    other.wait()
    assert Reservations(tmp_path).reserve(["a"], nothing).held_by_others == ()


def test_the_lock_of_another_user_is_no_error(tmp_path, monkeypatch, other):
    genuine = os.open

    def refused(path, *arguments, **options):
        if str(path).endswith("lock"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return genuine(path, *arguments, **options)

    monkeypatch.setattr(os, "open", refused)
    division = Reservations(tmp_path).reserve(["a", "c"], nothing)
    assert division.held_by_others == ("a",)
    assert division.reservation.keys == ("c",)


def test_processes_that_announce_the_same_runs_know_of_one_another(tmp_path):
    with Reservations(tmp_path) as first, Reservations(tmp_path) as second:
        first.announce(["a", "b"])
        assert first.sharers(["a"]) == 0
        second.announce(["b", "c"])
        assert (first.sharers(["a", "b"]), second.sharers(["b"])) == (1, 1)
        assert (first.sharers(["a"]), second.sharers(["c"])) == (0, 0)
        assert first.reserve(["a", "b", "c"], nothing).held_by_others == ()
    assert left(tmp_path) == ["lock"]
    assert Reservations(tmp_path).sharers(["b"]) == 0
