"""Scores of each class."""

import numpy as np
import pandas as pd

from hydro.plugins.charts import Finding
from hydro.similarity.predictions import RetrievalPredictions, describe_scored

METRICS = ("mAP", "Precision@1")


def class_scores(predictions: RetrievalPredictions, shown: pd.DataFrame, trained: int) -> Finding:
    """Average the metrics over the rows of each class, the worst class first.

    ``trained`` is the number of classes that training knows; theirs are the numbers below it.
    Classes of a single row are left out: there is nothing to retrieve.
    """
    classes = predictions.classes
    values = {name: predictions.values[name] for name in METRICS}
    table = pd.DataFrame({"class": shown["label"], "number": classes, **values})
    table = table[predictions.scored]
    found = table.groupby("number", sort=False).agg(
        **{"class": ("class", "first"), "rows": ("class", "size")},
        **{name: (name, "mean") for name in METRICS},
    )
    found = found.reset_index()
    found["trained"] = np.where(found["number"] < trained, "yes", "no")
    found = found.sort_values(["mAP", "Precision@1", "number"], kind="stable")
    found = found[["class", "rows", "trained", *METRICS]].round(4)
    low = int((found["mAP"] < 0.5).sum())
    summary = (f"{low:,} of {len(found):,} classes are below an mAP of 0.5.",) if len(found) else ()
    return Finding(found, (*summary, *describe_scored(predictions.scored)))
