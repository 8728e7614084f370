"""Data that a function of the user's own draws."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from grokspec.errors import GrokspecError
from grokspec.files.python import Arguments, PythonName, check_arguments, users_code
from grokspec.tasks.base import Data, Task

if TYPE_CHECKING:
    import numpy as np

PARTS = ("train_inputs", "train_targets", "test_inputs", "test_targets")
"""What a function returns, by these names or in this order."""

GIVEN = ("seed", "inputs", "outputs", "train", "test")
"""What a function is given besides its arguments, if it has parameters of these names."""

Size = Annotated[int, Field(ge=1)]


class FunctionTask(Task):
    """A function that returns train_inputs, train_targets, test_inputs and test_targets.

    They are a dict with these names, or a tuple in this order, of numpy arrays or tensors: inputs
    [example, ...], which are flattened, and targets [example] or [example, output]. The function is
    called by name, with ``arguments`` and with those of seed, inputs, outputs, train and test for
    which it has a parameter. The global generators of Python, numpy and torch are set to the seed.
    """

    remedy_for_tokens: ClassVar[str] = "set tokens = false"
    remedy_for_numbers: ClassVar[str] = "set tokens = true"

    kind: Literal["function"] = "function"
    call: Annotated[
        PythonName,
        Field(
            description="The function: a file relative to this spec, or an installed module, and "
            "the name in it.",
            examples=["my_task.py:draw"],
        ),
    ]
    arguments: Annotated[
        Arguments, Field(default_factory=dict, description="What it is called with, by name.")
    ]
    inputs: Annotated[Size, Field(description="Numbers in one input.", examples=[20])]
    outputs: Annotated[Size, Field(description="Numbers in one target.")] = 1
    train: Annotated[Size, Field(description="Training examples.", examples=[100])]
    test: Annotated[Size, Field(description="Test examples.", examples=[100])]
    tokens: Annotated[
        bool, Field(description="Whether inputs are whole numbers that stand for something.")
    ] = False

    @model_validator(mode="after")
    def _arguments_fit(self) -> FunctionTask:
        check_arguments(self.call, self.arguments, GIVEN)
        return self

    @property
    def input_size(self) -> int:
        return self.inputs

    @property
    def output_size(self) -> int:
        return self.outputs

    @property
    def sizes(self) -> tuple[int, int]:
        return self.train, self.test

    @property
    def has_tokens(self) -> bool:
        return self.tokens

    def draw(self, seed: int) -> Data:
        """Call the function. Raises a UserCodeError if it fails, a GrokspecError if it is unfit."""
        drawn = self._parts(self._called(seed))
        train_inputs, train_targets, test_inputs, test_targets = (
            self._array(name, drawn[name]) for name in PARTS
        )
        test_targets = self.label_scale * test_targets
        return Data(
            train_inputs=train_inputs,
            train_targets=self.label_scale * train_targets,
            test_inputs=test_inputs,
            test_targets=test_targets,
            baseline=float((test_targets**2).mean()),
        )

    def _called(self, seed: int) -> Any:
        import torch

        from grokspec.streams import RandomStream

        function = self.call.load()
        known = inspect.signature(function).parameters.values()
        takes_any = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in known)
        given: dict[str, Any] = {name: getattr(self, name) for name in GIVEN[1:]} | {"seed": seed}
        names = {p.name for p in known} | ({"seed"} if takes_any else set())
        given = {name: value for name, value in given.items() if name in names}
        with RandomStream(seed, torch.device("cpu")).used(), users_code(str(self.call)):
            return function(**self.arguments, **given)

    def _parts(self, returned: Any) -> dict[str, Any]:
        if isinstance(returned, Mapping) and set(returned) == set(PARTS):
            return {name: returned[name] for name in PARTS}
        if isinstance(returned, Sequence) and len(returned) == len(PARTS):
            return dict(zip(PARTS, returned, strict=True))
        shown = (
            f"a dict with {', '.join(map(str, returned)) or 'nothing'}"
            if isinstance(returned, Mapping)
            else f"{type(returned).__name__}"
        )
        raise GrokspecError(
            f"task.call = {self.call}: returns {shown}; it must return {', '.join(PARTS)}, "
            "as a dict or a tuple"
        )

    def _array(self, name: str, value: Any) -> np.ndarray:
        """An array [example, ...] in 64 bits, whole only if it holds tokens."""
        import numpy as np
        import torch

        array = value.detach().cpu().numpy() if isinstance(value, torch.Tensor) else value
        try:
            array = np.asarray(array)
            rows = array.reshape(len(array), -1)
            if rows.dtype.kind not in "fiub":
                raise ValueError(f"its type is {rows.dtype}")
        except (TypeError, ValueError) as error:
            raise self._unfit(name, f"is no array of numbers: {error}") from None
        if not np.isfinite(rows).all():
            raise self._unfit(name, "has numbers that are not finite; remove or replace them")
        whole = self.tokens and name.endswith("inputs") and rows.dtype.kind in "iu"
        return rows.astype(np.int64 if whole else np.float64)

    def _unfit(self, name: str, what: str) -> GrokspecError:
        return GrokspecError(f"task.call = {self.call}: {name} {what}")
