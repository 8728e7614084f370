"""Inputs and targets that the user brings in a file, divided there or by the seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import Field, model_validator

from grokspec.files.arrays import arrays, check_small, is_whole, names_in, printable, shape_of
from grokspec.files.inputs import FileError, InputFile
from grokspec.kinds import invalid
from grokspec.rng import generator
from grokspec.tasks.base import Data, Task

if TYPE_CHECKING:
    import numpy as np

WHOLE = ("inputs", "targets")
TRAIN = ("train_inputs", "train_targets")
TEST = ("test_inputs", "test_targets")

Pair = tuple[str, str]


class Sizes(NamedTuple):
    """What is known of inputs and targets from their shapes."""

    examples: int
    inputs: int
    outputs: int


class Arrays(Task):
    """Examples from an npz or safetensors file, divided in the file or by the seed.

    The file holds either ``train_inputs`` and ``test_inputs`` [example, input], with
    ``train_targets`` and ``test_targets`` ([example] or [example, output]), or ``inputs`` and
    ``targets``, of which each seed draws ``train`` rows to train on. Targets may be missing where
    ``eigenvector`` gives the labels. Inputs of whole numbers (tokens) stay whole numbers.
    """

    remedy_for_tokens: ClassVar[str] = "save them as float64"

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
            description="Training examples, which each seed draws, where the file does not divide.",
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
        assert min(self.sizes) > 0, "a division that leaves no examples is refused"
        check_small(self.file, self._names)
        return self

    # The last validator, as it is then around the others, those of a task included.
    @model_validator(mode="wrap")
    @classmethod
    def _tell_of_the_file(cls, value: Any, validate: Callable[[Any], Arrays]) -> Arrays:
        """Put what is wrong with the file where the spec names it."""
        try:
            return validate(value)
        except FileError as error:
            raise invalid(error.reason, "file") from None

    @property
    def input_size(self) -> int:
        """Columns of the inputs."""
        return self._sizes_of(self._parts[0]).inputs

    @property
    def output_size(self) -> int:
        """Columns of the targets, one if these are [example]."""
        return self._sizes_of(self._parts[0]).outputs

    @property
    def sizes(self) -> tuple[int, int]:
        """Examples to train and to test on."""
        first, *second = (self._sizes_of(part).examples for part in self._parts)
        return (first, second[0]) if second else self._division(first)

    @property
    def has_tokens(self) -> bool:
        """Whether the inputs are of a type for whole numbers."""
        return is_whole(self.file, self._parts[0][0])

    def draw(self, seed: int) -> Data:
        """Read the examples and, where the file does not divide them, draw which to train on.

        A seed trains on the first rows of one order and is tested on the last ones, so that more
        training examples are those that there were and others.
        """
        pairs = [self._read(part) for part in self._parts]
        if len(pairs) == 1:
            ((inputs, targets),) = pairs
            train, test = self.sizes
            order = generator(seed, "train").permutation(len(inputs))
            pairs = [(inputs[rows], targets[rows]) for rows in (order[:train], order[-test:])]
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
        """The names of inputs and targets: of one part that is yet to be divided, or of two."""
        names = names_in(self.file)
        if ("inputs" in names) == ("train_inputs" in names):
            there = ", ".join(map(printable, names)) or "none"
            raise FileError(
                self.file.path,
                'must hold either "inputs" or both "train_inputs" and "test_inputs"; it holds '
                + there,
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
        """The arrays that are read."""
        return tuple(name for part in self._parts for name in part if self._has(name))

    def _has(self, name: str) -> bool:
        """Whether an array is to be read: all are that are there, and all that have to be."""
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
        """How many of the file's examples are to train and to test on."""
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
        """The inputs and the scaled targets of one part; zeros for targets that are not there."""
        import numpy as np

        held = dict(zip(self._names, arrays(self.file, self._names), strict=True))
        inputs, targets = (held.get(name) for name in part)
        assert inputs is not None, "the inputs are always read"
        if targets is None:
            return inputs, np.zeros((len(inputs), 1))
        return inputs, self.label_scale * targets.reshape(len(targets), -1).astype(float)
