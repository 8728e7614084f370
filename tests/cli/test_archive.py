"""`grokspec store export` and `import`, as whoever trained and a reviewer see them."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from claims_project import Project
from stored import result

from grokspec import cli
from grokspec.store import Store


@pytest.fixture
def grokspec(monkeypatch, capsys):
    """Runs a command in this process: its exit code, stdout and stderr."""
    monkeypatch.setenv("COLUMNS", "200")

    def grokspec(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            cli.main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return grokspec


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """A folder with specs, and a store with the results of one."""
    project = Project(tmp_path_factory.mktemp("trained"))
    project.train("tiny/alpha")
    return project.folder


@pytest.fixture
def folder(trained, tmp_path, monkeypatch) -> Path:
    """A copy of it as the working directory."""
    folder = tmp_path / "mine"
    shutil.copytree(trained, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("GROKSPEC_STORE", "store")
    return folder


def test_what_was_packed_is_imported_elsewhere(folder, grokspec, monkeypatch):
    Path("checklist.json").write_text("[]")
    code, out, err = grokspec(
        *("store", "export", "../x.zip", "specs/tiny/alpha.toml"),
        *("--with", "pytest.ini", "--checklist", "checklist.json"),
    )
    assert (code, err) == (0, "")
    assert re.match(r"\.\./x\.zip: 12 runs, [\d.]+ kB\n  tiny/alpha, profile quick: 12 runs, ", out)
    monkeypatch.chdir(folder.parent)
    folder.rename("gone")
    code, out, err = grokspec("store", "import", "x.zip", "--store", "theirs", "--unpack", "review")
    assert (code, err) == (0, "")
    assert "  tiny/alpha, profile quick: 12 runs, 12 current\n" in out
    assert "into theirs: 1 file of results\ninto review: 5 files\n" in out
    store = Path("theirs").absolute()
    assert out.endswith(f"  pytest claims --grokspec-run=never --grokspec-store={store}\n")
    files = {path.as_posix() for path in Path("review").rglob("*") if path.is_file()}
    specs = {f"review/specs/tiny/{name}.toml" for name in ("alpha", "base")}
    others = {f"review/{name}" for name in ("checklist.json", "environment.txt", "pytest.ini")}
    assert files == specs | others
    code, out, _ = grokspec("plan", "review/specs/tiny/alpha.toml", "--store", "theirs")
    assert (code, out.splitlines()[0]) == (0, "tiny/alpha, profile quick: 12 stored")


def test_results_of_other_code_are_said_to_be_and_can_be_kept(folder, grokspec, monkeypatch):
    from grokspec.store import staleness

    grokspec("store", "export", "x.zip", "specs/tiny/alpha.toml")
    genuine = staleness.hash_today
    monkeypatch.setattr(
        "grokspec.store.archive.code.hash_today",
        lambda name: "0" * 64 if name == "grokspec.losses.base" else genuine(name),
    )
    code, out, _ = grokspec("store", "import", "x.zip", "--store", "theirs", "--check")
    assert code == 0
    assert (
        "  tiny/alpha, profile quick: 12 runs, 12 stale\n"
        "    other code here: grokspec.losses.base\n"
    ) in out
    assert "to judge claims on these results by the code that made them without training" in out
    assert out.endswith("theirs --stale=keep\n")
    assert not Path("theirs").exists()


def test_mistakes_are_named_before_anything_is_read(folder, grokspec):
    export = ("store", "export", "x.zip", "specs/tiny/alpha.toml")
    for options, message in [
        (("--license", "none of it"), 'license "none of it": write its identifier on spdx.org'),
        (("--author", ""), 'author "": write a name, with an ORCID if there is one'),
        (("--author", "A <0000-0002-1825-0098>"), 'author "A <0000-0002-1825-0098>": write a name'),
        (("--profile", "papr"), 'no profile "papr"'),
        (("--checklist", "none.json"), "none.json: "),
        (("--with", "none"), "none: "),
        (("--store", "empty"), "the store empty has no result of\n  tiny/alpha · profile quick\n"),
    ]:
        code, out, err = grokspec(*export, *options)
        assert (code, out) == (2, "")
        assert message in err
        assert not Path("x.zip").exists()
    code, _, err = grokspec("store", "export", "specs/tiny/alpha.toml", "--force")
    assert (code, err) == (2, "specs/tiny/alpha.toml: an archive is written as .zip\n")
    Path("x.zip").write_text("mine")
    assert grokspec(*export) == (2, "", "x.zip is there already; --force replaces it\n")


def test_missing_results_and_those_of_other_runs_are_said(folder, grokspec):
    more = "specs/tiny/alpha.toml"
    Path(more).write_text(Path(more).read_text().replace("[1.0, 4.0]", "[1.0, 16.0]"))
    code, out, _ = grokspec("store", "export", "x.zip", more)
    assert code == 0
    assert "12 runs, 2 alpha × 6 seed, 6 missing, which `grokspec run` trains\n" in out
    assert "with 6 results of other runs, which lie in the same files\n" in out
    _, out, _ = grokspec("store", "import", "x.zip", "--store", "theirs")
    assert "12 runs, 6 current, 6 missing\n" in out


def test_without_specs_all_of_the_store_is_packed(folder, grokspec):
    code, out, _ = grokspec("store", "export", "x.zip", "--name", "All", "--license", "MIT")
    assert (code, out.splitlines()[0][:15]) == (0, "x.zip: 12 runs,")
    code, out, _ = grokspec("store", "import", "x.zip", "--store", "theirs")
    assert (code, "  tiny/alpha: 12 runs, 12 current\n" in out) == (0, True)


@pytest.mark.parametrize(("sources", "named"), [({}, False), ({"grokspec.losses.base": "0"}, True)])
def test_another_version_of_python_is_named_where_results_are_stale(
    folder, grokspec, sources, named
):
    made = result()
    old = made.provenance.model_copy(update={"python": "3.1.4"})
    Store("other").write([replace(made, sources=sources, provenance=old)])
    grokspec("store", "export", "x.zip", "--store", "other")
    _, out, _ = grokspec("store", "import", "x.zip", "--check")
    assert ("    by Python 3.1, and this is 3." in out) == named
