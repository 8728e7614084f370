import compileall
import contextlib
import hashlib
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from claims_project import HEAD

from grokspec.errors import GrokspecError
from grokspec.mutation.copies import copied, linked_store
from grokspec.mutation.judges import judge_copy, preloaded
from grokspec.mutation.mutants import PROGRAM, read_mutants
from grokspec.mutation.selection import select
from grokspec.mutation.trying import require_expected_verdicts, try_all, try_mutant
from grokspec.store import Store


def state_of(store):
    """Every file of a store, with what it holds and when it was written."""
    return {
        path.relative_to(store.folder): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mtime_ns,
            path.stat().st_ino,
        )
        for path in sorted(store.folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module", autouse=True)
def judges_that_start_fast():
    with preloaded():
        yield


@pytest.fixture(scope="module")
def trials(project, file):
    return select(read_mutants(file), project.folder / "claims", file)


@pytest.fixture(scope="module")
def tried(project, trials):
    """The matrix, the outcomes as they were shown, and the store before and after."""
    before, shown = state_of(project.store), []
    matrix = try_all(trials, project.store, shown.append, workers=2)
    return matrix, shown, before, state_of(project.store)


def outcome(tried, id):
    return next(one for one in tried[0].mutants if one.id == id)


def test_a_mutant_of_a_measure_is_killed_by_the_claim_whose_verdict_it_changes(tried):
    mutant = outcome(tried, "fall-reversed")
    assert mutant.status == "killed"
    (kill,) = mutant.killed_by
    assert (kill.id, kill.expected, kill.verdict) == ("P01", "supported", "refuted")
    assert kill.test.endswith("claims/test_tiny.py::test_it_falls")


def test_a_mutant_of_the_optimizer_is_killed_by_training_with_it(tried):
    mutant = outcome(tried, "uphill")
    assert (mutant.status, mutant.killers) == ("killed", "P01")


def test_the_users_store_stays_as_it_was_byte_for_byte(tried):
    *_, before, after = tried
    assert before == after
    assert before


def test_a_mutant_that_changes_nothing_that_is_computed_survives(tried):
    mutant = outcome(tried, "renamed")
    assert (mutant.status, mutant.killed_by, mutant.errors) == ("survived", (), ())


@pytest.mark.parametrize("id", ["crashing", "unimportable"])
def test_a_mutant_under_which_a_claim_reaches_no_verdict_is_an_error_and_not_killed(tried, id):
    mutant = outcome(tried, id)
    assert (mutant.status, mutant.killed_by) == ("error", ())
    (test,) = mutant.errors
    assert test.endswith("claims/test_tiny.py::test_it_falls" if id == "crashing" else "claims")


def test_mutants_are_shown_as_they_end_and_listed_in_the_order_of_the_file(tried):
    matrix, shown, *_ = tried
    ids = ["fall-reversed", "uphill", "renamed", "crashing", "unimportable"]
    assert [one.id for one in matrix.mutants] == ids
    assert sorted(one.id for one in shown) == sorted(ids)
    assert matrix.summary == "2 of 5 mutants killed (40%), 2 with errors, 1 survived"


def test_no_judge_is_left(tried):
    assert multiprocessing.active_children() == []


def test_a_mutant_that_survives_as_it_says_it_must_is_equivalent(project, trials):
    (renamed,) = (trial for trial in trials if trial.mutant.id == "renamed")
    mutant = renamed.mutant.model_copy(update={"equivalent": "A docstring computes nothing."})
    outcome = try_mutant(type(renamed)(mutant, renamed.tests), project.store)
    assert (outcome.status, outcome.equivalent) == ("equivalent", "A docstring computes nothing.")


def test_without_training_a_mutant_that_takes_it_is_left_out(project, trials):
    (uphill,) = (trial for trial in trials if trial.mutant.id == "uphill")
    assert try_mutant(uphill, project.store, train=False) is None


def test_an_unexpected_verdict_without_any_mutation_is_an_error(project, trials, tmp_path):
    claims = tmp_path / "claims"
    shutil.copytree(project.folder / "claims", claims, ignore=shutil.ignore_patterns("__py*"))
    shutil.copytree(project.folder / "specs", tmp_path / "specs")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    path = claims / "test_tiny.py"
    path.write_text(path.read_text().replace("control=", 'expected="refuted", control='))
    with pytest.raises(GrokspecError) as error:
        require_expected_verdicts(select([trials[0].mutant], claims, tmp_path), project.store, True)
    message = str(error.value)
    assert "claims have unexpected verdicts even without a mutation" in message
    assert "claims/test_tiny.py::test_it_falls: supported, where refuted was expected" in message


SECOND = """
from grokspec.measures import first_fall

@claim("P02", "§1, Fig. 1", spec="tiny/alpha", expected="refuted", control=reversed_in_time())
def test_it_rises(results):
    "The loss rises at once."
    assert estimate(first_fall(results)).above(0)
"""


def test_each_file_of_claims_is_judged_without_a_mutation_whoever_judges_it(
    project, trials, tmp_path
):
    shutil.copytree(project.folder / "specs", tmp_path / "specs")
    shutil.copytree(project.folder / "claims", tmp_path / "claims")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "claims" / "test_second.py").write_text(HEAD + SECOND)
    both = [
        type(trials[0])(trials[0].mutant, (f"{tmp_path}/claims/{name}.py::{test}",))
        for name, test in [("test_tiny", "test_it_falls"), ("test_second", "test_it_rises")]
    ]
    for workers in (1, 2):
        with pytest.raises(GrokspecError, match=r"test_it_rises: supported, where refuted was"):
            require_expected_verdicts(both, project.store, True, workers=workers)


# The mutated program


def test_only_the_code_is_copied_with_the_mutation_in_it(trials):
    mutant = trials[0].mutant
    with copied(mutant) as place:
        text = (place / "grokspec" / mutant.file).read_text()
        assert mutant.new in text
        assert mutant.old not in text
        assert (place / "grokspec" / "mutation" / "mutants.toml").is_file()
    assert not place.exists()


def test_bytecode_is_copied_of_all_modules_but_the_mutated_one(trials, tmp_path):
    program = tmp_path / "grokspec"
    shutil.copytree(PROGRAM, program, ignore=shutil.ignore_patterns("__pycache__"))
    compileall.compile_dir(program / "measures", quiet=1)
    compiled = {path.name for path in (program / "measures" / "__pycache__").iterdir()}
    (program / "measures" / "__pycache__" / "base.cpython.pyc.1234").touch()  # being written
    with copied(trials[0].mutant, program) as place:
        copies = {path.name for path in place.rglob("__pycache__/*")}
    (left_out,) = compiled - copies
    assert left_out.startswith("losses.")
    assert copies < compiled


def test_a_judge_stops_where_the_grokspec_that_it_imports_is_not_the_copy(project):
    with copied() as place:
        shutil.rmtree(place / "grokspec")
        with pytest.raises(GrokspecError, match=r"grokspec is imported from .*, not from the copy"):
            judge_copy(place, [str(project.folder / "claims")])


LOOKING = """
import os
import sys
from pathlib import Path

import beside
import grokspec

def test_paths():
    first, *others = os.environ["PYTHONPATH"].split(os.pathsep)
    assert Path(first) == Path(grokspec.__file__).parents[1] == Path.cwd()
    assert all(map(os.path.isabs, [first, *others]))
    Path(__file__).with_name("passed").touch()
"""


def test_what_the_path_held_stays_on_it_and_is_absolute(tmp_path, monkeypatch):
    (tmp_path / "beside.py").touch()
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_paths.py").write_text(LOOKING)
    relative = os.path.relpath(tmp_path, multiprocessing.process.ORIGINAL_DIR)
    monkeypatch.setattr(sys, "path", [*sys.path, relative])
    with copied() as place:
        judge_copy(place, [str(tmp_path / "test_paths.py")])
    assert (tmp_path / "passed").exists()


COUNTING = """
import os
from pathlib import Path

import numpy
import torch
from threadpoolctl import threadpool_info

def test_threads():
    assert len(os.sched_getaffinity(0)) == 1
    assert {library["num_threads"] for library in threadpool_info()} == {1}
    Path(__file__).with_name("passed").touch()
"""


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cores cannot be chosen here")
def test_a_judge_computes_on_the_cores_that_it_has(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")  # what libraries would take on two cores
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_threads.py").write_text(COUNTING)
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        with preloaded(), copied() as place:
            judge_copy(place, [str(tmp_path / "test_threads.py")])
    finally:
        os.sched_setaffinity(0, cores)
    assert (tmp_path / "passed").exists()


SLEEPING = """
[[mutant]]
id = "sleeping"
description = "A measure takes very long."
file = "measures/losses.py"
old = "return over(first - second, first)"
new = 'return open("{marker}", "w") and __import__("time").sleep(600)'
"""


@pytest.mark.skipif(os.name == "nt", reason="signals to a group of processes")
def test_a_signal_ends_every_judge_and_nothing_is_left(project, tmp_path):
    marker, file = tmp_path / "asleep", tmp_path / "sleeping.toml"
    temporary = Path(tempfile.mkdtemp())  # a short path: the judges' socket lies below it
    file.write_text(SLEEPING.format(marker=marker))
    arguments = ["mutants", "--file", file, "--store", project.store_folder, "--workers=1"]
    process = subprocess.Popen(
        [sys.executable, "-c", "from grokspec.cli import main; main()", *arguments],
        cwd=project.folder,
        env={**os.environ, "TMPDIR": str(temporary)},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        while not marker.exists():
            assert process.poll() is None, process.communicate()[1]
            time.sleep(0.05)
        process.terminate()  # the command alone, and not its group
        _, error = process.communicate(timeout=20)
        stopped = "stopped by SIGTERM; the same command continues from here\n"
        assert (process.returncode, error) == (128 + signal.SIGTERM, stopped)
        assert all_ended(process.pid, seconds=5)
        assert not list(temporary.glob("grokspec-*"))
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        shutil.rmtree(temporary)


def all_ended(group, seconds):
    """Whether a group of processes ends within so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


# The store of a mutant


def test_a_linked_store_has_the_results_of_the_other(project, tmp_path):
    own = linked_store(tmp_path / "own", project.store)
    assert set(own.index()) == set(project.store.index())
    assert own.verified(list(own.index()))


def test_what_is_removed_from_a_linked_store_is_not_removed_from_the_other(tmp_path, project):
    other = Store(tmp_path / "other")
    shutil.copytree(project.store_folder, other.folder)
    own = linked_store(tmp_path / "own", other)
    first, *_ = own.files()
    shard = other.shards / first.name
    content = shard.read_bytes()
    shutil.rmtree(own.folder)
    assert shard.read_bytes() == content
