import tempfile
from pathlib import Path

import pytest
from repositories import commit, git, inside

from grokspec.regression.checkout import checked_out, find_revision


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository with two commits and an edit; temporary folders are made beside it."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    folder = tmp_path / "repository"
    (folder / "below").mkdir(parents=True)
    (folder / "a.txt").write_text("first")
    (folder / "below" / "b.txt").write_text("b")
    commit(folder)
    (folder / "a.txt").write_text("second")
    (folder / ".gitattributes").write_text("below export-ignore\n")
    commit(folder)
    git(folder, "tag", "v2")
    (folder / "a.txt").write_text("edited")
    return folder


@pytest.mark.parametrize(
    ("name", "content"), [("HEAD~1", "first"), ("HEAD", "second"), ("main", "second")]
)
def test_a_revision_is_there_as_it_was_committed(repository, name, content):
    with checked_out(find_revision(name, repository)) as files:
        assert (files / "a.txt").read_text() == content
        assert (files / "below" / "b.txt").read_text() == "b"
    assert (repository / "a.txt").read_text() == "edited"


def test_nothing_is_left_of_it_even_where_its_use_failed(repository):
    before = inside(repository)
    within = []

    def interrupted():
        with checked_out(find_revision("v2", repository)) as files:
            within.extend([files.exists(), inside(repository)])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert within == [True, before]
    assert list(Path(tempfile.gettempdir()).iterdir()) == []
    assert inside(repository) == before


def test_a_repository_whose_index_is_split_keeps_none_of_it(repository):
    git(repository, "config", "core.splitIndex", "true")
    git(repository, "update-index", "--split-index")
    before = inside(repository)
    with checked_out(find_revision("HEAD", repository)):
        assert inside(repository) == before


def test_where_one_stands_in_the_repository_is_known(repository):
    revision = find_revision("v2", repository / "below")
    assert revision.below == Path("below")
    assert revision.repository == repository.resolve()


def test_a_revision_is_shown_with_the_start_of_its_hash(repository):
    hash = git(repository, "rev-parse", "HEAD")
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
