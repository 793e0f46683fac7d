"""A zip is read as the CSVs in it, and not trusted in anything."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from hydro.data.tables import read_table
from hydro.errors import DataError


@pytest.fixture
def pack(tmp_path: Path) -> Callable[..., Path]:
    def pack_members(*members: tuple[str, str]) -> Path:
        with zipfile.ZipFile(tmp_path / "table.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in members:
                archive.writestr(name, text)
        return tmp_path / "table.zip"

    return pack_members


def test_the_csvs_are_read_in_order_of_their_names(pack: Callable[..., Path]) -> None:
    path = pack(
        ("b.csv", "text\nsecond\n"), ("folder/c.CSV", "text\nthird"), ("a.csv", "text\n1st")
    )

    frame = read_table(path)

    assert frame["text"].tolist() == ["1st", "second", "third"]
    assert frame.index.tolist() == [0, 1, 2]


def test_how_a_csv_inside_was_read_is_said(pack: Callable[..., Path]) -> None:
    warnings: list[str] = []

    path = pack(("a.csv", "text,more\nx,1\n"), ("b.csv", "text;more\ny;2\n"))
    frame = read_table(path, ["text"], warnings=warnings)

    assert frame["more"].tolist() == ["1", "2"]
    assert warnings == ["table.zip (b.csv) has semicolons between its columns, and is read so"]


def test_hidden_and_other_files_are_ignored(pack: Callable[..., Path]) -> None:
    path = pack(
        ("a.csv", "text\nx\n"),
        ("__MACOSX/._a.csv", "junk"),
        (".hidden.csv", "junk"),
        (".git/a.csv", "junk"),
        ("README.md", "junk"),
        ("folder.csv/", ""),
    )

    assert read_table(path)["text"].tolist() == ["x"]


def test_csvs_with_different_columns_are_an_error_with_both_names(
    pack: Callable[..., Path],
) -> None:
    path = pack(("a.csv", "text,label\nx,y\n"), ("b.csv", "text,class\nx,y\n"))

    with pytest.raises(DataError, match=r"\(b\.csv\) has the columns .* \(a\.csv\) has"):
        read_table(path)


def test_a_zip_without_a_csv_is_an_error_that_lists_what_is_in_it(
    pack: Callable[..., Path],
) -> None:
    with pytest.raises(DataError, match=r"no \.csv in it; available: data\.txt"):
        read_table(pack(("data.txt", "text\nx\n")))


def test_a_malformed_member_is_an_error_with_its_name_and_line(pack: Callable[..., Path]) -> None:
    path = pack(("a.csv", "text,label\nx,y\n"), ("b.csv", "text,label\nx,y\nz\n"))

    with pytest.raises(DataError, match=r"table\.zip \(b\.csv\): line 3 has 1 field"):
        read_table(path)


@pytest.mark.parametrize(
    "name", ["../a.csv", "x/../../a.csv", "/etc/a.csv", "..\\a.csv", "C:\\a.csv", "\\\\host\\a.csv"]
)
def test_a_path_that_leads_outside_is_refused(pack: Callable[..., Path], name: str) -> None:
    with pytest.raises(DataError, match="leads outside the zip"):
        read_table(pack(("good.csv", "text\nx\n"), (name, "text\nx\n")))


def test_a_zip_that_unpacks_to_a_hundred_times_its_size_is_refused(
    pack: Callable[..., Path],
) -> None:
    path = pack(("a.csv", "text\n" + "x" * 60 * 1024**2))

    with pytest.raises(DataError, match="over 100 times its size"):
        read_table(path)


def test_a_small_zip_of_repetitive_text_is_read(pack: Callable[..., Path]) -> None:
    assert len(read_table(pack(("a.csv", "text\n" + "the same\n" * 300_000)))) == 300_000


def test_a_member_that_is_bigger_than_it_says_is_refused(pack: Callable[..., Path]) -> None:
    path = pack(("a.csv", "text\n" + "row\n" * 1000))
    honest = (4005).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(honest, (405).to_bytes(4, "little")))

    with pytest.raises(DataError, match="damaged"):
        read_table(path)


def test_an_encrypted_zip_is_refused(pack: Callable[..., Path]) -> None:
    path = pack(("a.csv", "text\nx\n"))
    content = path.read_bytes()
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        flags = content.index(mark) + place
        content = content[:flags] + bytes([content[flags] | 1]) + content[flags + 1 :]
    path.write_bytes(content)

    with pytest.raises(DataError, match="encrypted"):
        read_table(path)


def test_a_zip_cut_anywhere_is_a_data_error(pack: Callable[..., Path]) -> None:
    path = pack(("a.csv", "text\nx\n"), ("b.csv", "text\ny\n"))
    whole = path.read_bytes()

    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        with pytest.raises(DataError, match=r"table\.zip"):
            read_table(path)
