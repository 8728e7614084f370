"""What this process may use of its machine, by Linux's control groups and by SLURM.

A limit on a control group holds for all groups below it, so every level above the group of this
process counts. Version 1 of control groups has a hierarchy for each resource, version 2 one for
all, and a machine may have both. A file that is missing, cannot be read or has another form sets no
limit.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

ROOT = Path("/")

MEMORY_FILES = ("memory.max", "memory.high", "memory.limit_in_bytes")
"""Limits in bytes: of version 2, where the second slows a process down to a halt, and of 1."""


def cores_allowed(root: Path = ROOT, variables: Mapping[str, str] = os.environ) -> float | None:
    """How many processor cores this process may use, perhaps a fraction; None without a limit."""
    limits = [*_shares(root), *_slurm_cores(variables)]
    return min(limits, default=None)


def memory_allowed(root: Path = ROOT, variables: Mapping[str, str] = os.environ) -> int | None:
    """How many bytes this process may use; None without a limit."""
    groups = _groups(root, "memory")
    limits = [n for group in groups for name in MEMORY_FILES for n in _numbers(group / name)[:1]]
    return min([*limits, *_slurm_memory(variables)], default=None)


def _shares(root: Path) -> Iterator[float]:
    """The cores that each group may use: a quota of time in each period."""
    for group in _groups(root, "cpu"):
        version_2 = _numbers(group / "cpu.max")
        version_1 = _numbers(group / "cpu.cfs_quota_us") + _numbers(group / "cpu.cfs_period_us")
        for numbers in (version_2, version_1):
            if len(numbers) == 2:
                yield numbers[0] / numbers[1]


def _slurm_cores(variables: Mapping[str, str]) -> list[int]:
    names = ("SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE")
    return [n for name in names for n in _positive(variables.get(name, ""))]


def _slurm_memory(variables: Mapping[str, str]) -> Iterator[int]:
    """The limits that SLURM was asked for, which it gives in MiB."""
    for size in _positive(variables.get("SLURM_MEM_PER_NODE", "")):
        yield size * 2**20
    for size in _positive(variables.get("SLURM_MEM_PER_CPU", "")):
        yield size * min(_slurm_cores(variables), default=1) * 2**20


def _groups(root: Path, resource: str) -> Iterator[Path]:
    """The folders of this process's groups that may limit a resource, and of those above them."""
    mounted = root / "sys/fs/cgroup"
    paths = _paths(root / "proc/self/cgroup")
    version_1 = next((name for name in paths if resource in name.split(",")), resource)
    for folder, hierarchy in (
        (mounted, ""),
        (mounted / "unified", ""),
        (mounted / resource, version_1),
        (mounted / version_1, version_1),
    ):
        group = PurePosixPath(paths.get(hierarchy, "/").lstrip("/"))
        yield from (folder / level for level in (group, *group.parents))
        yield from _only_path(folder)


def _paths(file: Path) -> dict[str, str]:
    """The group of this process in each hierarchy, by its resources; version 2 names none."""
    lines = (line.split(":", 2) for line in _text(file).splitlines())
    return {parts[1]: parts[2] for parts in lines if len(parts) == 3 and ".." not in parts[2]}


def _only_path(folder: Path) -> Iterator[Path]:
    """The groups of a sandbox that shows its own groups only: a path of folders without forks.

    The path that the kernel names need not be the one that is shown. Where all groups are shown,
    the topmost folder lists its processes.
    """
    while not (folder / "cgroup.procs").exists():
        below = [path for path in _folders(folder) if path.name not in ("unified", "cpu", "memory")]
        if len(below) != 1:
            return
        (folder,) = below
        yield folder


def _folders(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.is_dir() and not path.is_symlink()]
    except OSError:
        return []


def _numbers(file: Path) -> list[int]:
    """The numbers in a file; none if a word is no number, as in "max", or not above zero."""
    words = [_positive(word) for word in _text(file).split()]
    return [n for word in words for n in word] if all(words) else []


def _positive(word: str) -> list[int]:
    is_number = word.isascii() and word.isdecimal() and len(word) < 20
    return [int(word)] if is_number and int(word) > 0 else []


def _text(file: Path) -> str:
    try:
        return file.read_text()
    except (OSError, ValueError):
        return ""
