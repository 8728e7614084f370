"""What a task is: a distribution of inputs and targets from which a seed draws one data set."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from grokspec.kinds import Kind, PerRun, Stackable, invalid
from grokspec.tasks._values import ROUNDING

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Data:
    """One seed's data set.

    Inputs are [example, input]; targets [example, output] (one-hot rows for classes).
    ``baseline`` is the mean squared target, which is the loss of the zero predictor: over the
    population if the task knows it in closed form, else over the test set. ``teacher`` holds what
    generated the targets: ``form``, the matrix A [input, input], if they are ``½ xᵀAx`` of
    Gaussian inputs, and ``beta`` [direction, input], if they depend on directions.

    ``corrupted`` [example] says which training examples have a wrong label, and ``clean_targets``
    has the training targets before noise and wrong labels. A task leaves both out: the engines set
    them (see `grokspec.engines._data`).
    """

    train_inputs: np.ndarray
    train_targets: np.ndarray
    test_inputs: np.ndarray
    test_targets: np.ndarray
    baseline: float
    teacher: dict[str, np.ndarray] = field(default_factory=dict)
    corrupted: np.ndarray | None = None
    clean_targets: np.ndarray | None = None


class Task(Kind, family="task"):
    """The base of every task."""

    label_scale: Annotated[
        PerRun, Field(gt=0, description="Factor on every target; the baseline scales with it.")
    ] = 1.0
    label_noise: Annotated[
        PerRun,
        Field(
            ge=0,
            description="Standard deviation of Gaussian noise on the targets to train on, before "
            "`label_scale`; test targets have none.",
        ),
    ] = 0.0
    corrupted_labels: Annotated[
        PerRun,
        Field(
            ge=0,
            le=1,
            description="Share of the training examples with a wrong label: another class, the "
            "other sign, or if targets are real numbers that of another example.",
        ),
    ] = 0.0
    eigenvector: Annotated[
        int | None,
        Stackable(),
        Field(
            ge=1,
            description="Which eigenvector of the initial kernel to take as labels (§6.1), from 1.",
        ),
    ] = None

    online: ClassVar[bool] = False
    """Whether new training examples can be drawn at every step, by `fresh_examples`."""
    samples_test_set: ClassVar[bool] = False
    """Whether the test set is a sample of all inputs, so that a loss on it is an estimate."""
    remedy_for_tokens: ClassVar[str] = "choose a model that reads tokens"
    """What the user can do if inputs are tokens (see `has_tokens`) and the model takes none."""
    remedy_for_numbers: ClassVar[str] = "choose a model that reads real numbers"
    """What the user can do if inputs are real numbers and the model takes tokens."""
    target_rows: ClassVar[Literal["one-hot", "real", "unknown"]] = "unknown"
    """What rows of targets are before ``label_scale``: "one-hot", which of one output is 1 or −1;
    "unknown" if that shows when they are drawn."""

    @model_validator(mode="after")
    def _eigenvector_exists(self) -> Task:
        if self.eigenvector is not None and self.output_size != 1:
            raise invalid("is for tasks of one output", "eigenvector")
        if self.eigenvector is not None and self.eigenvector > sum(self.sizes):
            raise invalid(
                f"the kernel on {sum(self.sizes)} inputs, to train and to test on, has no more "
                "eigenvectors than that",
                "eigenvector",
            )
        return self

    @property
    @abstractmethod
    def input_size(self) -> int:
        """Numbers in one input."""

    @property
    @abstractmethod
    def output_size(self) -> int:
        """Numbers in one target."""

    @property
    @abstractmethod
    def sizes(self) -> tuple[int, int]:
        """How many examples to train and to test on."""

    @property
    def has_tokens(self) -> bool:
        """Whether inputs are whole numbers that stand for something, and not real numbers."""
        return False

    @property
    def is_disturbed(self) -> bool:
        """Whether targets to train on have noise or wrong labels."""
        return bool(self.label_noise or self.corrupted_labels)

    def why_no_probabilities(self) -> str | None:
        """Why rows of targets are no probabilities of classes.

        None if they are, or if that is not known before they are drawn; then it is checked.
        """
        if self.output_size == 1:
            return "the task has one output, and each class needs one"
        if self.target_rows == "real":
            return "those of the task are any real numbers"
        if self.target_rows == "one-hot" and abs(self.label_scale - 1) > ROUNDING:
            scale = f"{self.label_scale:g}"
            return f"with task.label_scale = {scale} each row has the sum {scale}; leave it out"
        return self._why_noisy()

    def _why_noisy(self) -> str | None:
        if not self.label_noise:
            return None
        return (
            f"with task.label_noise = {self.label_noise:g} they are any real numbers; leave it "
            "out, or use task.corrupted_labels"
        )

    def why_no_classes(self) -> str | None:
        """Why the largest number in a row of targets does not say which class is the right one.

        None as in `why_no_probabilities`.
        """
        if self.output_size == 1:
            return "the task has one output, and each class needs one"
        return None

    def why_no_signs(self) -> str | None:
        """Why the sign of a target does not say which of two classes is the right one.

        None as in `why_no_probabilities`.
        """
        if self.output_size != 1:
            return f"the task has {self.output_size} outputs"
        if self.eigenvector is not None:
            return "with task.eigenvector they are any real numbers"
        if self.target_rows == "real":
            return "those of the task are any real numbers"
        return None

    def why_no_plain_signs(self) -> str | None:
        """Why targets are not 1 or −1; None as in `why_no_probabilities`."""
        if why := self.why_no_signs():
            return why
        if self.target_rows == "one-hot" and abs(self.label_scale - 1) > ROUNDING:
            scale = f"{self.label_scale:g}"
            return f"with task.label_scale = {scale} they are {scale} or -{scale}; leave it out"
        return self._why_noisy()

    def why_no_tokens(self, vocabulary: int) -> str | None:
        """Why tokens are not all from 0 to ``vocabulary``, exclusive; None as above."""
        return None

    @abstractmethod
    def draw(self, seed: int) -> Data:
        """Draw the data set of one seed, in float64, on the CPU.

        Targets are those of ``label_scale``, without noise or wrong labels. These come after, and
        if ``eigenvector`` is set, its targets replace all; see `grokspec.engines._data`.
        """

    def fresh_examples(
        self, data: Data, generator: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw as many new training inputs and their targets, by the teacher of ``data``."""
        raise NotImplementedError

    @property
    def is_quadratic(self) -> bool:
        """Whether the targets are ``½ xᵀAx`` of ``x ~ N(0, I/D)``, as Eq. 6 takes them."""
        return False
