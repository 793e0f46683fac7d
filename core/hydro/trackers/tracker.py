"""The interface of an experiment tracker."""

from collections.abc import Mapping


class Tracker:
    """Receives the settings of a run, its metrics, and how it ended; this one ignores them.

    All calls come from one thread, in this order, and the run waits for none of them. After the
    first that raises only ``close`` is called.
    """

    def start(self, parameters: Mapping[str, object]) -> None:
        """Start a run, with all settings by dotted name; the place to connect to a server."""

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Log metrics, by names such as ``training/loss``; the step is the samples seen so far.

        The last ones are the scores: ``scores/validation/mAP/before``, ``/after``, ``/change``.
        """

    def close(self, *, failed: bool) -> None:
        """End the run; ``failed`` if it did not finish."""
