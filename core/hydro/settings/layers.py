"""Where settings come from: an earlier experiment, a file, the command line; and which wins."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from hydro.errors import SettingsError
from hydro.paths import folder_or_name, from_folder
from hydro.settings.schema import Schema, SettingInfo
from hydro.settings.yaml_reader import Document, KeyPath, parse_value

COMMAND_LINE = "--set"

GRID = "grid_search"

ATOMIC_KEYS = (GRID,)
"""Maps that are one value: a file's own takes the place of the earlier one."""

EMPTY_SECTIONS = ("augmentation",)
"""Sections that the reference system exports empty for every text experiment."""


@dataclass(frozen=True)
class Override:
    """A setting of the command line."""

    text: str
    """``section.key=value``, as it was written."""
    path: KeyPath
    value: object

    def apply(self, values: Mapping[str, object]) -> dict[str, object]:
        """Return the values with this one in its place; what is no section stays as it is."""
        *sections, key = map(str, self.path)
        if not sections:
            return {**values, key: self.value}
        part = values.get(sections[0])
        if not isinstance(part, dict | None):
            return dict(values)
        return {**values, sections[0]: {**(part or {}), key: self.value}}


def parse_override(text: str) -> Override:
    """Parse ``section.key=value``.

    Raises:
        SettingsError: it is not of that form, or the value is no YAML.
    """
    dotted, equals, value = text.partition("=")
    path = tuple(dotted.strip().split("."))
    if not equals or len(path) > 2 or not all(path):
        msg = f"{COMMAND_LINE} {text}: write section.key=value, as in training.epochs=3"
        raise SettingsError(msg)
    return Override(text, path, parse_value(value, f"{COMMAND_LINE} {text}"))


@dataclass(frozen=True)
class Layers:
    """The sources of the settings of one experiment, each stronger than the one before."""

    file: Document
    folder: Path
    """What relative paths in the file start from."""
    overrides: tuple[Override, ...] = ()
    """Of the command line; relative paths in these start from the working folder."""
    earlier: Mapping[str, object] = field(default_factory=dict)
    """The settings of the experiment that the file starts from; the weakest layer."""
    earlier_folder: Path = field(default_factory=Path.cwd)
    """What relative paths in these start from."""

    def merge(self) -> dict[str, object]:
        """Return the values of all layers, sections key by key."""
        values = dict(self.file.values)
        for key, value in self.earlier.items():
            values[key] = _inherit(key, value, values.get(key))
        for override in self.overrides:
            values = override.apply(values)
        return values

    def top(self, key: str) -> object:
        """Return the value of a key at the top of the file, None if no layer has one."""
        value = self.merge().get(key)
        return None if value == "None" else value

    def folder_of(self, key: str) -> Path:
        """Return what a relative path at the top of the file starts from."""
        overridden = any(each.path == (key,) for each in self.overrides)
        return Path.cwd() if overridden else self.folder

    def resolve(self, schema: Schema) -> "Layers":
        """Return layers in which aliases are replaced by names, and relative paths by absolute."""
        file = replace(
            self.file,
            values=_resolve(self.file.values, schema, self.folder),
            key_positions={_rename(p, schema): at for p, at in self.file.key_positions.items()},
            value_positions={_rename(p, schema): at for p, at in self.file.value_positions.items()},
        )
        return replace(
            self,
            file=file,
            overrides=tuple(_resolve_override(each, schema) for each in self.overrides),
            earlier=_resolve(self.earlier, schema, self.earlier_folder),
        )


def _inherit(key: str, earlier: object, own: object) -> object:
    if own == "None":
        own = None
    if key not in ATOMIC_KEYS and isinstance(earlier, dict) and isinstance(own, dict | None):
        return {**earlier, **(own or {})}
    return earlier if own is None else own


def _resolve(
    values: Mapping[str, object], schema: Schema, folder: Path, section: str = ""
) -> dict[str, object]:
    resolved: dict[str, object] = {}
    for key, value in values.items():
        if not section and isinstance(value, dict) and key in schema.sections:
            resolved[key] = _resolve(value, schema, folder, section=key)
        elif setting := schema.find(section, key):
            resolved[setting.name] = _absolute(value, setting, folder)
            if not section and key == GRID:
                resolved[key] = _resolve_grid(value, schema, folder)
        elif value or key not in EMPTY_SECTIONS:
            resolved[key] = value
    return resolved


def _resolve_override(override: Override, schema: Schema) -> Override:
    *sections, key = map(str, override.path)
    if not sections and key not in schema.sections and not schema.find("", key):
        # Without its section, where one alone has a setting of that name.
        sections = schema.sections_of(key) if len(schema.sections_of(key)) == 1 else []
    section = "".join(sections)
    resolved = _resolve({key: override.value}, schema, Path.cwd(), section)
    ((key, value),) = resolved.items() or {key: override.value}.items()
    return replace(override, path=(*sections, key), value=value)


def _rename(path: KeyPath, schema: Schema) -> KeyPath:
    """Return the path of a key by names, whatever aliases it was written with."""
    if len(path) < 2:
        return path
    section, key, *rest = path
    setting = schema.find(str(section), str(key))
    return (section, setting.name, *rest) if setting else path


def _resolve_grid(values: object, schema: Schema, folder: Path) -> object:
    if not isinstance(values, dict):
        return values
    resolved = dict(values)
    for key, listed in values.items():
        setting = schema.find_searchable(key)
        if setting and isinstance(listed, list):
            resolved[key] = [_absolute(each, setting, folder) for each in listed]
    return resolved


def _absolute(value: object, setting: SettingInfo, folder: Path) -> object:
    """Return the absolute path of a value that is a path; others as they are."""
    if not isinstance(value, str) or value == "None":
        return value
    if setting.kind.startswith("path"):
        return from_folder(value, folder)
    return folder_or_name(value, folder) if setting.metadata.folder_or_name else value
