"""Prints tables and progress for the commands, with no control characters but rich's own."""

import os
from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from hydro.cli.output import printable

WIDTH_OF_A_FILE = 120
"""Columns of what is not printed to a terminal."""


class SafeConsole(Console):
    """A console that shows control characters in texts as symbols; those of its own stay."""

    def render_str(self, text: str, **options: Any) -> Text:
        """Make a text, as wide as the symbols are."""
        return super().render_str(printable(text), **options)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Render a text, a table or a bar as segments."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else printable(text), style, control)


def plain_console() -> Console:
    """Return standard output as it is: nothing in a text is taken for markup, color or emoji."""
    console = SafeConsole(highlight=False, markup=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = WIDTH_OF_A_FILE
    return console


def error_console() -> Console:
    """Return standard error, where styles are written as markup."""
    return SafeConsole(stderr=True, highlight=False, emoji=False)
