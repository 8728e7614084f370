"""The workflow of docs/regression-gate.md, step by step, as on a push and a pull request.

Folders stand in for the actions that check out, set up Python and keep files. The commands of the
workflow are run as they stand, except for the installation.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml
from pages import ROOT, read_page

PAGE = read_page(ROOT / "docs" / "regression-gate.md")
FILES = {block.notes["file"]: block.text for block in PAGE.blocks if "file" in block.notes}
(WORKFLOW,) = (name for name in FILES if name.startswith(".github/"))
STEPS = yaml.safe_load(FILES[WORKFLOW])["jobs"]["claims"]["steps"]


@dataclass
class Runner:
    """Takes the steps of the workflow on one commit after the other."""

    folder: Path
    cache: Path
    failed: list[str] = field(default_factory=list)

    def take(self, event: str, files: dict[str, str]) -> str:
        """Take all steps on a fresh checkout of the files; returns the summary that they write."""
        shutil.rmtree(self.folder, ignore_errors=True)
        for name, text in files.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text(text, encoding="utf-8")
        self.failed = []
        (self.folder / "summary").touch()
        for step in STEPS:
            if self.wanted(step.get("if", ""), event):
                self.take_step(step)
        if not self.failed:  # actions/cache keeps what a job leaves that has not failed
            self.keep("store")
        return (self.folder / "summary").read_text(encoding="utf-8")

    def wanted(self, condition: str, event: str) -> bool:
        """Whether a step is taken; without "!cancelled()" a step that failed ends the job."""
        named, _, after = condition.partition(" && ")
        assert after in ("", "!cancelled()")
        return named in ("", f"github.event_name == '{event}'") and not (self.failed and not after)

    def take_step(self, step: dict) -> None:
        """Run a command, or stand in for an action."""
        if "uses" not in step:
            self.run(step["run"])
        elif step["uses"].startswith("actions/cache/save@"):
            self.keep(step["with"]["path"])
        elif step["uses"].startswith("actions/cache"):
            self.restore(step["with"]["path"])

    def run(self, command: str) -> None:
        """Run a command of the workflow; the installation is left out."""
        if command.startswith("pip install"):
            return
        done = subprocess.run(
            ["bash", "-e", "-c", command],
            cwd=self.folder,
            capture_output=True,
            text=True,
            env={**os.environ, "GITHUB_STEP_SUMMARY": str(self.folder / "summary")},
        )
        if done.returncode:
            self.failed.append(f"{command}: {done.returncode}\n{done.stdout}{done.stderr}")

    def keep(self, name: str) -> None:
        """Put a file or folder into the cache."""
        subprocess.run(["cp", "-r", name, self.cache], cwd=self.folder, check=True)

    def restore(self, name: str) -> None:
        """Take a file or folder from the cache, if it is there."""
        if (self.cache / name).exists():
            subprocess.run(["cp", "-r", self.cache / name, self.folder], check=True)


@pytest.fixture(scope="module")
def variables():
    """The environment of a runner, with our commands and no store."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("GROKSPEC_STORE", raising=False)
        patch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        yield


@pytest.fixture(scope="module")
def pushed(tmp_path_factory, variables, one_core):
    """A runner that has taken the steps on a push."""
    folder = tmp_path_factory.mktemp("pushed")
    (folder / "cache").mkdir()
    runner = Runner(folder / "project", folder / "cache")
    runner.take("push", FILES)
    assert runner.failed == []
    return runner


@pytest.fixture
def runner(pushed, tmp_path):
    """A runner with a cache of its own, as the push left it."""
    shutil.copytree(pushed.cache, tmp_path / "cache")
    return Runner(tmp_path / "project", tmp_path / "cache")


def with_rate(rate: str) -> dict[str, str]:
    spec = FILES["specs/delay.toml"].replace("learning_rate = 2.0", f"learning_rate = {rate}")
    return {**FILES, "specs/delay.toml": spec}


def test_a_pull_request_that_moves_an_effect_fails_and_says_so(runner):
    assert "no effect moved" in runner.take("pull_request", FILES)
    assert runner.failed == []

    summary = runner.take("pull_request", with_rate("0.5"))
    (failure,) = runner.failed
    assert failure.startswith("grokspec diff")
    assert "1 effect moved" in summary


def test_a_pull_request_that_turns_a_claim_fails_and_says_so(runner):
    summary = runner.take("pull_request", with_rate("0.001"))
    assert [failure.split()[0] for failure in runner.failed] == ["pytest", "grokspec"]
    assert "lost" in summary.lower()
