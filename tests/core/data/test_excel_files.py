"""The first sheet of a workbook is read as text."""

import contextlib
import datetime
import random
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from hydro.data.tables import read_table
from hydro.errors import DataError, PluginError

Save = Callable[..., Path]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Save sheets, a list of rows each, as a workbook."""

    def save_sheets(*sheets: list[list[Any]]) -> Path:
        workbook = openpyxl.Workbook()
        workbook.remove(workbook.active)
        for number, rows in enumerate(sheets):
            sheet = workbook.create_sheet(f"sheet {number}")
            for row in rows:
                sheet.append(row)
        workbook.save(tmp_path / "table.xlsx")
        return tmp_path / "table.xlsx"

    return save_sheets


def test_values_of_any_type_become_text(save: Save) -> None:
    when = datetime.datetime(2024, 1, 2, 3, 4)
    values = ["NA", "007", 1, 2.0, 2.5, True, when, when.date(), "a\nb", None]
    path = save([["text", "value"], *(["t", value] for value in values)])

    found = [None if pd.isna(each) else each for each in read_table(path)["value"]]

    dates = ["2024-01-02 03:04:00", "2024-01-02 00:00:00"]
    assert found == ["NA", "007", "1", "2", "2.5", "True", *dates, "a\nb", None]


def test_empty_rows_and_unnamed_empty_columns_are_left_out(save: Save) -> None:
    warnings: list[str] = []
    header = ["text", None, None, "label"]
    rows = [[], header, ["a", None, None, 1], [], ["b", None, None, 2], [None, None]]

    frame = read_table(save(rows), ["text"], warnings=warnings)

    assert frame.to_dict("list") == {"text": ["a", "b"], "label": ["1", "2"]}
    assert [warning.partition("table.xlsx: ")[2] for warning in warnings] == [
        "2 columns without a name are left out"
    ]


def test_of_several_sheets_the_first_is_read_and_named(save: Save) -> None:
    warnings: list[str] = []

    frame = read_table(save([["text"], ["a"]], [["text"], ["b"]]), warnings=warnings)

    assert frame["text"].tolist() == ["a"]
    assert "the sheet 'sheet 0' is read, the first of 2" in warnings[0]


@pytest.mark.parametrize("rows", [[], [["text"]]])
def test_a_sheet_without_rows_is_an_error(save: Save, rows: list[list[Any]]) -> None:
    with pytest.raises(DataError, match=r"table\.xlsx (is empty|has no rows)"):
        read_table(save(rows))


def test_a_missing_column_is_an_error(save: Save) -> None:
    with pytest.raises(DataError, match=r"no column 'text'; available: 'Text'\. Did you mean"):
        read_table(save([["Text"], ["a"]]), ["text"])


def test_without_openpyxl_the_extra_is_named(save: Save, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save([["text"], ["a"]])
    monkeypatch.setitem(sys.modules, "openpyxl", None)

    with pytest.raises(PluginError, match=r"pip install 'hydro-experiments\[excel\]'"):
        read_table(path)


def test_a_zip_that_is_no_workbook_or_a_damaged_one_is_an_error(save: Save, tmp_path: Path) -> None:
    path = save([["text"], ["a"]])
    whole = path.read_bytes()
    for size in range(4, len(whole), 97):
        path.write_bytes(whole[:size])
        with pytest.raises(DataError, match=r"table\.xlsx"):
            read_table(path)
    for seed in range(150):
        damaged = bytearray(whole)
        chance = random.Random(seed)
        for _ in range(chance.choice([1, 8])):
            damaged[chance.randrange(4, len(whole))] = chance.randrange(256)
        path.write_bytes(damaged)
        with contextlib.suppress(DataError):
            read_table(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("table.csv", "text\na\n")
    with pytest.raises(DataError, match="damaged or no Excel workbook"):
        read_table(path)


def test_entities_that_expand_without_bound_are_refused(save: Save) -> None:
    nested = "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 10))
    entities = f"<!DOCTYPE x [<!ENTITY a0 'lol'>{nested}]><worksheet".encode()
    path = save([["text"], ["a"]])
    _repack(
        path,
        lambda sheet: sheet.replace(b"<worksheet", entities, 1).replace(b"<t>a<", b"<t>&a9;<"),
    )

    with pytest.raises(DataError, match="damaged or no Excel workbook"):
        read_table(path)


def test_cells_that_have_a_style_but_no_value_are_none(
    save: Save,
) -> None:
    path = save([["text"], ["a"]])
    workbook = openpyxl.load_workbook(path)
    rule = openpyxl.worksheet.datavalidation.DataValidation(type="list", formula1='"a,b"')
    workbook.active.add_data_validation(rule)
    workbook.active.cell(5_000, 9).font = openpyxl.styles.Font(bold=True)
    workbook.save(path)

    assert read_table(path).to_dict("list") == {"text": ["a"]}


def _repack(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Change the sheet inside a workbook."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            is_sheet = name.startswith("xl/worksheets/")
            archive.writestr(name, change(content) if is_sheet else content)


def test_whole_numbers_read_alike_however_a_program_writes_them(save: Save) -> None:
    path = save([["value"], [2], [3], [4.5]])
    _repack(path, lambda sheet: sheet.replace(b"<v>2</v>", b"<v>2.0</v>"))

    assert read_table(path)["value"].tolist() == ["2", "3", "4.5"]


def test_a_workbook_that_unpacks_to_a_hundred_times_its_size_is_refused(save: Save) -> None:
    path = save([["text"], ["a"]])
    _repack(path, lambda sheet: sheet + b" " * 60 * 1024**2)

    with pytest.raises(DataError, match=r"table\.xlsx unpacks to .* over 100 times its size"):
        read_table(path)
