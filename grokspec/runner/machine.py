"""The machine to train on: its device, processor cores and memory."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from grokspec.errors import GrokspecError
from grokspec.formatting import amount
from grokspec.plan import FROM_THE_START, stack_runs
from grokspec.runner.limits import cores_allowed, memory_allowed

if TYPE_CHECKING:
    from grokspec.plan import Beginning, MostRuns, Stack
    from grokspec.spec import Run


SHARES = {"cpu": 0.6, "cuda": 0.8}
"""The shares of the main memory, and of the free memory of a GPU, that stacks may take."""


@dataclass(frozen=True)
class Machine:
    """The machine that a worker runs on."""

    device: str
    """The torch device to train on."""
    cores: int
    memory: float
    """Bytes that all stacks in training may take together."""
    count: int | None = None
    """How many workers there are, if they are not all on this machine."""

    @property
    def slots(self) -> int:
        """How many stacks train at a time: one on each core, or one on a GPU."""
        return self.count or (self.cores if self.device == "cpu" else 1)

    @property
    def is_known(self) -> bool:
        """Whether this is a machine that was looked at."""
        return math.isfinite(self.memory)

    def times(self, workers: int) -> Machine:
        """So many workers with a device like this one's, or a core, and its share of the memory."""
        return replace(self, count=workers, memory=self.memory / self.slots * workers)

    @property
    def whole_memory(self) -> float:
        """Bytes that there are. The cost of a run is an estimate, so it may take these."""
        return self.memory / _share(self.device)


def detect(device: str = "auto") -> Machine:
    """Detect the machine; ``device`` as for `resolve_device`."""
    resolved = resolve_device(device)
    return Machine(resolved, cores(), memory(resolved))


class NoSuchDeviceError(GrokspecError):
    """This machine does not have the device."""


def expect(device: str) -> Machine:
    """The machine to plan for: this one, or with a GPU that it does not have another one.

    Of a GPU that is not here, the memory is taken to be enough. All but "cpu" load torch.
    """
    try:
        return detect(device)
    except NoSuchDeviceError:
        return Machine(f"cuda:{device.partition(':')[2] or 0}", cores(), math.inf)


def resolve_device(name: str = "auto") -> str:
    """The torch device for ``auto``, ``cpu``, ``cuda`` or ``cuda:<i>``.

    Raises a GrokspecError if it is none of these, and a NoSuchDeviceError if this machine does not
    have it. All but "cpu" load torch.
    """
    if name == "cpu":
        return name
    match = re.fullmatch(r"auto|cuda(?::(\d+))?", name)
    if match is None:
        raise GrokspecError(f'device "{name}": not a device; there are auto, cpu, cuda and cuda:0')
    import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if name == "auto" and count == 0:
        return "cpu"
    index = int(match[1] or 0)
    if index >= count:
        found = (
            f"cuda:0 to cuda:{count - 1}" if count > 1 else "cuda:0" if count else "no CUDA device"
        )
        raise NoSuchDeviceError(f'device "{name}": this machine has {found}; use "cpu" or "auto"')
    return f"cuda:{index}"


def cut_for(
    machine: Machine,
    slots: int,
    runs: Iterable[Run],
    beginnings: Mapping[str, Beginning] = FROM_THE_START,
    most: MostRuns | None = None,
) -> tuple[tuple[Stack, ...], int]:
    """Stacks of some runs, and how many of them train at a time on this machine.

    These are ``slots``, or fewer where so many do not fit in its memory. ``most`` is as for
    `stack_runs`.
    """
    stacks = stack_runs(runs, machine.memory / slots, slots, beginnings, most)
    largest = max((stack.each.memory for stack in stacks), default=0.0)
    fitting = max(1, int(min(slots, machine.memory / largest))) if largest > 0 else slots
    if fitting < slots:
        own = [run for stack in stacks for run in stack.runs]
        return cut_for(machine, fitting, own, beginnings, most)
    return stacks, slots


def too_large_for(machine: Machine, stacks: Iterable[Stack]) -> list[tuple[Run, str]]:
    """The runs that need more memory than there is, each with the reason in words."""
    return [
        (run, _too_large(machine, stack.each.memory))
        for stack in stacks
        if stack.each.memory > machine.whole_memory
        for run in stack.runs
    ]


def _too_large(machine: Machine, memory: float) -> str:
    there = amount(machine.whole_memory, "B")
    return (
        f"it needs about {amount(memory, 'B')} of memory, and {machine.device} has {there} here; "
        "make the model or the training set smaller, or train it on a machine with more memory"
    )


def device_name(device: str) -> str:
    """The name of a torch device for the record; for a GPU with its model."""
    if device == "cpu":
        return device
    import torch

    return f"{device} ({torch.cuda.get_device_name(device)})"


def cores() -> int:
    """The number of processor cores that this process may use, at least one."""
    allowed = cores_allowed()
    return _affinity() if allowed is None else max(1, min(_affinity(), round(allowed)))


def memory(device: str = "cpu") -> int:
    """Bytes that stacks may take; see `SHARES`."""
    if device != "cpu":
        import torch

        return int(_share(device) * torch.cuda.mem_get_info(device)[0])
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return int(_share(device) * min(there, memory_allowed() or there))


def _share(device: str) -> float:
    return SHARES[device.partition(":")[0]]


def _affinity() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
