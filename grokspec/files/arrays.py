"""Arrays in an input file: npz, as numpy writes it, or safetensors. Nothing is unpickled.

`form_of` reads headers alone, which is what a plan asks for; `arrays` reads the numbers. Both
raise a FileError that says what is wrong with the file, however damaged it is.
"""

from __future__ import annotations

import functools
import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

from grokspec.files.inputs import FileError, InputFile

if TYPE_CHECKING:
    import zipfile

    import numpy as np

T = TypeVar("T")
Shape = tuple[int, ...]

SMALL = 2**24
"""Files of at most so many bytes are searched for NaN and infinity when a spec is read, larger
ones when training starts."""

LONGEST_TEXT = 200
"""Longer texts out of a file are shown in part, in characters."""

SAFETENSORS_NUMBERS = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2",
    "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1",
}  # fmt: skip
"""numpy's name of each type of number that is read from safetensors files."""


Numbers = Literal["real", "whole", "none"]

NUMBERS: dict[str, Numbers] = {"f": "real", "i": "whole", "u": "whole"}
"""What the numbers of each kind are that numpy's types have; of others there are none."""


@dataclass(frozen=True)
class Form:
    """The shape of an array, what its elements are called, and what of numbers they are."""

    shape: Shape
    element: str
    numbers: Numbers


class Format(NamedTuple):
    """How the files of one ending are read: the forms of all arrays, and some of the arrays."""

    forms: Callable[[InputFile], dict[str, Form]]
    arrays: Callable[[bytes, tuple[str, ...]], list[np.ndarray]]
    damaged: str


def names_in(file: InputFile) -> tuple[str, ...]:
    """The names of the arrays that a file holds."""
    return tuple(_forms(file))


def shape_of(file: InputFile, name: str, dimensions: tuple[str, ...] | None = None) -> Shape:
    """The shape of one array, which is there, is not empty, and holds numbers.

    ``dimensions`` names the axes that it must have, where it is known how many these are.
    """
    forms = _forms(file)
    if name not in forms:
        there = ", ".join(map(printable, sorted(forms)))
        raise FileError(file.path, f'holds no array "{name}"; it holds {there or "none"}')
    form = forms[name]
    if form.numbers == "none":
        raise FileError(
            file.path,
            f'"{name}" is of type {form.element}, not of real numbers; save it as float64, or as '
            "int64 if it holds whole numbers",
        )
    if dimensions is not None and len(form.shape) != len(dimensions):
        raise FileError(
            file.path,
            f'"{name}" has the shape {in_brackets(form.shape)}; it must be [{", ".join(dimensions)}]',
        )
    if 0 in form.shape:
        raise FileError(file.path, f'"{name}" is empty: its shape is {in_brackets(form.shape)}')
    return form.shape


def is_whole(file: InputFile, name: str) -> bool:
    """Whether an array is of a type that holds whole numbers only."""
    return _forms(file)[name].numbers == "whole"


def in_brackets(shape: Shape) -> str:
    """A shape as messages show it."""
    return f"[{', '.join(map(str, shape))}]"


def printable(text: str) -> str:
    """A text out of a file, cut short and without what a terminal would obey."""
    return "".join(c if c.isprintable() else "?" for c in text[:LONGEST_TEXT])


def check_shapes(file: InputFile, wanted: dict[str, Shape]) -> None:
    """Refuse a file that holds other arrays than these, of other shapes, or not finite ones."""
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
                f'holds "{printable(name)}", which is none of those asked for: '
                f"{', '.join(sorted(wanted))}; take it out",
            )
    arrays(file, tuple(wanted))


def check_small(file: InputFile, names: tuple[str, ...]) -> None:
    """Refuse arrays that are not finite, if the file is small enough to be read at once."""
    if file.unchanged().stat().st_size <= SMALL:
        arrays(file, names)


@functools.lru_cache(maxsize=4)  # the runs of a stack read the same files
def arrays(file: InputFile, names: tuple[str, ...]) -> tuple[np.ndarray, ...]:
    """Some arrays of a file, in float64, or in int64 if they hold whole numbers; read-only."""
    for name in names:
        shape_of(file, name)
    content = file.content()
    found = _guarded(file, lambda: _format(file).arrays(content, names))
    return tuple(_sound(file, name, array) for name, array in zip(names, found, strict=True))


def _sound(file: InputFile, name: str, array: np.ndarray) -> np.ndarray:
    import numpy as np

    if array.dtype.kind in "iu":
        if array.max() > np.iinfo(np.int64).max:
            raise FileError(file.path, f'"{name}" has whole numbers of more than 63 bits')
        sound = array.astype(np.int64)
    else:
        with np.errstate(over="ignore"):  # of a wider type; told below
            sound = array.astype(np.float64)
        if len(wrong := np.argwhere(~np.isfinite(sound))):
            place = tuple(map(int, wrong[0]))
            raise FileError(
                file.path,
                f'"{name}" has {sound[place]} at {in_brackets(place)}, counted from 0; {len(wrong)} of '
                f"its {sound.size} elements are not finite; take them out",
            )
    sound.flags.writeable = False
    return sound


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
    except Exception as error:  # a damaged file makes parsers raise what they like
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
        if version not in ((1, 0), (2, 0)):  # later ones are for names of fields
            return Form((), f"npy {version[0]}.{version[1]}", "none")
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, _, dtype = read(part)
        begin = part.tell()
    if dtype.hasobject:
        return Form(shape, "object, which only unpickling could read", "none")
    if member.file_size != begin + math.prod(shape) * dtype.itemsize:
        raise ValueError(f"{member.filename} has not the length that its header says")
    return Form(shape, str(dtype), NUMBERS.get(dtype.kind, "none"))


def _npz_arrays(content: bytes, names: tuple[str, ...]) -> list[np.ndarray]:
    import numpy as np

    with np.load(io.BytesIO(content), allow_pickle=False) as held:
        return [held[name] for name in names]


def _safetensors_forms(file: InputFile) -> dict[str, Form]:
    from safetensors import safe_open

    forms = {}
    with safe_open(file.path, framework="np") as held:
        for name in held.keys():  # noqa: SIM118  (it is no mapping)
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
    ".npz": Format(_npz_forms, _npz_arrays, "is no whole npz file"),
    ".safetensors": Format(_safetensors_forms, _safetensors_arrays, "is no whole safetensors file"),
}
"""How files are read, by their ending."""
