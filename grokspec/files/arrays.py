"""Arrays in an input file: npz, as numpy writes it, or safetensors. Nothing is unpickled.

`names_in` and `shape_of` read only headers, which is enough for a plan; `arrays` reads the numbers.
All raise a FileError with the reason if the file is invalid, however damaged it is.
"""

from __future__ import annotations

import functools
import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

from grokspec.files.inputs import FileError, InputFile

if TYPE_CHECKING:
    import zipfile

    import numpy as np

T = TypeVar("T")
Shape = tuple[int, ...]

SMALL = 2**24
"""Files of at most this many bytes are searched for NaN and infinity when a spec is read, larger
ones when training starts."""

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
    """The shape of an array, the name of its element type, and the numbers of that type."""

    shape: Shape
    element: str
    numbers: Numbers


class Format(NamedTuple):
    """How the files of one ending are read."""

    forms: Callable[[InputFile], dict[str, Form]]
    """The forms of all arrays in a file."""
    arrays: Callable[[bytes, tuple[str, ...]], list[np.ndarray]]
    """The named arrays in the content of a file."""
    damaged: str
    """What is wrong with a file that cannot be parsed."""


def names_in(file: InputFile) -> tuple[str, ...]:
    """The names of the arrays in a file."""
    return tuple(_forms(file))


def shape_of(file: InputFile, name: str, dimensions: tuple[str, ...] | None = None) -> Shape:
    """The shape of one array. Raises a FileError if it is missing, empty or not numeric.

    ``dimensions`` names the axes that the array must have, if their number is fixed.
    """
    forms = _forms(file)
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
    return _forms(file)[name].numbers == "whole"


def in_brackets(shape: Sequence[int | str]) -> str:
    """A shape, or the names of its axes, in messages: ``[3, 2]``."""
    return f"[{', '.join(map(str, shape))}]"


def printable(text: str) -> str:
    """A text from a file in messages: shortened, without control characters."""
    return "".join(c if c.isprintable() else "?" for c in text[:LONGEST_TEXT])


def check_shapes(file: InputFile, wanted: dict[str, Shape]) -> None:
    """Raise a FileError unless a file has exactly these arrays and shapes, all finite."""
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
    arrays(file, tuple(wanted))


def check_small(file: InputFile, names: tuple[str, ...]) -> None:
    """Raise a FileError if arrays are not finite, in a file small enough to be read at once."""
    if file.unchanged().stat().st_size <= SMALL:
        arrays(file, names)


@functools.lru_cache(maxsize=4)  # the runs of a stack read the same files
def arrays(file: InputFile, names: tuple[str, ...]) -> tuple[np.ndarray, ...]:
    """Some arrays of a file, as int64 if their type is whole, else as float64; read-only."""
    for name in names:
        shape_of(file, name)
    content = file.content()
    found = _guarded(file, lambda: _format(file).arrays(content, names))
    return tuple(_in_64_bits(file, name, array) for name, array in zip(names, found, strict=True))


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


@functools.lru_cache(maxsize=64)
def _forms(file: InputFile) -> dict[str, Form]:
    file.unchanged()
    return _guarded(file, lambda: _format(file).forms(file))


def _format(file: InputFile) -> Format:
    ending = file.path.suffix.lower()
    if ending not in FORMATS:
        raise FileError(
            file.path,
            f"must end in {' or '.join(FORMATS)}; numpy.savez and safetensors.numpy.save_file "
            "write such files",
        )
    return FORMATS[ending]


def _guarded(file: InputFile, read: Callable[[], T]) -> T:
    try:
        return read()
    except FileError:
        raise
    except Exception as error:  # parsers raise anything on a damaged file
        why = printable(str(error)) or type(error).__name__
        raise FileError(file.path, f"{_format(file).damaged} ({why}); write it again") from error


def _npz_forms(file: InputFile) -> dict[str, Form]:
    import zipfile

    with zipfile.ZipFile(file.path) as archive:
        return {
            member.filename.removesuffix(".npy"): _npy_form(archive, member)
            for member in archive.infolist()
            if member.filename.endswith(".npy")
        }


def _npy_form(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Form:
    from numpy.lib import format as npy

    with archive.open(member) as part:
        version = npy.read_magic(part)
        if version not in ((1, 0), (2, 0)):  # later versions are for field names
            return Form((), f"npy {version[0]}.{version[1]}", "none")
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, _, dtype = read(part)
        begin = part.tell()
    if dtype.hasobject:
        return Form(shape, "object, which would have to be unpickled", "none")
    if member.file_size != begin + math.prod(shape) * dtype.itemsize:
        raise ValueError(f"{member.filename} is not as long as its header says")
    return Form(shape, str(dtype), NUMBERS.get(dtype.kind, "none"))


def _npz_arrays(content: bytes, names: tuple[str, ...]) -> list[np.ndarray]:
    import numpy as np

    with np.load(io.BytesIO(content), allow_pickle=False) as held:
        return [held[name] for name in names]


def _safetensors_forms(file: InputFile) -> dict[str, Form]:
    from safetensors import safe_open

    forms = {}
    with safe_open(file.path, framework="np") as held:
        for name in held.keys():  # noqa: SIM118  (not a mapping)
            part = held.get_slice(name)
            element = part.get_dtype()
            known = SAFETENSORS_NUMBERS.get(element, "none")
            forms[name] = Form(tuple(part.get_shape()), element, NUMBERS.get(known[-2], "none"))
    return forms


def _safetensors_arrays(content: bytes, names: tuple[str, ...]) -> list[np.ndarray]:
    import numpy as np
    from safetensors import deserialize

    held = dict(deserialize(content))
    return [
        np.frombuffer(part["data"], SAFETENSORS_NUMBERS[part["dtype"]]).reshape(part["shape"])
        for part in (held[name] for name in names)
    ]


FORMATS = {
    ".npz": Format(_npz_forms, _npz_arrays, "is not a complete npz file"),
    ".safetensors": Format(
        _safetensors_forms, _safetensors_arrays, "is not a complete safetensors file"
    ),
}
"""The formats by the ending of a file."""
