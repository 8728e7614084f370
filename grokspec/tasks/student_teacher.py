"""Learning the outputs of a random network, the teacher (§8.3.1; Liu et al., 2022)."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grokspec.rng import generator
from grokspec.tasks.base import Data, Task

if TYPE_CHECKING:
    import numpy as np

Layer = tuple["np.ndarray", "np.ndarray"]
"""A weight [out, in] and a bias [out]."""


class StudentTeacher(Task):
    """``y = W_L tanh(… tanh(W_1 x + b_1) …) + b_L`` with ``x ~ N(0, I)``.

    Each seed draws its own teacher, with weights and biases uniform within ±1/√(inputs of the
    layer), as torch.nn.Linear draws them. ``Data.teacher`` holds them as ``weight_1`` [out, in],
    ``bias_1`` [out] and so on, before the label scale. The baseline is that of the test set.
    """

    target_rows = "real"

    kind: Literal["student_teacher"] = "student_teacher"
    inputs: Annotated[int, Field(ge=1, description="Input dimension D.", examples=[5])]
    outputs: Annotated[int, Field(ge=1, description="Outputs of the teacher.", examples=[5])]
    teacher: Annotated[
        tuple[Annotated[int, Field(ge=1)], ...],
        Field(
            strict=False,
            min_length=1,
            description="Widths of the teacher's hidden layers.",
            examples=[[100, 100]],
        ),
    ]
    train: Annotated[int, Field(ge=1, description="Training examples P.", examples=[100])]
    test: Annotated[int, Field(ge=1, description="Test examples.", examples=[100])]

    samples_test_set = True

    @property
    def input_size(self) -> int:
        return self.inputs

    @property
    def output_size(self) -> int:
        return self.outputs

    @property
    def sizes(self) -> tuple[int, int]:
        return self.train, self.test

    def draw(self, seed: int) -> Data:
        layers = self._layers(generator(seed, "teacher"))
        train = generator(seed, "train").standard_normal((self.train, self.inputs))
        test = generator(seed, "test").standard_normal((self.test, self.inputs))
        test_targets = self.label_scale * _output(layers, test)
        teacher: dict[str, np.ndarray] = {}
        for number, (weight, bias) in enumerate(layers, 1):
            teacher |= {f"weight_{number}": weight, f"bias_{number}": bias}
        return Data(
            train_inputs=train,
            train_targets=self.label_scale * _output(layers, train),
            test_inputs=test,
            test_targets=test_targets,
            baseline=float((test_targets**2).mean()),
            teacher=teacher,
        )

    def _layers(self, source: np.random.Generator) -> list[Layer]:
        layers = []
        for fan_in, fan_out in pairwise([self.inputs, *self.teacher, self.outputs]):
            bound = fan_in**-0.5
            weight = source.uniform(-bound, bound, (fan_out, fan_in))
            layers.append((weight, source.uniform(-bound, bound, fan_out)))
        return layers


def _output(layers: list[Layer], inputs: np.ndarray) -> np.ndarray:
    """The outputs [example, output] of the teacher on inputs [example, input]."""
    import numpy as np

    *hidden, (last_weight, last_bias) = layers
    value = inputs
    for weight, bias in hidden:
        value = np.tanh(value @ weight.T + bias)
    return value @ last_weight.T + last_bias
