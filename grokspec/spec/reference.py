"""The reference page of all fields of a spec: what each means, what it takes, its default.

The texts are those of the field definitions.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from grokspec.conditions import Condition
from grokspec.description import fields_of
from grokspec.engines.base import Engine, names_of_engines
from grokspec.experiment import Record
from grokspec.figures.base import Figure
from grokspec.formatting import in_toml, markdown_row
from grokspec.function import FunctionCall
from grokspec.interventions.base import Intervention
from grokspec.kinds import Kind
from grokspec.losses.base import Loss
from grokspec.models.base import Model
from grokspec.optimizers.base import Optimizer
from grokspec.other_runs import FromRun
from grokspec.probes.base import Probe
from grokspec.recorded.results_table import Fetch, RecordedQuantity, RecordedResults, SeedNumbers
from grokspec.schedules.base import Schedule
from grokspec.spec import catalog
from grokspec.spec.json_schema import FUNCTION, JsonObject, document_schema, whole_schema
from grokspec.spec.ranges import Linear, Logarithmic, PowersOfTwo
from grokspec.spec.sweep import Block, SeedRange, Sweep, When
from grokspec.steps import Steps
from grokspec.tasks.base import Task
from grokspec.training import Training
from grokspec.wrappers.base import Wrapper

HEAD = """\
# Every field of a spec

`grokspec schema --output docs/fields.md` writes this page; [Writing a spec](writing-a-spec.md)
explains how the tables work together. A required field may come from the file itself, from the file
that it extends, from a profile or from an axis of the sweep. The default "–" means that there is
none. Numbers must be finite; a fraction is no whole number, and text is no number. Any other key is
a mistake.
"""

CATALOG = """\
## All parts

A part is chosen by its `kind`. Figures, sections and equations without a name are those of Kumar
et al. (2024), whose claims come with grokspec. A Python file or an installed package may
[add parts](adding-a-task.md).
"""

TABLES: dict[str, type[BaseModel]] = {
    "record.steps": Steps,
    "A condition": Condition,
    "A number from another run": FromRun,
    "sweep.concat": Block,
    "sweep.when": When,
    "A linear range": Linear,
    "A logarithmic range": Logarithmic,
    "Powers of two": PowersOfTwo,
    "A range of seeds": SeedRange,
    "A recorded quantity": RecordedQuantity,
    "Recorded seeds": SeedNumbers,
    "results.fetch": Fetch,
}
"""Tables inside other tables, by their headings."""

OF_RESULTS = ("A recorded quantity", "Recorded seeds", "results.fetch")
"""Those inside ``[results]``."""

ELSEWHERE = ("record.steps", "A condition", "A number from another run")
"""Those outside of ``[sweep]`` that are of a run."""

IN_WORDS = {
    "integer": "whole number",
    "number": "number",
    "string": "text",
    "boolean": "true or false",
}

BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}


def field_page() -> str:
    """The page, in Markdown."""
    definitions: JsonObject = whole_schema()["$defs"]
    parts = [
        HEAD,
        *_catalog(),
        _top(),
        *_engines(),
        *_family("task", Task, definitions),
        *_family("model", Model, definitions),
        *_family("optimizer", Optimizer, definitions),
        *_family("optimizer.schedule", Schedule, definitions),
        *_family("optimizer.wrappers", Wrapper, definitions),
        *_table("## training", Training, definitions),
        *_inner(["A condition"], definitions),
        *_family("training.loss", Loss, definitions),
        *_family("interventions", Intervention, definitions),
        *_inner(["A number from another run"], definitions),
        *_table("## record", Record, definitions),
        *_inner(["record.steps"], definitions),
        *_family("record.probes", Probe, definitions),
        *_table("## sweep", Sweep, definitions),
        *_inner([n for n in TABLES if n not in (*ELSEWHERE, *OF_RESULTS)], definitions),
        *_table("## function", FunctionCall, definitions, FUNCTION),
        *_table("## results", RecordedResults, definitions),
        *_inner(OF_RESULTS, definitions),
        *_family("figure", Figure, definitions),
    ]
    return "\n".join(parts)


def _top() -> str:
    """The keys outside all tables."""
    sections = document_schema()["properties"]
    outside = {name: sections[name] for name in ("extends", "parts", "engine", "seed", "profile")}
    outside["profile"] = {**outside["profile"], "type": "a table of tables"}
    rows = [
        _row(name, described["description"], _words(described), _quoted(described.get("default")))
        for name, described in outside.items()
    ]
    return "\n".join(["## Outside the tables\n", *_rows(rows)])


def _catalog() -> Iterator[str]:
    """The table of all parts."""
    yield CATALOG
    yield "| family | kind | what it is | source |"
    yield "| --- | --- | --- | --- |"
    for family, kind, what, source in catalog.rows():
        place = "engine" if family == "engine" else catalog.anchor(catalog.heading(family, kind))
        cells = (family, f"[{kind}](#{place})", _as_markdown(what), source)
        yield markdown_row(cell.replace("|", chr(92) + "|") for cell in cells)
    yield ""


def _engines() -> Iterator[str]:
    yield "### engine\n"
    yield 'An engine has no fields. Besides "auto" there are:\n'
    for name in sorted(names_of_engines()):
        yield f"- `{name}`: {_first_line_of_module(Engine.alternatives[name])}"
    yield ""


def _first_line_of_module(engine: type[Kind]) -> str:
    return (sys.modules[engine.__module__].__doc__ or "").split("\n", 1)[0]


def _inner(headings: Sequence[str], definitions: JsonObject) -> Iterator[str]:
    for heading in headings:
        yield from _table(f"### {heading}", TABLES[heading], definitions)


def _family(name: str, family: type[Kind], definitions: JsonObject) -> Iterator[str]:
    """A family: the fields of all its kinds, then each kind with its own fields."""
    common = [key for key in fields_of(family) if key != "kind"]
    yield f"## {name}\n"
    headings = {kind: catalog.heading(family.family, kind) for kind in sorted(family.alternatives)}
    links = (f"[{kind}](#{catalog.anchor(text)})" for kind, text in headings.items())
    yield f"`kind` is one of {', '.join(links)}.\n"
    if description := document_schema()["properties"].get(name, {}).get("description"):
        yield f"{_as_markdown(description)}\n"
    if common:
        some = next(iter(family.alternatives.values()))
        yield f"Every {family.family} has these fields:\n"
        yield "\n".join(_rows(_described(some, common, definitions)))
    for kind, model in sorted(family.alternatives.items()):
        own = [key for key in fields_of(model) if key not in ("kind", *common)]
        yield from _table(f"### {headings[kind]}", model, definitions, own)


def _table(
    heading: str, model: type[BaseModel], definitions: JsonObject, keys: Sequence[str] | None = None
) -> Iterator[str]:
    """One table under its heading: its description, and a row for each field."""
    yield f"{heading}\n"
    yield _as_markdown(definitions[model.__name__]["description"]) + "\n"
    keys = list(fields_of(model)) if keys is None else keys
    if keys:
        yield "\n".join(_rows(_described(model, keys, definitions)))


def _described(
    model: type[BaseModel], keys: Sequence[str], definitions: JsonObject
) -> Iterator[str]:
    properties = definitions[model.__name__]["properties"]
    for key, field in fields_of(model).items():
        if key in keys:
            yield _row(key, field.description or "", _words(properties[key]), _default(field))


def _rows(rows: Sequence[str] | Iterator[str]) -> list[str]:
    return ["| field | meaning | takes | default |", "| --- | --- | --- | --- |", *rows, ""]


def _row(key: str, meaning: str, takes: str, default: str) -> str:
    cells = (f"`{key}`", _as_markdown(meaning), takes, default)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = field.get_default(call_default_factory=True)
    if isinstance(default, BaseModel):
        written = default.model_dump()
        default = written["kind"] if written.keys() == {"kind"} else written
    return _quoted(default)


def _quoted(default: Any) -> str:
    return "–" if default is None or default in ({}, ()) else f"`{in_toml(default)}`"


def _words(schema: JsonObject) -> str:
    """What a field takes, in words, from its JSON Schema."""
    if "$ref" in schema:
        return _link(schema["$ref"].removeprefix("#/$defs/"))
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(map(_words, schema["anyOf"])))
    if "enum" in schema or "const" in schema:
        values = schema["enum"] if "enum" in schema else [schema["const"]]
        return " or ".join(f"`{in_toml(value)}`" for value in values)
    if "prefixItems" in schema:
        return f"[{', '.join(map(_words, schema['prefixItems']))}]"
    match schema.get("type", ""):
        case "array":
            return f"[{_words(schema['items'])}, …]"
        case "object":
            values = schema["additionalProperties"]
            return f"a table whose values are {'any' if values is True else _words(values)}"
        case "":
            return "value"
        case name:
            bounds = [f"{sign} {schema[key]}" for key, sign in BOUNDS.items() if key in schema]
            return f"{IN_WORDS.get(name, name)} {' and '.join(bounds)}".strip()


def _link(definition: str) -> str:
    """A link to a table by the name of its model."""
    for heading, model in TABLES.items():
        if model.__name__ == definition:
            return f"[{heading[0].lower()}{heading[1:]}](#{catalog.anchor(heading)})"
    return "a table with a `kind`"


def _as_markdown(text: str) -> str:
    """A description with its code in single backticks, as in Markdown."""
    return text.replace("``", "`")
