"""Every page does what it says: its commands and programs are run, block by block, as they stand.

A page has a folder of its own with nothing in it and a store of its own. See `pages` for how one is
written.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from following import follow
from pages import NOTES, PAGES, ROOT, read_page

READ = {path.relative_to(ROOT).as_posix(): read_page(path) for path in PAGES}

QUICK_PYTEST = "-p no:hypothesispytest -p no:benchmark -p no:jaxtyping -p no:cacheprovider"
"""Other plugins take longer to load than the claims of a page to judge."""

GROUPS = {"store"}
"""Commands that have commands."""

EXEMPT = {
    "README.md": [".ci/run runs these two"],
    "docs/adding-a-task.md": ["pip install"],
    "docs/results.md": ["MLflow is an extra that takes long to install"],
}
"""Why blocks are not run, by page."""


@pytest.fixture
def folder(tmp_path, monkeypatch, one_core):
    """Where a reader is who follows a page from its top."""
    folder = tmp_path / "page"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("GROKSPEC_STORE", str(tmp_path / "store"))
    monkeypatch.setenv(
        "PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("PYTEST_ADDOPTS", QUICK_PYTEST)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.syspath_prepend(folder)  # as for a notebook that was started there
    yield folder
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(f"{folder}{os.sep}"):
            del sys.modules[name]


@pytest.mark.parametrize("name", READ)
def test_a_page_does_what_it_says(name, folder):
    page = READ[name]
    if page.starts_from_clone:
        for part in ("specs", "claims"):
            shutil.copytree(
                ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__")
            )
    follow(page)


@pytest.mark.parametrize("name", READ)
def test_every_block_is_run_or_written_or_plain_text(name):
    for block in READ[name].blocks:
        known = block.language in ("console", "python", "text", "bibtex")
        assert known or "file" in block.notes or "not run" in block.notes, (name, block)
        assert block.text.strip(), (name, block)


@pytest.mark.parametrize("name", READ)
def test_every_note_before_a_block_is_one_that_is_understood(name):
    for block in READ[name].blocks:
        assert set(block.notes) <= NOTES, (name, block.line)


def test_the_reasons_for_not_running_a_block_are_these():
    reasons = {
        name: [b.notes["not run"] for b in page.blocks if "not run" in b.notes]
        for name, page in READ.items()
    }
    assert {name: found for name, found in reasons.items() if found} == EXEMPT


@pytest.mark.parametrize("name", READ)
def test_links_lead_somewhere(name):
    page = READ[name]
    for link in page.links:
        target, _, anchor = link.partition("#")
        path = page.path.parent / target if target else page.path
        assert path.exists(), f"{name}: {link}"
        if anchor:
            assert anchor in read_page(path).anchors, f"{name}: {link}"


def options_of(name, command):
    """The options of a command, or of each command of a group, by what is typed before them."""
    yield name, {flag for parameter in command.params for flag in parameter.opts}
    for own, each in getattr(command, "commands", {}).items():
        yield from options_of(f"{name} {own}", each)


@pytest.fixture(scope="module")
def options():
    """The options of each command, by what is typed before them."""
    from typer.main import get_command

    from grokspec.cli.app import app

    known = dict(options_of("grokspec", get_command(app)))
    help = subprocess.run(
        [sys.executable, "-m", "pytest", "--help"], capture_output=True, text=True, cwd=ROOT
    ).stdout
    return {**known, "pytest": set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", help)) | {"-n"}}


@pytest.mark.parametrize("name", READ)
def test_commands_in_the_text_exist_and_have_the_options_that_are_named(name, options):
    for mention in READ[name].mentions:
        words = mention.split()
        if words[0] not in ("grokspec", "pytest") or len(words) == 1:
            continue
        length = 1 if words[0] == "pytest" else 3 if words[1] in GROUPS else 2
        command = " ".join(words[:length])
        assert command in options, f"{name}: `{mention}`"
        flags = [word.split("=")[0] for word in words if word.startswith("-")]
        assert set(flags) <= options[command], f"{name}: `{mention}`"
