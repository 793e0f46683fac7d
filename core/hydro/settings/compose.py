"""Composes the schema of a problem type with what the installed plugins add to it."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, Protocol, TypeVar

from pydantic import create_model
from pydantic.fields import FieldInfo

from hydro.errors import PluginError
from hydro.settings.fields import Section, SettingMetadata, section
from hydro.settings.rules import only_if
from hydro.settings.schema import section_of
from hydro.settings.sections import Settings

S = TypeVar("S", bound=Section)


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
    def defaults(self) -> Mapping[str, object]:
        """Its defaults for shared settings."""


def compose(problem: ProblemSchema, registry: ComponentsByKind) -> type[Settings]:
    """Build the settings model of a problem type.

    Each setting that names a component gets the choices there are; the components' own settings
    stand flat in the section that selects them; the problem's defaults replace the shared ones.

    Raises:
        PluginError: a default is for no setting, or two components claim one key.
    """
    fields = problem.settings.model_fields.items()
    sections = {name: part for name, field in fields if (part := section_of(field))}
    paths = {f"{name}.{key}" for name, part in sections.items() for key in part.model_fields}
    if unknown := [path for path in problem.defaults if path not in paths]:
        msg = f"problem '{problem.name}' has defaults for settings that do not exist: {unknown}"
        raise PluginError(msg)
    composed = {
        name: (_with_components(name, part, problem, registry), section())
        for name, part in sections.items()
    }
    return _extend(problem.settings, composed)


def _with_components(
    name: str, base: type[Section], problem: ProblemSchema, registry: ComponentsByKind
) -> type[Section]:
    """Extend one section by the problem's defaults and the settings of components."""
    fields: dict[str, tuple[object, FieldInfo]] = {}
    claimed: dict[str, SettingsOwner | None] = dict.fromkeys(base.model_fields)
    for key, field in base.model_fields.items():
        path = f"{name}.{key}"
        declared = field._copy()
        if path in problem.defaults:
            declared.default = problem.defaults[path]
        kind = SettingMetadata.of(field).component
        owners = registry.components(kind, problem.name) if kind else ()
        fields[key] = (_choice(owners) if kind else field.annotation, declared)
        for owner, own, added in _component_fields(path, owners):
            if own in claimed:
                setting = f"{name}.{own}"
                raise _clash(setting, owner, claimed[own], problem)
            claimed[own] = owner
            fields[own] = (added.annotation, added)
    return _extend(base, fields)


def _extend(base: type[S], fields: Mapping[str, tuple[object, FieldInfo]]) -> type[S]:
    declared: dict[str, Any] = {**fields}
    return create_model(base.__name__, __base__=base, __doc__=base.__doc__, **declared)


def _choice(owners: Sequence[SettingsOwner]) -> object:
    names = tuple(owner.name for owner in owners)
    return Literal.__getitem__(names) if names else str


def _component_fields(
    path: str, owners: Sequence[SettingsOwner]
) -> Iterator[tuple[SettingsOwner, str, FieldInfo]]:
    """List the settings of the components that ``path`` selects among, each with its rule."""
    for owner in owners:
        for key, field in owner.settings.model_fields.items() if owner.settings else ():
            declared = field._copy()
            facts = SettingMetadata.of(field)
            rule = facts.applies_if or only_if(path, owner.name)
            owned = dataclasses.replace(facts, applies_if=rule, owner=owner.name)
            declared.json_schema_extra = owned.as_extra()
            yield owner, key, declared


def _clash(
    setting: str, owner: SettingsOwner, earlier: SettingsOwner | None, problem: ProblemSchema
) -> PluginError:
    """Make the error that names both owners of a setting."""
    has = f"{_called(earlier)} has already" if earlier else f"'{problem.name}' has of its own"
    remedy = "Uninstall or disable one of the two plugins"
    msg = f"{_called(owner)} claims the setting '{setting}', which {has}. {remedy}"
    return PluginError(msg)


def _called(owner: SettingsOwner) -> str:
    module = owner.settings.__module__ if owner.settings else "unknown"
    return f"'{owner.name}' ({module.split('.')[0]})"
