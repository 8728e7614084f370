"""Inputs and targets from a file of the user, divided there or by the seed."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import Field, model_validator

from grokspec.files.arrays import (
    arrays,
    check_small,
    is_whole,
    names_in,
    printable,
    shape_of,
    small_ones,
)
from grokspec.files.inputs import FileError, InputFile
from grokspec.kinds import invalid
from grokspec.tasks._fixed_set import division
from grokspec.tasks._values import (
    why_no_classes,
    why_no_plain_signs,
    why_no_probabilities,
    why_no_signs,
    why_no_tokens,
)
from grokspec.tasks.base import Data, Task

if TYPE_CHECKING:
    import numpy as np

WHOLE = ("inputs", "targets")
TRAIN = ("train_inputs", "train_targets")
TEST = ("test_inputs", "test_targets")

Pair = tuple[str, str]
Rule = Callable[..., str | None]
"""A function of `tasks._values`."""


class Sizes(NamedTuple):
    """What the shapes of inputs and targets say."""

    examples: int
    inputs: int
    outputs: int


class Arrays(Task):
    """Examples from an npz or safetensors file, divided in the file or by the seed.

    The file holds either ``train_inputs`` and ``test_inputs`` [example, input], with
    ``train_targets`` and ``test_targets`` ([example] or [example, output]), or ``inputs`` and
    ``targets``, from which each seed draws ``train`` rows to train on. Targets may be missing if
    ``eigenvector`` gives the labels. Inputs of whole numbers (tokens) stay whole numbers.
    """

    remedy_for_tokens: ClassVar[str] = "save them as float64"
    remedy_for_numbers: ClassVar[str] = "save tokens as int64"

    kind: Literal["arrays"] = "arrays"
    file: Annotated[
        InputFile,
        Field(
            description="npz or safetensors file, relative to this spec, of inputs and targets, or "
            "of train_inputs, train_targets, test_inputs and test_targets.",
            examples=["data.npz"],
        ),
    ]
    train: Annotated[
        int | None,
        Field(
            ge=1,
            description="Training examples that each seed draws, if the file is not divided.",
        ),
    ] = None
    test: Annotated[
        int | None,
        Field(ge=1, description="Test examples; all that are not trained on if left out."),
    ] = None

    @model_validator(mode="after")
    def _examples_are_sound(self) -> Arrays:
        parts = [self._sizes_of(part) for part in self._parts]
        if len({part[1:] for part in parts}) > 1:
            raise FileError(
                self.file.path,
                "its examples to train and to test on differ in their inputs or outputs: "
                f"{parts[0].inputs} and {parts[1].inputs} inputs, "
                f"{parts[0].outputs} and {parts[1].outputs} outputs",
            )
        kinds = [is_whole(self.file, inputs) for inputs, _ in self._parts]
        if len(set(kinds)) > 1:
            raise FileError(
                self.file.path,
                'of "train_inputs" and "test_inputs" one has whole numbers, which are tokens, and '
                "the other real numbers; save both alike",
            )
        assert min(self.sizes) > 0, "a division that leaves no examples is refused"
        check_small(self.file, self._names)
        return self

    # The last validator, so that it wraps all others, those of the base class included.
    @model_validator(mode="wrap")
    @classmethod
    def _place_file_errors(cls, value: Any, validate: Callable[[Any], Arrays]) -> Arrays:
        """Report an error in the file at the field that names the file."""
        try:
            return validate(value)
        except FileError as error:
            raise invalid(error.reason, "file") from None

    @property
    def input_size(self) -> int:
        return self._sizes_of(self._parts[0]).inputs

    @property
    def output_size(self) -> int:
        return self._sizes_of(self._parts[0]).outputs

    @property
    def sizes(self) -> tuple[int, int]:
        first, *second = (self._sizes_of(part).examples for part in self._parts)
        return (first, second[0]) if second else self._division(first)

    @property
    def has_tokens(self) -> bool:
        return is_whole(self.file, self._parts[0][0])

    def why_no_probabilities(self) -> str | None:
        if self.output_size == 1:
            return (
                f"{self.file} has one number for each example; save class numbers as one-hot rows, "
                "numpy.eye(classes)[numbers]"
            )
        return super().why_no_probabilities() or self._first_in_targets(why_no_probabilities)

    def why_no_classes(self) -> str | None:
        return super().why_no_classes() or self._first_in_targets(why_no_classes)

    def why_no_signs(self) -> str | None:
        return super().why_no_signs() or self._first_in_targets(why_no_signs)

    def why_no_plain_signs(self) -> str | None:
        if self.output_size == 1 and (why := self._first_in_targets(why_no_plain_signs)):
            return why
        return super().why_no_plain_signs()

    def why_no_tokens(self, vocabulary: int) -> str | None:
        return self._first(0, why_no_tokens, vocabulary)

    def _first_in_targets(self, rule: Rule) -> str | None:
        return self._first(1, rule, scale=self.label_scale)

    def _first(self, which: int, rule: Rule, *given: int, scale: float | None = None) -> str | None:
        """What a rule says of the inputs (0) or targets (1) that are small enough to look at."""
        small = small_ones(self.file, self._names)
        for name in (part[which] for part in self._parts):
            if name in small and (why := _by(rule, self.file, small, name, scale, *given)):
                scaled = f", times task.label_scale = {scale:g}" if scale not in (None, 1) else ""
                return f'in "{name}" of {self.file}{scaled}, {why}'
        return None

    def draw(self, seed: int) -> Data:
        """Read the examples and, if the file is not divided, draw the ones to train on."""
        pairs = [self._read(part) for part in self._parts]
        if len(pairs) == 1:
            ((inputs, targets),) = pairs
            divided = division(len(inputs), self.sizes, seed)
            pairs = [(inputs[rows], targets[rows]) for rows in divided]
        (train_inputs, train_targets), (test_inputs, test_targets) = pairs
        return Data(
            train_inputs=train_inputs,
            train_targets=train_targets,
            test_inputs=test_inputs,
            test_targets=test_targets,
            baseline=float((test_targets**2).mean()),
        )

    @property
    def _parts(self) -> tuple[Pair, ...]:
        """The names of inputs and targets: one pair if the seed divides them, or else two."""
        names = names_in(self.file)
        if ("inputs" in names) == ("train_inputs" in names):
            found = ", ".join(map(printable, names)) or "none"
            raise FileError(
                self.file.path,
                'must hold either "inputs" or both "train_inputs" and "test_inputs"; it holds '
                + found,
            )
        if "inputs" in names:
            return (WHOLE,)
        for field in ("train", "test"):
            if getattr(self, field) is not None:
                raise invalid(
                    f"{self.file} divides the examples itself, into train_inputs and test_inputs; "
                    "leave this out, or bring a file with inputs and targets",
                    field,
                )
        return TRAIN, TEST

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(name for part in self._parts for name in part if self._has(name))

    def _has(self, name: str) -> bool:
        """Whether an array is read: all but targets that are missing and not needed."""
        return name in names_in(self.file) or self.eigenvector is None or name.endswith("inputs")

    def _sizes_of(self, part: Pair) -> Sizes:
        inputs, targets = part
        examples, columns = shape_of(self.file, inputs, ("example", "input"))
        if not self._has(targets):
            return Sizes(examples, columns, 1)
        shape = shape_of(self.file, targets)
        if len(shape) not in (1, 2):
            shape_of(self.file, targets, ("example", "output"))
        if shape[0] != examples:
            raise FileError(
                self.file.path,
                f'"{inputs}" has {examples} examples and "{targets}" has {shape[0]}; '
                "each example is one row of both",
            )
        return Sizes(examples, columns, shape[1] if len(shape) == 2 else 1)

    def _division(self, examples: int) -> tuple[int, int]:
        """How many of the file's examples to train and to test on."""
        if self.train is None:
            raise invalid(
                f"{self.file} has {examples} examples that are not divided; say how many of them "
                "to train on, train = …",
                "file",
            )
        test = examples - self.train if self.test is None else self.test
        if test < 1 or self.train + test > examples:
            raise invalid(
                f"{self.file} has {examples} examples, too few to train on {self.train} and to "
                f"test on {max(test, 1)} more",
                "train",
            )
        return self.train, test

    def _read(self, part: Pair) -> tuple[np.ndarray, np.ndarray]:
        """The inputs and scaled targets of one part; zeros in place of missing targets."""
        import numpy as np

        loaded = dict(zip(self._names, arrays(self.file, self._names), strict=True))
        inputs, targets = (loaded.get(name) for name in part)
        assert inputs is not None, "the inputs are always read"
        if targets is None:
            return inputs, np.zeros((len(inputs), 1))
        return inputs, self.label_scale * targets.reshape(len(targets), -1).astype(float)


@functools.lru_cache(maxsize=64)  # the points of a sweep ask the same
def _by(
    rule: Rule,
    file: InputFile,
    names: tuple[str, ...],
    name: str,
    scale: float | None,
    *given: int,
) -> str | None:
    """What a rule says of one array, read with those that are read anyway."""
    import numpy as np

    array = dict(zip(names, arrays(file, names), strict=True))[name]
    rows = array.reshape(len(array), -1)
    with np.errstate(over="ignore"):
        return rule(rows if scale is None else scale * rows, *given)
