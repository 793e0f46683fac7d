"""Columns are chosen by their exact names, and a wrong name is answered with the right one."""

import pytest

from hydro.data.columns import choose_columns, list_names
from hydro.errors import DataError


def test_columns_come_in_the_order_of_the_file() -> None:
    found = ["id", "text", "label"]

    assert choose_columns("f.csv", found, ["label", "text"], others=False) == ["text", "label"]
    assert choose_columns("f.csv", found, ["label"], others=True) == found


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (["txet", "label"], "available: 'txet', 'label'. Did you mean 'txet'?"),
        ([" Text ", "label"], "Did you mean ' Text '? Blanks and capitals count"),
        (["text;label"], "separated by semicolons"),
        (["text\tlabel"], "separated by tabs"),
        (["zzz", "qqq"], "no column 'text'; available: 'zzz', 'qqq'"),
    ],
)
def test_a_missing_column_is_an_error_with_the_available_ones(found: list[str], says: str) -> None:
    with pytest.raises(DataError) as caught:
        choose_columns("f.csv", found, ["text"], others=True)

    assert says in str(caught.value)
    assert str(caught.value).startswith("f.csv: ")


def test_a_name_that_stands_for_two_columns_is_an_error_with_both_positions() -> None:
    with pytest.raises(DataError, match="columns 1 and 3 are both called 'text'"):
        choose_columns("f.csv", ["text", "label", "text"], ["label"], others=False)


def test_a_long_list_of_names_is_cut() -> None:
    listed = list_names([f"column {number}" for number in range(1000)])

    assert listed.endswith("'column 19' and 980 more")
    assert len(list_names(["x" * 100_000])) < 100
