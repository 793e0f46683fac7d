"""Trains for ``hydro run`` and ``hydro resume``, and shows the outcome."""

from pathlib import Path

from hydro.artifacts.results import read_environment
from hydro.cli.options import Request
from hydro.cli.output import echo, echo_json
from hydro.cli.result import show, showing_failures
from hydro.cli.terminal import TerminalProgress
from hydro.cli.work import exit_process, join_run
from hydro.errors import SettingsError
from hydro.experiment.estimate import estimate
from hydro.experiment.experiment import prepare
from hydro.experiment.resume import (
    check_settings,
    find_interrupted,
    merge_stored,
    resume_fingerprint,
)
from hydro.experiment.train import create_folder, open_folder, run
from hydro.settings.loading import load_stored
from hydro.settings.sections import Settings
from hydro.settings.yaml_writer import dump
from hydro.training.distributed import init_process_group
from hydro.training.signals import StopSignal


def train_or_resume(
    request: Request, settings: Settings, output: Path, interrupted: Path | None, *, as_json: bool
) -> None:
    """Train, with the other processes if torch's launcher has started any beside this one.

    ``interrupted`` is the folder of an experiment to resume; None makes one in ``output``.
    """
    stop = StopSignal.on_signals()
    with init_process_group() as processes:
        if not processes.is_main:
            join_run(processes)
        else:
            # What was stored when the experiment began, nobody chose now.
            given = frozenset() if interrupted else request.loaded.given
            experiment = prepare(settings, request.problem, request.registry, processes, given)
            failures = showing_failures(experiment.settings, as_json=as_json)
            with failures, TerminalProgress() as progress:
                folder = (
                    open_folder(experiment, interrupted)
                    if interrupted
                    else create_folder(experiment, output)
                )
                outcome = run(experiment, folder, progress, stop)
            show(outcome, as_json=as_json)
    exit_process(processes)


def dry_run(request: Request, settings: Settings, *, as_json: bool) -> None:
    """Check everything, estimate time and memory, and print the settings."""
    experiment = prepare(settings, request.problem, request.registry, given=request.loaded.given)
    echo(str(experiment), err=True)
    for warning in experiment.warnings:
        echo(f"warning: {warning}", err=True)
    echo(f"estimate: {estimate(experiment)}", err=True)
    if as_json:
        echo_json(experiment.settings.model_dump(mode="json"))
    else:
        echo(dump(experiment.settings))


def find_to_resume(request: Request, output: Path) -> tuple[Path | None, Settings]:
    """Find the interrupted experiment, and the settings to resume it with; note if there is none.

    Raises:
        SettingsError: the experiment has no name, or was started with other settings.
    """
    requested = request.loaded.settings
    if requested.experiment_name is None:
        msg = (
            "--resume finds an experiment by its name: set experiment_name, or use "
            "hydro resume FOLDER"
        )
        raise SettingsError(msg)
    found = find_interrupted(output, requested.experiment_name)
    if found is None:
        name = requested.experiment_name
        message = f"no interrupted experiment {name} in {output}: starting a new one"
        echo(f"note: {message}", err=True)
        return None, requested
    # Its table may lie elsewhere by now, which is what the settings of today say.
    stored = load_stored(found.config, request.registry.schema(request.problem))
    echo(f"note: resuming {found.path}", err=True)
    return found.path, merge_stored(requested, stored, read_environment(found))


def check_overrides(request: Request, config: Path) -> None:
    """Check that the command line changes nothing of a stored experiment that weights depend on.

    Raises:
        SettingsError: it does.
    """
    stored = load_stored(config, request.registry.schema(request.problem))
    check_settings(resume_fingerprint(request.loaded.settings), resume_fingerprint(stored))
