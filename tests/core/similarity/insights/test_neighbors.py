"""The table of texts with their neighbors, for a person to judge."""

import numpy as np
import pandas as pd
import pytest

from hydro.plugins.metrics import MeanMetric
from hydro.similarity.insights.neighbors import neighbors_table
from hydro.similarity.predictions import RetrievalPredictions, score_neighbors
from hydro.similarity.retrieval_metrics import METRICS

# Rows 0 to 2 are of class a and close together, 3 is of class a and among those of b, 6 is alone.
ANGLES = np.radians([0, 10, 20, 92, 90, 100, 180])
CLASSES = np.array([0, 0, 0, 0, 1, 1, 2])
SHOWN = pd.DataFrame(
    {
        "row": [10, 11, 12, 23, 24, 25, 36],
        "text": ["one", "two", "three", "", "five", "six", "seven"],
        "label": ["a", "a", "a", "a", "b", "b", "c"],
    }
)


@pytest.fixture
def predictions() -> RetrievalPredictions:
    """Embeddings on a circle, searched for five neighbors."""
    circle = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1).astype(np.float32)
    return score_neighbors(circle, CLASSES, metrics={"mAP": MeanMetric(METRICS["mAP"](5))}, top_k=5)


def look(predictions: RetrievalPredictions, count: int = 2, seed: int = 0) -> pd.DataFrame:
    """Make the table."""
    return neighbors_table(predictions, SHOWN, metric="mAP", count=count, seed=seed)


def test_the_worst_and_the_best_come_first_each_with_its_three_nearest(
    predictions: RetrievalPredictions,
) -> None:
    table = look(predictions)
    rows = {kind: list(dict.fromkeys(each["row"])) for kind, each in table.groupby("shown_as")}
    scores = dict(zip(SHOWN["row"], predictions.values["mAP"], strict=True))
    ranked = sorted((each for each in scores if each != 36), key=scores.__getitem__)
    assert rows["worst"] == ranked[:2]
    assert {scores[each] for each in rows["best"]} == {scores[each] for each in ranked[-2:]}
    assert (table.groupby(["shown_as", "row"])["place"].agg(list).map(tuple) == (1, 2, 3)).all()


def test_a_query_is_shown_with_its_class_and_whether_neighbors_match(
    predictions: RetrievalPredictions,
) -> None:
    worst = look(predictions, count=1).query("shown_as == 'worst'")
    assert set(worst["row"]) == {23}
    assert set(worst["label"]) == {"a"}
    assert set(worst["others_of_class"]) == {3}
    assert worst["neighbour"].tolist() == ["five", "six", "three"]
    assert worst["neighbour_label"].tolist() == ["b", "b", "a"]
    assert worst["match"].tolist() == [False, False, True]
    degrees = np.radians([2, 8, 72])
    assert worst["similarity"].tolist() == pytest.approx(np.cos(degrees), abs=1e-4)
    assert set(worst["mAP"]) == {round(float(predictions.values["mAP"][3]), 4)}


def test_rows_that_no_other_can_match_are_not_shown(predictions: RetrievalPredictions) -> None:
    table = look(predictions, count=50)
    assert set(table["row"]) == set(SHOWN["row"]) - {36}
    assert table.groupby("shown_as")["row"].nunique().tolist() == [6, 6, 6]


def test_chance_is_drawn_by_the_seed(predictions: RetrievalPredictions) -> None:
    drawn = [
        look(predictions, seed=seed).query("shown_as == 'random'")["row"].tolist()
        for seed in (0, 0, 1, 2, 3)
    ]
    assert drawn[0] == drawn[1]
    assert len({tuple(each) for each in drawn}) > 1


def test_no_text_makes_an_empty_table(predictions: RetrievalPredictions) -> None:
    assert look(predictions, count=0).empty


def test_as_many_neighbors_are_shown_as_were_searched_for() -> None:
    two = np.eye(2, dtype=np.float32)
    metrics = {"mAP": MeanMetric(METRICS["mAP"](1))}
    predictions = score_neighbors(two, np.array([0, 0]), metrics=metrics, top_k=1)
    table = neighbors_table(predictions, SHOWN[:2], metric="mAP", count=1, seed=0)
    assert table["place"].tolist() == [1, 1, 1]
