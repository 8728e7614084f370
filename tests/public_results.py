"""A stand-in for results that others published: made-up arrays under the names that specs fetch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli

from grokspec.files.downloads import PublicFile

ROOT = Path(__file__).parents[1]
STEPS = [0, 10, 100, 1000]


def is_recorded(spec: Path) -> bool:
    """Whether a spec trains nothing."""
    return "results" in tomli.loads(spec.read_text(encoding="utf-8"))


def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the shipped specs read a few made-up runs from a folder, and fetch nothing."""
    monkeypatch.setenv("GROKSPEC_DATA", str(folder))
    monkeypatch.setattr(PublicFile, "content", lambda file: (folder / file.name).read_bytes())
    random = np.random.default_rng(0)
    for table in _tables():
        inside = folder / Path(table["files"]).parent
        inside.mkdir(parents=True, exist_ok=True)
        for name in table["fetch"]["sha256"]:
            np.savez(inside / name, **_arrays(table, random), **_axes(table, name))


def _tables() -> Iterator[dict[str, Any]]:
    """The ``[results]`` of each shipped spec, as its profiles have them."""
    for path in filter(is_recorded, sorted((ROOT / "specs").rglob("*.toml"))):
        spec = tomli.loads(path.read_text(encoding="utf-8"))
        own, profiles = spec["results"], spec.get("profile", {}).values()
        changes = [profile.get("results", {}) for profile in profiles]
        quantities = {
            k: v for change in [own, *changes] for k, v in change.get("quantities", {}).items()
        }
        for change in ({}, *changes):
            yield {**own, **change, "quantities": quantities}


def _arrays(table: dict[str, Any], random: np.random.Generator) -> dict[str, Any]:
    """Curves [seed, step], and single numbers [seed] of what may never happen."""
    seeds = table["seed"]
    arrays: dict[str, Any] = {table["step"]: STEPS} if "step" in table else {}
    for quantity in table["quantities"].values():
        if isinstance(quantity, str):
            size = (seeds, len(STEPS)) if "step" in table else (seeds,)
            arrays[quantity] = random.uniform(size=size)
        else:
            arrays[quantity["from"]] = random.choice(STEPS, size=seeds)
    return arrays


def _axes(table: dict[str, Any], name: str) -> dict[str, Any]:
    """Where a run stands on axes that are arrays of the file: numbers as its name has them."""
    values: dict[str, Any] = {}
    for axis, array in table.get("axes", {}).items():
        number = re.search(rf"_{axis}(\d\.\d+)", name)
        values[array] = float(number[1]) if number else 1.0
    if "arm" in values:
        values["arm"] = "none" if "_ctrl" in name else "clamp"
    return values
