"""Finds plugins through entry points, loads them, and names the one that does not load."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points, version
from types import ModuleType

import pluggy

from hydro.plugins import builtin, hookspecs
from hydro.plugins.components import Component
from hydro.plugins.hookspecs import GROUP
from hydro.plugins.problem import Problem
from hydro.settings.fields import Section
from hydro.settings.sections import Settings

DISTRIBUTION = "hydro-experiments"
DISABLED = "HYDRO_DISABLED_PLUGINS"
"""Environment variable: names of entry points, separated by commas, that are not loaded."""

Record = Problem | Component


@dataclass(frozen=True)
class Plugin:
    """A plugin as it was found: what it brings, or why it brings nothing."""

    name: str
    module: str
    distribution: str
    records: tuple[Record, ...] = ()
    failure: str = ""


def load_plugins(found: Iterable[EntryPoint] | None = None) -> list[Plugin]:
    """Load hydro's own components, then every plugin in the order of their names.

    A plugin that fails does not stop the others: it comes back with its ``failure``.
    """
    disabled = {name.strip() for name in os.environ.get(DISABLED, "").split(",")}
    points = entry_points(group=GROUP) if found is None else found
    plugins = [_collect("builtin", builtin, DISTRIBUTION)]
    # Standard output is for results, such as JSON; what a plugin prints must not stand in them.
    with redirect_stdout(sys.stderr):
        for point in sorted(points, key=lambda each: each.name):
            if point.name not in disabled:
                plugins.append(_refuse_conflicts(_load(point), plugins))
    return plugins


def _load(point: EntryPoint) -> Plugin:
    distribution = f"{point.dist.name} {point.dist.version}" if point.dist else "unknown"
    try:
        if unmet := _unmet_requirement(point):
            return _failed(point.name, point.value, distribution, unmet)
        module = point.load()
    except (Exception, SystemExit) as error:
        return _failed(
            point.name, point.value, distribution, f"does not load: {_error_text(error)}"
        )
    return _collect(point.name, module, distribution)


def _unmet_requirement(point: EntryPoint) -> str:
    """Describe which other version of hydro a plugin wants; nothing if this one will do."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    requires = point.dist.requires if point.dist and point.dist.name != DISTRIBUTION else None
    for wanted in map(Requirement, requires or ()):
        applies = wanted.marker is None or wanted.marker.evaluate()
        if applies and canonicalize_name(wanted.name) == DISTRIBUTION:
            here = version(DISTRIBUTION)
            if not wanted.specifier.contains(here, prereleases=True):
                return f"wants {wanted.name}{wanted.specifier}, and this is {here}"
    return ""


def _collect(name: str, module: ModuleType, distribution: str) -> Plugin:
    """Ask one plugin for its records, apart from the others so that it can be blamed."""
    manager = pluggy.PluginManager("hydro")
    manager.add_hookspecs(hookspecs)
    try:
        manager.register(module, name)
        manager.check_pending()
        records = tuple(_records(manager))
    except (Exception, SystemExit) as error:
        return _failed(name, module.__name__, distribution, f"does not load: {_error_text(error)}")
    return Plugin(name, module.__name__, distribution, records)


def _records(manager: pluggy.PluginManager) -> Iterator[Record]:
    for spec in (each for each in vars(hookspecs) if each.startswith("hydro_")):
        answers: list[Iterable[Record]] = getattr(manager.hook, spec)()
        for record in (each for answer in answers for each in answer):
            _check(record, spec)
            yield record


def _check(record: object, spec: str) -> None:
    """Refuse what would only fail later, when nobody knows any more where it came from."""
    if not isinstance(record, Problem | Component):
        msg = f"{spec} returned {record!r}, which is no record of hydro.api"
        raise TypeError(msg)
    wanted = Settings if isinstance(record, Problem) else Section
    declared: object = record.settings
    if declared is not None and not (isinstance(declared, type) and issubclass(declared, wanted)):
        msg = f"the settings of '{record.name}' are {declared!r}, which is no {wanted.__name__}"
        raise TypeError(msg)


def _refuse_conflicts(plugin: Plugin, earlier: Iterable[Plugin]) -> Plugin:
    """Refuse a plugin that claims a name which is taken for the same problem type."""
    taken = [(record, other) for other in earlier for record in other.records]
    for record in plugin.records:
        for other_record, other in taken:
            if _same(record, other_record):
                claim = f"claims the {kind_of(record)} '{record.name}'"
                why = f"{claim}, which {other.module} has already"
                return _failed(plugin.name, plugin.module, plugin.distribution, why)
        taken.append((record, plugin))
    return plugin


def _same(record: Record, other: Record) -> bool:
    if kind_of(record) != kind_of(other) or record.name != other.name:
        return False
    if isinstance(record, Problem) or isinstance(other, Problem):
        return True
    both_limited = record.problems and other.problems
    return not both_limited or bool(set(record.problems) & set(other.problems))


def kind_of(record: Record) -> str:
    """Describe what a record is: problem type, loss, metric …"""
    return "problem type" if isinstance(record, Problem) else record.kind


def _failed(name: str, module: str, distribution: str, why: str) -> Plugin:
    advice = f"Uninstall {distribution.split(' ')[0]}, or set {DISABLED}={name}"
    said = f"plugin '{name}' ({module.split('.')[0]}) {why}. {advice}"
    return Plugin(name, module, distribution, failure=said)


def _error_text(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
