"""``hydro work``: train one run of a larger experiment; the experiment's own process calls it."""

import logging
import os
import sys
from pathlib import Path

import click

from hydro.artifacts.run_folder import RunFolder
from hydro.artifacts.status import Status, read_status, write_status
from hydro.cli.options import read_request
from hydro.cli.terminal import TerminalProgress
from hydro.errors import HydroError
from hydro.experiment.experiment import prepare
from hydro.experiment.train import train
from hydro.training.distributed import ProcessGroup, init_process_group
from hydro.training.progress import NoProgress
from hydro.training.signals import StopSignal


@click.command(hidden=True)
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
def work(folder: Path) -> None:
    """Train the run whose settings are in FOLDER."""
    StopSignal.on_signals(with_parent=True)
    with init_process_group() as processes:
        if processes.world_size == 1:
            train_folder(folder, processes)
        else:
            join_run(processes, folder)
    exit_process(processes)


def exit_process(processes: ProcessGroup) -> None:
    """End a further process of a run at once, now that its work is done.

    While Python takes itself down, threads of torch's backends now and then abort the process, for
    which the launcher would end the first one, which is still writing.
    """
    if not processes.is_main:
        os._exit(0)


def join_run(processes: ProcessGroup, folder: Path | None = None) -> None:
    """Train as one of several processes, silently unless the first; it knows the folder."""
    try:
        if not processes.is_main:
            logging.getLogger("hydro").setLevel(logging.CRITICAL)
            folder = Path(processes.broadcast(""))
        assert folder is not None
        train_folder(folder, processes)
    except HydroError as error:
        # It is in the folder's status; the process that started these reports it.
        sys.exit(error.exit_code)


def train_folder(folder: Path, processes: ProcessGroup) -> None:
    """Train the run whose settings are in a folder."""
    stop = StopSignal.on_signals(with_parent=True)
    run = RunFolder(folder)
    try:
        request = read_request(run.config, None, ())
        loaded = request.loaded.settings
        experiment = prepare(loaded, request.problem, request.registry, processes)
        if not processes.is_main:
            train(experiment, run, NoProgress(), stop)
            return
        with TerminalProgress() as progress:
            train(experiment, run, progress, stop)
    except HydroError as error:
        # A failure before training has not been recorded yet.
        if read_status(run).state != "failed":
            write_status(run, Status.failed(error))
        raise
