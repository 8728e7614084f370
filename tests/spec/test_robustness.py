"""Whatever a file says, it is read or its mistakes are reported; there is no other outcome."""

import copy
import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grokspec.errors import GrokspecError, Mistake
from grokspec.spec import read_spec

WHOLE: dict[str, Any] = {
    "engine": "auto",
    "task": {"kind": "polynomial", "inputs": 6, "train": 20},
    "model": {"kind": "committee", "width": 8, "epsilon": 0.25},
    "optimizer": {"kind": "gradient_descent", "learning_rate": 0.5},
    "training": {"steps": 50},
    "record": {"steps": {"log": 4}, "probes": ["loss", {"kind": "baseline"}]},
    "sweep": {
        "seed": {"count": 2, "from": 3},
        "grid": {"model.alpha": {"log2": [0, 2], "every": 2}, "model.sigma": [1, 2]},
        "zip": {"training.steps": [5, 6], "record.steps.log": [1, 2]},
        "concat": [{}, {"grid": {"task.train": [7]}}],
        "when": [{"if": {"model.alpha": 4}, "grid": {"model.centered": [True, False]}}],
    },
    "figure": {"kind": "curves", "panels": [["train_loss"]]},
    "profile": {"quick": {"task": {"inputs": 5}}},
}

WORDS = [
    "",
    "kind",
    "loss",
    "adam",
    "auto",
    "model",
    "model.alpha",
    "grid",
    "seed",
    "x",
    "infinite",
]
scalars = st.one_of(
    st.sampled_from([0, 1, -1, 2**62, 1.5, 1e-300, 1e300, True, False]), st.sampled_from(WORDS)
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(WORDS), inner, max_size=3)
    ),
    max_leaves=5,
)


def places(value: Any, path: tuple = ()) -> list[tuple]:
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    return [
        place
        for name, part in inner
        for place in [(*path, name), *(places(part, (*path, name)) if _holds(part) else [])]
    ]


def _holds(value: Any) -> bool:
    return isinstance(value, dict | list)


def written(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {written(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return json.dumps(value)


@st.composite
def documents(draw) -> str:
    """A spec in which a few things are replaced, added, renamed or left out."""
    document = copy.deepcopy(WHOLE)
    for _ in range(draw(st.integers(1, 3))):
        *path, last = draw(st.sampled_from(places(document)))
        table: Any = document
        for name in path:
            table = table[name]
        match draw(st.sampled_from(["replace", "add", "rename", "leave out"])):
            case "replace":
                table[last] = draw(values)
            case "add" if isinstance(table, dict):
                table[draw(st.sampled_from(WORDS))] = draw(values)
            case "rename" if isinstance(table, dict):
                table[f"{last}s"] = table.pop(last)
            case _:
                del table[last]
        if not document:
            break
    return "".join(f"{json.dumps(k)} = {written(v)}\n" for k, v in document.items())


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=250,
)
@given(documents())
def test_a_spec_is_read_or_every_mistake_in_it_is_placed(write, text):
    path = write(text or "\n")
    found = mistakes(path)
    assert found or read_spec(path, limit=500).runs
    for mistake in found:
        assert mistake.place.startswith("x.toml:"), mistake
        assert "^" in mistake.excerpt


def mistakes(path: Path) -> tuple[Mistake, ...]:
    try:
        read_spec(path, limit=500)
    except GrokspecError as error:
        return error.mistakes
    return ()
