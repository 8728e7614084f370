"""Whether two stores hold the same histories, bit for bit: what a refactoring must leave alone.

    python tests/compare_stores.py BEFORE AFTER [--renamed OLD=NEW ...]

Runs are paired by their whole description. A key of a spec that was renamed in between, and so
gives every run that has it a new identity, is mapped: ``--renamed linearised=linearized``. Exits
with 1 if a run of BEFORE is not in AFTER, or differs in any step, number or status.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from grokspec.store import Store
from grokspec.store.shard import Result


def descriptions(store: Store, renamed: Mapping[str, str]) -> dict[str, Result]:
    """The newest result of every run, by its description with keys renamed."""
    results = store.read(list(store.index())).values()
    return {json.dumps(_renamed(r.experiment, renamed), sort_keys=True): r for r in results}


def differences(before: Result, after: Result) -> list[str]:
    """In what two results differ, in words; NaN equals NaN, and 0.0 is not −0.0."""
    one, other = before.history, after.history
    found = [] if one.status == other.status else [f"status {one.status} → {other.status}"]
    if (one.diverged_at, one.ended_at) != (other.diverged_at, other.ended_at):
        found.append(
            f"diverged at {one.diverged_at} → {other.diverged_at}, "
            f"ended at {one.ended_at} → {other.ended_at}"
        )
    if not _same(one.steps, other.steps):
        found.append("steps")
    for name in sorted({*one.quantities, *other.quantities}):
        pair = one.quantities.get(name), other.quantities.get(name)
        if pair[0] is None or pair[1] is None:
            found.append(f"{name} is in one only")
        elif not _same(*pair):
            found.append(f"{name} by at most {np.nanmax(np.abs(pair[0] - pair[1])):.3g}")
    return found


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    return (
        one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    )


def _renamed(value: Any, renamed: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {renamed.get(key, key): _renamed(inner, renamed) for key, inner in value.items()}
    if isinstance(value, list):
        return [_renamed(inner, renamed) for inner in value]
    return value


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--renamed", action="append", default=[], metavar="OLD=NEW")
    asked = parser.parse_args()
    renamed = dict(pair.split("=", 1) for pair in asked.renamed)
    before, after = (descriptions(Store(folder), renamed) for folder in (asked.before, asked.after))
    missing = [result.id for key, result in before.items() if key not in after]
    differing = {
        result.id: found
        for key, result in before.items()
        if key in after and (found := differences(result, after[key]))
    }
    kept = sum(before[key].key == after[key].key for key in before if key in after)
    for run, found in differing.items():
        print(f"{run}: {', '.join(found)}")
    for run in missing:
        print(f"{run}: not in {asked.after}")
    same = len(before) - len(missing) - len(differing)
    print(
        f"{len(before)} runs before, {len(after)} after: {same} the same bit for bit, "
        f"{len(differing)} differ, {len(missing)} missing; {kept} have kept their identity"
    )
    return 1 if missing or differing else 0


if __name__ == "__main__":
    sys.exit(main())
