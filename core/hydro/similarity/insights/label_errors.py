"""Possible label errors."""

import numpy as np
import pandas as pd

from hydro.plugins.charts import Finding
from hydro.similarity.predictions import RetrievalPredictions, describe_scored

NUM_NEIGHBORS = 5


def label_errors(predictions: RetrievalPredictions, shown: pd.DataFrame) -> Finding:
    """List the rows of which all of the five nearest are of other classes, the most confident
    first.

    Confidence is the number of the five that agree on one class, then their similarity. Rows
    without another row of their class in the split are left out.
    """
    classes = predictions.classes
    nearest = predictions.neighbors[:, :NUM_NEIGHBORS]
    around = classes[nearest]
    scored = predictions.scored
    suspect = scored & (nearest.shape[1] > 0)
    suspect &= (around != classes[:, None]).all(axis=1) & (around >= 0).all(axis=1)
    rows = []
    labels = shown["label"].to_numpy()
    for row in np.flatnonzero(suspect):
        others, counts = np.unique(around[row], return_counts=True)
        most = int(others[counts.argmax()])
        first = nearest[row, int(np.flatnonzero(around[row] == most)[0])]
        rows.append(
            {
                "row": shown["row"].iloc[row],
                "text": shown["text"].iloc[row],
                "label": labels[row],
                "looks_like": labels[first],
                f"of_{len(around[row])}_nearest": int(counts.max()),
                "similarity": round(float(predictions.similarities[row, 0]), 4),
                "nearest_text": shown["text"].iloc[nearest[row, 0]],
            }
        )
    table = pd.DataFrame(rows)
    summary = (
        f"{len(table):,} of {np.count_nonzero(scored):,} rows are suspect.",
        *describe_scored(scored),
    )
    if len(table):
        table = table.sort_values([table.columns[4], "similarity"], ascending=False, kind="stable")
    return Finding(table, summary)
