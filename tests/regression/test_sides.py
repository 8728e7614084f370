from pathlib import Path

import pytest
from judged_claims import judged
from repositories import commit

from grokspec.claims.checklist import Checklist, write_checklist
from grokspec.errors import GrokspecError
from grokspec.regression import sides
from grokspec.regression.sides import (
    ChecklistFile,
    CommittedState,
    JudgingOptions,
    StoreFolder,
    find_side,
)
from grokspec.store import Store


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A repository, in which one stands."""
    monkeypatch.chdir(tmp_path)
    Path("claims").mkdir()
    Path("claims", "test_none.py").touch()
    commit(tmp_path)
    return tmp_path


def checklist_file(*records) -> Path:
    write_checklist(Checklist(records), Path("main"))
    return Path("main")


def test_a_branch_is_a_revision():
    assert isinstance(find_side("main"), CommittedState)


def test_a_file_goes_before_a_revision_of_its_name():
    checklist_file(judged())
    assert find_side("main") == ChecklistFile(Path("main"))


def test_a_folder_with_a_store_in_it_is_a_store():
    Store("main").prepare()
    assert find_side("main") == StoreFolder(Path("main"))


def test_a_name_that_no_file_can_have_is_none():
    with pytest.raises(GrokspecError, match="names nothing to compare"):
        find_side("a" * 300)


def test_a_store_of_another_layout_is_an_error_before_anything_is_judged():
    Store("main").prepare()
    Path("main", "store.json").write_text('{"layout": 99}')
    with pytest.raises(GrokspecError, match="has layout 99"):
        find_side("main")


@pytest.mark.parametrize(
    ("name", "of_folder"),
    [("mian", "there is no such folder"), ("claims", "the folder has no store.json")],
)
def test_what_is_none_of_these_is_an_error_that_says_what_each_would_be(name, of_folder):
    with pytest.raises(GrokspecError) as error:
        find_side(name)
    assert str(error.value) == (
        f'"{name}" names nothing to compare: no checklist (there is no such file), no store '
        f"({of_folder}) and no git revision (there is none of this name here); "
        "`pytest claims/ --checklist FILE` writes a checklist"
    )


def test_a_checklist_file_is_read():
    side = find_side(str(checklist_file(judged())))
    assert [r.id for r in sides.judged(side, JudgingOptions()).records()] == ["P01"]


def test_a_side_without_a_verdict_is_an_error_with_a_reason():
    path = checklist_file(judged(verdict="not run", statement="12 of 12 runs have no result"))
    with pytest.raises(GrokspecError) as error:
        sides.judged(find_side(str(path)), JudgingOptions())
    assert str(error.value) == (
        "main: no claim has a verdict, so there is nothing to compare; "
        "for example P01: 12 of 12 runs have no result"
    )


def test_a_side_without_a_claim_is_an_error():
    with pytest.raises(GrokspecError, match="main: has no claim, so there is nothing"):
        sides.judged(find_side(str(checklist_file())), JudgingOptions())


@pytest.mark.parametrize("side", ["main", "store"])
def test_claims_that_are_not_there_are_an_error(side):
    Store("store").prepare()
    with pytest.raises(
        GrokspecError, match=r"^other/claims: there are no such claims (here|in ma)"
    ):
        sides.judged(find_side(side), JudgingOptions(claims=(Path("other/claims"),)))


def test_a_file_without_claims_is_an_error_with_pytests_output():
    with pytest.raises(GrokspecError, match=r"judged no claim.*\n(.*\n)*no tests ran"):
        sides.judged(find_side("main"), JudgingOptions())
