import signal

import numpy as np
import pytest

from grokspec.measures import final_loss
from grokspec.mutation.by_rule import made_in, mutants_of
from grokspec.mutation.forked import (
    PROGRAM,
    Replacement,
    Trial,
    code_of,
    functions_of,
    replace_code,
    trial_in,
)
from grokspec.statistics import quantities


def replacement(mutant, text):
    return Replacement(
        id=mutant.id,
        file=mutant.file,
        function=mutant.function,
        lines=mutant.lines,
        text=mutant.mutate(text),
    )


def test_a_function_has_its_new_code_wherever_it_is_referred_to():
    file = "statistics/quantities.py"
    text = (PROGRAM / file).read_text()
    (mutant,) = (m for m in mutants_of(file) if m.id.endswith("/minus/sign-1"))
    minus, before = quantities.minus, quantities.minus.__code__
    try:
        replace_code(replacement(mutant, text), functions_of([file]))
        assert minus(np.array(3.0), np.array(1.0)) == 4
    finally:
        minus.__code__ = before
    assert minus(np.array(3.0), np.array(1.0)) == 2


def test_a_function_that_another_has_made_has_its_new_code_too():
    file = "measures/base.py"
    text = (PROGRAM / file).read_text()
    mutants = (m for m in mutants_of(file) if m.text.startswith('if not results.sizes.get("rec'))
    mutant = next(m for m in mutants if m.rule == "logic")
    inner = final_loss.__code__
    try:
        replace_code(replacement(mutant, text), functions_of([file]))
        assert final_loss.__code__ != inner
    finally:
        for functions in functions_of([file]).values():
            for function in functions:
                if function.__code__.co_name == inner.co_name:
                    function.__code__ = inner
    assert mutant.function == "measure"


def test_a_function_that_is_not_loaded_is_an_error():
    text = "def nowhere(x):\n    return x - 1\n"
    mutant = made_in(text, "statistics/quantities.py")[0]
    with pytest.raises(LookupError, match="nowhere is not loaded"):
        replace_code(replacement(mutant, text), functions_of(["statistics/quantities.py"]))


PROPERTY = """
class Box:
    @property
    def size(self):
        return self.inner + 2

    @size.setter
    def size(self, value):
        self.inner = value - 2
"""


def test_of_a_property_and_its_setter_the_one_around_the_change_is_found():
    for mutant in made_in(PROPERTY, "box.py"):
        found = code_of(
            compile(mutant.mutate(PROPERTY), "box.py", "exec"), replacement(mutant, PROPERTY)
        )
        assert found.co_argcount == (1 if mutant.line < 7 else 2)


@pytest.mark.parametrize(
    ("code", "test", "reason"),
    [
        (0, "test_x", ""),
        (-signal.SIGPROF, "test_x", "does not end"),  # so the test that was running noticed it
        (-signal.SIGSEGV, None, "the process ended with code -11"),
    ],
)
def test_what_becomes_of_a_process_is_read_from_its_file_and_exit_code(
    tmp_path, code, test, reason
):
    file = tmp_path / "trial"
    file.write_text(Trial(id="a", reached=1, test="test_x").model_dump_json())
    trial = trial_in(file, "a", code)
    assert (trial.test, trial.reason) == (test, reason)


def test_a_process_that_wrote_nothing_is_an_error(tmp_path):
    assert trial_in(tmp_path / "none", "a", 1).reason == "the process ended with code 1"
