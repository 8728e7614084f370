"""The JSON Schema of a spec file, with which editors complete and check it.

It is more lenient than the schema of a whole spec: any field may come from the base, a profile or
an axis, so no section has to be complete, and a section without a ``kind`` may be of any kind.
`grokspec check` reports what is missing.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from grokspec.engines.base import names_of_engines
from grokspec.function import FunctionCall
from grokspec.kinds import Kind
from grokspec.losses.base import Loss
from grokspec.probes.base import Probe
from grokspec.spec.schema import FunctionSpec, ResultsSpec, Spec

JsonObject = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

FUNCTION = ("call", "arguments")
"""The keys of ``[function]``, which are fields of a `FunctionCall`."""

MERGED = (
    "task",
    "model",
    "optimizer",
    "training",
    "interventions",
    "record",
    "function",
    "results",
    "figure",
)
"""The sections that are merged with those of a base, and so may be partial."""


def whole_schema() -> JsonObject:
    """The JSON Schema of a whole spec, after ``extends`` and the profile are applied.

    It has the tables of every form that a spec may have; `grokspec check` says which go together.
    """
    schemas = [form.model_json_schema(by_alias=True) for form in (Spec, FunctionSpec, ResultsSpec)]
    parts, function, results = schemas
    parts["$defs"] |= {name: own for form in schemas for name, own in form["$defs"].items()}
    parts["$defs"][FunctionCall.__name__] = {
        "description": inspect.getdoc(FunctionCall),
        "type": "object",
        "properties": {name: function["properties"][name] for name in FUNCTION},
        "additionalProperties": False,
    }
    parts["properties"] |= {
        "function": {"$ref": f"#/$defs/{FunctionCall.__name__}"},
        "results": results["properties"]["results"],
    }
    schema: JsonObject = _tidied(parts)
    return schema


def document_schema() -> JsonObject:
    """The JSON Schema of a spec file."""
    schema = whole_schema()
    sections: JsonObject = schema["properties"]
    definitions: JsonObject = schema["$defs"]
    for name in _merged_tables([sections[name] for name in MERGED], definitions):
        definitions[name].pop("required", None)
    sections["engine"]["enum"] = ["auto", *sorted(names_of_engines())]
    _name_the_parts(definitions)
    definitions["Profile"] = {
        "description": "The settings that differ in this profile.",
        "type": "object",
        "properties": sections,
        "additionalProperties": False,
    }
    extends = {
        "description": "The spec file that this one extends, relative to this one.",
        "type": "string",
    }
    profile = {
        "description": "Variants by name: quick (the default), paper, and others.",
        "type": "object",
        "additionalProperties": {"$ref": "#/$defs/Profile"},
    }
    return {
        "$schema": DIALECT,
        "title": "grokspec",
        "description": "One experiment: what is trained, what is recorded, what varies.",
        "type": "object",
        "properties": {"extends": extends, **sections, "profile": profile},
        "additionalProperties": False,
        "$defs": dict(sorted(definitions.items())),
    }


def _tidied(node: Any) -> Any:
    """A schema without nulls (TOML has none), generated titles and OpenAPI's discriminators.

    ``oneOf`` becomes ``anyOf``, since a partial table may match several kinds.
    """
    if isinstance(node, list):
        return [_tidied(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    kept = {
        key: {name: _tidied(inner) for name, inner in value.items()}
        if key in ("properties", "$defs")  # whose keys are names
        else _tidied(value)
        for key, value in node.items()
        if not _is_noise(key, value)
    }
    if "oneOf" in kept:
        kept["anyOf"] = kept.pop("oneOf")
    options = kept.get("anyOf")
    if isinstance(options, list):
        options = [option for option in options if option != {"type": "null"}]
        kept["anyOf"] = options
        if len(options) == 1 and "anyOf" in options[0]:
            kept |= options[0]
    return kept


def _is_noise(key: str, value: Any) -> bool:
    if key == "default":
        return value is None or isinstance(value, dict)
    return key == "discriminator" or (key == "title" and isinstance(value, str))


def _merged_tables(nodes: Any, definitions: JsonObject) -> set[str]:
    """The names of the tables that are merged; tables in a list are replaced with the list."""
    found: set[str] = set()
    waiting = [nodes]
    while waiting:
        for name in _references(waiting.pop()):
            if name not in found:
                found.add(name)
                waiting.append(definitions[name])
    return found


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for inner in node:
            yield from _references(inner)
    elif isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"].removeprefix("#/$defs/")
        for key, inner in node.items():
            if key != "items":
                yield from _references(inner)


def _name_the_kinds(node: JsonObject, family: type[Kind], definitions: JsonObject) -> JsonObject:
    """Let a part be one of the known names, or a table with a ``kind``; returns the names."""
    name, table = node["anyOf"]
    name["enum"] = sorted(family.alternatives)
    for reference in _references(table):
        required = definitions[reference].setdefault("required", [])
        required.insert(0, "kind")
    return name


def _name_the_parts(definitions: JsonObject) -> None:
    """Name the probes and the losses; a loss may be a function, too."""
    _name_the_kinds(definitions["Record"]["properties"]["probes"]["items"], Probe, definitions)
    loss = definitions["Training"]["properties"]["loss"]
    _name_the_kinds(loss, Loss, definitions)
    loss["anyOf"].append(definitions["FunctionLoss"]["properties"]["call"])
