"""Checking files and folders of specs."""

from pathlib import Path

import pytest
from experiments import WHOLE

from grokspec.cli.check import check_all
from grokspec.errors import GrokspecError


@pytest.fixture
def specs(tmp_path: Path, monkeypatch):
    """Writes files into a folder ``specs`` below the working directory."""
    monkeypatch.chdir(tmp_path)

    def specs(**files: str) -> Path:
        for name, text in files.items():
            path = Path("specs", *name.split("__")).with_suffix(".toml")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return Path("specs")

    return specs


def lines(*paths: Path, **options: int) -> list[str]:
    return [str(checked) for checked in check_all(paths, **options)]


def mistakes(*paths: Path, **options: int) -> list[str]:
    with pytest.raises(GrokspecError) as caught:
        check_all(paths, **options)
    return [f"{m.place}  {m.message}".strip() for m in caught.value.mistakes]


def test_a_spec_is_listed_with_its_runs_under_each_profile(specs):
    folder = specs(x=f"{WHOLE}[profile.paper.sweep]\nseed = 1200\n")
    assert lines(folder / "x.toml") == ["specs/x.toml  quick: 1 run, paper: 1,200 runs"]


def test_a_folder_is_its_specs_and_those_of_the_folders_below(specs):
    folder = specs(b=WHOLE, a__c=WHOLE, a__a=WHOLE)
    assert [line.split("  ")[0] for line in lines(folder)] == [
        "specs/a/a.toml",
        "specs/a/c.toml",
        "specs/b.toml",
    ]


def test_a_base_need_not_be_whole_by_itself(specs):
    incomplete = WHOLE.replace("[training]\nsteps = 50\n", "")
    folder = specs(base=incomplete, x='extends = "base.toml"\ntraining.steps = 5\n')
    assert lines(folder) == ["specs/base.toml  a base of other specs", "specs/x.toml  quick: 1 run"]


def test_a_base_that_is_named_is_checked_like_any_spec(specs):
    incomplete = WHOLE.replace("[training]\nsteps = 50\n", "")
    folder = specs(base=incomplete, x='extends = "base.toml"\ntraining.steps = 5\n')
    (message,) = mistakes(folder / "base.toml")
    assert message.startswith("specs/base.toml:1:1  [training] is missing")


def test_the_mistakes_of_all_files_and_profiles_come_at_once_and_each_once(specs):
    folder = specs(
        base=WHOLE.replace("width = 8", "width = 0"),
        x='extends = "base.toml"\nseed = -1\n[profile.paper]\ntraining.steps = 0\n',
        y='extends = "base.toml"\nseeed = 1\n',
    )
    assert [message.split("  ")[0] for message in mistakes(folder)] == [
        "specs/x.toml:2:8",
        "specs/base.toml:8:9",
        "specs/x.toml:4:18",
        "specs/y.toml:2:1",
    ]


def test_a_folder_without_specs_is_a_mistake(specs):
    specs()
    Path("specs").mkdir()
    assert mistakes(Path("specs")) == ["specs: has no spec, no file that ends in .toml"]


def test_a_file_that_is_not_there_is_a_mistake_beside_the_others(specs):
    folder = specs(x=f"seed = -1\n{WHOLE}")
    assert mistakes(folder / "z.toml", folder / "x.toml") == [
        'specs/z.toml: no such file; did you mean "specs/x.toml"?',
        "specs/x.toml:1:8  seed = -1: must be at least 0",
    ]


def test_the_limit_holds_for_each_profile(specs):
    folder = specs(x=f"{WHOLE}[profile.paper.sweep]\nseed = 12\n")
    assert mistakes(folder, limit=11)[0].startswith("specs/x.toml:20:16  more than 11 runs; ")
    assert lines(folder, limit=12) == ["specs/x.toml  quick: 1 run, paper: 12 runs"]


def test_hidden_files_and_folders_are_passed_over(specs):
    folder = specs(x=WHOLE)
    for hidden in ("._x.toml", ".x.toml", ".git/x.toml", ".ipynb_checkpoints/x-checkpoint.toml"):
        path = folder / hidden
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"\x00\x05\x16\x07")  # as macOS writes beside files on other systems
    (folder / ".#x.toml").symlink_to("nobody@nowhere")  # as Emacs locks a file
    assert lines(folder) == ["specs/x.toml  quick: 1 run"]


def test_a_folder_within_a_hidden_one_can_be_named(specs, monkeypatch):
    specs(x=WHOLE).rename(".hidden")
    assert lines(Path(".hidden")) == [".hidden/x.toml  quick: 1 run"]


def test_a_folder_whose_name_ends_like_a_spec_is_a_folder(specs):
    folder = specs(x=WHOLE)
    (folder / "old.toml").mkdir()
    assert lines(folder) == ["specs/x.toml  quick: 1 run"]
