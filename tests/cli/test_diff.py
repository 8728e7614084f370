"""`grokspec diff` on stores and commits of a small project, in which a measure is broken."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from claims_project import BASE, Project
from repositories import commit, git, inside

CLAIMS = """
@claim("P01", "§1", spec="tiny/alpha", control=reversed_in_time())
def test_it_falls(results):
    "The loss falls."
    assert estimate(fall(results)).below(1)

@claim("P02", "§1", spec="tiny/alpha", expected="refuted", control=reversed_in_time())
def test_it_rises(results):
    "The loss rises."
    assert estimate(fall(results)).above(1)
"""
SOUND = "named.isel(record=-1) / named.isel(record=0)"
BROKEN = "named.isel(record=0) / named.isel(record=-1)"

pytestmark = pytest.mark.usefixtures("one_core")


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    """A repository: in main the measure is correct, in the branch "broken" it is inverted."""
    made = Project(tmp_path_factory.mktemp("project"))
    made.spec("tiny/base", BASE.replace("seed = 6", "seed = 7"))
    file = made.claims(CLAIMS)
    (made.folder / ".gitignore").write_text("/store\n/written\n__pycache__\n")
    commit(made.folder)
    git(made.folder, "switch", "-q", "-c", "broken")
    file.write_text(file.read_text().replace(SOUND, BROKEN))
    commit(made.folder)
    git(made.folder, "switch", "-q", "main")
    return made


def start(project: Project, *arguments: str, folder: Path | None = None) -> subprocess.Popen:
    temporary = project.folder.with_name("temporary")
    temporary.mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-c", "from grokspec.cli import main; main()", "diff", *arguments],
        cwd=folder or project.folder,
        env={
            **os.environ,
            "GROKSPEC_STORE": "store",
            "TMPDIR": str(temporary),
            "COLUMNS": "200",
            "PYTEST_ADDOPTS": "-p no:benchmark -p no:hypothesispytest -p no:jaxtyping",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def diff(project: Project, *arguments: str, folder: Path | None = None) -> tuple[int, str, str]:
    """The exit code, and what was written to stdout and stderr."""
    process = start(project, *arguments, folder=folder)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


@pytest.fixture(scope="module")
def compared(project) -> tuple[int, str, str]:
    """The comparison of main with the branch; nothing was trained before."""
    before = inside(project.folder)
    found = diff(project, "main", "broken", "--output", "written/changes.json")
    assert inside(project.folder) == before
    assert list(project.folder.with_name("temporary").iterdir()) == []
    return found


@pytest.fixture(scope="module")
def checklist(project, compared, tmp_path_factory) -> Path:
    """The checklist of the working tree."""
    file = tmp_path_factory.mktemp("written") / "checklist.json"
    project.run_apart("--checklist", str(file))
    return file


def test_a_measure_that_is_broken_in_the_second_commit_is_found(compared):
    code, out, err = compared
    assert (code, err) == (1, "")
    assert "Lost: supported before, and no longer" in out
    assert "P01  The loss falls.  SUPPORTED → REFUTED" in out
    assert "Changed to another verdict than the expected one" in out
    assert "P02  The loss rises.  REFUTED → SUPPORTED" in out
    assert out.endswith("regression: 1 claim lost, 1 unexpected verdict, 4 effects moved\n")


def test_what_was_trained_for_it_is_in_the_users_store(project, compared):
    assert len(project.store.index()) == 14


def test_the_output_file_has_the_same_changes(project, compared):
    written = json.loads((project.folder / "written" / "changes.json").read_text())
    assert [change["after"]["id"] for change in written["changes"]["lost"]] == ["P01"]
    assert len(written["changes"]["moved"]) == 4


def test_a_store_is_judged_by_the_working_tree_and_equals_its_commit(project, compared):
    code, out, err = diff(project, "main", "store")
    assert (code, err) == (0, "")
    assert "2 claims and 4 effects compared: 4 exactly as before" in out
    assert out.endswith("no claim lost, no verdict changed to an unexpected one, no effect moved\n")


def test_a_claim_without_results_in_a_store_is_lost(project, checklist):
    more = project.claims(CLAIMS.replace("tiny/alpha", "tiny/epsilon"), "test_more")
    rows = json.loads(checklist.read_text())
    others = [{**row, "test": row["test"].replace("test_tiny", "test_more")} for row in rows]
    before = checklist.with_name("before.json")
    before.write_text(json.dumps([*rows, *others]))
    file = checklist.with_name("changes.json")
    code, out, _ = diff(project, str(before), "store", "--output", str(file))
    more.unlink()
    assert code == 1
    assert out.endswith("regression: 1 claim lost, 1 unexpected verdict\n")
    (lost,) = json.loads(file.read_text())["changes"]["lost"]
    assert lost["after"]["verdict"] == "not run"
    assert "tiny/epsilon: 7 of 14 runs have no result" in lost["after"]["statement"]


def test_it_runs_in_a_subfolder_of_the_repository_too(project, compared):
    folder = project.folder / "claims"
    shutil.copytree(project.store_folder, folder / "store")
    code, out, err = diff(project, "main", "main", "--claims", ".", folder=folder)
    shutil.rmtree(folder / "store")
    assert (code, err) == (0, "")
    assert "2 claims and 4 effects compared: 4 exactly as before" in out


def test_an_interrupt_leaves_nothing_behind(project, compared):
    before = inside(project.folder)
    temporary = project.folder.with_name("temporary")
    process = start(project, "main", "broken")
    while not list(temporary.glob("*/files/claims")) and process.poll() is None:
        time.sleep(0.02)
    time.sleep(0.3)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert list(temporary.iterdir()) == []
    assert inside(project.folder) == before


def test_a_file_of_another_format_is_refused_before_anything_is_judged(project):
    assert diff(project, "main", "broken", "-o", "x.html") == (
        2,
        "",
        "x.html: a comparison is written as .md or .json\n",
    )


def test_a_name_that_means_nothing_exits_with_2(project):
    code, out, err = diff(project, "main", "nowhere")
    assert (code, out) == (2, "")
    assert err.startswith('"nowhere" names nothing to compare: ')


def test_checklists_of_different_projects_are_refused(project, checklist):
    rows = json.loads(checklist.read_text())
    others = [{**row, "test": f"elsewhere.py::test_{row['id']}", "id": "X"} for row in rows]
    other = checklist.with_name("other.json")
    other.write_text(json.dumps(others))
    code, _, err = diff(project, str(checklist), str(other))
    assert code == 2
    assert err.endswith("other.json have no claim in common\n")
