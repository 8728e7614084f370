"""Arrays in an input file: npz, as numpy writes it, or safetensors. Nothing is unpickled.

`names_in` and `shape_of` read only headers, which is enough for a plan; `arrays` reads the numbers,
and `stored` also texts, truth values and what is not finite. All raise a FileError with the reason
if the file is invalid, however damaged it is. What is read and kept belongs to one content of a
file, by its hash.
"""

from __future__ import annotations

import functools
import io
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, NamedTuple

from grokspec.files.inputs import FileError, InputFile

if TYPE_CHECKING:
    import zipfile

    import numpy as np

Shape = tuple[int, ...]

SMALL = 2**25
"""Numbers are looked at when a spec is read if a file, and the arrays of it when unpacked, have at
most this many bytes; all others are looked at when training starts."""

MOST_ARRAYS = 1_000
"""How many arrays a file may have."""

LONGEST_HEADER = 10_000
"""Bytes in the header of an array in an npz file, as numpy allows."""

LONGEST_TABLE = 2**20
"""Bytes in the header of a safetensors file."""

GIT_LFS = b"version https://git-lfs.github.com/spec/"
"""How the small file begins that git-lfs puts in the place of a large one."""

LONGEST_TEXT = 200
"""How many characters of a text in a file a message shows."""

SAFETENSORS_NUMBERS = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2",
    "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1",
}  # fmt: skip
"""numpy's name for each type of number that can be read from safetensors files."""

Numbers = Literal["real", "whole", "none"]

NUMBERS: dict[str, Numbers] = {"f": "real", "i": "whole", "u": "whole"}
"""The numbers of an array by the kind of its numpy type; any other kind has none."""


@dataclass(frozen=True)
class Form:
    """What the header of a file says of an array.

    ``element`` is the file's name for the type of an element and ``dtype`` numpy's, empty if
    ``numbers`` are none. ``member`` is the name of the part of an npz file.
    """

    shape: Shape
    element: str
    dtype: str = ""
    member: str = ""

    @property
    def numbers(self) -> Numbers:
        """Which numbers its elements are."""
        return NUMBERS.get(self.dtype.lstrip("<>|=")[:1], "none")

    @property
    def size(self) -> int:
        """Its bytes in 64-bit numbers, as training has it in memory."""
        return 8 * math.prod(self.shape)


Forms = dict[str, Form]


@dataclass(frozen=True)
class Header:
    """The forms of all arrays in a file, and its size in bytes."""

    forms: Forms
    size: int


class UnfitError(Exception):
    """What is wrong with a file that could be parsed."""


class Format(NamedTuple):
    """How the files of one ending are read."""

    forms: Callable[[BinaryIO], Forms]
    """The forms of all arrays in a file."""
    arrays: Callable[[bytes, Forms], list[np.ndarray]]
    """The arrays of these forms in the content of a file."""
    damaged: str
    """What is wrong with a file that cannot be parsed."""


def names_in(file: InputFile) -> tuple[str, ...]:
    """The names of the arrays in a file."""
    return tuple(_header(file).forms)


def shape_of(file: InputFile, name: str, dimensions: tuple[str, ...] | None = None) -> Shape:
    """The shape of one array. Raises a FileError if it is missing, empty or not numeric.

    ``dimensions`` names the axes that the array must have, if their number is fixed.
    """
    forms = _header(file).forms
    if name not in forms:
        there = ", ".join(map(printable, sorted(forms)))
        raise FileError(file.path, f'has no array "{name}"; it has {there or "none"}')
    form = forms[name]
    if form.numbers == "none":
        raise FileError(
            file.path,
            f'"{name}" has elements of type {form.element}, not real numbers; save it as float64, '
            "or as int64 if its numbers are whole",
        )
    if dimensions is not None and len(form.shape) != len(dimensions):
        raise FileError(
            file.path,
            f'"{name}" has the shape {in_brackets(form.shape)}; '
            f"it must be {in_brackets(dimensions)}",
        )
    if 0 in form.shape:
        raise FileError(file.path, f'"{name}" is empty: its shape is {in_brackets(form.shape)}')
    return form.shape


def is_whole(file: InputFile, name: str) -> bool:
    """Whether an array has a type of whole numbers."""
    return _header(file).forms[name].numbers == "whole"


def in_brackets(shape: Sequence[int | str]) -> str:
    """A shape, or the names of its axes, in messages: ``[3, 2]``."""
    return f"[{', '.join(map(str, shape))}]"


def printable(text: str) -> str:
    """A text from a file in messages: shortened, without control characters."""
    return "".join(c if c.isprintable() else "?" for c in text[:LONGEST_TEXT])


def check_shapes(file: InputFile, wanted: dict[str, Shape]) -> None:
    """Raise a FileError unless a file has exactly these arrays and shapes, all finite.

    Whether they are finite is not known of large ones; see `SMALL`.
    """
    for name, shape in wanted.items():
        if (found := shape_of(file, name)) != shape:
            raise FileError(
                file.path,
                f'"{name}" has the shape {in_brackets(found)}; it must be {in_brackets(shape)}',
            )
    for name in names_in(file):
        if name not in wanted:
            raise FileError(
                file.path,
                f'has "{printable(name)}", but should have only {", ".join(sorted(wanted))}; '
                "remove it",
            )
    check_small(file, tuple(wanted))


def check_small(file: InputFile, names: tuple[str, ...]) -> None:
    """Raise a FileError if arrays that are small enough to be looked at are not finite."""
    if why := _why_unreadable(file, small_ones(file, names)):
        raise FileError(file.path, why)


def small_ones(file: InputFile, names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of some arrays that are looked at when a spec is read; see `SMALL`."""
    header = _header(file)
    left = SMALL if header.size <= SMALL else 0
    small = set()
    for name in sorted(names, key=lambda name: header.forms[name].size):
        left -= header.forms[name].size
        if left >= 0:
            small.add(name)
    return tuple(name for name in names if name in small)


@functools.lru_cache(maxsize=64)  # for every point of a sweep, also where it is refused
def _why_unreadable(file: InputFile, names: tuple[str, ...]) -> str | None:
    try:
        arrays(file, names)
    except FileError as error:
        return error.reason
    return None


@functools.lru_cache(maxsize=4)  # the runs of a stack read the same files
def arrays(file: InputFile, names: tuple[str, ...]) -> tuple[np.ndarray, ...]:
    """Some arrays of a file, as int64 if their type is whole, else as float64; read-only."""
    for name in names:
        shape_of(file, name)
    found = _read(file, names)
    return tuple(_in_64_bits(file, name, array) for name, array in zip(names, found, strict=True))


def forms_in(file: InputFile) -> Forms:
    """What the header of a file says of each of its arrays."""
    return _header(file).forms


def stored(file: InputFile, names: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Some arrays of a file in the types they have there, which may be texts or truth values.

    Numbers need not be finite. Raises a FileError for any other type, and nothing is unpickled.
    """
    for name in names:
        form = _header(file).forms[name]
        if form.numbers == "none" and not (form.member and form.element.startswith(("<U", "bool"))):
            raise FileError(
                file.path,
                f'"{printable(name)}" has elements of type {form.element}; save it as numbers',
            )
    return dict(zip(names, _read(file, names), strict=True))


def _read(file: InputFile, names: tuple[str, ...]) -> list[np.ndarray]:
    """Some arrays of a file, with the types and shapes of its header."""
    if not names:
        return []
    forms = {name: _header(file).forms[name] for name in names}
    content = file.content()
    try:
        found = _format(file).arrays(content, forms)
    except Exception as error:
        raise _unfit(file, error) from error
    for (name, form), array in zip(forms.items(), found, strict=True):
        if (array.shape, array.dtype) != (form.shape, form.dtype or form.element):
            raise FileError(
                file.path,
                f'"{name}" has {array.dtype} numbers in the shape {in_brackets(array.shape)}, and '
                f"its header says {form.element} in {in_brackets(form.shape)}; write it again",
            )
    return found


def _in_64_bits(file: InputFile, name: str, array: np.ndarray) -> np.ndarray:
    import numpy as np

    if array.dtype.kind in "iu":
        if array.max() > np.iinfo(np.int64).max:
            raise FileError(
                file.path, f'"{name}" has whole numbers of more than 63 bits; save it as float64'
            )
        result = array.astype(np.int64)
    else:
        with np.errstate(over="ignore"):  # a wider type may overflow, which is found below
            result = array.astype(np.float64)
        if len(wrong := np.argwhere(~np.isfinite(result))):
            place = tuple(map(int, wrong[0]))
            raise FileError(
                file.path,
                f'"{name}" has {result[place]} at {in_brackets(place)}, counted from 0; '
                f"{len(wrong)} of its {result.size} elements are not finite; remove or replace "
                "them",
            )
    result.flags.writeable = False
    return result


def _header(file: InputFile) -> Header:
    found = _header_or_reason(file)
    if isinstance(found, str):
        raise FileError(file.path, found)
    return found


@functools.lru_cache(maxsize=64)  # for every point of a sweep, also where it is refused
def _header_or_reason(file: InputFile) -> Header | str:
    try:
        form = _format(file)
        with file.unchanged() as held:
            if held.read(len(GIT_LFS)) == GIT_LFS:
                return "is a git-lfs pointer: git lfs pull fetches the file itself"
            size = held.seek(0, io.SEEK_END)
            held.seek(0)
            try:
                return Header(form.forms(held), size)
            except Exception as error:  # parsers raise anything on a damaged file
                raise _unfit(file, error) from error
    except FileError as error:
        return error.reason


def _format(file: InputFile) -> Format:
    ending = file.path.suffix.lower()
    if ending not in FORMATS:
        raise FileError(
            file.path,
            f"must end in {' or '.join(FORMATS)}; numpy.savez and safetensors.numpy.save_file "
            "write such files",
        )
    return FORMATS[ending]


def _unfit(file: InputFile, error: Exception) -> FileError:
    """What a parser's error says of a file."""
    why = printable(str(error)) or type(error).__name__
    if isinstance(error, UnfitError):
        return FileError(file.path, why)
    return FileError(file.path, f"{_format(file).damaged} ({why}); write it again")


def _is_shape(lengths: Sequence[Any]) -> bool:
    return all(isinstance(length, int) and length >= 0 for length in lengths)


def _first_twice(names: Sequence[str]) -> str | None:
    seen: set[str] = set()
    return next((name for name in names if name in seen or seen.add(name)), None)  # type: ignore[func-returns-value]


def _checked_count(count: int) -> None:
    if count > MOST_ARRAYS:
        raise UnfitError(f"has {count:,} parts; write at most {MOST_ARRAYS:,} arrays into a file")


def _npz_forms(file: BinaryIO) -> Forms:
    import zipfile

    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        _checked_count(len(members))
        names = [member.filename.removesuffix(".npy") for member in members]
        if twice := _first_twice(names):
            parts = ", ".join(
                m.filename for m in members if m.filename.removesuffix(".npy") == twice
            )
            raise UnfitError(f'has "{twice}" twice ({parts}); keep one of them')
        return {
            name: _npy_form(archive, member)
            for name, member in zip(names, members, strict=True)
            if member.filename.endswith(".npy")
        }


def _npy_form(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Form:
    import zipfile

    from numpy.lib import format as npy

    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{member.filename} is compressed in another way than numpy does it")
    with archive.open(member) as packed:
        part = io.BytesIO(packed.read(LONGEST_HEADER))  # its header may say that it is longer
    version = npy.read_magic(part)
    if version not in ((1, 0), (2, 0)):  # later versions are for field names
        return Form((), f"npy {version[0]}.{version[1]}")
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = read(part)
    if dtype.hasobject:
        return Form(shape, "object, which would have to be unpickled")
    if not _is_shape(shape) or member.file_size != part.tell() + math.prod(shape) * dtype.itemsize:
        raise ValueError(f"{member.filename} is not as long as its header says")
    known = dtype.str if dtype.kind in NUMBERS else ""
    return Form(shape, str(dtype), known, member.filename)


def _npz_arrays(content: bytes, forms: Forms) -> list[np.ndarray]:
    import zipfile

    from numpy.lib import format as npy

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        found = []
        for form in forms.values():
            with archive.open(form.member) as part:
                found.append(npy.read_array(part, allow_pickle=False))
        return found


def _safetensors_forms(file: BinaryIO) -> Forms:
    """The forms by the header, whose places of arrays must fill the file without gaps."""
    length = int.from_bytes(file.read(8), "little")
    if length > LONGEST_TABLE:
        raise ValueError(f"its header has {length:,} bytes, more than {LONGEST_TABLE:,}")
    table = json.loads(file.read(length), object_pairs_hook=_without_twice)
    table.pop("__metadata__", None)
    _checked_count(len(table))
    begin = file.tell()
    end = 0
    for name, entry in sorted(table.items(), key=lambda item: item[1]["data_offsets"]):
        first, last = entry["data_offsets"]
        known = SAFETENSORS_NUMBERS.get(entry["dtype"])
        size = int(known[-1]) * math.prod(entry["shape"]) if known else last - first
        if first != end or last - first != size or not _is_shape(entry["shape"]):
            raise ValueError(f"{name} is not as long as its header says")
        end = last
    if begin + end != file.seek(0, io.SEEK_END):
        raise ValueError("it is not as long as its header says")
    return {
        name: Form(
            tuple(entry["shape"]), entry["dtype"], SAFETENSORS_NUMBERS.get(entry["dtype"], "")
        )
        for name, entry in table.items()
    }


def _without_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if twice := _first_twice([name for name, _ in pairs]):
        raise UnfitError(f'has "{twice}" twice; keep one of them')
    return dict(pairs)


def _safetensors_arrays(content: bytes, forms: Forms) -> list[np.ndarray]:
    import numpy as np
    from safetensors import deserialize

    held = dict(deserialize(content))
    return [
        np.frombuffer(part["data"], SAFETENSORS_NUMBERS[part["dtype"]]).reshape(part["shape"])
        for part in (held[name] for name in forms)
    ]


FORMATS = {
    ".npz": Format(_npz_forms, _npz_arrays, "is not a complete npz file"),
    ".safetensors": Format(
        _safetensors_forms, _safetensors_arrays, "is not a complete safetensors file"
    ),
}
"""The formats by the ending of a file."""
