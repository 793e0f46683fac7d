"""Confusion of classes, by nearest neighbors."""

import numpy as np
import pandas as pd

from hydro.plugins.charts import Finding
from hydro.similarity.predictions import RetrievalPredictions, describe_scored


def confusion(predictions: RetrievalPredictions, shown: pd.DataFrame) -> Finding:
    """Count how often the nearest neighbor of a class is of another one, the most frequent first.

    ``share`` is that of the rows of the class that are scored, so it adds up to 1 less Precision@1.
    Each pair of classes has a pair of texts.
    """
    classes = predictions.classes
    if not predictions.neighbors.shape[1]:
        return Finding(pd.DataFrame())
    nearest = predictions.neighbors[:, 0]
    table = pd.DataFrame(
        {
            "class": shown["label"],
            "nearest_class": shown["label"].to_numpy()[nearest],
            "text": shown["text"],
            "nearest_text": shown["text"].to_numpy()[nearest],
        }
    )
    scored = predictions.scored
    wrong = table[scored & (classes != classes[nearest])]
    share = len(wrong) / max(1, int(np.count_nonzero(scored)))
    summary = (
        f"The nearest neighbor of {len(wrong):,} rows ({100 * share:.1f} %) is of another class.",
        *describe_scored(scored),
    )
    if wrong.empty:
        return Finding(wrong, summary)
    sizes = table["class"][scored].value_counts()
    found = wrong.groupby(["class", "nearest_class"], sort=False, dropna=False).agg(
        rows=("text", "size"), text=("text", "first"), nearest_text=("nearest_text", "first")
    )
    found = found.reset_index()
    found.insert(3, "share", (found["rows"] / found["class"].map(sizes)).round(4))
    found = found.sort_values(["rows", "share"], ascending=False, kind="stable")
    return Finding(found, summary)
