"""Targets that are numbers."""

import numpy as np
import pandas as pd
import pytest

from hydro.errors import DataError
from hydro.supervised.targets import Numbers


def test_numbers_are_encoded_by_row_with_nan_for_missing_ones() -> None:
    frame = pd.DataFrame({"a": ["1", "3.5", None], "b": ["2", None, "-1e2"]})
    targets = Numbers.of(frame, ["a", "b"])
    assert targets.mean == (2.25, -49)
    assert targets.scale == (1.25, 51)
    expected = [[1, 2], [3.5, np.nan], [np.nan, -100]]
    np.testing.assert_array_equal(targets.encode(frame), np.array(expected, np.float32))
    one = Numbers.of(frame, ["a"]).encode(frame)
    np.testing.assert_array_equal(one, np.array([1, 3.5, np.nan], np.float32))
    assert np.isnan(targets.encode(frame[["b"]])[:, 0]).all()


@pytest.mark.parametrize("value", ["two", "1,5", "inf"])
def test_a_value_that_is_no_number_is_refused_with_row_and_column(value: str) -> None:
    frame = pd.DataFrame({"price": ["1", None, value]}, index=[4, 8, 15])
    with pytest.raises(DataError, match=rf"row 15, column 'price': '{value}' is not a finite"):
        Numbers.of(frame, ["price"])


def test_a_column_without_numbers_is_refused() -> None:
    with pytest.raises(DataError, match="no training row has a number in column 'a'"):
        Numbers.of(pd.DataFrame({"a": [None, None]}), ["a"])


def test_a_column_of_one_number_has_scale_1() -> None:
    assert Numbers.of(pd.DataFrame({"a": ["3", "3"]}), ["a"]).scale == (1.0,)
