import ast
import textwrap
from pathlib import Path

import pytest

from grokspec.errors import GrokspecError
from grokspec.mutation.mutants import PROGRAM, SHIPPED, chosen, read_mutants
from grokspec.mutation.selection import find_tests

CLAIMS = Path(__file__).parents[2] / "claims"

MUTANT = """
[[mutant]]
id = "wrong-sign"
description = "The sign is wrong."
file = "statistics/quantities.py"
old = "return a - b"
new = "return a + b"
"""


def written(folder, text):
    path = folder / "mutants.toml"
    path.write_text(textwrap.dedent(text))
    return path


def invalid(folder, text):
    with pytest.raises(GrokspecError) as error:
        read_mutants(written(folder, text))
    return str(error.value)


# The mutants that come with grokspec


@pytest.fixture(scope="module")
def shipped():
    return read_mutants()


def test_at_least_forty_mutants_come_with_grokspec_each_with_a_name_of_its_own(shipped):
    assert len({mutant.id for mutant in shipped}) == len(shipped) >= 40


def test_each_shipped_mutant_can_be_made_of_the_program_and_changes_what_it_computes(shipped):
    for mutant in shipped:
        text = (PROGRAM / mutant.file).read_text(encoding="utf-8")
        assert text.count(mutant.old) == 1, mutant.id
        mutated = ast.parse(mutant.mutate(text))
        assert ast.dump(mutated) != ast.dump(ast.parse(text)), mutant.id


def test_each_shipped_mutant_names_claims_that_there_are(shipped):
    tests = find_tests(CLAIMS)
    unknown = {name for mutant in shipped for name in mutant.claims or ()} - set(tests)
    assert not unknown
    assert all(mutant.claims for mutant in shipped)


def test_hardly_any_shipped_mutant_is_equivalent(shipped):
    assert sum(mutant.equivalent is not None for mutant in shipped) <= len(shipped) / 10


# A file with mistakes


def test_a_mutant_replaces_a_part_of_the_text_of_its_file(tmp_path):
    (mutant,) = read_mutants(written(tmp_path, MUTANT))
    assert mutant.mutate("def f(a, b):\n    return a - b\n") == "def f(a, b):\n    return a + b\n"
    assert mutant.claims is None


def test_old_text_that_is_not_in_the_file_is_an_error_with_its_place_and_the_remedy(tmp_path):
    message = invalid(tmp_path, MUTANT.replace("return a - b", "return a -- b"))
    assert "mutants.toml:6:7" in message
    assert (
        "does not occur in grokspec/statistics/quantities.py; copy it from there again" in message
    )
    assert 'old = "return a -- b"' in message


def test_old_text_that_occurs_more_than_once_is_an_error(tmp_path):
    message = invalid(tmp_path, MUTANT.replace("return a - b", "a: np.ndarray"))
    assert "occurs 2 times in grokspec/statistics/quantities.py; add text from around" in message


def test_new_text_that_is_no_python_is_an_error(tmp_path):
    message = invalid(tmp_path, MUTANT.replace("return a + b", "return a +"))
    assert (
        "mutant.new: leaves grokspec/statistics/quantities.py without valid syntax at line"
        in message
    )


@pytest.mark.parametrize("new", ["\\u0000", "(" * 5_000, "-" * 5_000 + "1"], ids=["NUL", "(", "-"])
def test_new_text_that_cannot_be_parsed_is_an_error(tmp_path, new):
    assert "mutant.new: leaves grokspec/" in invalid(tmp_path, MUTANT.replace("return a + b", new))


@pytest.mark.parametrize("file", ["\\u0000", "..", "/etc/passwd", "a" * 5000, "~"], ids=range(5))
def test_a_file_of_any_name_is_looked_for_in_the_package_only(tmp_path, file):
    assert "no module of grokspec" in invalid(
        tmp_path, MUTANT.replace("statistics/quantities.py", file)
    )


def test_new_text_that_is_the_old_one_is_an_error(tmp_path):
    message = invalid(tmp_path, MUTANT.replace("return a + b", "return a - b"))
    assert "is the same as old; a mutant must change something" in message


def test_a_file_that_is_no_module_is_an_error_with_the_nearest(tmp_path):
    message = invalid(tmp_path, MUTANT.replace("quantities", "quantites"))
    assert 'mutant.file = "statistics/quantites.py": no module of grokspec; did you mean' in message
    assert '"statistics/quantities.py"?' in message


def test_a_file_outside_of_the_package_is_an_error(tmp_path):
    message = invalid(
        tmp_path, MUTANT.replace("statistics/quantities.py", "../tests/experiments.py")
    )
    assert "no module of grokspec" in message


def test_all_mistakes_are_reported_at_once(tmp_path):
    second = MUTANT.replace("return a - b", "nowhere")
    message = invalid(tmp_path, MUTANT + second)
    assert 'mutant.id = "wrong-sign": 2 mutants have it; rename one' in message
    assert "mutants.toml:13:7" in message
    assert "does not occur in" in message


def test_an_unknown_field_and_one_that_is_missing_are_errors(tmp_path):
    message = invalid(tmp_path, MUTANT.replace("description", "descripton"))
    assert (
        "mutant.descripton: not a field of a mutant; it has id, description, file, old, new"
        in message
    )
    assert "mutant.description: is missing" in message


@pytest.mark.parametrize("id", ["Wrong", "wrong_sign", "wrong--sign", ""])
def test_an_id_is_small_letters_and_digits_with_hyphens(tmp_path, id):
    message = invalid(tmp_path, MUTANT.replace("wrong-sign", id))
    assert "mutant.id: an id is small letters and digits with hyphens" in message


def test_a_file_without_mutants_is_an_error(tmp_path):
    assert "there is no [[mutant]] in this file" in invalid(tmp_path, "mutant = []")


def test_a_file_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(GrokspecError, match=r"none\.toml: no such file"):
        read_mutants(tmp_path / "none.toml")


# Choosing some


def test_mutants_are_chosen_by_their_ids(shipped):
    assert [m.id for m in chosen(shipped, ["trend-reversed"])] == ["trend-reversed"]
    assert chosen(shipped, []) == shipped


def test_an_id_that_no_mutant_has_is_an_error_with_the_nearest(shipped):
    with pytest.raises(GrokspecError, match='"trend-revresed": there is none; did you mean "trend'):
        chosen(shipped, ["trend-revresed"])


def test_the_shipped_file_lies_beside_the_code():
    assert SHIPPED.parent == PROGRAM / "mutation"
