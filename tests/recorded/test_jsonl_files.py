"""Runs in lines of JSON, a row or a whole run in each."""

import gzip
import json

import numpy as np
import pytest
from recorded_files import mistake, points, recording, values

from grokspec.recorded import lists
from grokspec.recorded.formats import jsonl_files

JSONL = {"files": "*.jsonl"}
ROW = {"alpha": 1, "seed": 0, "step": 0, "loss/train": 0.5}


@pytest.fixture
def write(tmp_path):
    def write_one(*rows, name="runs.jsonl"):
        lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
        (tmp_path / name).write_text("\n".join(lines))
        return tmp_path / name

    return write_one


def test_rows_may_have_other_keys_too_and_lack_some(tmp_path, write):
    write(ROW | {"note": {"a": [1]}}, "", {"epoch": 1}, ROW | {"step": 4, "loss/train": 0.25})
    (run,) = recording(tmp_path, **JSONL).runs
    assert run.history.steps.tolist() == [0, 4]
    assert run.history.quantities["train_loss"].tolist() == [0.5, 0.25]


def test_lines_may_be_packed(tmp_path):
    (tmp_path / "runs.jsonl.gz").write_bytes(gzip.compress(json.dumps(ROW).encode()))
    assert values(recording(tmp_path, files="*.jsonl.gz")) == [[0.5]]


def test_numbers_that_json_does_not_have_may_be_texts_or_words(tmp_path, write):
    rows = [ROW | {"loss/train": "Infinity"}, ROW | {"loss/train": np.inf, "step": 1}]
    write(*rows, ROW | {"loss/train": "NaN", "step": 2}, ROW | {"step": 3})
    read = recording(tmp_path, **JSONL)
    assert values(read) == [[np.inf, np.inf, 0.5]]  # a row without a number is no record


def test_a_line_may_have_a_whole_run_in_lists(tmp_path, write):
    run = {"step": [0, 5], "loss/train": [2.0, 1.0]}
    write(ROW | run, ROW | run | {"seed": 1, "step": [0, 7]}, ROW | {"seed": 2})
    read = recording(tmp_path, **JSONL)
    assert points(read) == [(1, 0), (1, 1), (1, 2)]
    assert values(read) == [[2, 1], [2, 1], [0.5]]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ('{"alpha": 1, "seed": 0, "st', "line 2 is no complete JSON (Unterminated string"),
        ("[1, 2]", 'line 2 is no JSON object; write one a line: {"step": 0, …}'),
        ("[" * 100_000, "line 2 is no complete JSON ("),
        (ROW | {"loss/train": "0.5"}, '"loss/train" has "0.5" in line 2, which is no number'),
        (ROW | {"loss/train": True}, '"loss/train" has True in line 2, which is no number'),
        (ROW | {"loss/train": {"a": 1}}, "\"loss/train\" has {'a': 1} in line 2, which is no"),
        (ROW | {"loss/train": [1, [2]], "step": [1, 2]}, '"loss/train" has [2] in line 2'),
        (ROW | {"loss/train": [1, 2], "step": [1]}, 'has 1 numbers in line 2 and "loss/train" has'),
        (ROW | {"step": 1.5}, '"step" has 1.5 in line 2; it must be a whole number'),
        (ROW | {"alpha": "x"}, '"alpha" has a number in line 1 and text in line 2; write values'),
        (ROW | {"alpha": True}, '"alpha" has a number in line 1 and a truth value in line 2'),
        (ROW | {"alpha": None}, '"alpha" is empty or NaN; every run must have a value'),
        (ROW | {"alpha": {"a": 1}}, '"alpha" is no number, text or truth value'),
        (ROW | {"alpha": 10**400}, '"alpha" is more than 2^53; choose another'),
        (ROW | {"loss/train": 10**400}, '"loss/train" has 1000'),
    ],
)
def test_a_mistake_in_a_line_is_told(tmp_path, write, row, reason):
    path = write(ROW, row)
    message = mistake(tmp_path, **JSONL)
    assert message.startswith(f"{path}: ")
    assert reason in message


@pytest.mark.parametrize(
    ("module", "bound"),
    [(jsonl_files, "MOST_ROWS"), (jsonl_files, "MOST_COLUMNS"), (lists, "MOST_ROWS")],
)
def test_too_much_is_refused(tmp_path, write, monkeypatch, module, bound):
    write(ROW | {"step": [0, 1, 2], "loss/train": [3, 2, 1]}, ROW | {"seed": 1}, ROW | {"seed": 2})
    monkeypatch.setattr(module, bound, 2)
    assert "split it" in mistake(tmp_path, **JSONL)
