"""Texts are UTF-8 in the end, or refused with the place of the first wrong byte."""

import io
import tracemalloc

import pytest

from hydro.data.text_input import encoding
from hydro.data.text_input.encoding import (
    InputError,
    as_utf_8,
    check_text,
    count_newlines,
    is_blank,
    read_lines,
)


def _converted(content: bytes) -> tuple[bytes, list[str]]:
    with as_utf_8("t.csv", io.BytesIO(content)) as (file, warnings):
        file.seek(0)
        return file.read(), warnings


@pytest.mark.parametrize("text", ["", "a", "é" * 700_000, "x" + "👩" * 300_000, "\ufeffa"])
def test_utf_8_is_fine_wherever_the_blocks_end(text: str) -> None:
    assert _converted(text.encode()) == (text.encode(), [])


DAMAGED = [
    # Shift-JIS, Windows-1251, and UTF-8 of which bytes are damaged.
    ("text\n日本語の文章です\n".encode("shift-jis"), "line 2, byte 5: 0x93 is not UTF-8"),
    (b"text\n\xef\xf0\xe8\xe2\xe5\xf2, \xec\xe8\xf0\n", "line 2, byte 5: 0xef is not UTF-8"),
    ("é,ü,ö\nplain text as most of it\n".encode() + b"\xe9", "line 3, byte 34: 0xe9"),
    (b"\xe9,plain text as most of it\n" + "é,ü,ö\n".encode(), "line 1, byte 0: 0xe9"),
    # Bytes that Windows-1252 lacks.
    (b"plain\r\ntext\rand\nd\x81", "line 4, byte 17: 0x81 is not UTF-8"),
    (b"a\n" * 600_000 + b"\x8d", "line 600001, byte 1,200,000: 0x8d"),
    (b"a" * (1 << 20) + b"\x8f", "line 1, byte 1,048,576: 0x8f"),
    (b"a" * ((1 << 20) - 2) + b"\xc3\x8f(\x8f", "line 1, byte 1,048,577: 0x8f"),
    (b"a" * ((1 << 20) - 1) + b"\r\n\x81", "line 2, byte 1,048,577: 0x81"),
    (b"a\n\xff\0", "line 2, byte 2: 0xff"),
    (b"a\n\0\xff", "line 2, byte 2: a NUL byte"),
    ("\ufeffa\n\0".encode("utf-16-le"), "line 2, byte 2: a NUL byte"),
    ("a\nb".encode("utf-16") + b"\x00", "not UTF-16 from line 2 on"),
    (b"\xff\xfea\0\n\0\x00\xd8a\0", "not UTF-16 from line"),
]


@pytest.mark.parametrize(("content", "says"), DAMAGED)
def test_the_first_wrong_byte_is_named_with_its_line(content: bytes, says: str) -> None:
    with pytest.raises(InputError) as caught:
        _converted(content)

    assert says in str(caught.value)
    assert str(caught.value).startswith("t.csv: ")


@pytest.mark.parametrize("name", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_converted_and_said(name: str) -> None:
    text = "\ufefftext,label\r\ncafé,\U0001f389\r\n"
    found, warnings = _converted(text.encode(name))

    assert found.decode() == text.removeprefix("\ufeff")
    assert warnings == ["t.csv is read as UTF-16"]


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("text,label\nun café noir,a\n", 2, "café"),
        ("label,text\na,he said “no” twice, and left\n", 2, "“no"),
        ("price\n" + "plain\n" * 300_000 + "10 € a piece\n", 300_002, "€"),
        ("Spaß“ macht die Sache, Straße und Fuß, größer, schöner\n", 1, "Straße"),
        ("ça va bien merci\n", 1, "ça"),
    ],
)
def test_windows_1252_is_converted_with_an_example(text: str, line: int, word: str) -> None:
    found, [warning] = _converted(text.encode("cp1252"))

    assert found.decode() == text
    assert warning == (
        f"t.csv is not UTF-8. It is read as Windows-1252, by which line {line} has {word!r}. If "
        "that is wrong, save it as UTF-8"
    )


def test_the_line_of_a_wrong_byte_takes_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "_IN_MEMORY", 1 << 20)
    size = 40_000_000
    for end in (b"\x81", "é".encode("cp1252")):
        file = io.BytesIO(b"0123456\r\n" * (size // 9) + end)
        tracemalloc.start()
        try:
            with as_utf_8("t.csv", file):
                pass
        except InputError as error:
            assert f"line {size // 9 + 1}," in str(error)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < size / 4


def test_every_kind_of_line_end_counts_once() -> None:
    assert count_newlines("a\r\nb\nc\rd\u2028e\r\r\n") == 5


@pytest.mark.parametrize("text", ["", " \t\n", "\u3000\u00a0", "\u200b\ufeff", "\u2028\r", "\x1f"])
def test_white_space_and_what_cannot_be_seen_is_blank(text: str) -> None:
    assert is_blank(text)
    assert not is_blank(f"{text}.{text}")


@pytest.mark.parametrize(
    ("raw", "lines"),
    [
        (b"", []),
        (b"a", ["a"]),
        (b"a\r\nb\n", ["a", "b"]),
        (b"a\n\n", ["a", ""]),
        (
            "\ufeffa\u2028b\u0085c\x0bd\x0ce\x1cf\rg\n".encode(),
            ["a\u2028b\u0085c\x0bd\x0ce\x1cf\rg"],
        ),
        ("é\nü".encode("utf-16"), ["é", "ü"]),
    ],
)
def test_only_newlines_end_a_line(raw: bytes, lines: list[str]) -> None:
    assert read_lines("stdin", raw) == lines


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"fine\ncaf\xe9\n", "stdin: line 2, byte 8: 0xe9 is not UTF-8"),
        (b"a\0", "stdin: line 1, byte 1: a NUL byte"),
    ],
)
def test_lines_that_are_no_text_are_refused(raw: bytes, says: str) -> None:
    with pytest.raises(InputError) as caught:
        read_lines("stdin", raw)
    assert str(caught.value).startswith(says)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("caf\udce9", "TEXT: line 1, byte 3: 0xe9 is not UTF-8"),
        ("é\n\udce9", "TEXT: line 2, byte 3: 0xe9"),
        ("a\ud800", "TEXT: line 1, byte 1: 0xed"),
        ("a\0", "TEXT: line 1, byte 1: a NUL"),
    ],
)
def test_a_text_that_is_not_unicode_is_refused_with_its_byte(text: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        check_text("TEXT", text)
    assert str(caught.value).startswith(says)
    assert check_text("TEXT", "é\n\x1b🎉") == "é\n\x1b🎉"
