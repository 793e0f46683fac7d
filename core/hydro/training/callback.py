"""The calls that a trainer makes while it trains."""

from contextlib import AbstractContextManager, nullcontext


class Callback:
    """Does nothing; a subclass overrides the calls it needs."""

    def on_step_end(self) -> None:
        """Run after every update, before a validation that may be due."""

    def evaluating(self) -> AbstractContextManager[object]:
        """Return the context of an evaluation, in which no weight changes."""
        return nullcontext()
