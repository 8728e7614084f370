"""A larger training set from some step on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from grokspec.interventions._of_data import OfData
from grokspec.kinds import invalid

if TYPE_CHECKING:
    import numpy as np

    from grokspec.interventions.base import Described
    from grokspec.tasks.base import Data


class AddExamples(OfData):
    """Moves examples of the test set, drawn at random, to the end of the training set.

    It acts once, at the same step in all runs of a stack, whose data sets are then as large as one
    another. What is recorded of single examples has no such run.
    """

    kind: Literal["add_examples"] = "add_examples"
    examples: Annotated[int, Field(ge=1, description="How many examples move.", examples=[2])]

    changes_sizes: ClassVar[bool] = True

    @model_validator(mode="after")
    def _acts_once_everywhere(self) -> AddExamples:
        if self.when is not None:
            raise invalid("would come at another step in each run of a stack; give at", "when")
        if self.every is not None:
            raise invalid("adds examples once; leave every out, or give several of these", "every")
        return self

    def incompatibility(self, run: Described) -> str | None:
        if self.examples >= (test := run.task.sizes[1]):
            return (
                f"examples = {self.examples:,}: the test set has {test:,}, and keeps one at least"
            )
        return None

    def changed(self, data: Data, share: float, source: np.random.Generator) -> Data:
        import numpy as np

        order = source.permutation(len(data.test_inputs))
        moving, staying = order[: self.examples], np.sort(order[self.examples :])
        clean, corrupted = data.clean_targets, data.corrupted
        assert clean is not None, "the engines set it"
        assert corrupted is not None, "the engines set it"
        return replace(
            data,
            train_inputs=np.concatenate([data.train_inputs, data.test_inputs[moving]]),
            train_targets=np.concatenate([data.train_targets, data.test_targets[moving]]),
            test_inputs=data.test_inputs[staying],
            test_targets=data.test_targets[staying],
            clean_targets=np.concatenate([clean, data.test_targets[moving]]),
            corrupted=np.concatenate([corrupted, np.zeros(len(moving), dtype=bool)]),
        )
