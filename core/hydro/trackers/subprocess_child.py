"""The process of a tracker's client: ``python -m hydro.trackers.subprocess_child MODULE CLASS``."""

import json
import os
import signal
import sys
from importlib import import_module


def main(module: str, name: str) -> None:
    """Do what the lines of the standard input say; only what goes wrong is said, on the output."""
    # The run is told of an interruption; it says here what is to be done.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    try:
        options = json.loads(sys.stdin.readline())
        tracker = getattr(import_module(module), name)(**options)
        for line in sys.stdin:
            method, arguments = json.loads(line)
            getattr(tracker, method)(**arguments)
    except Exception as error:
        print(f"{type(error).__name__}: {error}", file=answer, flush=True)
        os._exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
