import shutil
from pathlib import Path

import pytest
from judged_claims import judged
from repositories import commit, git

from grokspec.claims.checklist import Checklist, write_checklist
from grokspec.errors import GrokspecError
from grokspec.regression.series import PassedOver, find_sides, read_sides
from grokspec.regression.sides import ChecklistFile, CommittedFile, CommittedState, JudgingOptions
from grokspec.store import Store

SUPPORTED, REFUTED = judged(), judged(verdict="refuted")


def written(name: str | Path, *records) -> Path:
    write_checklist(Checklist(records), Path(name))
    return Path(name)


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """A repository in which `kept.json` has two versions, "v1" and one two commits after it."""
    folder = tmp_path_factory.mktemp("repository")
    written(folder / "kept.json", SUPPORTED)
    commit(folder)
    git(folder, "tag", "v1")
    (folder / "code.py").touch()
    commit(folder)
    written(folder / "kept.json", REFUTED)
    commit(folder)
    return folder


@pytest.fixture(autouse=True)
def here(repository, tmp_path, monkeypatch):
    """A copy of the repository, in which one stands."""
    shutil.copytree(repository, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)


def verdicts(*names, last=None):
    """The verdict of the only claim on each side."""
    sides = read_sides(find_sides(names, last), JudgingOptions(), pytest.fail)
    return [records[0].verdict.value for _, records in sides]


def mistake(*names, last=None):
    with pytest.raises(GrokspecError) as error:
        read_sides(find_sides(names, last), JudgingOptions(), pytest.fail)
    return str(error.value)


def test_a_file_alone_is_followed_through_its_commits():
    sides = find_sides(["kept.json"])
    assert [type(one.side) for one in sides] == [CommittedFile, CommittedFile]
    assert verdicts("kept.json") == ["supported", "refuted"]
    assert sides[0].label.subject == "a state"
    assert len(sides[0].label.name) == 9


def test_a_file_that_is_edited_is_the_last_side():
    written("kept.json", judged(verdict="inconclusive"))
    assert verdicts("kept.json") == ["supported", "refuted", "inconclusive"]
    assert find_sides(["kept.json"])[-1].label.name == "not committed"


def test_other_ends_of_lines_are_no_edit():
    content = Path("kept.json").read_bytes()
    Path("kept.json").write_bytes(content.replace(b"\n", b"\r\n"))
    assert len(find_sides(["kept.json"])) == 2


def test_only_the_last_sides_are_taken():
    written("kept.json", judged(verdict="inconclusive"))
    assert verdicts("kept.json", last=2) == ["refuted", "inconclusive"]


def test_a_file_is_followed_from_a_folder_of_the_repository(monkeypatch):
    Path("below").mkdir()
    monkeypatch.chdir("below")
    assert verdicts("../kept.json") == ["supported", "refuted"]
    assert verdicts("v1:../kept.json", "HEAD:../kept.json") == ["supported", "refuted"]


def test_a_file_in_a_commit_is_a_side_among_others():
    assert verdicts("HEAD:kept.json", "v1:kept.json", "kept.json") == [
        "refuted",
        "supported",
        "refuted",
    ]


def test_a_file_in_a_range_has_its_state_at_the_start_and_each_change():
    assert verdicts("v1..main:kept.json") == ["supported", "refuted"]
    assert verdicts("v1..:kept.json") == ["supported", "refuted"]


def test_a_file_up_to_a_commit_has_the_versions_until_then():
    written("kept.json", judged(verdict="inconclusive"))
    commit(Path())
    assert verdicts("HEAD~1:kept.json") == ["supported", "refuted"]


def test_a_folder_is_its_checklists_in_the_order_of_their_names():
    for name, record in (("day10", REFUTED), ("day9", SUPPORTED)):
        written(f"days/{name}.json", record)
    Path("days/notes.txt").touch()
    assert verdicts("days") == ["supported", "refuted"]
    assert verdicts("days", "kept.json") == ["supported", "refuted", "refuted"]


def test_a_range_of_commits_has_both_ends_and_what_lies_between():
    sides = [one.side for one in find_sides(["v1..main"])]
    assert all(isinstance(side, CommittedState) for side in sides)
    names = [side.revision.name for side in sides]
    assert (names[0], names[1:]) == ("v1", [git(Path(), "rev-parse", "HEAD~1"), "main"])


def test_a_range_ends_where_it_is_said_also_if_a_page_changed_there():
    Path("page.md").touch()
    commit(Path())
    sides = [one.side.revision.name for one in find_sides(["HEAD~1..main"])]
    assert sides == ["HEAD~1", "main"]


def test_the_last_commits_up_to_a_branch_are_found():
    sides = find_sides(["main"], last=2)
    assert [one.side.revision.commit for one in sides] == [
        git(Path(), "rev-parse", name) for name in ("HEAD~1", "HEAD")
    ]


def test_several_files_are_sides_as_they_are():
    written("other.json", SUPPORTED)
    assert [one.side for one in find_sides(["other.json", "kept.json"])] == [
        ChecklistFile(Path("other.json")),
        ChecklistFile(Path("kept.json")),
    ]


def test_a_version_that_cannot_be_read_is_passed_over_with_a_warning():
    Path("kept.json").write_text("[{")
    commit(Path())
    written("kept.json", SUPPORTED)
    commit(Path())
    with pytest.warns(PassedOver, match=r"kept.json in \w{9} is not a checklist that could be rea"):
        assert verdicts("kept.json") == ["supported", "refuted", "supported"]


def test_a_file_that_was_removed_for_a_while_has_the_versions_that_there_are():
    Path("kept.json").unlink()
    commit(Path())
    written("kept.json", SUPPORTED)
    commit(Path())
    assert verdicts("kept.json") == ["supported", "refuted", "supported"]


def test_a_link_in_a_commit_is_not_followed():
    written("elsewhere.json", SUPPORTED)
    Path("kept.json").unlink()
    Path("kept.json").symlink_to("elsewhere.json")
    commit(Path())
    assert mistake("HEAD:kept.json", "v1:kept.json").startswith("kept.json in HEAD")


def test_a_file_that_the_user_named_must_be_a_checklist():
    Path("broken.json").write_text("[{")
    assert mistake("kept.json", "broken.json").startswith("broken.json is not a checklist")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["v1"], "v1 (COMMIT) is one state, and a history takes two or more; name several, in "
        "order, or a range like v1..v1, or show its last commits with --last 5"),
        (["new.json"], "new.json is in no commit, so it has no history of its own; commit it "
        "whenever it changes, or name several checklists, or a folder of them"),
        (["v1:kept.json"], "there is one side only, v1 (COMMIT), and a history takes two or more"),
        (["v1:none.json"], '"v1:none.json": v1 (COMMIT) has no file none.json'),
        (["v1..main:none.json"], '"v1..main:none.json": no commit of this range has a file '
        "none.json"),
        (["v1..nowhere"], '"v1..nowhere": there is no git revision "nowhere" here, nor a file or '
        "folder v1..nowhere"),
        (["v1...main"], '"v1...main": a range of commits has two ends, like v1..main'),
        (["store"], "store is one state, and a history takes two or more; name several, in order"),
    ],
)  # fmt: skip
def test_what_has_no_history_is_an_error_with_a_remedy(names, message):
    written("new.json", SUPPORTED)
    Store("store").prepare()
    assert mistake(*names) == message.replace("COMMIT", git(Path(), "rev-parse", "v1")[:9])


@pytest.mark.parametrize("name", ["mian", "../x.json", "below/../x.json"])
def test_a_name_that_is_nothing_is_the_error_of_a_comparison(name):
    assert mistake("kept.json", name).startswith(f'"{name}" names nothing to compare')


def test_a_file_outside_of_the_repository_is_in_none_of_its_commits(tmp_path):
    assert "does not lie in the repository" in mistake(f"v1:{tmp_path.parent / 'x.json'}")


def test_more_sides_than_are_read_are_an_error(monkeypatch):
    monkeypatch.setattr("grokspec.regression.series.MOST_SIDES", 2)
    written("kept.json", SUPPORTED)
    assert mistake("kept.json") == (
        "these are more than 2 sides; --last 2, or fewer, shows the last of them"
    )
    assert verdicts("kept.json", last=2) == ["refuted", "supported"]


def test_sides_without_any_verdict_are_an_error():
    idle = judged(verdict="not run")
    assert mistake(*(str(written(name, idle)) for name in ("a.json", "b.json"))) == (
        "no claim has a verdict on any side, so there is nothing to compare"
    )


def test_a_side_that_is_judged_is_announced(monkeypatch):
    monkeypatch.setattr(CommittedState, "checklist", lambda *_: Checklist([SUPPORTED]))
    lines = []
    read_sides(find_sides(["kept.json", "v1"]), JudgingOptions(), lines.append)
    assert lines == [f"judging v1 ({git(Path(), 'rev-parse', 'v1')[:9]}), 2 of 2"]
