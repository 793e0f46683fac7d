"""Tables, bars, squares and cards, cut to what a page holds."""

import pandas as pd

from hydro.plugins.charts import Bars, Cards, Matrix
from hydro.report.cells import Cell, bars, cards, matrix, plain


def test_columns_of_numbers_have_the_same_decimals() -> None:
    table = pd.DataFrame({"text": ["a", "7"], "rows": ["1", "12"], "share": ["0.5", "0.1667"]})
    grid = plain(table)
    assert grid.heads == ("text", "rows", "share")
    assert grid.rows[0] == [Cell("a"), Cell("1", numeric=True), Cell("0.5000", numeric=True)]
    assert grid.rows[1][0] == Cell("7")


def test_a_long_table_counts_the_rows_left_out() -> None:
    grid = plain(pd.DataFrame({"text": ["a" * 1000] * 70}))
    assert (len(grid.rows), grid.left_out) == (50, 20)
    assert len(grid.rows[0][0].text) == 300


def test_columns_with_bars_come_last() -> None:
    table = pd.DataFrame(
        {"AP": ["0.25", "", "2"], "class": ["a", "b", "c"], "rows": ["1", "2", "3"]}
    )
    grid = bars(Bars("class", ("AP",)), table)
    assert grid.heads == ("class", "rows", "AP")
    assert [row[-1].share for row in grid.rows] == [0.25, None, 1.0]
    assert grid.rows[0][-1].text == "0.250"


def test_a_matrix_has_the_first_pairs_in_its_cells() -> None:
    table = pd.DataFrame(
        {"row": ["a", "a", "b"], "column": ["b", "c", "a"], "share": ["0.5", "0.1", "1"]}
    )
    grid = matrix(Matrix("row", "column", "share"), table)
    assert grid.heads == ("", "b", "c", "a")
    assert [[cell.text for cell in row] for row in grid.rows] == [
        ["a", ".50", ".10", ""],
        ["b", "", "", "1.00"],
    ]
    many = pd.DataFrame({"row": list(map(str, range(99))), "column": "x", "share": "1"})
    assert matrix(Matrix("row", "column", "share"), many).left_out == 74


def test_cards_are_gathered_from_the_rows_of_their_key() -> None:
    table = pd.DataFrame(
        {
            "kind": ["worst", "worst", "best"],
            "row": ["4", "4", "4"],
            "text": ["t", "t", "u"],
            "label": ["a", "a", "b"],
            "mAP": ["0.1", "0.1", "1"],
            "other": ["v", "w", "x"],
            "other_label": ["a", "b", "b"],
            "similarity": ["0.9", "0.8", "0.7"],
            "match": ["True", "False", "True"],
        }
    )
    chart = Cards("kind", "row", "text", "label", "other", "other_label", "similarity", "match")
    found = cards(chart, table)
    assert list(found) == ["worst", "best"]
    (card,) = found["worst"]
    assert card.others == [("v", "a", "0.9", True), ("w", "b", "0.8", False)]
    assert card.facts == [("mAP", "0.1")]
