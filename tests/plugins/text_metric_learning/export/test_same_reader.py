"""A scoring pipeline reads and refuses the tables that hydro reads and refuses."""

import gzip
import logging
from pathlib import Path

import pytest

from hydro.data.tables import read_table
from hydro.errors import DataError
from hydro_text_metric_learning.export.scoring_pipeline import InputError, read_rows

COLUMNS = ["title", "text"]

READ = [
    "title,text\na,b\n",
    "text,title,more\nb,a,c\n",
    "\ufefftitle,text\r\na,b\r\n\r\nc,\r\n",
    "title;text\na,1;b\n",
    "title\ttext\na,1\tb\n",
    'title|text\na|"b|c\n"\n',
    'title,text\n"a, ""1""",b\n5" pipe,c\n',
    "title,text,,,\na,b,,,\n",
    "id,title,id,text\n1,a,2,b\n",
    "title,text\na\u2028b\u0085c,d\x0b\x0ce\n",
    "title,text\na,\x1b[31mb\n",
]
REFUSED = [
    "",
    "\n\n",
    "title,txt\na,b\n",
    "Title,text\na,b\n",
    "title,text,text\na,b,c\n",
    "title,text\na,b\na,b,c\n",
    "title,text\na,b\na\n",
    'title,text\na,"b\n',
    '"title,text\na,b\n',
    "title,text\na,b\0\n",
    ",".join(["title", "text", *map(str, range(10_000))]) + "\n",
]
ENCODED_READ = ["title,text\nun café,b\n", "title;text\nun café;10 € a piece\n"]
BYTES_REFUSED = [
    b"title,text\na,\x81\n",
    "title,text\n日本語の文章です,これは日本語です\n".encode("shift-jis"),
    "title,text\né,ü\n".encode() + b"a,\xe9\n",
    "title,text\na,b\0\n".encode("utf-16"),
    "title,text\na,b\n".encode("utf-16") + b"x",
]
FILES: list[tuple[str, bytes]] = [
    *(("t.csv", text.encode()) for text in (*READ, *REFUSED)),
    *(("t.csv", text.encode(each)) for text in ENCODED_READ for each in ("utf-16", "cp1252")),
    *(("t.csv", content) for content in BYTES_REFUSED),
    ("t.tsv", b"title\ttext\na,b\tc;d\n"),
    ("t.tsv", b"title,text\na,b\n"),
    ("t.csv.gz", gzip.compress(b"title;text\na;b\n")),
    ("t.tsv.gz", gzip.compress(b"title\ttext\na\tb\n")),
    ("t.csv.gz", gzip.compress(b"title,text\na,b\n")[:-9]),
    ("t.csv.gz", b"title,text\na,b\n"),
]

Found = tuple[list[dict[str, str]] | str, list[str]]


def by_hydro(path: Path) -> Found:
    """Return the rows or the error, and the warnings."""
    warnings: list[str] = []
    try:
        frame = read_table(path, COLUMNS, warnings=warnings)
    except DataError as error:
        return str(error), []
    return frame.fillna("").to_dict("records"), warnings  # type: ignore[return-value]


def by_pipeline(path: Path, caplog: pytest.LogCaptureFixture) -> Found:
    """Return the rows or the error, and the warnings."""
    caplog.clear()
    try:
        rows = list(read_rows(path, COLUMNS))
    except InputError as error:
        return str(error), []
    return rows, [message.replace(str(path), path.name) for message in caplog.messages]


@pytest.mark.parametrize(("name", "content"), FILES)
def test_a_table_is_read_or_refused_by_both_alike(
    name: str, content: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    path = tmp_path / name
    path.write_bytes(content)

    expected, found = by_hydro(path), by_pipeline(path, caplog)

    if name.endswith(".gz") and isinstance(expected[0], str):
        # What is wrong with a compressed file is said in other words.
        assert isinstance(found[0], str)
    else:
        assert found == expected


def test_the_tables_are_read_and_refused_as_they_are_listed(tmp_path: Path) -> None:
    for texts, is_read in ((READ, True), (REFUSED, False)):
        for text in texts:
            (tmp_path / "t.csv").write_bytes(text.encode())
            assert isinstance(by_hydro(tmp_path / "t.csv")[0], list) == is_read, text[:60]
