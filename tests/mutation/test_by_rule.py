import pytest

from grokspec.errors import GrokspecError
from grokspec.mutation.by_rule import made_in, mutants_of, sampled
from grokspec.mutation.equivalents import read_equivalents, reasons_of

TEXT = """
LIMIT = 3

def first(x, least=1):
    return x[0] + least

class Line:
    top = 0.5

    @property
    def slope(self):
        return -self.a if self.a > LIMIT else self.a / 2
"""


def by_id(text):
    return {mutant.id: mutant for mutant in made_in(text, "room/module.py")}


def test_an_id_is_file_function_rule_and_number():
    assert list(by_id(TEXT)) == [
        "room/module/number-1",
        "room/module/number-2",
        "room/module/first/number-1",
        "room/module/first/number-2",
        "room/module/first/sign-1",
        "room/module/first/index-1",
        "room/module/first/index-2",
        "room/module/Line/number-1",
        "room/module/Line.slope/comparison-1",
        "room/module/Line.slope/comparison-2",
        "room/module/Line.slope/sign-1",
        "room/module/Line.slope/sign-2",
        "room/module/Line.slope/number-1",
        "room/module/Line.slope/number-2",
    ]


def test_a_mutant_says_what_is_changed_and_where():
    mutant = by_id(TEXT)["room/module/Line.slope/comparison-2"]
    line = "return -self.a if self.a > LIMIT else self.a / 2"
    assert mutant.description == f"> → < in {line}"
    assert (mutant.file, mutant.room, mutant.line) == ("room/module.py", "room", 12)


def test_an_edit_elsewhere_leaves_ids_and_changes_as_they_were():
    edited = TEXT.replace("x[0] + least", "x[0] - x[1] + least").replace(
        "LIMIT = 3", "# α\nLIMIT = 4"
    )
    before, after = by_id(TEXT), by_id(edited)
    same = [id for id in before if "Line" in id]
    assert [after[id].description for id in same] == [before[id].description for id in same]


def test_constants_and_default_values_act_when_the_module_is_imported():
    at_import = {id for id, mutant in by_id(TEXT).items() if mutant.at_import}
    assert at_import == {
        "room/module/number-1",
        "room/module/number-2",
        "room/module/first/number-1",
        "room/module/first/number-2",
        "room/module/Line/number-1",
    }


NESTED = """
def measure(label):
    def declare(function):
        return lambda x: function(x[0])
    return declare
"""


def test_what_is_inside_of_a_function_belongs_to_it():
    (one, _) = made_in(NESTED, "room/module.py")
    assert (one.function, one.at_import) == ("measure", False)


def test_a_sample_is_the_same_each_time_and_another_for_another_seed():
    mutants = made_in(TEXT, "room/module.py")
    drawn = sampled(mutants, 5, seed=1)
    assert len(drawn) == 5
    assert drawn == sampled(mutants, 5, seed=1) != sampled(mutants, 5, seed=2)


def test_what_is_drawn_remains_drawn_when_a_function_is_added():
    mutants = made_in(TEXT, "room/module.py")
    more = made_in(TEXT + "\ndef last(x):\n    return x[-1]\n", "room/module.py")
    before, after = ({m.id for m in sampled(all, 6, seed=1)} for all in (mutants, more))
    assert len(before - after) <= len(more) - len(mutants)
    assert {m.id for m in sampled(more, 6, seed=1) if "last" not in m.id} <= before


def test_a_room_that_is_not_there_is_an_error_with_the_nearest():
    with pytest.raises(GrokspecError, match=r'room "mesures": .* did you mean "measures"'):
        mutants_of("mesures")


def test_one_file_of_a_room_has_its_own_mutants_with_the_same_ids():
    of_file = {mutant.id for mutant in mutants_of("statistics/trends.py")}
    of_room = {m.id for m in mutants_of("statistics") if m.file == "statistics/trends.py"}
    assert of_file == of_room


EQUIVALENTS = """
[[equivalent]]
reason = "Only the order changes."
[equivalent.mutants]
"room/module/Line.slope/sign-1" = "- → nothing in return -self.a if self.a > LIMIT else self.a / 2"
"""


def test_an_equivalent_has_its_reason(tmp_path):
    path = tmp_path / "equivalents.toml"
    path.write_text(EQUIVALENTS)
    reasons = reasons_of(made_in(TEXT, "room/module.py"), read_equivalents(path))
    assert reasons == {"room/module/Line.slope/sign-1": "Only the order changes."}


def test_an_equivalent_whose_line_was_edited_is_an_error(tmp_path):
    path = tmp_path / "equivalents.toml"
    path.write_text(EQUIVALENTS)
    edited = made_in(TEXT.replace("self.a / 2", "self.a / 4"), "room/module.py")
    with pytest.raises(GrokspecError, match=r"it was .* and is now .*; correct it, or take it out"):
        reasons_of(edited, read_equivalents(path))


def test_every_equivalent_of_grokspec_is_a_mutant():
    known = read_equivalents()
    rooms = dict.fromkeys(id.partition("/")[0] for id in known)
    mutants = [mutant for room in rooms for mutant in mutants_of(room)]
    assert reasons_of(mutants, known).keys() == known.keys()
