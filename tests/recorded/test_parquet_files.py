"""Runs in Parquet files, whatever types their columns have."""

import io

import numpy as np
import pandas as pd
import pytest
from recorded_files import mistake, points, recording, values

from grokspec.recorded.formats import parquet_files

pytest.importorskip("pyarrow")

PARQUET = {"files": "*.parquet"}
TABLE = pd.DataFrame({"alpha": [1.0, 1.0], "seed": 0, "step": [0, 1], "loss/train": [0.5, 0.25]})


def test_the_index_of_pandas_is_a_column_like_others(tmp_path):
    TABLE.set_index(["alpha", "step"]).to_parquet(tmp_path / "runs.parquet")
    assert values(recording(tmp_path, **PARQUET)) == [[0.5, 0.25]]


@pytest.mark.parametrize("kind", ["float32", "float64", "Float64", "int8", "Int64", "uint16"])
def test_numbers_may_have_any_type(tmp_path, kind):
    TABLE.assign(alpha=TABLE["alpha"].astype(kind)).to_parquet(tmp_path / "runs.parquet")
    assert points(recording(tmp_path, **PARQUET)) == [(1, 0)]


@pytest.mark.parametrize("kind", ["category", "str", "object"])
def test_texts_may_have_any_type(tmp_path, kind):
    arms = pd.Series(["free", "clamp"]).astype(kind)
    TABLE.assign(alpha=arms).to_parquet(tmp_path / "runs.parquet")
    assert points(recording(tmp_path, **PARQUET)) == [("clamp", 0), ("free", 0)]


def test_a_float32_is_the_shortest_number(tmp_path):
    table = TABLE.assign(alpha=np.float32(0.85))
    table.to_parquet(tmp_path / "runs.parquet")
    assert points(recording(tmp_path, **PARQUET)) == [(0.85, 0)]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"loss/train": ["a", "b"]}, '"loss/train" has "a" in row 1, which is no number'),
        ({"loss/train": [0.5, None], "step": [0, -1]}, "has only"),
        ({"step": [0, None]}, '"step" has nothing in row 2; it must be a whole number'),
        ({"alpha": pd.Timestamp("2026-01-01")}, '"alpha" is no number, text or truth value'),
        ({"alpha": [0.5, np.nan]}, '"alpha" is empty or NaN'),
        ({"loss/train": [[1.0, 2.0], [1.0]], "step": [[0, 1], [2, 3]]}, "equally long"),
    ],
)
def test_a_mistake_is_told_with_its_row(tmp_path, changed, reason):
    TABLE.assign(**changed).to_parquet(tmp_path / "runs.parquet")
    if reason == "has only":  # the row without a number is no record
        assert values(recording(tmp_path, **PARQUET)) == [[0.5]]
        return
    assert reason in mistake(tmp_path, **PARQUET)


def test_a_table_without_rows_is_told(tmp_path):
    TABLE[:0].to_parquet(tmp_path / "runs.parquet")
    assert "has no rows; remove the file" in mistake(tmp_path, **PARQUET)


@pytest.mark.parametrize("bound", ["MOST_ROWS", "MOST_COLUMNS"])
def test_too_much_is_refused_by_the_header(tmp_path, monkeypatch, bound):
    TABLE.to_parquet(tmp_path / "runs.parquet")
    monkeypatch.setattr(parquet_files, bound, 1)
    assert "split it" in mistake(tmp_path, **PARQUET)


@pytest.mark.parametrize("place", range(4, 400, 36))
def test_damage_is_told_wherever_it_is(tmp_path, place):
    content = io.BytesIO()
    TABLE.to_parquet(content)
    damaged = bytearray(content.getvalue())
    damaged[-place] ^= 0xFF
    (tmp_path / "runs.parquet").write_bytes(damaged)
    try:
        found = str(values(recording(tmp_path, **PARQUET)))
    except Exception as error:
        found = type(error).__name__
    assert found in ("GrokspecError", "[[0.5, 0.25]]")
