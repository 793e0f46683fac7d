"""Bytes that are no UTF-8 text are found, with their place."""

import io

import pytest

from hydro.data.text_bytes import check_encoding, count_newlines
from hydro.errors import DataError


@pytest.mark.parametrize("text", ["", "a", "é" * 700_000, "x" + "👩" * 300_000, "\ufeffa"])
def test_utf_8_is_fine_wherever_the_blocks_end(text: str) -> None:
    check_encoding("table.csv", io.BytesIO(text.encode()))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("text\ncafé\n".encode("latin-1"), "line 2, byte 8: 0xe9 is not UTF-8"),
        (b"a\r\nb\rc\nd\x93", "line 4, byte 8: 0x93 is not UTF-8"),
        (b"a\n" * 600_000 + b"\xff", "line 600001, byte 1,200,000: 0xff"),
        (b"a" * (1 << 20) + b"\xc3", "line 1, byte 1,048,576: 0xc3"),
        (b"a" * ((1 << 20) - 1) + b"\xc3(", "line 1, byte 1,048,575: 0xc3"),
        (b"a\n\xff\0", "byte 2: 0xff"),
        (b"a\n\0\xff", "line 2, byte 2: a NUL byte"),
    ],
)
def test_the_first_wrong_byte_is_named_with_its_line(content: bytes, says: str) -> None:
    with pytest.raises(DataError) as caught:
        check_encoding("table.csv", io.BytesIO(content))

    assert says in str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_an_error_with_the_command_to_convert_it(encoding: str) -> None:
    with pytest.raises(DataError, match=r"UTF-16 text\. Convert it: iconv -f utf-16"):
        check_encoding("table.csv", io.BytesIO("\ufefftext\n".encode(encoding)))


def test_every_kind_of_line_end_counts_once() -> None:
    assert count_newlines("a\r\nb\nc\rd\u2028e\r\r\n") == 5
