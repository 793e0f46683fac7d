"""What a logger builds."""

from collections.abc import Mapping
from typing import Any


class Tracker:
    """Is told the settings of a run, its figures, and how it ended; this one keeps none of it.

    All calls come from one thread, in this order. None of them holds up the run: the first that
    raises is warned of, and is the last but ``close``.
    """

    def start(self, parameters: Mapping[str, Any]) -> None:
        """Begin, with all settings by dotted name; the place to call a server."""

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Take figures, by names such as ``training/loss``, and the samples seen until then.

        The last ones are the scores: ``scores/validation/mAP/before``, ``/after``, ``/change``.
        """

    def close(self, *, failed: bool) -> None:
        """End; ``failed`` if the run did not come to its end."""
