import ast
import textwrap
from pathlib import Path

import pytest

from grokspec.errors import GrokspecError
from grokspec.mutation.mutants import PROGRAM, SHIPPED, chosen, read_mutants
from grokspec.mutation.selection import find_tests

CLAIMS = Path(__file__).parents[2] / "claims"

FAULT = """
[[fault]]
id = "wrong-sign"
says = "The sign is wrong."
file = "statistics/pairing.py"
old = "return a - b"
new = "return a + b"
"""


def written(folder, text):
    path = folder / "faults.toml"
    path.write_text(textwrap.dedent(text))
    return path


def invalid(folder, text):
    with pytest.raises(GrokspecError) as refused:
        read_mutants(written(folder, text))
    return str(refused.value)


# The faults that come with grokspec


@pytest.fixture(scope="module")
def shipped():
    return read_mutants()


def test_at_least_forty_faults_come_with_grokspec_each_with_a_name_of_its_own(shipped):
    assert len({fault.id for fault in shipped}) == len(shipped) >= 40


def test_each_shipped_fault_can_be_put_into_the_program_and_changes_what_it_computes(shipped):
    for fault in shipped:
        text = (PROGRAM / fault.file).read_text(encoding="utf-8")
        assert text.count(fault.old) == 1, fault.id
        faulty = ast.parse(fault.put_into(text))
        assert ast.dump(faulty) != ast.dump(ast.parse(text)), fault.id


def test_each_shipped_fault_names_claims_that_there_are(shipped):
    tests = find_tests(CLAIMS)
    unknown = {name for fault in shipped for name in fault.claims or ()} - set(tests)
    assert not unknown
    assert all(fault.claims for fault in shipped)


def test_hardly_any_shipped_fault_is_explained_away(shipped):
    assert sum(fault.explained is not None for fault in shipped) <= len(shipped) / 10


# What is told of a file with mistakes


def test_a_fault_is_put_into_the_text_of_its_file(tmp_path):
    (fault,) = read_mutants(written(tmp_path, FAULT))
    assert fault.put_into("def f(a, b):\n    return a - b\n") == "def f(a, b):\n    return a + b\n"
    assert fault.claims is None


def test_old_text_that_is_not_in_the_file_is_told_with_its_place_and_the_remedy(tmp_path):
    told = invalid(tmp_path, FAULT.replace("return a - b", "return a -- b"))
    assert "faults.toml:6:7" in told
    assert "does not stand in grokspec/statistics/pairing.py; copy it from there anew" in told
    assert 'old = "return a -- b"' in told


def test_old_text_that_stands_there_more_than_once_is_told(tmp_path):
    told = invalid(tmp_path, FAULT.replace("return a - b", "a: np.ndarray"))
    assert "stands 2 times in grokspec/statistics/pairing.py; take in more of what is" in told


def test_new_text_that_is_no_python_is_told(tmp_path):
    told = invalid(tmp_path, FAULT.replace("return a + b", "return a +"))
    assert "fault.new: leaves grokspec/statistics/pairing.py without valid syntax at line" in told


def test_new_text_that_is_the_old_one_is_told(tmp_path):
    told = invalid(tmp_path, FAULT.replace("return a + b", "return a - b"))
    assert "is the same as old; a fault changes something" in told


def test_a_file_that_is_no_module_is_told_with_the_nearest(tmp_path):
    told = invalid(tmp_path, FAULT.replace("pairing", "paring"))
    assert 'fault.file = "statistics/paring.py": no module of grokspec; did you mean' in told
    assert '"statistics/pairing.py"?' in told


def test_a_file_outside_of_the_package_is_refused(tmp_path):
    told = invalid(tmp_path, FAULT.replace("statistics/pairing.py", "../tests/experiments.py"))
    assert "no module of grokspec" in told


def test_all_mistakes_are_told_at_once(tmp_path):
    second = FAULT.replace("return a - b", "nowhere")
    told = invalid(tmp_path, FAULT + second)
    assert 'fault.id = "wrong-sign": 2 faults have it; rename one' in told
    assert "faults.toml:13:7" in told
    assert "does not stand in" in told


def test_an_unknown_field_and_one_that_is_missing_are_told(tmp_path):
    told = invalid(tmp_path, FAULT.replace("says", "said"))
    assert "fault.said: not a field of a fault; it has id, says, file, old, new" in told
    assert "fault.says: is missing" in told


@pytest.mark.parametrize("id", ["Wrong", "wrong_sign", "wrong--sign", ""])
def test_an_id_is_small_letters_and_digits_with_hyphens(tmp_path, id):
    told = invalid(tmp_path, FAULT.replace("wrong-sign", id))
    assert "fault.id: an id is small letters and digits with hyphens" in told


def test_a_file_without_faults_is_told(tmp_path):
    assert "there is no [[fault]] in this file" in invalid(tmp_path, "fault = []")


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(GrokspecError, match=r"none\.toml: no such file"):
        read_mutants(tmp_path / "none.toml")


# Choosing some


def test_faults_are_chosen_by_their_ids(shipped):
    assert [f.id for f in chosen(shipped, ["trend-reversed"])] == ["trend-reversed"]
    assert chosen(shipped, []) == shipped


def test_an_id_that_no_fault_has_is_told_with_the_nearest(shipped):
    with pytest.raises(GrokspecError, match='"trend-revresed": there is none; did you mean "trend'):
        chosen(shipped, ["trend-revresed"])


def test_the_shipped_file_lies_beside_the_code():
    assert SHIPPED.parent == PROGRAM / "mutants"
