"""Puts together the schema of a problem type with what the installed plugins add to it."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, Protocol

from pydantic import create_model
from pydantic.fields import FieldInfo

from hydro.errors import PluginError
from hydro.settings.fields import Section, SettingMetadata, only_if, section
from hydro.settings.schema import is_section, section_of
from hydro.settings.sections import Settings


class SettingsOwner(Protocol):
    """The part of a component that its settings are composed from."""

    @property
    def name(self) -> str:
        """What the YAML calls it."""

    @property
    def settings(self) -> type[Section] | None:
        """Its own settings."""


class ComponentsByKind(Protocol):
    """The part of a registry that knows which components fit a problem type."""

    def components(self, kind: str, problem: str) -> Sequence[SettingsOwner]:
        """List the components of a kind that fit a problem type."""


class ProblemSchema(Protocol):
    """The part of a problem type that its settings are composed from."""

    @property
    def name(self) -> str:
        """What the YAML calls it."""

    @property
    def settings(self) -> type[Settings]:
        """Its schema."""

    @property
    def defaults(self) -> Mapping[str, Any]:
        """Its defaults for shared settings."""


def compose(problem: ProblemSchema, registry: ComponentsByKind) -> type[Settings]:
    """Build the settings model of a problem type.

    Each setting that names a component gets the choices there are; the components' own settings
    stand flat in the section that selects them; the problem's defaults replace the shared ones.

    Raises:
        PluginError: a default is for no setting, or two components claim one key.
    """
    unused = dict(problem.defaults)
    sections: dict[str, Any] = {}
    for name, field in problem.settings.model_fields.items():
        if is_section(field):
            grown = _grow(name, section_of(field), problem, registry, unused)
            sections[name] = (grown, section())
    if unused:
        msg = f"problem '{problem.name}' has defaults for settings that do not exist: {[*unused]}"
        raise PluginError(msg)
    return create_model(problem.settings.__name__, __base__=problem.settings, **sections)


def selector(model: type[Settings], kind: str) -> str | None:
    """Find the dotted name of the setting that selects the component of a kind, if there is one."""
    for name, part in model.model_fields.items():
        if is_section(part):
            for each, field in section_of(part).model_fields.items():
                if SettingMetadata.of(field).component == kind:
                    return f"{name}.{each}"
    return None


def _grow(
    name: str,
    base: type[Section],
    problem: ProblemSchema,
    registry: ComponentsByKind,
    defaults: dict[str, Any],
) -> type[Section]:
    """Extend one section; defaults that were used are taken out of ``defaults``."""
    fields: dict[str, tuple[Any, FieldInfo]] = {}
    claimed: dict[str, SettingsOwner | None] = dict.fromkeys(base.model_fields)
    for key, field in base.model_fields.items():
        path = f"{name}.{key}"
        changed = field._copy() if path in defaults else field
        if path in defaults:
            changed.default = defaults.pop(path)
        kind = SettingMetadata.of(field).component
        owners = registry.components(kind, problem.name) if kind else ()
        fields[key] = (_choice(owners) if kind else changed.annotation, changed)
        for owner, own, declared in _owned(path, owners):
            if own in claimed:
                place = f"{name}.{own}"
                raise _clash(place, owner, claimed[own], problem)
            claimed[own] = owner
            fields[own] = (declared.annotation, declared)
    declared_fields: dict[str, Any] = {**fields}
    return create_model(base.__name__, __base__=base, __doc__=base.__doc__, **declared_fields)


def _choice(owners: Sequence[SettingsOwner]) -> Any:
    choice: Any = Literal
    return choice[tuple(owner.name for owner in owners)] if owners else str


def _owned(
    path: str, owners: Sequence[SettingsOwner]
) -> Iterator[tuple[SettingsOwner, str, FieldInfo]]:
    """List the settings of the components that ``path`` selects among, each with its rule."""
    for owner in owners:
        for key, field in owner.settings.model_fields.items() if owner.settings else ():
            declared = field._copy()
            facts = SettingMetadata.of(field)
            when = facts.applies_if or only_if(path, owner.name)
            extra: Any = {"x-hydro": dataclasses.replace(facts, applies_if=when, owner=owner.name)}
            declared.json_schema_extra = extra
            yield owner, key, declared


def _clash(
    path: str, owner: SettingsOwner, earlier: SettingsOwner | None, problem: ProblemSchema
) -> PluginError:
    """Make the error that names both who claim a setting."""
    has = f"{_called(earlier)} has already" if earlier else f"'{problem.name}' has of its own"
    remedy = "Uninstall or disable one of the two plugins"
    msg = f"{_called(owner)} claims the setting '{path}', which {has}. {remedy}"
    return PluginError(msg)


def _called(owner: SettingsOwner) -> str:
    module = owner.settings.__module__ if owner.settings else "unknown"
    return f"'{owner.name}' ({module.split('.')[0]})"
