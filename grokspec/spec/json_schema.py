"""The JSON Schema of a spec file, by which editors complete and check it.

It asks less than the schema of a whole spec: a file may leave any field to its base, to a profile
or to an axis, so no section has to be complete, and one that does not say its kind may be of any.
`grokspec check` says what is missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from grokspec.engines.base import Engine
from grokspec.probes.base import Probe
from grokspec.spec.schema import Spec

JsonObject = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

MERGED = ("task", "model", "optimizer", "training", "record", "figure")
"""The sections whose tables are laid over a base's, and so may be partial."""


def whole_schema() -> JsonObject:
    """The JSON Schema of a whole spec, which leaves nothing to a base or a profile."""
    schema: JsonObject = _tidied(Spec.model_json_schema(by_alias=True))
    return schema


def document_schema() -> JsonObject:
    """The JSON Schema of a spec file."""
    schema = whole_schema()
    sections: JsonObject = schema["properties"]
    definitions: JsonObject = schema["$defs"]
    for name in _merged_tables([sections[name] for name in MERGED], definitions):
        definitions[name].pop("required", None)
    sections["engine"]["enum"] = ["auto", *sorted(Engine.alternatives)]
    _name_the_probes(definitions)
    definitions["Profile"] = {
        "description": "What this profile says differently.",
        "type": "object",
        "properties": sections,
        "additionalProperties": False,
    }
    extends = {
        "description": "The spec file, relative to this one, on which this one builds.",
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
    """Without what TOML has no use for: nulls, generated titles, OpenAPI's discriminators.

    One of several kinds becomes any of them, since a partial table may suit more than one.
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
    """The names of the tables that are merged; those in lists are replaced with their list."""
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


def _name_the_probes(definitions: JsonObject) -> None:
    """A probe is one of the names there are, or a table that says its kind."""
    probe = definitions["Record"]["properties"]["probes"]["items"]
    name, table = probe["anyOf"]
    name["enum"] = sorted(Probe.alternatives)
    for reference in _references(table):
        required = definitions[reference].setdefault("required", [])
        required.insert(0, "kind")
