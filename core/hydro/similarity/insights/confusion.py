"""Which classes are taken for which."""

import numpy as np
import pandas as pd

from hydro.plugins.charts import Finding
from hydro.similarity.predictions import Neighbourhood


def confusion(predictions: Neighbourhood, shown: pd.DataFrame) -> Finding:
    """Count how often the nearest neighbour of a class is of another one, the most often first.

    ``share`` is of the rows of the class. One pair of texts is given for each.
    """
    classes = predictions.classes
    if not predictions.neighbours.shape[1]:
        return Finding(pd.DataFrame())
    nearest = predictions.neighbours[:, 0]
    table = pd.DataFrame(
        {
            "class": shown["label"],
            "nearest_class": shown["label"].to_numpy()[nearest],
            "text": shown["text"],
            "nearest_text": shown["text"].to_numpy()[nearest],
        }
    )
    labelled = (classes >= 0) & (classes[nearest] >= 0)
    wrong = table[labelled & (classes != classes[nearest])]
    share = len(wrong) / max(1, int(np.count_nonzero(labelled)))
    said = (
        f"The nearest neighbour of {len(wrong):,} rows ({100 * share:.1f} %) is of another class."
    )
    if wrong.empty:
        return Finding(wrong, (said,))
    sizes = table["class"][labelled].value_counts()
    found = wrong.groupby(["class", "nearest_class"], sort=False).agg(
        rows=("text", "size"), text=("text", "first"), nearest_text=("nearest_text", "first")
    )
    found = found.reset_index()
    found.insert(3, "share", (found["rows"] / found["class"].map(sizes)).round(4))
    found = found.sort_values(["rows", "share"], ascending=False, kind="stable")
    return Finding(found, (said,))
