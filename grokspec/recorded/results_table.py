"""The ``[results]`` table of a spec: where results were recorded, and what is what in the files."""

from __future__ import annotations

import math
import operator
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    Tag,
    field_validator,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from grokspec.engines.base import RESERVED
from grokspec.kinds import SpecModel, invalid
from grokspec.recorded.patterns import SEED, Pattern, PatternError

if TYPE_CHECKING:
    import numpy as np

STEP = "step"
"""The name of the dimension and the column of the recorded steps."""


@dataclass(frozen=True)
class FilePattern:
    """The path of one or more files, each part of which may have wildcards.

    ``folder`` is that of the spec in which it is written, to which it is relative.
    """

    text: str
    folder: Path

    def __post_init__(self) -> None:
        if not self.text or "\0" in self.text:
            raise PatternError('is not a path; write one, such as "runs/*.csv"')
        if twice := next((n for n in self.names if self.names.count(n) > 1), None):
            raise PatternError(f"has {{{twice}}} twice; write * in one of the places")

    @cached_property
    def parts(self) -> tuple[Pattern, ...]:
        """The patterns of the folders and of the file."""
        return tuple(Pattern(part) for part in self.text.split("/") if part not in ("", "."))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the axes in it."""
        return tuple(name for part in self.parts for name in part.names)


@dataclass(frozen=True)
class FilePatterns:
    """One or more patterns of files, all with the same names in them."""

    patterns: tuple[FilePattern, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the axes in each of them."""
        return self.patterns[0].names

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._validated,
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda files: [pattern.text for pattern in files.patterns], when_used="json"
            ),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        text = {"type": "string", "minLength": 1}
        return {"anyOf": [text, {"type": "array", "items": text, "minItems": 1}]}

    @classmethod
    def _validated(cls, value: Any) -> FilePatterns:
        if isinstance(value, FilePatterns):
            return value
        texts = value if isinstance(value, list | tuple) else [value]
        if not texts or not all(isinstance(text, str) for text in texts):
            raise PydanticCustomError("string_type", "must be text in quotes, or a list of texts")
        patterns = []
        for text in texts:
            try:
                patterns.append(FilePattern(str(text), getattr(text, "folder", Path())))
            except PatternError as error:
                raise invalid(f'"{text}" {error}') from None
        first, *others = patterns
        for other in others:
            if set(other.names) != set(first.names):
                raise invalid(
                    f'"{first.text}" and "{other.text}" have other names in braces; '
                    "write the same ones in all patterns"
                )
        return cls(tuple(patterns))


_NEVER = re.compile(r"\s*(<=|>=|<|>)\s*(\S+)\s*")


_COMPARE = {"<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt}


def _is_condition(text: str) -> bool:
    compared = _NEVER.fullmatch(text)
    try:
        return text == "nan" or math.isfinite(float(compared[2] if compared else "nan"))
    except ValueError:
        return False


Never = Annotated[float | str | list[float], Field(union_mode="left_to_right")]


def _is_a_pattern(text: str) -> str:
    try:
        Pattern(text)
    except PatternError as error:
        raise invalid(f'"{text}" {error}') from None
    return text


ColumnPattern = Annotated[str, Field(min_length=1), AfterValidator(_is_a_pattern)]
"""The name of a column, array or tag; of columns, also a pattern."""


class RecordedQuantity(SpecModel):
    """Where a quantity is in the files, and how its numbers are meant."""

    source: Annotated[ColumnPattern, Field(alias="from", description="Its column, array or tag.")]
    never: Annotated[
        Never | None,
        Field(
            description="Numbers that mean that it did not happen within the budget, which become "
            '+∞: one or several, "nan", or a comparison such as "<= 0".',
            examples=["<= 0"],
        ),
    ] = None
    along: Annotated[
        list[str] | None,
        Field(
            description='The names of an array\'s axes, such as ["seed", "step"]; by default they '
            "follow from their lengths."
        ),
    ] = None
    once: Annotated[
        bool,
        Field(description="It is one number a run, although a table has a row for each step."),
    ] = False

    @field_validator("never")
    @classmethod
    def _is_a_condition(cls, value: Never | None) -> Never | None:
        if isinstance(value, str) and not _is_condition(value):
            raise invalid(
                'must be one or several numbers, "nan", or a comparison such as "<= 0": what means '
                "that it did not happen within the budget"
            )
        return value

    @cached_property
    def pattern(self) -> Pattern:
        """Its column, array or tag, as a pattern."""
        return Pattern(self.source)

    def with_never(self, values: np.ndarray) -> np.ndarray:
        """Its numbers, with +∞ for those that mean that it did not happen."""
        import numpy as np

        if self.never is None:
            return values
        return np.where(self._means_never(values), np.inf, values)

    def _means_never(self, values: np.ndarray) -> np.ndarray:
        import numpy as np

        if self.never == "nan":
            return np.isnan(values)
        if not isinstance(self.never, str):
            return np.isin(values, np.asarray(self.never))
        compared = _NEVER.fullmatch(self.never)
        assert compared, "the validator has seen to it"
        found: np.ndarray = _COMPARE[compared[1]](values, float(compared[2]))
        return found


def _quantity_form(value: Any) -> str:
    if isinstance(value, dict | RecordedQuantity):
        return "a table"
    return "a name" if isinstance(value, str) else ""


QuantityForm = Annotated[
    Annotated[ColumnPattern, Tag("a name")] | Annotated[RecordedQuantity, Tag("a table")],
    Discriminator(
        _quantity_form,
        custom_error_type="invalid",
        custom_error_message='must be the name of a column, array or tag, or { from = "name", … }',
    ),
]


class SeedNumbers(SpecModel):
    """Consecutive seeds along an axis that has no numbers of its own."""

    count: Annotated[
        int | None, Field(ge=1, description="How many seeds; by default as many as there are.")
    ] = None
    first: Annotated[int, Field(ge=0, alias="from", description="The first of them.")] = 0


def _seed_form(value: Any) -> str:
    if isinstance(value, dict | SeedNumbers):
        return "a range"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, str):
        return "a name"
    return "a count" if type(value) is int else ""


SeedForm = Annotated[
    Annotated[str, Field(min_length=1), Tag("a name")]
    | Annotated[int, Field(ge=1), Tag("a count")]
    | Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1), Tag("a list")]
    | Annotated[SeedNumbers, Tag("a range")],
    Discriminator(
        _seed_form,
        custom_error_type="invalid",
        custom_error_message="must be the name of a column or array, a count, a list of whole "
        "numbers, { count = n, from = first }, or { from = first } for as many as there are",
    ),
]


def _axes_form(value: Any) -> str:
    return "a list" if isinstance(value, list | tuple) else "a table"


AxesForm = Annotated[
    Annotated[list[str], Tag("a list")] | Annotated[dict[str, str], Tag("a table")],
    Discriminator(_axes_form),
]


class Fetch(SpecModel):
    """Public files that are downloaded when they are first read, and compared each time."""

    url: Annotated[
        str,
        Field(pattern="^https?://", description="The address of the folder they are in."),
    ]
    sha256: Annotated[
        dict[str, Annotated[str, Field(pattern="^[0-9a-f]{64}$")]],
        Field(min_length=1, description="The hash of each file by its name, in hex."),
    ]

    @field_validator("sha256")
    @classmethod
    def _names_stay_in_the_folder(cls, hashes: dict[str, str]) -> dict[str, str]:
        for name in hashes:
            if name in ("", ".", "..") or not name.isprintable() or set("/\\") & set(name):
                raise invalid(f'"{name}" is no name of a file; write it without folders', name)
        return hashes


class RecordedResults(SpecModel):
    """Results that were recorded elsewhere: their files, and what is what in them."""

    files: Annotated[
        FilePatterns,
        Field(
            description="The files, relative to the folder of the spec or below GROKSPEC_DATA; "
            "* is any text, and {name} the value of an axis.",
            examples=["runs/*_rho{rho}_seed{seed}.csv"],
        ),
    ]
    step: Annotated[
        str | None,
        Field(
            min_length=1,
            description="The column or array with the step of each record; without it, there is "
            "one number a run.",
        ),
    ] = None
    seed: Annotated[
        SeedForm | None,
        Field(
            description="The column or array with the seeds; for arrays without it, a count, a "
            "list, { count = n, from = first }, or { from = first } for as many as there are."
        ),
    ] = None
    axes: Annotated[
        AxesForm,
        Field(
            description="More axes: the name of each with its column or array, or a list of names."
        ),
    ] = Field(default_factory=dict)
    quantities: Annotated[
        dict[str, QuantityForm],
        Field(
            min_length=1,
            description="The name of each quantity here, and of its column, array or tag there.",
        ),
    ]
    gaps: Annotated[
        Literal["keep", "skip"] | None,
        Field(
            description='Records that lack some numbers: "keep" has NaN there, "skip" leaves these '
            "records out; by default they are a mistake."
        ),
    ] = None
    fetch: Annotated[
        Fetch | None, Field(description="Where the files are downloaded if they are not there.")
    ] = None

    @cached_property
    def columns_of_axes(self) -> dict[str, str]:
        """The column or array of each axis that is inside the files."""
        return self.axes if isinstance(self.axes, dict) else {name: name for name in self.axes}

    @cached_property
    def details(self) -> dict[str, RecordedQuantity]:
        """Each quantity as a table, also where it is only named."""
        return {
            name: own
            if isinstance(own, RecordedQuantity)
            else RecordedQuantity.model_validate({"from": own})
            for name, own in self.quantities.items()
        }

    @cached_property
    def names_in_columns(self) -> tuple[str, ...]:
        """The names of the axes in the names of columns."""
        return tuple(
            dict.fromkeys(name for own in self.details.values() for name in own.pattern.names)
        )

    @cached_property
    def dimensions(self) -> dict[str, tuple[str, ...]]:
        """The names of the further axes of each quantity, those after the steps."""
        known = (SEED, STEP, *self.axis_names)
        return {
            name: tuple(dim for dim in own.along if dim not in known)
            for name, own in self.details.items()
            if own.along is not None
        }

    @cached_property
    def axis_names(self) -> tuple[str, ...]:
        """The names of all axes but the seed, in order."""
        names = (*self.files.names, *self.columns_of_axes, *self.names_in_columns)
        return tuple(name for name in dict.fromkeys(names) if name != SEED)

    @model_validator(mode="after")
    def _names_are_clear(self) -> RecordedResults:
        for place in ("axes", "quantities"):
            for name in getattr(self, place):
                if reason := _why_no_name(name):
                    raise invalid(reason, *((place, name) if place == "quantities" else (place,)))
        for name in self.files.names + self.names_in_columns:
            if name != SEED and (reason := _why_no_name(name)):
                raise invalid(f"{{{name}}}: {reason}")
        for name in self.names_in_columns:
            if name in self.columns_of_axes:
                raise invalid(
                    f"{{{name}}} is in the names of columns and in axes; keep one of them"
                )
        for name in self.axis_names:
            if name in self.quantities:
                raise invalid(
                    f'"{name}" is the name of an axis and of a quantity; rename one of them',
                    "quantities",
                    name,
                )
        return self

    @model_validator(mode="after")
    def _seed_is_said_once(self) -> RecordedResults:
        said = [
            *(["seed"] if self.seed is not None else []),
            *(["{seed} in files"] if SEED in self.files.names else []),
            *(["{seed} in a column"] if SEED in self.names_in_columns else []),
        ]
        if len(said) > 1:
            raise invalid(f"the seed is said twice, by {' and by '.join(said)}; keep one of them")
        return self

    @model_validator(mode="after")
    def _quantities_fit(self) -> RecordedResults:
        for name, own in self.details.items():
            if set(own.pattern.names) != set(self.names_in_columns):
                missing = set(self.names_in_columns) - set(own.pattern.names)
                raise invalid(
                    f'"{own.source}" lacks {{{min(missing)}}}, which other columns have in their '
                    "names; write it in all of them",
                    "quantities",
                    name,
                )
            if own.along is not None:
                self._check_along(name, own.along)
        return self

    def _check_along(self, quantity: str, along: list[str]) -> None:
        known = {SEED, *self.axis_names, *([STEP] if self.step else [])}
        for name in along:
            if along.count(name) > 1:
                raise invalid(f'has "{name}" twice', "quantities", quantity, "along")
            if name == STEP and not self.step:
                raise invalid(
                    'has "step", but the table has none; add step = "…", the array of the steps',
                    "quantities",
                    quantity,
                    "along",
                )
        first_inner = next((i for i, name in enumerate(along) if name not in known), len(along))
        for name in along[first_inner:]:
            if name in known:
                raise invalid(
                    f'"{along[first_inner]}" is no axis of the sweep and must come after "{name}"',
                    "quantities",
                    quantity,
                    "along",
                )


def _why_no_name(name: str) -> str:
    """Why results cannot have an axis or a quantity of this name; empty if they can."""
    if not name.isidentifier():
        return f'"{name}" is no name; use letters, digits and underscores'
    if name in RESERVED:
        return f'"{name}" means something else in results; choose another name'
    if name == SEED:
        return f'the seed is said by {SEED} = "…", beside files'
    return ""
