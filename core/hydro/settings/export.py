"""Shows a schema: as a table, as a YAML file to start from, as a JSON Schema for editors."""

import json
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import CoreSchema

from hydro.settings.fields import METADATA_KEY, Level
from hydro.settings.layers import GRID
from hydro.settings.rules import Rule
from hydro.settings.schema import Schema, SettingInfo
from hydro.settings.sections import Settings

if TYPE_CHECKING:
    from rich.table import Table

NOT_OF_AN_ITEM = ("default", "description", METADATA_KEY)
"""What the JSON Schema of a setting has, and that of a value to try has not."""


def table(model: type[Settings], level: Level) -> "Table":
    """Make a table with one row a setting, section by section."""
    from rich.table import Table

    shown = Table("setting", "default", "what it does", box=None, pad_edge=False)
    shown.columns[0].no_wrap = True
    for section, settings in _by_section(model, level):
        shown.add_row(f"\n{section or 'top of the file'}", style="bold")
        for each in settings:
            shown.add_row(f"  {each.name}", default_text(each), sentence(each))
    return shown


def template(model: type[Settings], level: Level, problem: str) -> str:
    """Write a YAML file that loads to the defaults once what must be given is filled in.

    What must be given stands there with an example, and the problem type with its name; all else is
    commented out at its default.
    """
    lines = ["# Settings of an experiment; what is commented out has the default shown."]
    for section, settings in _by_section(model, level):
        # A section in which everything is commented out must not be there: it would be null.
        silent = not any(each.required for each in settings)
        lines += ["", f"{'# ' if silent else ''}{section}:"] if section else [""]
        indent = "  " if section else ""
        for each in settings:
            comment = f"{indent}# "
            lines += textwrap.wrap(
                sentence(each), 96, initial_indent=comment, subsequent_indent=comment
            )
            value = _example(each) if each.required else _yaml(each.default)
            named = each.path == "problem_type"
            value = _yaml(problem) if named else value
            lines.append(f"{'' if each.required or named else '# '}{indent}{each.name}: {value}")
    return "\n".join(lines) + "\n"


def json_schema(model: type[Settings], level: Level) -> str:
    """Write a JSON Schema with every description, choice and bound, and hydro's own facts.

    Editors complete and check a file that starts with ``# yaml-language-server: $schema=`` and the
    schema's path. The facts stand under ``x-hydro``: level, grid, rules.
    """
    known = Schema.of(model).settings
    schema = model.model_json_schema(schema_generator=_Schema)
    schema["$schema"] = GenerateJsonSchema.schema_dialect
    definitions = schema.get("$defs", {})
    for section, properties in _properties(schema, definitions):
        for name in list(properties):
            described = known.get(f"{section}.{name}" if section else name)
            if described is None:
                continue
            if described.shown_at(level):
                properties[name] |= _facts(described)
                if alias := described.metadata.alias:
                    properties[alias] = _alias(properties[name], described)
            else:
                del properties[name]
    if grid := schema["properties"].get(GRID):
        grid |= {"properties": _lists(schema, model, level), "additionalProperties": False}
    return json.dumps(schema, indent=2, ensure_ascii=False, default=str) + "\n"


def sentence(setting: SettingInfo) -> str:
    """Describe what a setting does, what it takes and which rules it is part of."""
    grid = ["Grid search."] if setting.metadata.grid else []
    return " ".join([setting.help, f"{values_text(setting)}.", *setting.rules, *grid])


def default_text(setting: SettingInfo) -> str:
    """Describe a default as the YAML would."""
    return "must be given" if setting.required else _yaml(setting.default)


def values_text(setting: SettingInfo) -> str:
    """Describe what values a setting takes."""
    choices = ", ".join(_yaml(each) for each in setting.choices)
    if choices:
        return f"{'Any' if setting.kind.startswith('list') else 'One'} of {choices}"
    return " ".join(each for each in (setting.kind.capitalize(), setting.bounds) if each)


class _Schema(GenerateJsonSchema):
    """Leaves out what pydantic cannot express, such as hydro's facts, which are added later."""

    def encode_default(self, dft: object) -> object:
        return json.loads(json.dumps(dft, default=str))

    def generate(self, schema: CoreSchema, mode: JsonSchemaMode = "validation") -> JsonSchemaValue:
        generated = super().generate(schema, mode)
        _drop(generated)
        return generated


def _drop(schema: object) -> None:
    """Remove titles, which repeat the names, and the metadata in their Python form."""
    if isinstance(schema, dict):
        schema.pop(METADATA_KEY, None)
        if isinstance(schema.get("title"), str):
            schema.pop("title")
        for each in schema.values():
            _drop(each)
    if isinstance(schema, list):
        for each in schema:
            _drop(each)


def _properties(
    schema: Mapping[str, Any], definitions: Mapping[str, Any]
) -> Iterator[tuple[str, dict[str, dict[str, object]]]]:
    yield "", schema["properties"]
    for name, each in schema["properties"].items():
        target = each.get("$ref", "").rpartition("/")[2]
        if target:
            yield name, definitions[target]["properties"]


def _facts(setting: SettingInfo) -> dict[str, object]:
    facts = setting.metadata
    exported: dict[str, object] = {"level": facts.level, "grid": facts.grid}
    rules = {
        "when": facts.applies_if,
        "required": facts.required_if,
        "clashes": facts.conflicts_with,
    }
    exported |= {name: _rule(rule) for name, rule in rules.items() if rule}
    description = " ".join([setting.help, *setting.rules])
    return {"description": description, METADATA_KEY: exported}


def _alias(properties: Mapping[str, object], setting: SettingInfo) -> dict[str, object]:
    """Describe another key of a setting, which has no default of its own."""
    same = {key: value for key, value in properties.items() if key != "default"}
    return {**same, "description": f"The same setting as {setting.name}. {setting.help}"}


def _lists(schema: Mapping[str, Any], model: type[Settings], level: Level) -> dict[str, object]:
    """Describe the lists that are searched over, by each key that a setting may have there."""
    known = Schema.of(model)
    sections = dict(_properties(schema, schema.get("$defs", {})))
    lists: dict[str, object] = {}
    for each in known:
        if each.metadata.grid and each.shown_at(level):
            facts = sections[each.section][each.name]
            item = {key: facts[key] for key in facts if key not in NOT_OF_AN_ITEM}
            described = {"description": f"Values to try. {each.help}"}
            listed = {"type": "array", "minItems": 1, "items": item} | described
            lists[each.path] = listed
            if known.find_searchable(each.name) == each:
                lists[each.name] = listed
    return lists


def _rule(rule: Rule) -> dict[str, object]:
    return {"setting": rule.path, "not" if rule.negated else "is": list(rule.values)}


def _by_section(model: type[Settings], level: Level) -> Iterator[tuple[str, list[SettingInfo]]]:
    sections: dict[str, list[SettingInfo]] = {}
    for each in Schema.of(model):
        if each.shown_at(level):
            sections.setdefault(each.section, []).append(each)
    yield from sections.items()


def _yaml(value: object) -> str:
    if isinstance(value, tuple):
        value = list(value)
    if isinstance(value, Path):
        value = str(value)
    text = yaml.safe_dump(value, default_flow_style=True, width=10_000, allow_unicode=True)
    return text.removesuffix("\n").removesuffix("\n...")


def _example(setting: SettingInfo) -> str:
    if setting.kind == "path":
        return "train.csv"
    return setting.name.removesuffix("s").rpartition("_")[0] or setting.name
