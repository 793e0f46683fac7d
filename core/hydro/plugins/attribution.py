"""Names the plugin at fault, and what of it, when other people's code fails during a run."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, TracebackType

from hydro.errors import HydroError, PluginError, TrainingError
from hydro.plugins.builder import Builder
from hydro.plugins.components import Component
from hydro.plugins.loading import DISABLED, DISTRIBUTION, Plugin
from hydro.settings.schema import Schema
from hydro.training.out_of_memory import is_out_of_memory


@contextmanager
def attribute_errors(builder: Builder) -> Iterator[None]:
    """Describe whose code failed, if it is that of a plugin which did not come with hydro.

    Raises:
        PluginError: instead of what the plugin raised, which is its cause.
        HydroError: the same one, naming who brought the loss that is not finite, or the component
            that handed over something unusable.
    """
    try:
        yield
    except TrainingError as error:
        brought = _origin_of("loss", builder.pick("loss").name, builder)
        msg = f"{error}{brought}"
        raise TrainingError(msg) from error
    except PluginError as error:
        brought = _origin_of(*error.component, builder) if error.component else ""
        msg = f"{error}{brought}"
        raise PluginError(msg) from error
    except (Exception, SystemExit) as error:
        if isinstance(error, HydroError) or is_out_of_memory(error):
            raise
        said = _plugin_error(error, builder)
        if said is None:
            raise
        raise PluginError(said) from error


def _plugin_error(error: BaseException, builder: Builder) -> str | None:
    """Describe which plugin failed, in which component and line; nothing if it was none."""
    frames = list(_frames(error.__traceback__))
    if isinstance(error, SystemExit):
        # A signal ends hydro in the same way, from wherever it is at the time.
        frames = frames[-1:]
    owners = [(frame, line, _owner(frame, builder)) for frame, line in frames]
    known = [(frame, line, owner) for frame, line, owner in owners if owner is not None]
    if not known or not _is_foreign(known[-1][2]):
        return None
    frame, line, plugin = known[-1]
    # A component may be called through hydro's own code, as the function of a MeanMetric is.
    deepest = (_component(each, builder) for each, _ in reversed(frames))
    component = next(filter(None, deepest), None)
    what = f"the {component.kind} '{component.name}' of " if component else ""
    told = " ".join("".join(traceback.format_exception_only(error)).split())
    place = f"{Path(frame.f_code.co_filename).name}, line {line}"
    return (
        f"{what}{_describe(plugin)} failed: {told} ({place}). {_advice(component, plugin, builder)}"
    )


def _frames(trace: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    """Yield the frames that led to an error, each with its line."""
    while trace is not None:
        yield trace.tb_frame, trace.tb_lineno
        trace = trace.tb_next


def _owner(frame: FrameType, builder: Builder) -> Plugin | None:
    package = _package(frame.f_globals.get("__name__") or "")
    # hydro's own components are of the package that calls all others.
    found = (each for each in builder.registry.plugins if _package(each.module) == package)
    return next((each for each in found if each.name != "builtin"), None)


def _package(module: str) -> str:
    return module.partition(".")[0]


def _is_foreign(plugin: Plugin) -> bool:
    return plugin.distribution.partition(" ")[0] != DISTRIBUTION


def _component(frame: FrameType, builder: Builder) -> Component | None:
    """Return which component a call belongs to: it builds it, or is one of what it built."""
    for component, built in builder.built:
        called = frame.f_code in (_code(component.build), _code(built))
        if called or frame.f_locals.get("self", frame) is built:
            return component
    return None


def _code(function: object) -> object:
    return getattr(function, "__code__", None)


def _describe(plugin: Plugin) -> str:
    return f"the plugin '{plugin.name}' ({plugin.distribution})"


def _advice(component: Component | None, plugin: Plugin, builder: Builder) -> str:
    path = Schema.of(type(builder.settings)).selector(component.kind) if component else None
    other = f"choose another {path}" if path else f"set {DISABLED}={plugin.name}"
    return f"log.txt has the traceback for its authors; until it is mended, {other}"


def _origin_of(kind: str, name: str, builder: Builder) -> str:
    """Describe in a sentence where a component comes from, if not from hydro."""
    for plugin in filter(_is_foreign, builder.registry.plugins):
        for each in plugin.records:
            if isinstance(each, Component) and (each.kind, each.name) == (kind, name):
                return f". The {kind} '{name}' is of {_describe(plugin)}"
    return ""
