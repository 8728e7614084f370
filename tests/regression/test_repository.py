from pathlib import Path, PurePosixPath

import pytest
from repositories import commit, git

from grokspec.errors import GrokspecError
from grokspec.regression.repository import (
    MORE_THAN_TEXT,
    commits_up_to,
    committed,
    find_revision,
    only,
    place_in,
)


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """Three commits: the second changes `below/[b].txt`, the third a page only."""
    folder = tmp_path_factory.mktemp("repository")
    (folder / "below").mkdir()
    (folder / "a.txt").write_text("a")
    (folder / "below" / "[b].txt").write_text("first")
    (folder / "below" / "b.txt").write_text("b")
    commit(folder)
    (folder / "below" / "[b].txt").write_text("second")
    git(folder, "commit", "-q", "-a", "-m", "Change → b\twith a tab\n\nand more")
    git(folder, "tag", "v2")
    (folder / "page.md").write_text("text")
    commit(folder)
    return folder


def test_where_one_stands_in_the_repository_is_known(repository):
    revision = find_revision("v2", repository / "below")
    assert revision.below == Path("below")
    assert revision.repository == repository.resolve()


def test_a_revision_is_shown_with_the_start_of_its_hash(repository):
    hash = git(repository, "rev-parse", "v2")
    assert str(find_revision("v2", repository)) == f"v2 ({hash[:9]})"
    assert str(find_revision(hash[:12], repository)) == hash[:9]


@pytest.mark.parametrize("name", ["nowhere", "HEAD~9", "HEAD:a.txt", "-h", "--all", ""])
def test_what_git_knows_no_commit_by_is_none(repository, name):
    assert find_revision(name, repository) is None


def test_outside_of_any_repository_there_is_none(tmp_path):
    assert find_revision("HEAD", tmp_path) is None


def test_without_git_there_is_none(repository, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert find_revision("HEAD", repository) is None


def test_a_revision_has_its_day_and_the_first_line_of_its_message(repository):
    found = find_revision("v2", repository)
    assert found.day == git(repository, "log", "-1", "--format=%cs", "v2")
    assert found.subject == "Change → b\twith a tab"


def test_the_commits_of_a_file_are_those_that_changed_it_the_oldest_first(repository):
    head = find_revision("HEAD", repository)
    found = commits_up_to(head, None, only(PurePosixPath("below/[b].txt")), 9)
    assert [one.subject for one in found] == ["a state", "Change → b\twith a tab"]
    newest = commits_up_to(head, None, only(PurePosixPath("below/[b].txt")), 1)
    assert newest == found[-1:]


def test_a_commit_that_changes_pages_only_is_not_among_those_that_change_more(repository):
    head, v2 = find_revision("HEAD", repository), find_revision("v2", repository)
    assert commits_up_to(head, v2, MORE_THAN_TEXT, 9) == []
    assert len(commits_up_to(head, None, MORE_THAN_TEXT, 9)) == 2


def test_what_was_merged_is_one_commit(tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("0")
    commit(tmp_path)
    git(tmp_path, "switch", "-q", "-c", "other")
    for content in "12":
        file.write_text(content)
        commit(tmp_path)
    git(tmp_path, "switch", "-q", "main")
    git(tmp_path, "merge", "-q", "--no-ff", "-m", "merged", "other")
    found = commits_up_to(find_revision("main", tmp_path), None, only(PurePosixPath("a.txt")), 9)
    assert [one.subject for one in found] == ["a state", "merged"]


def test_a_file_is_read_as_it_was_committed(repository):
    first, now = (find_revision(name, repository) for name in ("HEAD~2", "HEAD"))
    file = PurePosixPath("below/[b].txt")
    assert (committed(first, file, 99), committed(now, file, 99)) == (b"first", b"second")
    assert committed(first, PurePosixPath("below"), 99) is None
    assert committed(first, PurePosixPath("page.md"), 99) is None
    with pytest.raises(GrokspecError, match=r"b\].txt has more than 5 bytes"):
        committed(now, file, 5)


def test_the_place_of_a_file_is_known_through_links_and_only_inside(repository, tmp_path):
    (tmp_path / "link").symlink_to(repository)
    assert place_in(repository, tmp_path / "link" / "a.txt") == PurePosixPath("a.txt")
    assert place_in(repository, tmp_path / "a.txt") is None
