import hashlib
import os
import shutil

import pytest
from grokspec.mutation.stores import seeded

from grokspec.claims.judging import judge
from grokspec.errors import GrokspecError
from grokspec.mutation.copies import GUARD, copied, surroundings
from grokspec.mutation.mutants import read_mutants
from grokspec.mutation.selection import select
from grokspec.mutation.trying import see_that_none_turns, try_all, try_fault
from grokspec.store import DamagedShard, Store


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


@pytest.fixture(scope="module")
def trials(project, file):
    return select(read_mutants(file), project.folder / "claims", file)


@pytest.fixture(scope="module")
def tried(project, trials):
    """What came of each fault of the file, told as it ended, and the store before and after."""
    before, told = state_of(project.store), []
    table = try_all(trials, project.store, told.append, workers=2)
    return table, told, before, state_of(project.store)


def outcome(tried, id):
    return next(one for one in tried[0].faults if one.id == id)


def test_a_fault_in_a_measure_is_caught_by_the_claim_that_it_turns(tried):
    fault = outcome(tried, "fall-reversed")
    assert fault.outcome == "caught"
    (turned,) = fault.caught_by
    assert (turned.id, turned.recorded, turned.verdict) == ("P01", "supported", "refuted")
    assert turned.test == "claims/test_tiny.py::test_it_falls"


def test_a_fault_in_the_optimizer_is_caught_by_training_with_it(tried):
    fault = outcome(tried, "uphill")
    assert (fault.outcome, fault.catchers) == ("caught", "P01")


def test_the_users_store_stays_as_it_was_byte_for_byte(tried):
    *_, before, after = tried
    assert before == after
    assert before


def test_a_fault_that_changes_nothing_that_is_computed_survives(tried):
    fault = outcome(tried, "renamed")
    assert (fault.outcome, fault.caught_by, fault.broken) == ("survived", (), ())


def test_a_fault_by_which_a_claim_comes_to_no_verdict_is_broken_and_not_caught(tried):
    fault = outcome(tried, "crashing")
    assert (fault.outcome, fault.broken) == ("broken", ("claims/test_tiny.py::test_it_falls",))


def test_faults_are_told_as_they_end_and_tabled_in_the_order_of_the_file(tried):
    table, told, *_ = tried
    assert [one.id for one in table.faults] == ["fall-reversed", "uphill", "renamed", "crashing"]
    assert sorted(one.id for one in told) == sorted(one.id for one in table.faults)
    assert table.summary == "2 of 4 caught (50%), 1 broken, 1 survived"


def test_a_fault_that_survives_as_it_says_it_must_is_explained(project, trials):
    (renamed,) = (trial for trial in trials if trial.fault.id == "renamed")
    fault = renamed.fault.model_copy(update={"explained": "A docstring computes nothing."})
    tried = try_fault(type(renamed)(fault, renamed.tests), project.store)
    assert (tried.outcome, tried.explained) == ("explained", "A docstring computes nothing.")


def test_without_training_a_fault_that_takes_it_is_left_out(project, trials):
    (uphill,) = (trial for trial in trials if trial.fault.id == "uphill")
    assert try_fault(uphill, project.store, train=False) is None


def test_a_claim_that_turns_without_any_fault_is_told(project, trials, tmp_path):
    claims = tmp_path / "claims"
    shutil.copytree(project.folder / "claims", claims, ignore=shutil.ignore_patterns("__py*"))
    shutil.copytree(project.folder / "specs", tmp_path / "specs")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    path = claims / "test_tiny.py"
    path.write_text(path.read_text().replace("control=", 'verdict="refuted", control='))
    with pytest.raises(GrokspecError) as told:
        see_that_none_turns(select([trials[0].fault], claims, tmp_path), project.store, True)
    assert "claims that are not in order on the program as it is, without a fault" in str(
        told.value
    )
    assert "claims/test_tiny.py::test_it_falls: on record refuted, now supported" in str(told.value)


# What the faulty program is


def test_only_the_code_is_copied_with_the_fault_in_it(trials):
    fault = trials[0].fault
    with copied(fault) as place:
        text = (place / "grokspec" / fault.file).read_text()
        assert fault.new in text
        assert fault.old not in text
        assert not list(place.rglob("__pycache__"))
        assert (place / "grokspec" / "mutants" / "faults.toml").is_file()
    assert not place.exists()


def test_pytest_stops_where_the_grokspec_that_it_imports_is_not_the_copy(project):
    with copied() as place, copied() as other:
        (other / f"{GUARD}.py").unlink()
        options = ["-p", GUARD, f"--grokspec-store={project.store_folder}"]
        with pytest.raises(GrokspecError, match=r"grokspec is imported from .*, not from the copy"):
            judge(
                [project.folder / "claims"],
                *options,
                folder=other,
                environment=surroundings(place),
            )


def test_what_the_path_held_stays_on_it_and_is_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["beside", ""]))
    path = surroundings(tmp_path / "copy")["PYTHONPATH"].split(os.pathsep)
    assert path == [str(tmp_path / "copy"), str(tmp_path / "beside")]


# The store of a fault


def test_a_seeded_store_has_the_results_of_the_other(project, tmp_path):
    own = seeded(tmp_path / "own", project.store)
    assert set(own.index()) == set(project.store.index())
    assert own.verified(list(own.index()))


def test_what_is_set_aside_or_removed_in_a_seeded_store_is_not_in_the_other(tmp_path, project):
    other = Store(tmp_path / "other")
    shutil.copytree(project.store_folder, other.folder)
    own = seeded(tmp_path / "own", other)
    first, *_ = own.files()
    shard = other.shards / first.name
    content = shard.read_bytes()
    with pytest.warns(DamagedShard):
        own._set_aside(first, "for the test's sake")
    shutil.rmtree(own.folder)
    assert shard.read_bytes() == content
