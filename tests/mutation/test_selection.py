import pytest

from grokspec.errors import GrokspecError
from grokspec.mutation.mutants import SHIPPED, Mutant
from grokspec.mutation.selection import find_tests, select


def mutant(*claims):
    return Mutant(id="a", description="b", file="c.py", old="d", new="e", claims=claims or None)


@pytest.fixture
def folder(tmp_path):
    claims = tmp_path / "claims"
    (claims / "deeper").mkdir(parents=True)
    (claims / "test_one.py").write_text("def test_a(): ...\ndef test_b(): ...\ndef helper(): ...\n")
    (claims / "deeper" / "test_two.py").write_text("def test_a(): ...\n")
    (claims / "helpers.py").write_text("def test_c(): ...\n")
    return claims


def test_tests_are_found_by_name_in_every_file_of_the_folder(folder):
    one, two = folder / "test_one.py", folder / "deeper" / "test_two.py"
    tests = find_tests(folder)
    assert set(tests["test_a"]) == {f"{one}::test_a", f"{two}::test_a"}
    assert tests["test_one.py::test_a"] == (f"{one}::test_a",)
    assert not {"helper", "test_c"} & set(tests)


def test_a_mutant_is_judged_by_the_tests_that_it_names(folder, tmp_path):
    (trial,) = select([mutant("test_b", "test_one.py::test_a")], folder, tmp_path / "own.toml")
    one = folder / "test_one.py"
    assert trial.tests == (f"{one}::test_b", f"{one}::test_a")


def test_a_mutant_that_names_none_is_judged_by_all(folder, tmp_path):
    (trial,) = select([mutant()], folder, tmp_path / "own.toml")
    assert trial.tests == (str(folder),)


def test_a_claim_that_is_not_there_is_an_error_with_the_nearest(folder, tmp_path):
    with pytest.raises(GrokspecError, match=r'claims = "test_bb": no test of .*"test_b"\?'):
        select([mutant("test_bb")], folder, tmp_path / "own.toml")


def test_shipped_mutants_are_judged_by_all_of_a_folder_that_has_none_of_the_shipped_claims(folder):
    (trial,) = select([mutant("test_elsewhere")], folder, SHIPPED)
    assert trial.tests == (str(folder),)


def test_a_folder_that_is_not_there_or_has_no_test_is_an_error(tmp_path):
    with pytest.raises(GrokspecError, match="there is no such folder of claims"):
        find_tests(tmp_path / "none")
    with pytest.raises(GrokspecError, match="no claim in it"):
        find_tests(tmp_path)


def test_a_file_that_cannot_be_parsed_is_an_error_with_its_line(folder):
    (folder / "test_three.py").write_text("def f(:\n")
    with pytest.raises(GrokspecError, match=r"test_three\.py:1  "):
        find_tests(folder)
