"""Tests of rows as people see them."""

import numpy as np
import pandas as pd
import pytest

from hydro.plugins.metrics import MeanMetric
from hydro.similarity.predictions import score_neighbors
from hydro.similarity.retrieval_metrics import METRICS
from hydro.similarity.rows import describe_rows, join_labels, with_others

FRAME = pd.DataFrame(
    {"title": ["t0", None], "text": ["one", "two"], "a": ["x", "y"], "b": ["1", None]},
    index=[3, 7],
    dtype="str",
)


def test_several_columns_are_joined_and_a_missing_text_is_empty() -> None:
    shown = describe_rows(FRAME, ("title", "text"), ("a", "b"))
    assert shown["text"].tolist() == ["t0 | one", " | two"]
    assert shown["row"].tolist() == [3, 7]
    assert shown["label"].isna().tolist() == [False, True]
    assert shown["label"][0] == "x | 1"
    assert describe_rows(FRAME, ("title",), ("a",))["text"].tolist() == ["t0", ""]


def test_labels_are_joined_where_all_are_there() -> None:
    assert join_labels(FRAME, ("a", "b")) == ["x | 1", None]
    assert join_labels(FRAME, ("a", "none")) == [None, None]


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("classes", [[0, 0, 1, 2, 2, -1, 9, -1], [-1, -1], [0, 1, 2], [3, 3]])
def test_every_metric_is_defined_on_the_rows_that_every_figure_is_about(
    classes: list[int], name: str
) -> None:
    embeddings = np.eye(len(classes), dtype=np.float32)
    metrics = {name: MeanMetric(METRICS[name](2))}
    found = score_neighbors(embeddings, np.array(classes), metrics=metrics, top_k=2)
    np.testing.assert_array_equal(found.scored, found.defined(name))
    assert found.scored.tolist() == [each >= 0 and classes.count(each) > 1 for each in classes]
    assert with_others(np.array([], dtype=np.int64)).shape == (0,)
