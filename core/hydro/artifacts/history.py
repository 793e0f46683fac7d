"""The figures of a run as it went, ``history.jsonl``: a line of JSON for each event."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hydro.artifacts.files import JsonObject, writing

Event = JsonObject
"""``event``, its name; ``time``, in UTC; and its figures."""


@dataclass(frozen=True)
class History:
    """The history of a run, which only grows."""

    path: Path

    def record(self, event: str, values: Mapping[str, object]) -> None:
        """Add an event.

        Raises:
            ResourceError: it cannot be written.
        """
        time = datetime.now(UTC).isoformat(timespec="seconds")
        line = json.dumps({"event": event, "time": time, **values}, allow_nan=False)
        with writing(self.path), self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def read(self, start: int = 0) -> tuple[list[Event], int]:
        """Return the events from byte ``start`` on, and the byte to continue from.

        A history that is shorter was started again, and is read from its beginning.
        """
        if not self.path.exists():
            return [], 0
        with self.path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            first = start if start <= size else 0
            file.seek(first)
            lines = [line for line in file if line.endswith(b"\n")]
        return [json.loads(line) for line in lines], first + sum(map(len, lines))
