"""Prints texts and JSON for the commands; with `console`, all that writes to a terminal.

Tables, labels, file names and settings are other people's texts. A control character in one of them
could move the cursor, clear the screen or change the title, so each is shown as a symbol instead.
"""

import io
import json
import traceback
from types import TracebackType

import click

LAYOUT = "\n\t"
"""The control characters that stay."""

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

SYMBOLS = {
    **{code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in LAYOUT},
    0x7F: "\N{SYMBOL FOR DELETE}",
    **dict.fromkeys(range(0x80, 0xA0), REPLACEMENT),
    # Overrides of the direction of writing, which hide what a line says.
    **dict.fromkeys([0x200E, 0x200F, 0x061C, *range(0x202A, 0x202F)], REPLACEMENT),
    **dict.fromkeys(range(0x2066, 0x206A), REPLACEMENT),
    # Halves of a character, which cannot be encoded.
    **dict.fromkeys(range(0xD800, 0xE000), REPLACEMENT),
}
"""What is shown for each character that is not printed; one for one, so that columns stay."""


def printable(text: object) -> str:
    """Return a text with a symbol in the place of each control character."""
    return str(text).translate(SYMBOLS)


def echo(text: object, *, err: bool = False, nl: bool = True) -> None:
    """Print a text to standard output, or to standard error."""
    click.echo(printable(text), err=err, nl=nl)


def echo_json(value: object, *, ensure_ascii: bool = True) -> None:
    """Print JSON; what is not printable in a text is escaped, which means the same."""
    text = json.dumps(value, ensure_ascii=ensure_ascii)
    escaped = {code: f"\\u{code:04x}" for code in SYMBOLS}
    click.echo(text.translate(escaped))


def confirm(question: str) -> None:
    """Ask on standard error, and abort unless the answer is yes."""
    click.confirm(printable(question), abort=True, err=True)


def show_usage_error(error: click.ClickException) -> None:
    """Print what is wrong with a command line, which it quotes."""
    file = io.StringIO()
    error.show(file)
    echo(file.getvalue(), err=True, nl=False)


def show_traceback(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Print a bug with its traceback, whose message may quote anything."""
    echo("".join(traceback.format_exception(kind, error, trace)), err=True, nl=False)
