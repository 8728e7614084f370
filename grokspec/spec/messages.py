"""Messages for pydantic's errors, as the writer of a spec needs them: the rule and the remedy."""

from __future__ import annotations

import re
from typing import Any

from pydantic_core import ErrorDetails

from grokspec.description import Description, fields_of
from grokspec.errors import nearest, suggestion
from grokspec.formatting import dotted, in_toml
from grokspec.kinds import Kind
from grokspec.spec.fields import similar_field
from grokspec.spec.locations import Location

OF_A_FILE = ("extends", "profile", "function", "results")
"""Keys of a file that are not in the schema of every form of a spec."""


def message_for(errors: list[ErrorDetails], locations: list[Location]) -> str:
    """The message for the errors at one place; several are those of a union's alternatives."""
    location = locations[-1]
    match errors[0]["type"]:
        case "missing":
            return _missing(locations)
        case "extra_forbidden":
            return _unknown_key(locations)
        case "union_tag_invalid":
            return _unknown_kind(location)
        case "union_tag_not_found" if isinstance(location.value, dict):
            return _no_kind(location)
    if axis := _axis_without_quotes(location):
        return f"{dotted(location.path)}: write the path of an axis in quotes: {in_toml(axis)} = …"
    rules = list(dict.fromkeys(_rule(error) for error in errors))
    rest = [rule.removeprefix("must be ") for rule in rules[1:]]
    remedies = filter(None, [_remedy(error) for error in errors])
    message = "; ".join([", or ".join([rules[0], *rest]), *dict.fromkeys(remedies)])
    return f"{place_and_value(location)}: {message}" if location.path else message


def place_and_value(location: Location) -> str:
    """A place and its value; the place alone if it is a table or has no value."""
    if location.value is None or isinstance(location.value, dict):
        return dotted(location.path)
    return f"{dotted(location.path)} = {in_toml(location.value)}"


def _axis_without_quotes(location: Location) -> str:
    """The path that was meant where a dotted key has opened tables in the place of an axis."""
    path, value = location.path, location.value
    if len(path) < 3 or path[0] != "sweep" or path[-2] not in ("grid", "zip"):
        return ""
    names = [str(path[-1])]
    while isinstance(value, dict) and len(value) == 1:
        (name, value) = next(iter(value.items()))
        if name == "log2":  # of a range; those of other forms have two keys
            break
        names.append(name)
    return ".".join(names) if len(names) > 1 else ""


def _missing(locations: list[Location]) -> str:
    table, name = locations[-2], locations[-1].path[-1]
    model = table.table
    field = fields_of(model).get(str(name)) if model is not None else None
    if field is None:
        return f"{dotted(table.path)}: a value is missing at its end"
    if not table.path:
        section = locations[-1]
        kinds = f"; {suggestion('', section.family.known())}" if section.family else ""
        doc = (section.table and section.table.__doc__) or ""
        meaning = (
            field.description or doc.split("\n")[0]
        )  # sections have no description of their own
        if not section.family and not section.table:  # a key of [function]
            example = in_toml((field.examples or ["…"])[0])
            return f"{name} is missing: {_lowered(meaning)}; write {name} = {example}"
        return f"[{name}] is missing: {_lowered(meaning)}{kinds}"
    meaning = f" ({_lowered(field.description)})" if field.description else ""
    owner = f'{table.family.family} "{table.kind}"' if table.family else f"[{dotted(table.path)}]"
    return f"{dotted(table.path)}: {name} is missing; {owner} needs {name} = …{meaning}"


def _unknown_key(locations: list[Location]) -> str:
    table, name = locations[-2], str(locations[-1].path[-1])
    model = table.table
    fields = fields_of(model) if model is not None else {}
    if table.family is not None:
        where = f'{table.family.family} "{table.kind}" has no such field'
    elif table.path:
        where = f"[{dotted(table.path)}] has no such field"
    else:
        where = "a spec has no such part"
    known = fields.keys() - {"kind"} if table.path else {*fields, *OF_A_FILE}
    remedy = suggestion(name, known, none="it has none")
    elsewhere = similar_field(name, *_root(locations)) if _is_of_a_run(table) else None
    if elsewhere and (elsewhere.rpartition(".")[2] == name or not nearest(name, known)):
        remedy = f"did you mean {elsewhere}?"
    return f"{dotted(locations[-1].path)}: {where}; {remedy}"


def _root(locations: list[Location]) -> tuple[dict[str, Any], type[Description]]:
    """The document, and what it is checked against."""
    return locations[0].value, locations[0].expected


def _is_of_a_run(table: Location) -> bool:
    """Whether a table is a spec, or a part that describes its runs."""
    return table.path[:1] not in (("sweep",), ("figure",))


def _unknown_kind(location: Location) -> str:
    family = location.family
    assert family is not None, "only families are tagged unions"
    named = (
        Location((*location.path, "kind"), location.kind, str)
        if isinstance(location.value, dict)
        else location
    )
    remedy = suggestion(str(location.kind), family.known())
    return f"{place_and_value(named)}: not {_one(family)}; {remedy}"


def _no_kind(location: Location) -> str:
    family = location.family
    assert family is not None, "only families are tagged unions"
    known = ", ".join(f'"{kind}"' for kind in sorted(family.known()))
    return f"{dotted(location.path)}: kind is missing; choose {_one(family)}: {known}"


def _one(family: type[Kind]) -> str:
    return f"{'an' if family.family[0] in 'aeiou' else 'a'} {family.family}"


RULES = {
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing_size": "must be a whole number of at most 64 bits",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "string_type": "must be text in quotes",
    "finite_number": "must be finite, neither NaN nor infinite",
    "greater_than": "must be above {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than": "must be below {lt:g}",
    "less_than_equal": "must be at most {le:,}",
    "multiple_of": "must be a multiple of {multiple_of:g}",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table with a kind",
    "union_tag_not_found": "must be a table with a kind",  # of a text
    "dict_type": "must be a table",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "too_short": "must have at least {min_length} values",
    "too_long": "must have at most {max_length} values",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must match {pattern}",
}
"""The rule for each type of error, a template for the error's context."""


def _rule(error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    match error["type"]:
        case "invalid":
            return error["msg"]
        case "value_error" | "assertion_error":
            return str(context.get("error", error["msg"]))
        case "too_short" if context["min_length"] == 1:
            return "must not be empty"
        case "literal_error":
            return "must be " + context["expected"].replace("'", '"')
    rule = RULES.get(error["type"])
    return rule.format(**context) if rule else _lowered(error["msg"])


def _remedy(error: ErrorDetails) -> str | None:
    """What to write instead, if that can be guessed."""
    value = error["input"]
    match error["type"]:
        case "int_type" | "int_from_float" if isinstance(value, float) and value.is_integer():
            return f"write {int(value)}"
        case "int_type" | "float_type" | "bool_type" if isinstance(value, str):
            return "write it without quotes" if _is_literal(value) else None
        case "model_type" if isinstance(value, int) and error["loc"][-2:] == ("record", "steps"):
            return f"write {{ log = {value} }}"
        case "model_attributes_type" | "union_tag_not_found" if isinstance(value, str):
            return f"write {{ kind = {in_toml(value)}, … }}"
        case "int_type" if isinstance(value, list) and error["loc"] == ("seed",):
            return f"to run several, write sweep.seed = {in_toml(value)}"
        case "list_type" | "tuple_type":
            return f"write [{in_toml(value)}]" if isinstance(value, str | int | float) else None
        case "literal_error" if isinstance(value, str):
            match = nearest(value, re.findall(r"'([^']*)'", error["ctx"]["expected"]))
            return f'did you mean "{match}"?' if match else None
    return None


def _is_literal(text: str) -> bool:
    return text in ("true", "false") or bool(re.fullmatch(r"[+-]?[\d_.]+(e[+-]?\d+)?", text))


def _lowered(text: str) -> str:
    """A sentence as part of another one; acronyms and symbols stay as they are."""
    text = text.rstrip(".")
    is_word = text[1:2].islower() or text.startswith("A ")
    return text[0].lower() + text[1:] if is_word else text
