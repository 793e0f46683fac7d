"""Writes the pages and the schema that repeat what the code says; ``--check`` only compares."""

import argparse
import ast
import dataclasses
import inspect
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, get_args, get_type_hints

import click

from hydro.cli import cli
from hydro.data.columns import Columns
from hydro.plugins import hookspecs, protocols
from hydro.plugins.charts import CHARTS, Finding
from hydro.plugins.components import Component, Exporter, Insight, Metric
from hydro.plugins.hookspecs import GROUP
from hydro.plugins.inference import Inference, Retrieval
from hydro.plugins.loading import DISTRIBUTION, load_plugins
from hydro.plugins.metrics import RowMetric
from hydro.plugins.problem import Problem, TrainedArtifacts
from hydro.plugins.registry import Registry
from hydro.settings.export import default_text, json_schema, values_text
from hydro.settings.schema import Schema, SettingInfo
from hydro.settings.sections import Settings

ROOT = Path(__file__).parents[1]
CLASSES: tuple[type[Any], ...] = (Problem, Inference, Retrieval, RowMetric)
"""What a plugin derives from."""
BUILDERS: tuple[type[Any], ...] = tuple(
    each for name, each in vars(protocols).items() if name.endswith("Builder")
)
RECORDS: tuple[type[Any], ...] = (
    *(Columns, TrainedArtifacts, Component, Insight, Metric, Exporter),
)
DRAWN: tuple[type[Any], ...] = (Finding, *CHARTS[1:])
"""What an insight gives, and how it is drawn."""
MADE = "<!-- Made by docs/generate.py; a change here is lost. -->"

READING = """\
Keys stand below their section, as in `training: {epochs: 3}`, or on the command line, as in
`--set training.epochs=3`. What is not given has its default. A scalar is read by the type of its
setting: `1e-4` and `1e4` are numbers, `010` is ten, `1e3` will do for a whole number, `on` is true
for a switch and a word for a text. Nothing, `~`, `null` and `None` mean no value where that is one,
else the default; so does an empty section. One name will do for a list. Relative paths start from
the folder of the file, on the command line from the working folder.

A level is the experience that somebody needs to care: novice, intermediate, expert or master. It
only filters what `hydro schema --level` shows. A setting whose rule does not hold is kept, ignored,
and said once.
"""


def main() -> None:
    """Write the files, or check them: end with 1 and the names of those that are stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    if not parser.parse_args().check:
        write(ROOT)
    elif found := stale(ROOT):
        sys.exit(f"stale: {', '.join(found)}. Run: python docs/generate.py")


def write(root: Path) -> None:
    """Write every file below ``root``."""
    for name, text in generate().items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def stale(root: Path) -> list[str]:
    """List the files below ``root`` that are missing or differ."""
    files = generate().items()
    return [name for name, text in files if not _same(root / name, text)]


def _same(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def generate() -> dict[str, str]:
    """Make every file, by its path in the repository.

    Only hydro's own plugins are asked, so that others that happen to be installed change nothing.
    """
    points = entry_points(group=GROUP)
    own = [each for each in points if each.dist and each.dist.name == DISTRIBUTION]
    registry = Registry(tuple(load_plugins(own)))
    files = {"docs/hooks.md": hooks_page(), "docs/cli.md": cli_page()}
    for problem in registry.problems:
        model = registry.schema(problem)
        files[f"docs/settings/{problem.name}.md"] = settings_page(problem, model)
        files[f"schemas/{problem.name}.json"] = json_schema(model, "master")
    return files


def settings_page(problem: Problem, model: type[Settings]) -> str:
    """Make the page of a problem type's settings: one table a section."""
    sections: dict[str, list[SettingInfo]] = {}
    for each in Schema.of(model):
        sections.setdefault(each.section, []).append(each)
    parts = [f"# Settings of {problem.name}", MADE, READING.rstrip()]
    for section, settings in sections.items():
        rows = [_setting_row(each) for each in settings]
        heading = ("key", "type", "default", "level", "grid", "what it does", "rules")
        parts += [f"## {section or 'Top of the file'}", _table(heading, rows)]
    return "\n\n".join(parts) + "\n"


def _setting_row(setting: SettingInfo) -> tuple[str, ...]:
    facts = setting.metadata
    default = default_text(setting)
    return (
        f"`{setting.name}`" + (f", also `{facts.alias}`" if facts.alias else ""),
        values_text(setting),
        default if setting.required else f"`{default}`",
        facts.level,
        "yes" if facts.grid else "",
        setting.help,
        " ".join(setting.rules),
    )


def hooks_page() -> str:
    """Make the page of the hooks, and of the records that they return."""
    parts = ["# Hooks", MADE, "Every hook takes nothing and returns records of `hydro.api`."]
    for name, hook in vars(hookspecs).items():
        if name.startswith("hydro_"):
            (record,) = get_args(get_type_hints(hook)["return"])
            anchor = (record if record in RECORDS else Component).__name__.lower()
            said = f"Returns [`{record.__name__}`](#{anchor}) records."
            parts += [f"## {name}", inspect.getdoc(hook) or "", said]
            parts += [_code(inspect.getdoc(record) or "")] if record is not Problem else []
    parts += [
        "# Records",
        "What has no default must be given. A component of any kind has the "
        "fields of `Component`; metrics, exporters and insights have more.",
    ]
    for each in CLASSES:
        text = _code(inspect.getdoc(each) or "")
        parts += [f"## {each.__name__}", text, _table(("member", "what it is"), [*_members(each)])]
    rows = [(f"`{each.__name__}`", *_signature(each)) for each in BUILDERS]
    parts += ["## Builders", _table(("builder", "called as", "what it does"), rows)]
    for record in RECORDS:
        heading = ("field", "type", "default", "what it is")
        parts += [f"## {record.__name__}", _table(heading, list(_fields(record)))]
    for record in DRAWN:
        said = _code(inspect.getdoc(record) or "")
        heading = ("field", "type", "default", "what it is")
        parts += [f"## {record.__name__}", said, _table(heading, list(_fields(record)))]
    return "\n\n".join(parts) + "\n"


def _members(derived: type[Any]) -> Iterator[tuple[str, str]]:
    """List the attributes and methods of a class that plugins derive from."""
    (definition,) = ast.parse(inspect.getsource(derived)).body
    assert isinstance(definition, ast.ClassDef)
    for member, below in zip(definition.body, [*definition.body[1:], None], strict=True):
        if isinstance(member, ast.AnnAssign):
            told = below.value if isinstance(below, ast.Expr) else None
            text = str(told.value) if isinstance(told, ast.Constant) else ""
            yield f"`{ast.unparse(member.target)}`", _code(text)
        if isinstance(member, ast.FunctionDef) and not member.name.startswith("_"):
            names = [each.arg for each in member.args.args[1:]]
            named = [each.arg for each in member.args.kwonlyargs]
            listed = ", ".join([*names, *(["*"] if named else []), *named])
            text = (ast.get_docstring(member) or "").partition("\n\n")[0]
            yield f"`{member.name}({listed})`", _code(text)


def _signature(builder: type[Any]) -> tuple[str, str]:
    """Return how a builder is called, and what it does."""
    called = inspect.signature(builder.__call__).parameters.values()
    names = [each.name for each in called if each.kind is each.POSITIONAL_ONLY][1:]
    named = [each.name for each in called if each.kind is each.KEYWORD_ONLY]
    listed = ", ".join([*names, *(["*"] if named else []), *named])
    return f"`build({listed})`", _code(inspect.getdoc(builder) or "")


def _fields(record: type[Any]) -> Iterator[tuple[str, ...]]:
    """List a record's own fields, each with the text that stands below it in the source."""
    (definition,) = ast.parse(inspect.getsource(record)).body
    body = definition.body if isinstance(definition, ast.ClassDef) else []
    fields = {each.name: each for each in dataclasses.fields(record)}
    for field, below in zip(body, [*body[1:], None], strict=True):
        if isinstance(field, ast.AnnAssign) and ast.unparse(field.target) in fields:
            name, kind = ast.unparse(field.target), ast.unparse(field.annotation)
            told = below.value if isinstance(below, ast.Expr) else None
            text = str(told.value) if isinstance(told, ast.Constant) else ""
            yield f"`{name}`", f"`{kind}`", _default(fields[name]), _code(text)


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default_factory is not dataclasses.MISSING:
        return f"`{field.default_factory()!r}`"
    return "" if field.default is dataclasses.MISSING else f"`{field.default!r}`"


def cli_page() -> str:
    """Make the page of the commands: the help of each."""
    parts = ["# Commands", MADE]
    options: dict[str, Any] = {**cli.context_settings, "terminal_width": 88}
    group = click.Context(cli, info_name="hydro", **options)
    for context in _contexts(group):
        parts += [f"## {context.command_path}", f"```text\n{context.get_help()}\n```"]
    return "\n\n".join(parts) + "\n"


def _contexts(context: click.Context) -> Iterator[click.Context]:
    """Yield the contexts of a command and of its subcommands."""
    yield context
    group = context.command
    for name in group.list_commands(context) if isinstance(group, click.Group) else ():
        options: dict[str, Any] = {"terminal_width": context.terminal_width}
        command = group.get_command(context, name)
        assert command is not None
        yield from _contexts(click.Context(command, context, name, **options))


def _code(text: str) -> str:
    return text.replace("``", "`")


def _table(heading: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [heading, tuple("---" for _ in heading), *rows]
    cells = [[" ".join(cell.split()).replace("|", "\\|") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


if __name__ == "__main__":
    main()
