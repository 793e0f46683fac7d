"""The command line: what each command accepts, one file a command."""

import sys
from collections.abc import Sequence

import click

from hydro.cli.cache import cache
from hydro.cli.experiments import experiments
from hydro.cli.export import export
from hydro.cli.plugins import plugins
from hydro.cli.predict import predict
from hydro.cli.problems import problems
from hydro.cli.report import report
from hydro.cli.resume import resume
from hydro.cli.run import run
from hydro.cli.schema import schema
from hydro.cli.search import search
from hydro.cli.serve import serve
from hydro.cli.validate import validate
from hydro.cli.work import work
from hydro.errors import HydroError
from hydro.training.signals import StopSignal

EPILOG = (
    "Exit codes: 0 done, 1 a bug, 2 wrong usage, 3 settings, 4 data, 5 model or plugin, "
    "6 memory or disk, 7 training, 8 metric, 130 interrupted, 143 terminated."
)


class Commands(click.Group):
    """Lists commands in the order in which they are met, not by the alphabet."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Return the names of the commands."""
        return list(self.commands)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]}, epilog=EPILOG)
@click.version_option(package_name="hydro-experiments", prog_name="hydro")
def cli() -> None:
    """Train models from a table and a YAML file, with the evidence that they got better."""


COMMANDS = (
    validate,
    run,
    resume,
    report,
    predict,
    search,
    serve,
    export,
    experiments,
    schema,
    problems,
    plugins,
    cache,
    work,
)

for command in COMMANDS:
    cli.add_command(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line, and end the process with the exit code of what went wrong."""
    try:
        cli.main(args=arguments, prog_name="hydro", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except HydroError as error:
        click.echo(f"hydro: {error}", err=True)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        StopSignal.ignore()
        click.echo("hydro: interrupted", err=True)
        sys.exit(130)
