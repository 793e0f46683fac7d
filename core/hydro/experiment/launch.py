"""Starts the processes that train one run together, with torch's own launcher."""

import logging
import os
import signal
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from hydro.artifacts.files import write_text
from hydro.artifacts.run_folder import RunFolder
from hydro.artifacts.status import Status, read_status, write_status
from hydro.errors import ResourceError
from hydro.settings.sections import Settings
from hydro.settings.yaml_writer import dump

GRACE_SECONDS = 30
"""Seconds that processes have to end in, once one has failed or all are told to stop."""


def launch(settings: Settings, folder: RunFolder, count: int) -> None:
    """Train the run of a folder in ``count`` processes, each on a GPU of its own if it has any.

    The processes read the settings from the folder, and write into its status how the run ended.

    Raises:
        HydroError: what the run ended with.
    """
    write_text(folder.config, dump(settings))
    write_status(folder, Status("queued"))
    _start(folder, count)
    status = read_status(folder)
    if status.state != "finished":
        raise status.error


def _start(folder: RunFolder, count: int) -> None:
    """Start the processes and wait for them; when one fails the others are ended."""
    from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    with TemporaryDirectory() as logs, _translate_signals(), _silence_logging():
        config = LaunchConfig(
            min_nodes=1,
            max_nodes=1,
            nproc_per_node=count,
            run_id=str(uuid.uuid4()),
            rdzv_backend="c10d",
            rdzv_endpoint="localhost:0",
            local_addr="localhost",
            max_restarts=0,
            logs_specs=DefaultLogsSpecs(log_dir=logs),
            shutdown_timeout=GRACE_SECONDS,
            signals_to_handle=",".join(_handled_signals()),
        )
        try:
            elastic_launch(config, sys.executable)("-m", "hydro.cli", "work", str(folder.path))
        except ChildFailedError as error:
            # What is stopped here was stopped by the launcher, on account of another process.
            if read_status(folder).state in ("queued", "running", "stopped"):
                write_status(folder, _exit_status(error.get_first_failure()[1].exitcode))


def _exit_status(code: int) -> Status:
    """Describe of a process that it ended before it could say why."""
    if code == -signal.SIGKILL:
        killed = "a process of it was killed, often for want of memory. Lower training.batch_size"
        return Status.failed(ResourceError(killed))
    died = f"a process of it ended with exit code {code} before it could say why"
    return Status("failed", "process", died)


def _handled_signals() -> list[str]:
    """Return the signals that stop the processes: not the one that ``nohup`` ignores."""
    ignored = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    return ["SIGTERM", "SIGINT", "SIGQUIT", *([] if ignored else ["SIGHUP"])]


@contextmanager
def _translate_signals() -> Iterator[None]:
    """Stop the processes on what stops this one, and end as this one would; torch does otherwise.

    Raises:
        KeyboardInterrupt, SystemExit: as without torch's launcher.
    """
    from torch.distributed.elastic.multiprocessing import SignalException

    signals = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
    handlers = [(each, signal.getsignal(each)) for each in signals]
    try:
        yield
    except SignalException as stopped:
        if stopped.sigval == signal.SIGINT:
            raise KeyboardInterrupt from None
        sys.exit(128 + stopped.sigval)
    finally:
        for each, handler in handlers:
            signal.signal(each, handler)
        os.environ.pop("TORCHELASTIC_SIGNALS_TO_HANDLE", None)


@contextmanager
def _silence_logging() -> Iterator[None]:
    """Leave it to the processes to say what went wrong."""
    logging.disable(logging.ERROR)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
