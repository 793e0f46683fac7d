"""Tests of predictions on disk."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from hydro.data.tables import read_table
from hydro.errors import ResourceError
from hydro.evaluation.predictions_file import write_predictions
from hydro.plugins.predictions import Predictions


@dataclass(frozen=True)
class Named(Predictions):
    """Predictions with columns and arrays of any name."""

    tables: dict[str, Sequence[object]]

    def columns(self, rows: NDArray[np.int64]) -> dict[str, Sequence[object]]:
        return self.tables

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        return {"scores": np.array([0.25, 0.5])}


@pytest.fixture
def frame() -> pd.DataFrame:
    """Two rows of a file, the third and the seventh."""
    columns = {"text": ["a", "b"], "label": ["x", "y"]}
    return pd.DataFrame(columns, index=[2, 6], dtype="str")


def test_predictions_stand_beside_the_users_columns(tmp_path: Path, frame: pd.DataFrame) -> None:
    write_predictions(tmp_path, "test", frame, Named({}, {"count": [0.5, 1.5]}))
    table = read_table(tmp_path / "test_predictions.csv")
    assert table.to_dict("list") == {
        "text": ["a", "b"],
        "label": ["x", "y"],
        "row": ["2", "6"],
        "count": ["0.5", "1.5"],
    }
    raw = np.load(tmp_path / "test_raw_predictions.npz", allow_pickle=False)
    assert {name: raw[name].tolist() for name in raw} == {"rows": [2, 6], "scores": [0.25, 0.5]}


def test_no_column_of_the_user_is_hidden(tmp_path: Path, frame: pd.DataFrame) -> None:
    frame["row"] = ["r1", "r2"]
    frame["count"] = ["c1", "c2"]
    write_predictions(tmp_path, "test", frame, Named({}, {"count": [1, 2]}))
    table = read_table(tmp_path / "test_predictions.csv")
    assert table.to_dict("list") == {
        "text": ["a", "b"],
        "label": ["x", "y"],
        "row": ["r1", "r2"],
        "count": ["c1", "c2"],
        "row (predicted)": ["2", "6"],
        "count (predicted)": ["1", "2"],
    }


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path, frame: pd.DataFrame) -> None:
    with pytest.raises(ResourceError, match="No such file or directory"):
        write_predictions(tmp_path / "gone/predictions", "test", frame, Named({}, {}))
