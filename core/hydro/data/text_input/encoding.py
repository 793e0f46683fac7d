"""Texts: their encoding, their blanks and their lines."""

import codecs
import io
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from typing import BinaryIO, cast

BLANKS = (
    "".join(filter(str.isspace, map(chr, range(0x3001))))
    + "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
)
"""White space and characters without width; none has a meaning in a regular expression."""

_BLOCK = 1 << 20

_IN_MEMORY = 64 * 1024**2
"""Bytes of a converted table that may stay in memory."""

_MULTIBYTE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
"""Characters of UTF-8 beyond ASCII."""

_ASCII = bytes(range(0x80))

_UNDEFINED = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
"""Bytes that are no character of Windows-1252."""


class InputError(ValueError):
    """What was given cannot be used; the message says where, and what to correct."""


def is_blank(text: str) -> bool:
    """Return whether a text is empty, or has nothing but white space and invisible characters."""
    return not text.strip(BLANKS)


def check_text(where: str, text: str) -> str:
    """Return a text that is Unicode without NUL.

    Raises:
        InputError: it is not; the message gives the first offending byte and its line.
    """
    with suppress(UnicodeEncodeError):
        if b"\0" not in text.encode():
            return text
    try:
        # What the command line cannot decode arrives as surrogates, which stand for bytes.
        raw = text.encode(errors="surrogateescape")
    except UnicodeEncodeError:
        raw = text.encode(errors="surrogatepass")
    file = io.BytesIO(raw)
    raise _undecodable(where, file, _first_undecodable(file) or 0)


def read_lines(where: str, raw: bytes) -> list[str]:
    r"""Decode lines of UTF-8 or, with a byte order mark, UTF-16; only \n and \r\n end a line.

    Raises:
        InputError: it is neither; the message gives the first offending byte and its line.
    """
    with as_utf_8(where, io.BytesIO(raw), legacy=False) as (file, _):
        file.seek(0)
        lines = re.split("\r?\n", file.read().decode("utf-8-sig"))
    return lines if lines[-1] else lines[:-1]


@contextmanager
def as_utf_8(
    where: str, file: BinaryIO, *, legacy: bool = True
) -> Iterator[tuple[BinaryIO, list[str]]]:
    """Open a seekable file as UTF-8, with a warning if it is in another encoding.

    Memory is bounded. UTF-16 is known by its byte order mark. Windows-1252 is taken for granted if
    the text is neither UTF-8 nor UTF-8 with some bytes damaged, and most of it is ASCII.

    Args:
        where: the file, for messages.
        file: its bytes.
        legacy: whether to read Windows-1252 at all.

    Raises:
        InputError: it is none of these, or has a NUL; the message gives the first offending byte
            and its line.
    """
    if _is_utf_16(file):
        encoding, warnings = "utf-16", [f"{where} is read as UTF-16"]
    elif (offset := _first_undecodable(file)) is None:
        yield file, []
        return
    elif legacy and _is_windows_1252(file):
        encoding = "cp1252"
        line, word = _line_of(file, offset), _word_at(file, offset)
        told = f"It is read as Windows-1252, by which line {line} has {word!r}"
        warnings = [f"{where} is not UTF-8. {told}. If that is wrong, save it as UTF-8"]
    else:
        raise _undecodable(where, file, offset)
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as spooled:
        converted = cast("BinaryIO", spooled)
        _convert(where, file, encoding, converted)
        offset = _first_undecodable(converted)
        if offset is not None:
            raise _undecodable(where, converted, offset)
        yield converted, warnings


def count_newlines(text: str) -> int:
    r"""Count the line ends in a text: \n, \r\n or \r."""
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def _is_utf_16(file: BinaryIO) -> bool:
    file.seek(0)
    return file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def _is_windows_1252(file: BinaryIO) -> bool:
    """Return whether text that is not UTF-8 is likely of a Western language in Windows-1252."""
    size = high = multibyte = 0
    for block in _blocks(file):
        if b"\0" in block or _UNDEFINED.search(block):
            return False
        size += len(block)
        if block.isascii():
            continue
        high += len(block.translate(None, _ASCII))
        multibyte += sum(map(len, _MULTIBYTE.findall(block)))
    return 4 * high < size and 2 * multibyte < high


def _convert(where: str, file: BinaryIO, encoding: str, converted: BinaryIO) -> None:
    """Write a file as UTF-8."""
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 1
    try:
        for block in chain(_blocks(file), (b"",)):
            text = decoder.decode(block, final=not block)
            lines += text.count("\n")
            converted.write(text.encode())
    except UnicodeError as error:
        msg = f"{where}: not {encoding.upper()} from line {lines} on. Save it as UTF-8"
        raise InputError(msg) from error


def _undecodable(where: str, file: BinaryIO, offset: int) -> InputError:
    """Return the error of a byte that is no UTF-8 text."""
    file.seek(offset)
    byte = file.read(1)
    why = (
        "a NUL byte, so this is no text or it is damaged. Remove it"
        if byte == b"\0"
        else f"0x{byte.hex()} is not UTF-8. Correct it, or convert from the encoding that it "
        "is in, as in: iconv -f windows-1252 -t utf-8 OLD > NEW"
    )
    return InputError(f"{where}: line {_line_of(file, offset)}, byte {offset:,}: {why}")


def _first_undecodable(file: BinaryIO) -> int | None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    offset = 0
    for block in chain(_blocks(file), (b"",)):
        offsets = [offset + block.index(b"\0")] if b"\0" in block else []
        pending = len(decoder.getstate()[0])
        try:
            decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            offsets.append(offset - pending + error.start)
        if offsets:
            return min(offsets)
        offset += len(block)
    return None


def _line_of(file: BinaryIO, offset: int) -> int:
    """Return the line that a byte is on, a block at a time."""
    lines, last = 1, b""
    for block in _blocks(file):
        part = block[:offset]
        # A line end of two bytes may lie on both sides of the end of a block, and counts once.
        lines += part.count(b"\n") + part.count(b"\r") - (last + part).count(b"\r\n")
        offset, last = offset - len(part), part[-1:]
        if not offset:
            break
    return lines


def _word_at(file: BinaryIO, offset: int) -> str:
    start = max(0, offset - 30)
    file.seek(start)
    near = file.read(60).decode("cp1252")
    before, after = near[: offset - start], near[offset - start :]
    return re.split(r"\W", before)[-1] + after[0] + re.split(r"\W", after[1:])[0]


def _blocks(file: BinaryIO) -> Iterable[bytes]:
    file.seek(0)
    return iter(lambda: file.read(_BLOCK), b"")
