"""A tracker's process: ``python -m hydro.trackers.subprocess_child MODULE CLASS``."""

import json
import os
import signal
import sys
from importlib import import_module


def main(module: str, name: str) -> None:
    """Make the calls that arrive as lines of JSON; an error is the only output."""
    # An interruption is for the run, which then closes the tracker.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    error_pipe = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    try:
        options = json.loads(sys.stdin.readline())
        tracker = getattr(import_module(module), name)(**options)
        for line in sys.stdin:
            method, arguments = json.loads(line)
            getattr(tracker, method)(**arguments)
    except Exception as error:
        print(f"{type(error).__name__}: {error}", file=error_pipe, flush=True)
        os._exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
