"""Tests of the retrieval metrics that are offered."""

import numpy as np

from hydro.similarity.metrics import retrieval_metrics
from hydro.similarity.neighbors import Ranking
from hydro.similarity.retrieval_metrics import METRICS
from hydro.similarity.settings import RetrievalSettings


def settings(k: int) -> RetrievalSettings:
    """Make settings with this K."""
    sections = {
        "dataset": {"train_dataframe": "rows.csv"},
        "training": {"loss_function": "any"},
        "prediction": {"metric": "mAP", "top_k_similar": k},
    }
    return RetrievalSettings.model_validate(sections)


def test_all_metrics_are_offered_to_one_problem() -> None:
    metrics = retrieval_metrics("images")
    assert [each.name for each in metrics] == list(METRICS)
    assert {each.problems for each in metrics} == {("images",)}
    assert all(each.higher_is_better for each in metrics)


def test_k_is_the_number_of_neighbors() -> None:
    (recall,) = (each for each in retrieval_metrics("images") if each.name == "Recall@K")
    ranking = Ranking.of(np.array([[True, False, True]]), np.array([2]))
    assert recall.build(settings(1)).contributions(ranking).tolist() == [0.5]
    assert recall.build(settings(3)).contributions(ranking).tolist() == [1]
