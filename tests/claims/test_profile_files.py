"""The files of the verdicts at profiles, and what identifies a claim in them."""

import json
import math
import threading
from pathlib import Path

import pytest

from grokspec.claims.checklist import Checklist, read_checklist
from grokspec.claims.identity import hash_of_test
from grokspec.claims.profiles import ProfileFile
from grokspec.claims.record import JudgedClaim
from grokspec.claims.verdict_files import keep, kept_from, read_verdicts
from grokspec.errors import GrokspecError
from grokspec.regression.changes import compare


@pytest.fixture
def file(tmp_path):
    (tmp_path / "profiles").mkdir()
    tests = "\n".join(f"def test_{i}(results): ..." for i in range(20))
    (tmp_path / "test_a.py").write_text(tests)
    return tmp_path / "profiles" / "paper.json"


def judged(test, **changes):
    fields = {"id": "P01", "sentence": "It does.", "source": "§1", "specs": {}, "headline": False}
    fields |= {"negative_controls": (), "positive_controls": (), "expected": "supported"}
    return JudgedClaim(test=test, **{**fields, "verdict": "supported", **changes})


def entry(number=1, **changes):
    test = f"test_a.py::test_{number}"
    return kept_from(judged(test, **{"n": 10, "interval": (0.1, math.inf), **changes}), test)


def accept(file, entries):
    return keep(file.parent, ProfileFile(profile="paper"), entries)


def test_a_file_has_one_field_a_line_and_few_digits_in_the_order_of_tests(file):
    accept(file, [entry(10), entry(2, sentence="It lags in α.", measured=0.123456)])
    lines = file.read_text().splitlines()
    tests = [json.loads(line.strip(" ,")[8:]) for line in lines if '"test"' in line]
    assert tests == ["test_a.py::test_2", "test_a.py::test_10"]
    assert '   "sentence": "It lags in α.",' in lines
    assert '   "measured": 0.1235,' in lines
    assert '   "interval": [0.1, "Infinity"],' in lines


def test_what_was_written_is_read_back(file):
    entries = (entry(1, measured=math.nan), entry(2, verdict="inconclusive"))
    accept(file, entries)
    assert repr(read_verdicts(file, ProfileFile).claims) == repr(entries)


def test_entries_without_a_test_are_removed_and_named(file):
    accept(file, [entry(1), entry(2)])
    Path(file.parent.parent, "test_a.py").write_text("def test_1(results): ...")
    accepted = accept(file, [entry(1)])
    assert [one.test for one in accepted.gone] == ["test_a.py::test_2"]
    assert [one.test for one in read_verdicts(file, ProfileFile).claims] == ["test_a.py::test_1"]


def test_several_at_a_time_lose_nothing(file):
    threads = [
        threading.Thread(target=accept, args=(file, [entry(number)])) for number in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read_verdicts(file, ProfileFile).claims) == 12
    assert [path.name for path in file.parent.iterdir()] == ["paper.json"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (('"supported"', '"not run"'), "has no verdict; remove its entry"),
        (("test_2", "test_1"), "test_1 is in it twice"),
        (('"n": 10', '"n": "ten"'), r"claims\[0\]\.n"),
        (('"paper"', '"other"'), 'has the verdicts at the profile "other"'),
    ],
)
def test_a_file_with_a_mistake_is_an_error_and_stays(file, change, why):
    accept(file, [entry(1), entry(2)])
    file.write_text(text := file.read_text().replace(*change))
    with pytest.raises(GrokspecError, match=why):
        accept(file, [entry(3)])
    assert file.read_text() == text


def test_the_file_of_a_profile_is_compared_as_a_checklist_is(file):
    accept(file, [entry(1, verdict="refuted"), entry(2)])
    now = Checklist([judged("claims/test_a.py::test_1"), judged("claims/test_a.py::test_2")])
    changes = compare(read_checklist(file).records(), now.records())
    assert [change.after.test for change in changes.gained] == ["claims/test_a.py::test_1"]
    assert changes.compared == 2


SOURCE = '''
import numpy
BOUND = 1
def twice(x):
    """Documented."""
    return 2 * x * BOUND
def other(): return 3
@claim("P01", "§1", given=twice, expected="supported", control=other)
def test_one(given):
    """One."""
    assert given(1)  # why
'''


@pytest.mark.parametrize(
    ("old", "new", "is_same"),
    [
        ('expected="supported"', 'expected="refuted"', True),
        ("control=other", "control=None", True),
        ("return 3", "return 4", True),
        ('"""Documented."""', '"""Otherwise."""', True),
        ("  # why", "", True),
        ("import numpy", "import numpy, scipy", True),
        ("given(1)", "given(2)", False),
        ("2 * x", "3 * x", False),
        ("BOUND = 1", "BOUND = 2", False),
        ("given=twice", "given=other", False),
    ],
)
def test_a_test_is_another_once_something_that_decides_its_verdict_is(tmp_path, old, new, is_same):
    before, now = tmp_path / "before.py", tmp_path / "now.py"
    before.write_text(SOURCE)
    now.write_text(SOURCE.replace(old, new))
    assert (hash_of_test(before, "test_one") == hash_of_test(now, "test_one")) is is_same
