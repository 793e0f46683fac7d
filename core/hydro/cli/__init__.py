"""The command line: one module a command, imported only when that command is used."""

import sys
from collections.abc import Sequence
from importlib import import_module

import click
from click.shell_completion import CompletionItem

from hydro.cli.output import echo, show_traceback, show_usage_error
from hydro.errors import HydroError
from hydro.training.signals import StopSignal

COMMANDS = {
    "validate": "Check settings and data, and estimate time and memory.",
    "run": "Train an experiment from a YAML file.",
    "resume": "Resume an interrupted experiment.",
    "report": "Write the report of an experiment again.",
    "predict": "Predict the rows of a table with a trained model.",
    "search": "Find the rows most similar to a text.",
    "serve": "Serve a trained model over HTTP.",
    "export": "Export a trained model for other programs.",
    "experiments": "List, show, compare and delete experiments.",
    "schema": "Print the settings of a problem type.",
    "problems": "List the problem types.",
    "plugins": "List the installed plugins, and why any failed to load.",
    "cache": "List or clear cached tokens.",
}
"""The commands in the order of use, with their short help: listing them imports none of them."""

HIDDEN = ("work",)

EPILOG = (
    "Exit codes: 0 done, 1 a bug, 2 wrong usage, 3 settings, 4 data, 5 model or plugin, "
    "6 memory or disk, 7 training, 8 metric, 130 interrupted, 143 terminated."
)


class LazyGroup(click.Group):
    """A group that imports the module of a command when the command is looked up."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Return the names of the commands that people are shown."""
        return [*COMMANDS]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Import a command, which has the name of its module."""
        if name not in (*COMMANDS, *HIDDEN):
            return None
        command = getattr(import_module(f"hydro.cli.{name}"), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands with their short help."""
        with formatter.section("Commands"):
            formatter.write_dl([*COMMANDS.items()])

    def shell_complete(self, context: click.Context, incomplete: str) -> list[CompletionItem]:
        """List the commands that start so, and the options of the group."""
        items = COMMANDS.items()
        found = [
            CompletionItem(name, help=text) for name, text in items if name.startswith(incomplete)
        ]
        return [*found, *click.Command.shell_complete(self, context, incomplete)]


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]}, epilog=EPILOG)
@click.version_option(package_name="hydro-experiments", prog_name="hydro")
def cli() -> None:
    """Train models from a table and a YAML file, and measure how much better they got."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line, and end the process with the exit code of what went wrong."""
    sys.excepthook = show_traceback
    try:
        cli.main(args=arguments, prog_name="hydro", standalone_mode=False)
    except click.ClickException as error:
        show_usage_error(error)
        sys.exit(error.exit_code)
    except HydroError as error:
        echo(f"hydro: {error}", err=True)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        StopSignal.ignore()
        echo("hydro: interrupted", err=True)
        sys.exit(130)
