"""Numbers and texts as people read them."""

import math

import pytest

from hydro.report.numbers import breakable, format_number, number, truncate


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.25, "0.25"),
        (10_000, "10,000"),
        (3e-4, "3e-4"),
        (2.5e-5, "2.5e-5"),
        (2e6, "2e6"),
    ],
)
def test_a_number_beside_an_axis_is_short(value: float, text: str) -> None:
    assert format_number(value) == text


def test_a_long_text_ends_with_dots() -> None:
    assert (truncate("abcdef", 6), truncate("abcdefg", 6)) == ("abcdef", "abcde…")
    assert truncate("漢" * 6, 6) == "漢漢…"  # three bytes each
    assert truncate('"' * 6, 6) == '""…'  # five once escaped


def test_a_name_breaks_after_underscores_and_is_escaped() -> None:
    assert breakable("a_<b>") == "a_<wbr>&lt;b&gt;"


@pytest.mark.parametrize("text", ["", "abc", "nan", "inf"])
def test_a_text_that_is_no_finite_number_is_nan(text: str) -> None:
    assert math.isnan(number(text))
    assert number("-0.5") == -0.5
