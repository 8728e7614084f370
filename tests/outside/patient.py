"""An engine from outside grokspec that needs no torch and takes as long as a test wants."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from typing import Literal

import numpy as np

from grokspec.engines.base import Cost, Engine, History, StepCallback

SECONDS_A_STEP = 0.01
FAILS, DIES = 13, 666
"""Widths at which training fails, or its process dies."""


class Patient(Engine):
    """Sleeps for a while at each step of a stack."""

    kind: Literal["patient"] = "patient"
    preference = -1

    def incompatibility(self, experiment) -> None:
        return None

    def cost(self, experiment) -> Cost:
        return Cost(flops=experiment.training.steps, memory=1)

    def train(
        self, stack: Sequence, device: str, progress: StepCallback | None = None
    ) -> list[History]:
        for step in range(stack[0].training.steps):
            time.sleep(SECONDS_A_STEP)
            if progress:
                progress(step + 1)
        width = stack[0].model.width
        if width == FAILS:
            raise ValueError("the thirteenth unit is missing")
        if width == DIES:
            os.kill(os.getpid(), signal.SIGKILL)
        steps = np.array(stack[0].recorded_steps)
        return [History(steps, {"loss": np.full(len(steps), e.seed / 3)}) for e in stack]
