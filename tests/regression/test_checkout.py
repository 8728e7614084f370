import tempfile
from pathlib import Path

import pytest
from repositories import commit, git, inside

from grokspec.regression.checkout import checked_out
from grokspec.regression.repository import find_revision


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
