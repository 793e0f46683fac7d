"""Texts and labels as one string each."""

import pandas as pd

from hydro_text_metric_learning.insights.texts import joined


def test_several_columns_are_shown_side_by_side() -> None:
    columns = {"title": ["t0", None], "text": ["one", "two"]}
    frame = pd.DataFrame(columns, index=[3, 7], dtype="str")
    assert joined(frame, ["title", "text"]).tolist() == ["t0 | one", " | two"]
    assert joined(frame, ["title"]).tolist() == ["t0", ""]
