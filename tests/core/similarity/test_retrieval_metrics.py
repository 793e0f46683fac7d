"""The metrics against their definitions, and against two independent libraries."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from hydro.similarity.neighbors import Ranking, rank
from hydro.similarity.retrieval_metrics import METRICS, Values

Split: TypeAlias = tuple[NDArray[np.float32], NDArray[np.int64]]
SHAPES: dict[str, Callable[[np.random.Generator, int], NDArray[np.int64]]] = {
    "even": lambda generator, rows: generator.integers(0, 5, rows),
    "skewed": lambda generator, rows: generator.zipf(1.6, rows).clip(max=rows) - 1,
    "one class": lambda _, rows: np.zeros(rows, dtype=np.int64),
    "pairs": lambda _, rows: np.arange(rows) // 2,
    "mostly single": lambda generator, rows: generator.integers(0, 3 * rows, rows),
}


@pytest.fixture(params=[(shape, seed) for shape in SHAPES for seed in range(4)], ids=str)
def split(request: pytest.FixtureRequest) -> Split:
    """Rows of exact cosines with many ties, and classes of many sizes."""
    shape, seed = request.param
    generator = np.random.default_rng(seed)
    signs = generator.integers(0, 2, size=(33, 4)) - 0.5
    return signs.astype(np.float32), SHAPES[shape](generator, 33)


@pytest.fixture(scope="module")
def calculators() -> Any:
    return pytest.importorskip("pytorch_metric_learning.utils.accuracy_calculator")


def put_in_order(embeddings: NDArray[np.float32]) -> NDArray[np.int64]:
    """Sort all other rows by cosine, then by row number."""
    cosines = embeddings @ embeddings.T
    np.fill_diagonal(cosines, -2)
    return np.argsort(-cosines, axis=1, kind="stable")[:, :-1]


def score(split: Split, top_k: int) -> dict[str, Values]:
    (block,) = rank(*split, top_k=top_k)
    return {name: make(top_k)(block.ranking) for name, make in METRICS.items()}


def score_by_definition(rel: list[int], k: int) -> dict[str, float]:
    """Score one query, whose ranking of all other rows is given."""
    r = sum(rel)
    if not r:
        return dict.fromkeys(METRICS, float("nan"))
    precision = [sum(rel[: j + 1]) / (j + 1) for j in range(len(rel))]
    gain = [1 / float(np.log2(j + 2)) for j in range(len(rel))]
    return {
        "mAP": sum(precision[j] * rel[j] for j in range(min(k, len(rel)))) / min(r, k),
        "Precision@1": rel[0],
        "Recall@K": sum(rel[:k]) / r,
        "MRR": 1 / (rel.index(1) + 1),
        "nDCG@K": sum(g for g, hit in zip(gain[:k], rel, strict=False) if hit)
        / sum(gain[: min(r, k)]),
        "R-Precision": precision[r - 1],
        "MAP@R": sum(precision[j] * rel[j] for j in range(r)) / r,
    }


@pytest.mark.parametrize("top_k", [1, 5, 50])
def test_metrics_equal_their_definitions(split: Split, top_k: int) -> None:
    embeddings, classes = split
    values = score(split, top_k)
    relevance = classes[put_in_order(embeddings)] == classes[:, None]
    expected = [score_by_definition(row.astype(int).tolist(), top_k) for row in relevance]
    for name in METRICS:
        np.testing.assert_allclose(values[name], [row[name] for row in expected], rtol=1e-12)


@pytest.mark.parametrize("top_k", [1, 5, 32])
def test_metrics_equal_those_of_trec_eval(split: Split, top_k: int) -> None:
    pytrec_eval = pytest.importorskip("pytrec_eval")
    embeddings, classes = split
    order = put_in_order(embeddings)
    relevant = {
        str(query): {
            str(row): 1 for row in np.flatnonzero(classes == classes[query]) if row != query
        }
        for query in range(len(classes))
    }
    judged = {query: rows for query, rows in relevant.items() if rows}
    found = {
        query: {str(row): float(-place) for place, row in enumerate(order[int(query)])}
        for query in judged
    }
    measures = {
        "mAP": f"map_cut_{top_k}",
        "Precision@1": "P_1",
        "Recall@K": f"recall_{top_k}",
        "MRR": "recip_rank",
        "nDCG@K": f"ndcg_cut_{top_k}",
        "R-Precision": "Rprec",
    }
    results = pytrec_eval.RelevanceEvaluator(judged, set(measures.values())).evaluate(found)
    values = score(split, top_k)
    for name, measure in measures.items():
        for query, result in results.items():
            r = len(judged[query])
            # trec_eval divides by R whatever the cut.
            factor = r / min(r, top_k) if name == "mAP" else 1
            assert values[name][int(query)] == pytest.approx(result[measure] * factor, abs=1e-9)


def test_metrics_equal_those_of_pytorch_metric_learning(
    calculators: Any,
    split: Split,
) -> None:
    embeddings, classes = split
    order = torch.from_numpy(put_in_order(embeddings))

    def search(query: Any, k: int, *_: Any) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.zeros(len(query), k), order[:, :k]

    names = {
        "Precision@1": "precision_at_1",
        "R-Precision": "r_precision",
        "MAP@R": "mean_average_precision_at_r",
    }
    calculator = calculators.AccuracyCalculator(
        include=tuple(names.values()),
        k="max_bin_count",
        device=torch.device("cpu"),
        knn_func=search,
    )
    expected = calculator.get_accuracy(embeddings, classes)
    values = score(split, 5)
    for name, theirs in names.items():
        assert np.nanmean(values[name]) == pytest.approx(expected[theirs], abs=1e-12)


def test_a_query_is_scored_as_by_hand() -> None:
    hits = np.array([[False, True, True, False, False, True]])
    ranking = Ranking(hits=hits, relevant=np.array([4]), first_hit=np.array([2]))
    values = {name: float(make(3)(ranking)[0]) for name, make in METRICS.items()}
    assert values == {
        "mAP": pytest.approx((1 / 2 + 2 / 3) / 3),
        "Precision@1": 0,
        "Recall@K": 2 / 4,
        "MRR": 1 / 2,
        "nDCG@K": pytest.approx((1 / np.log2(3) + 1 / 2) / (1 + 1 / np.log2(3) + 1 / 2)),
        "R-Precision": 2 / 4,
        "MAP@R": pytest.approx((1 / 2 + 2 / 3) / 4),
    }


@pytest.mark.parametrize("name", METRICS)
def test_a_query_with_no_other_row_of_its_class_has_no_value(name: str) -> None:
    ranking = Ranking(
        hits=np.array([[False, False], [True, False]]),
        relevant=np.array([0, 1]),
        first_hit=np.array([0, 1]),
    )
    assert np.isnan(METRICS[name](2)(ranking)).tolist() == [True, False]
