"""The machine to train on: its device, processor cores and memory."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grokspec.errors import GrokspecError
from grokspec.plan import stack_runs
from grokspec.runner.limits import cores_allowed, memory_allowed

if TYPE_CHECKING:
    from grokspec.plan import Stack
    from grokspec.spec import Run


@dataclass(frozen=True)
class Machine:
    """The machine that a worker runs on."""

    device: str
    """The torch device to train on."""
    cores: int
    memory: int
    """Bytes that all stacks in training may take together."""

    @property
    def slots(self) -> int:
        """How many stacks train at a time: one on each core, or one on a GPU."""
        return self.cores if self.device == "cpu" else 1


def detect(device: str = "auto") -> Machine:
    """Detect the machine; ``device`` as for `resolve_device`."""
    resolved = resolve_device(device)
    return Machine(resolved, cores(), memory(resolved))


def resolve_device(name: str = "auto") -> str:
    """The torch device for ``auto``, ``cpu``, ``cuda`` or ``cuda:<i>``.

    Raises a GrokspecError if it is none of these, or this machine has no such device. All but "cpu"
    load torch.
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
        raise GrokspecError(f'device "{name}": this machine has {found}; use "cpu" or "auto"')
    return f"cuda:{index}"


def cut_for(machine: Machine, slots: int, runs: Iterable[Run]) -> tuple[Stack, ...]:
    """Stacks of some runs, of which ``slots`` at a time fit in the machine's memory."""
    return stack_runs(runs, memory=machine.memory // slots, at_least=slots)


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
    """Bytes that stacks may take: 60% of the main memory, or 80% of the free memory of a GPU."""
    if device != "cpu":
        import torch

        return int(0.8 * torch.cuda.mem_get_info(device)[0])
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return int(0.6 * min(there, memory_allowed() or there))


def _affinity() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
