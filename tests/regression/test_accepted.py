from pathlib import Path

import pytest

from grokspec.errors import GrokspecError
from grokspec.regression.sides import ChecklistFile, JudgingOptions

TEXT = """{
 "profile": "paper",
 "claims": [
  {
   "test": "test_a.py::test_it_falls",
   "id": "P01",
   "by": "grokspec 0.1.0, torch 2.6",
   "interval": [1.0, "Infinity"],
   "judged": "2026-11-30",
   "measured": 2.5,
   "sentence": "The loss falls.",
   "source": "§1",
   "unit": "nats",
   "verdict": "refuted"
  },
  {
   "test": "test_a.py::test_it_is_low",
   "id": "P02",
   "by": "grokspec 0.1.0, torch 2.6",
   "judged": "2026-11-30",
   "sentence": "It is low.",
   "source": "§1",
   "verdict": "supported"
  }
 ]
}
"""


def read(tmp_path: Path, text: str):
    file = tmp_path / "paper.json"
    file.write_text(text, encoding="utf-8")
    return ChecklistFile(file).checklist(JudgingOptions()).records()


def test_an_accepted_verdict_is_read_as_the_expected_one_with_its_number(tmp_path):
    first, second = read(tmp_path, TEXT)
    assert (first.id, first.verdict.value, first.expected.value) == ("P01", "refuted", "refuted")
    (effect,) = first.effects
    assert (effect.measured, effect.unit, effect.interval) == (2.5, "nats", (1.0, float("inf")))
    assert (second.verdict.value, second.effects) == ("supported", ())


def test_an_object_that_is_no_such_file_is_an_error(tmp_path):
    with pytest.raises(GrokspecError, match="is not a checklist or file of the verdicts"):
        read(tmp_path, '{"claims": 3}')
