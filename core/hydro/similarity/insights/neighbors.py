"""A table of texts with their nearest neighbors, for a person to judge."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hydro.similarity.predictions import RetrievalPredictions

NUM_NEIGHBORS = 3


def neighbors_table(
    predictions: RetrievalPredictions,
    shown: pd.DataFrame,
    *,
    metric: str,
    count: int,
    seed: int,
) -> pd.DataFrame:
    """Show the worst, the best and some random queries, each with its nearest neighbors.

    Args:
        predictions: Of the rows of ``shown``, in the same order.
        shown: The ``row``, ``text`` and ``label`` of each.
        metric: By which queries are best or worst.
        count: How many of each; there are at most as many as rows with a match.
        seed: Of the random ones.

    Returns:
        One row a query and neighbor: the query's row number in its file, how many other rows share
        its class, both texts and labels, the similarity, and whether the two match.
    """
    rows = [
        {"shown_as": kind, **_pair(predictions, shown, metric, query, place)}
        for kind, queries in _choose(predictions, metric, count, seed)
        for query in queries
        for place in range(min(NUM_NEIGHBORS, predictions.neighbors.shape[1]))
    ]
    return pd.DataFrame(rows)


def _choose(
    predictions: RetrievalPredictions, metric: str, count: int, seed: int
) -> Iterator[tuple[str, NDArray[np.int64]]]:
    scored = np.flatnonzero(predictions.defined(metric))
    order = scored[np.argsort(predictions.values[metric][scored], kind="stable")]
    yield "worst", order[:count]
    yield "best", order[::-1][:count]
    yield "random", np.random.default_rng(seed).permutation(scored)[:count]


def _pair(
    predictions: RetrievalPredictions, shown: pd.DataFrame, metric: str, query: int, place: int
) -> dict[str, object]:
    neighbor = predictions.neighbors[query, place]
    same = predictions.classes == predictions.classes[query]
    return {
        "row": shown["row"][query],
        "text": shown["text"][query],
        "label": shown["label"][query],
        "others_of_class": int(same.sum()) - 1,
        metric: round(float(predictions.values[metric][query]), 4),
        "place": place + 1,
        "neighbour": shown["text"][neighbor],
        "neighbour_label": shown["label"][neighbor],
        "similarity": round(float(predictions.similarities[query, place]), 4),
        "match": bool(same[neighbor]),
    }
