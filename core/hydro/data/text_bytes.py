"""Check that the bytes of a file are UTF-8 text."""

import codecs
import re
from typing import BinaryIO

from hydro.errors import DataError

_BLOCK = 1 << 20


def check_encoding(where: str, file: BinaryIO) -> None:
    """Read a seekable file to its end, in bounded memory, to see that it is UTF-8 without NUL.

    Raises:
        DataError: it is not; the message gives the first offending byte and its line.
    """
    file.seek(0)
    if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        msg = f"{where} is UTF-16 text. Convert it: iconv -f utf-16 -t utf-8 OLD > NEW"
        raise DataError(msg)
    file.seek(0)
    offset = _first_undecodable(file)
    if offset is not None:
        msg = f"{where}: line {_line_of(file, offset)}, {_describe_byte(file, offset)}"
        raise DataError(msg)


def count_newlines(text: str) -> int:
    r"""Count the line ends in a text: \n, \r\n or \r."""
    return len(re.findall("\r\n|\r|\n", text))


def _first_undecodable(file: BinaryIO) -> int | None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    offset, block = 0, b" "
    while block:
        block = file.read(_BLOCK)
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
    file.seek(0)
    return 1 + count_newlines(file.read(offset).decode("utf-8"))


def _describe_byte(file: BinaryIO, offset: int) -> str:
    file.seek(offset)
    byte = file.read(1)
    if byte == b"\0":
        return f"byte {offset:,}: a NUL byte, so this is no text or it is damaged. Remove it"
    return (
        f"byte {offset:,}: 0x{byte.hex()} is not UTF-8. If the table comes from Windows or Excel, "
        "convert it: iconv -f windows-1252 -t utf-8 OLD > NEW"
    )
