"""The text of a first spec for an experiment: every field, with its meaning.

A required field gets the first of its ``examples``, or else a plain value that it accepts. Fields
with a default are commented out.
"""

from __future__ import annotations

import itertools
import os
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from grokspec.description import fields_of
from grokspec.errors import GrokspecError, suggestion
from grokspec.experiment import Experiment
from grokspec.files.inputs import InputFile
from grokspec.files.python import PythonName
from grokspec.formatting import dotted, in_toml
from grokspec.kinds import Kind
from grokspec.models.base import Model
from grokspec.optimizers.base import Optimizer
from grokspec.tasks.base import Task
from grokspec.training import Training

SCHEMA_FILE = "grokspec.schema.json"
"""The name of the JSON Schema for editors in a folder of specs."""

FIRST_CHOICE = ("polynomial", "committee", "gradient_descent")
"""Kinds that are tried before others, as they fit together."""

PROBES = ("loss", "baseline")

PLAIN_VALUES: tuple[Any, ...] = (100, 1.0, 0.5, "name", True, [1], [1.0], ["name"], {})
"""Values that are tried for a field without examples."""

COMMENT_COLUMN = 36

RECORD = f"""\
[record]
steps = {{ log = 40 }}                # the first, the last and 40 between them
probes = {in_toml(list(PROBES))}
"""

SWEEP = """\
[sweep]
seed = 8                            # seeds 0 to 7; a claim needs six at least

[sweep.grid]                        # every combination; also [sweep.zip], [[sweep.concat]], …
"model.alpha" = { log2 = [-2, 4], every = 2 }   # 1/4, 1, 4, 16

[figure]                            # what `grokspec figure` draws
kind = "curves"
panels = [["train_loss", "test_loss"]]
color = "alpha"

[profile.paper]                     # what is different with --profile paper
sweep = { seed = 10 }
"""


def template(path: Path, task: str = FIRST_CHOICE[0]) -> str:
    """The text of a spec for the file ``path`` that trains on a task of this kind.

    Raises a GrokspecError if there is no such task, or no model and optimizer for it.
    """
    if task not in Task.alternatives:
        raise GrokspecError(f'"{task}": not a task; {suggestion(task, Task.alternatives)}')
    parts = _parts(Task.alternatives[task])
    sections = [
        *(section(name, kind) for name, kind in parts.items()),
        section("training", Training),
        RECORD,
        SWEEP,
    ]
    return "\n".join([_head(path, task), *sections])


def _head(path: Path, task: str) -> str:
    schema = _schema_from(path)
    line = f"#:schema {schema}\n" if schema else ""
    return (
        f"{line}# The question, in ONE SENTENCE.\n"
        f"# An experiment to start from: lazy and less lazy networks on the task {task}.\n"
    )


def _schema_from(path: Path) -> str | None:
    """The nearest JSON Schema in the folders above a file, relative to it."""
    for folder in path.absolute().parents:
        if (folder / SCHEMA_FILE).is_file():
            return Path(os.path.relpath(folder / SCHEMA_FILE, path.absolute().parent)).as_posix()
    return None


def _parts(task: type[Kind]) -> dict[str, type[Kind]]:
    """The task with the first model and optimizer that can be trained on it."""
    record, training = {"probes": list(PROBES)}, _required(Training)
    reason = ""
    for model, optimizer in itertools.product(_ranked(Model), _ranked(Optimizer)):
        kinds = {"task": task, "model": model, "optimizer": optimizer}
        if _needs(InputFile, task) or _needs(PythonName, task):
            return kinds  # whether they fit depends on the file
        data = {name: {"kind": _name(kind), **_required(kind)} for name, kind in kinds.items()}
        try:
            Experiment.model_validate({**data, "training": training, "record": record})
        except ValidationError as error:
            reason = reason or error.errors()[0]["msg"]
            continue
        return kinds
    raise GrokspecError(
        f'task "{_name(task)}": no model and optimizer can be trained on it with the example '
        f"values of its fields ({reason}); give it better ones: Field(examples=[…])"
    )


def _ranked(family: type[Kind]) -> list[type[Kind]]:
    """The kinds that can be chosen for the user, who has no Python of their own yet."""
    ready = [kind for kind in family.alternatives.values() if not _needs(PythonName, kind)]
    return sorted(ready, key=lambda k: _name(k) not in FIRST_CHOICE)


def _name(kind: type[Kind]) -> str:
    return next(name for name, known in kind.alternatives.items() if known is kind)


def _required(model: type[BaseModel]) -> dict[str, Any]:
    """A value for each field that is required or has examples."""
    fields = {name: field for name, field in fields_of(model).items() if name != "kind"}
    return {
        name: _example(f"{model.__name__}.{name}", field)
        for name, field in fields.items()
        if _is_written(field)
    }


def _needs(what: type, kind: type[Kind]) -> bool:
    """Whether a kind needs a file of arrays or of Python, which is the user's own."""
    return any(field.annotation is what for field in kind.model_fields.values())


def _is_written(field: FieldInfo) -> bool:
    return field.is_required() or bool(field.examples)


def _example(name: str, field: FieldInfo) -> Any:
    if field.examples:
        return field.examples[0]
    if isinstance(table := field.annotation, type) and issubclass(table, BaseModel):
        return _required(table)
    described: Any = Annotated[field.annotation, field]
    adapter: TypeAdapter[Any] = TypeAdapter(described)
    for value in PLAIN_VALUES:
        try:
            adapter.validate_python(value, strict=True)
        except ValidationError:
            continue
        return value
    raise GrokspecError(
        f"{name} is required, and no plain value is valid for it; give it one: Field(examples=[…])"
    )


def section(name: str, model: type[BaseModel]) -> str:
    """One table of a spec, with all of its fields."""
    lines = [f"[{name}]"]
    if issubclass(model, Kind):
        others = sorted(set(model.alternatives) - {_name(model)})
        remark = f"or {', '.join(others)}" if others else ""
        lines += _line(f"kind = {in_toml(_name(model))}", remark)
    values = _required(model)
    for key, field in fields_of(model).items():
        if key in values:
            lines += _line(f"{key} = {_written(values[key])}", field.description)
        elif key != "kind":
            lines += _line(f"# {key} = {_default(field)}", field.description)
    return "\n".join(lines) + "\n"


def _default(field: FieldInfo) -> str:
    try:
        default = field.get_default(call_default_factory=True)
    except (TypeError, ValueError):  # the factory makes it of the values of other fields
        return "…"
    if isinstance(default, BaseModel):
        default = default.model_dump(mode="json")
    return "…" if default is None else _written(default)


def _written(value: Any) -> str:
    """A value in TOML, of any length."""
    if isinstance(value, dict) and value:
        inner = (f"{dotted([key])} = {_written(inner)}" for key, inner in value.items())
        return f"{{ {', '.join(inner)} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_written, value))}]"
    return in_toml(value)


def _line(statement: str, remark: str | None) -> Iterator[str]:
    if not remark:
        yield statement
        return
    first, *rest = textwrap.wrap(remark, 98 - COMMENT_COLUMN)
    yield f"{statement:<{COMMENT_COLUMN}}# {first}"
    yield from (f"{'':<{COMMENT_COLUMN}}# {line}" for line in rest)
