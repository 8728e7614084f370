"""A dataset comes back from its file as it was, and other files are refused."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from grokspec.errors import GrokspecError
from grokspec.files.datasets import read_dataset, write_dataset

LABELS = {
    "whole": np.array([1, 2, 2**62]),
    "real": np.array([0.1, -0.0, np.inf]),
    "single": np.array([0.1, np.nan, 1e-40], dtype=np.float32),
    "big-endian": np.array([1.0, 2.0, 3.0], dtype=">f8"),
    "true or false": np.array([True, False, True]),
    "text": np.array(["SGD", "Adam, with β₂ = 0.98", ""]),
    "mixed": np.array(["none", 0.1, None], dtype=object),
    "whole or real": np.array([1, 1.5, True], dtype=object),
    "times": np.array(["2026-01-01", "2026-01-02", "NaT"], dtype="datetime64[ns]"),
}


def again(dataset, folder):
    path = folder / "dataset.npz"
    write_dataset(dataset, path)
    return read_dataset(path)


def assert_same(found, expected):
    xr.testing.assert_identical(found, expected)
    for name, values in expected.variables.items():
        assert found[name].dtype == values.dtype
        assert list(map(type, found[name].values.ravel())) == list(map(type, values.values.ravel()))


@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
def test_coordinates_of_any_type_come_back(labels, tmp_path):
    dataset = xr.Dataset({"loss": ("point", np.arange(3.0))}, {"point": labels})
    assert_same(again(dataset, tmp_path), dataset)


@given(
    values=arrays.arrays(
        st.sampled_from([np.float64, np.int64, np.bool_, np.dtype("U3")]),
        arrays.array_shapes(min_dims=0, max_dims=3, min_side=0),
    )
)
def test_values_of_any_shape_come_back(values, tmp_path_factory):
    dims = [f"d{i}" for i in range(values.ndim)]
    dataset = xr.Dataset({"a name / of anything": (dims, values)})
    assert_same(again(dataset, tmp_path_factory.mktemp("drawn")), dataset)


def test_what_is_a_coordinate_stays_one(tmp_path):
    dataset = xr.Dataset(
        {"loss": (("alpha", "record"), np.zeros((2, 3)))},
        {"alpha": [1.0, 2.0], "step": ("record", [0, 1, 2]), "sigma": 0.5},
    )
    found = again(dataset, tmp_path)
    assert set(found.coords) == {"alpha", "step", "sigma"}
    assert set(found.indexes) == {"alpha"}
    assert_same(found, dataset)


def test_attributes_come_back(tmp_path):
    attributes = {"text": "α", "number": 0.1, "nan": "NaN", "list": [1, 2.5, "x", None], "is": True}
    dataset = xr.Dataset({"loss": ((), 1.0, attributes)}, attrs={"table": attributes, "none": []})
    assert_same(again(dataset, tmp_path), dataset)


def test_attributes_that_json_does_not_know_become_lists_and_texts(tmp_path):
    given = {"array": np.arange(2), "number": np.int8(3), "path": tmp_path, 5: (1, 2)}
    found = again(xr.Dataset(attrs=given), tmp_path)
    assert found.attrs == {"array": [0, 1], "number": 3, "path": str(tmp_path), "5": [1, 2]}


def test_an_object_that_is_no_label_is_refused(tmp_path):
    dataset = xr.Dataset(coords={"point": np.array([1, {"a": 2}], dtype=object)})
    with pytest.raises(GrokspecError, match=r"point: has a dict, {'a': 2}; only numbers, texts"):
        write_dataset(dataset, tmp_path / "dataset.npz")


def test_what_is_read_is_never_unpickled(tmp_path):
    path = tmp_path / "dataset.npz"
    np.savez(path, header=np.array([{"variables": []}], dtype=object))
    with pytest.raises(GrokspecError, match=r"is no dataset that grokspec wrote \(.*pickle"):
        read_dataset(path)


@pytest.mark.parametrize("content", [b"", b"loss\n1\n", b"PK\x03\x04"], ids=["empty", "csv", "cut"])
def test_another_file_is_refused(content, tmp_path):
    path = tmp_path / "dataset.npz"
    path.write_bytes(content)
    with pytest.raises(GrokspecError, match=r"dataset\.npz: is no dataset that grokspec wrote"):
        read_dataset(path)


def test_other_arrays_are_refused(tmp_path):
    path = tmp_path / "dataset.npz"
    np.savez(path, loss=np.arange(3))
    with pytest.raises(GrokspecError, match=r"is no dataset that grokspec wrote .*header"):
        read_dataset(path)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(GrokspecError, match=r"none\.npz: cannot be read: No such file"):
        read_dataset(tmp_path / "none.npz")
    with pytest.raises(GrokspecError, match="cannot be read: is a folder, not a file"):
        read_dataset(tmp_path)
