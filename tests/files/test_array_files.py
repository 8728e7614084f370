"""Arrays are read as they were written, or refused with the reason, however damaged they are."""

import io
import json
import tracemalloc
import zipfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from array_data import divided, write_arrays
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from grokspec.errors import GrokspecError
from grokspec.files.arrays import (
    FORMATS,
    LONGEST_TABLE,
    MOST_ARRAYS,
    SMALL,
    Format,
    arrays,
    check_shapes,
    check_small,
    names_in,
    shape_of,
)
from grokspec.files.inputs import FileError, InputFile

ENDINGS = ("npz", "safetensors")


@pytest.fixture(params=ENDINGS)
def path(request, tmp_path):
    return tmp_path / f"x.{request.param}"


def reason(read, *arguments) -> str:
    with pytest.raises(FileError) as caught:
        read(*arguments)
    return caught.value.reason


@pytest.mark.parametrize("kind", ["f2", "<f4", "<f8", "i1", "<i4", "<i8", "u1", "<u2", "<u8"])
def test_numbers_come_back_in_64_bits_whole_if_they_were(path, kind):
    written = np.arange(6).reshape(2, 3).astype(kind)
    file = write_arrays(path, x=written, other=np.zeros(1))
    (read,) = arrays(file, ("x",))
    assert read.dtype == (np.float64 if "f" in kind else np.int64)
    assert np.array_equal(read, written)


def test_byte_and_axis_order_of_an_npz_do_not_matter(tmp_path):
    written = np.arange(6.0).reshape(2, 3)
    file = write_arrays(tmp_path / "x.npz", x=np.asfortranarray(written.astype(">f4")))
    assert shape_of(file, "x") == (2, 3)
    assert np.array_equal(arrays(file, ("x",))[0], written)


def test_a_compressed_npz_is_read_too(tmp_path):
    np.savez_compressed(tmp_path / "x.npz", x=np.ones((3, 2)))
    assert arrays(InputFile.find(str(tmp_path / "x.npz")), ("x",))[0].sum() == 6


def test_names_and_shapes_are_known_without_the_numbers(path):
    file = write_arrays(path, **divided())
    assert set(names_in(file)) == set(divided())
    assert shape_of(file, "train_inputs", ("example", "input")) == (8, 4)


def test_arrays_that_were_read_cannot_be_written_to(path):
    (read,) = arrays(write_arrays(path, x=np.ones(3)), ("x",))
    with pytest.raises(ValueError, match="read-only"):
        read[0] = 2


def test_a_missing_name_is_refused_with_those_there_are(path):
    file = write_arrays(path, X=np.ones(3), y=np.ones(3))
    assert reason(shape_of, file, "inputs") == 'has no array "inputs"; it has X, y'


def test_names_out_of_a_file_reach_no_terminal_unchanged(path):
    file = write_arrays(path, **{"\x1b[31m": np.ones(3)})
    assert reason(shape_of, file, "x") == 'has no array "x"; it has ?[31m'


@pytest.mark.parametrize(
    ("array", "why"),
    [
        (np.ones((2, 0)), '"x" is empty: its shape is [2, 0]'),
        (np.ones(3), '"x" has the shape [3]; it must be [example, input]'),
        (np.ones((2, 2), bool), '"x" has elements of type bool'),
        (
            np.ones((2, 2), complex),
            '"x" has elements of type complex128, not real numbers; save it as',
        ),
        (np.full((2, 2), "a"), '"x" has elements of type <U1'),
        (
            np.full((2, 2), None),
            '"x" has elements of type object, which would have to be unpickled',
        ),
        (np.zeros((2, 2), [("a", float)]), "\"x\" has elements of type [('a', '<f8')]"),
        (np.zeros((2, 2), [("α", float)]), '"x" has elements of type npy 3.0'),
        (np.zeros((2, 2), "M8[s]"), '"x" has elements of type datetime64[s]'),
    ],
)
@pytest.mark.filterwarnings("ignore:Stored array in format 3.0")
def test_an_array_of_another_type_or_shape_is_refused_by_its_header(tmp_path, array, why):
    file = write_arrays(tmp_path / "x.npz", x=array)
    assert reason(shape_of, file, "x", ("example", "input")).startswith(why)


def test_safetensors_of_another_type_are_refused(tmp_path):
    for element, size in {"BF16": 2, "BOOL": 1, "F8_E4M3": 1}.items():
        header = json.dumps({"x": {"dtype": element, "shape": [2], "data_offsets": [0, 2 * size]}})
        content = len(header).to_bytes(8, "little") + header.encode() + bytes(2 * size)
        (tmp_path / "x.safetensors").write_bytes(content)
        file = InputFile.find(str(tmp_path / "x.safetensors"))
        assert reason(shape_of, file, "x").startswith(
            f'"x" has elements of type {element}, not real'
        )


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused_with_the_first_of_them(path, wrong):
    x = np.ones((3, 2))
    x[1, 0] = x[2, 1] = wrong
    assert reason(arrays, write_arrays(path, x=x), ("x",)) == (
        f'"x" has {wrong} at [1, 0], counted from 0; 2 of its 6 elements are not finite; '
        "remove or replace them"
    )


def test_whole_numbers_beyond_63_bits_are_refused(path):
    file = write_arrays(path, x=np.array([2**63], dtype=np.uint64))
    assert (
        reason(arrays, file, ("x",))
        == '"x" has whole numbers of more than 63 bits; save it as float64'
    )


def test_an_npy_file_is_refused_with_what_writes_the_right_ones(tmp_path):
    np.save(tmp_path / "x.npy", np.ones(3))
    assert reason(shape_of, InputFile.find(str(tmp_path / "x.npy")), "x") == (
        "must end in .npz or .safetensors; numpy.savez and safetensors.numpy.save_file write such "
        "files"
    )


@pytest.mark.parametrize(
    "content",
    [b"", b"PK", b"\x93NUMPY", b"\xff" * 8, b"\xff" * 100, b"\x02\0\0\0\0\0\0\0{}trailing"],
)
def test_a_file_that_is_no_such_file_at_all_is_refused(path, content):
    path.write_bytes(content)
    why = reason(names_in, InputFile.find(str(path)))
    assert why.startswith(f"is not a complete {path.suffix[1:]} file (")
    assert why.endswith("); write it again")


def test_a_file_that_was_cut_short_is_refused_by_its_header(path):
    write_arrays(path, **divided())
    path.write_bytes(path.read_bytes()[:-40])
    assert "is not a complete" in reason(names_in, InputFile.find(str(path)))


def test_an_npz_whose_array_is_shorter_than_its_header_says_is_refused(tmp_path):
    part = io.BytesIO()
    np.save(part, np.ones(5))
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("x.npy", part.getvalue()[:-8])
    why = reason(names_in, InputFile.find(str(tmp_path / "x.npz")))
    assert "x.npy is not as long as its header says" in why


def test_a_small_file_that_unpacks_to_a_large_one_is_not_unpacked_for_a_check(tmp_path):
    """Of zeros that deflate to a thousandth, only the header is read."""
    np.savez_compressed(
        tmp_path / "x.npz", x=np.zeros((2, SMALL // 2), np.uint8), y=np.array([np.nan])
    )
    file = InputFile.find(str(tmp_path / "x.npz"))
    assert file.path.stat().st_size < SMALL / 10
    assert shape_of(file, "x") == (2, SMALL // 2)
    with peak_memory_below(SMALL):
        check_small(file, ("x",))
    assert reason(check_small, file, ("x", "y")).startswith('"y" has nan at [0]')


@contextmanager
def peak_memory_below(limit: int):
    tracemalloc.start()
    yield
    assert tracemalloc.get_traced_memory()[1] < limit
    tracemalloc.stop()


def test_the_header_of_an_npz_array_is_not_read_beyond_what_a_header_can_be(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", b"\x93NUMPY\x02\0" + b"\xff" * 4 + b" " * SMALL)
    file = InputFile.find(str(tmp_path / "x.npz"))
    with peak_memory_below(SMALL):
        assert "EOF: reading array header" in reason(names_in, file)


@pytest.mark.parametrize("names", [("x", "x.npy"), ("x.npy", "x.npy"), ("x.npy", "x")])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_refused(tmp_path, names):
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        for number, name in enumerate(names):
            archive.writestr(name, npy(np.full(3, number)))
    why = reason(names_in, InputFile.find(str(tmp_path / "x.npz")))
    assert why == f'has "x" twice ({", ".join(names)}); keep one of them'


def npy(array: np.ndarray) -> bytes:
    part = io.BytesIO()
    np.save(part, array)
    return part.getvalue()


def test_too_many_members_are_refused_before_they_are_looked_at(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        for number in range(MOST_ARRAYS + 1):
            archive.writestr(str(number), b"")
    why = reason(names_in, InputFile.find(str(tmp_path / "x.npz")))
    assert why == "has 1,001 parts; write at most 1,000 arrays into a file"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compression_than_numpys_is_refused(tmp_path, method):
    with zipfile.ZipFile(tmp_path / "x.npz", "w", method) as archive:
        archive.writestr("x.npy", npy(np.ones(3)))
    assert "in another way than numpy" in reason(names_in, InputFile.find(str(tmp_path / "x.npz")))


ENTRY = {"dtype": "F64", "shape": [2], "data_offsets": [0, 16]}


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ({"x": ENTRY | {"shape": [3]}}, "x is not as long as its header says"),
        ({"x": ENTRY | {"shape": [2.0]}}, "x is not as long as its header says"),
        ({"x": ENTRY | {"shape": [-2, -1]}}, "x is not as long as its header says"),
        ({"x": ENTRY | {"shape": [2**40]}}, "x is not as long as its header says"),
        ({"x": ENTRY | {"data_offsets": [0, 8]}}, "x is not as long as its header says"),
        ({"x": ENTRY | {"data_offsets": [8, 24]}}, "x is not as long as its header says"),
        ({"x": ENTRY, "y": ENTRY}, "y is not as long as its header says"),
        ({"x": ENTRY | {"shape": [1], "data_offsets": [0, 8]}}, "it is not as long as its"),
        ({"x": {"dtype": "F64"}}, "'data_offsets'"),
        ([], ""),
        ('{"x": 1, "x": 2}', 'has "x" twice; keep one of them'),
        ("[" * 100_000, "maximum recursion depth"),
        (" " * LONGEST_TABLE + "{}", "its header has 1,048,578 bytes"),
    ],
)
def test_a_header_of_safetensors_that_lies_is_refused(tmp_path, header, why):
    table = (header if isinstance(header, str) else json.dumps(header)).encode()
    (tmp_path / "x.safetensors").write_bytes(len(table).to_bytes(8, "little") + table + bytes(16))
    assert why in reason(names_in, InputFile.find(str(tmp_path / "x.safetensors")))


def test_what_is_read_is_what_was_checked(path, monkeypatch):
    file = write_arrays(path, x=np.ones(3))
    names_in(file)
    other = Format(lambda held: {}, lambda content, forms: [np.ones(4)], "")
    monkeypatch.setitem(FORMATS, path.suffix, other)
    assert "numbers in the shape [4], and its header says" in reason(arrays, file, ("x",))


def test_a_pointer_of_git_lfs_is_refused_with_the_command_that_fetches_the_file(path):
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 12\n")
    why = reason(names_in, InputFile.find(str(path)))
    assert why == "is a git-lfs pointer: git lfs pull fetches the file itself"


def test_only_the_shapes_that_are_asked_for_pass(path):
    file = write_arrays(path, hidden=np.ones((3, 2)), bias=np.ones(3))
    check_shapes(file, {"hidden": (3, 2), "bias": (3,)})
    why = reason(check_shapes, file, {"hidden": (2, 3), "bias": (3,)})
    assert why == '"hidden" has the shape [3, 2]; it must be [2, 3]'
    why = reason(check_shapes, file, {"hidden": (3, 2)})
    assert why == 'has "bias", but should have only hidden; remove it'


def as_npz(compressed: bool) -> bytes:
    file = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(file, **divided())
    return file.getvalue()


WHOLE = {"npz": [as_npz(False), as_npz(True)], "safetensors": [save(divided())]}


@st.composite
def damaged(draw) -> tuple[str, bytes]:
    """A file with some bytes replaced, put in or taken out."""
    ending = draw(st.sampled_from(ENDINGS))
    content = bytearray(draw(st.sampled_from(WHOLE[ending])))
    for _ in range(draw(st.integers(1, 4))):
        near_an_end = draw(st.sampled_from([120, len(content)]))
        first = draw(st.integers(0, min(near_an_end, len(content))))
        first = draw(st.sampled_from([first, len(content) - first]))
        count = draw(st.integers(0, 8))
        content[first : first + count] = draw(st.binary(max_size=8))
    return ending, bytes(content)


@settings(
    max_examples=300,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(damaged())
def test_a_damaged_file_is_read_or_refused_and_nothing_else_comes_out(tmp_path, damage):
    ending, content = damage
    path = tmp_path / f"x.{ending}"
    path.write_bytes(content)
    message = mistake_in(path)
    assert not message or message.startswith(f"{path}: ")
    assert message.isprintable()


def mistake_in(path: Path) -> str:
    """What is wrong with a file, all of whose arrays are read; nothing if they can be."""
    try:
        file = InputFile.find(str(path))
        for name in names_in(file):
            shape = shape_of(file, name)
            assert arrays(file, (name,))[0].shape == shape
    except GrokspecError as error:
        return str(error)
    return ""
