"""Tests of insights on disk."""

import pandas as pd

from hydro.artifacts.insight_files import read_insights, write_insight
from hydro.artifacts.run_folder import RunFolder


def test_insights_come_back_in_their_order_as_text(folder: RunFolder) -> None:
    table = pd.DataFrame({"label": ["007", "NA", ""]})
    write_insight(folder, "a", table, {"name": "a", "place": 1})
    write_insight(folder, "b", pd.DataFrame(), {"name": "b", "place": 0})
    (first, nothing), (second, found) = read_insights(folder)
    assert (first["name"], second["name"]) == ("b", "a")
    assert nothing.empty
    assert found["label"].tolist() == ["007", "NA", ""]
