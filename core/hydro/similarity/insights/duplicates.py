"""Duplicates: rows that training has as well, or that occur twice among the validation rows."""

import re

import numpy as np
import pandas as pd

from hydro.plugins.charts import Finding
from hydro.similarity.predictions import RetrievalPredictions

MAX_TRAIN_ROWS = 300_000
"""Training rows that are compared, the first ones."""
NEAR_DUPLICATE = 0.98
"""A cosine of the untrained model from which two rows are near duplicates."""


def duplicates(before: RetrievalPredictions, shown: pd.DataFrame, train: pd.DataFrame) -> Finding:
    """List texts of training again among the validation rows, then near duplicates within these.

    Texts are the same if they differ in no more than case, punctuation and spaces. Near ones are
    judged by the untrained model, because a trained one moves all texts of a class together.
    ``shown`` and ``train`` have ``row``, ``text`` and ``label``.
    """
    across = _across(shown, train)
    near = _near(before, shown)
    both = len(set(across["row"]))
    summary = [
        f"{both:,} of {len(shown):,} validation rows have a text that training saw as well, "
        f"{int((~across['same_label']).sum()):,} times with another label.",
        f"{len(near):,} pairs of validation rows are the same or nearly so, "
        f"{int((~near['same_label']).sum()):,} of them with two labels.",
    ]
    found = pd.concat([across, near], ignore_index=True)
    # Two labels on one text cannot both be learned: these come first.
    found = found.sort_values("same_label", kind="stable")
    return Finding(found, tuple(summary))


def _across(shown: pd.DataFrame, train: pd.DataFrame) -> pd.DataFrame:
    first = train.assign(key=train["text"].map(_normalize_text)).drop_duplicates(["key", "label"])
    pairs = shown.assign(key=shown["text"].map(_normalize_text)).merge(
        first[first["key"] != ""], on="key", suffixes=("", "_other")
    )
    table = pairs.assign(found_in="training and validation", similarity=1.0)
    return _columns(table)


def _near(before: RetrievalPredictions, shown: pd.DataFrame) -> pd.DataFrame:
    places, ranks = np.nonzero(before.similarities >= NEAR_DUPLICATE)
    others = before.neighbors[places, ranks]
    # A pair is among the neighbors of both; one that only one of them lists counts as well.
    pairs = pd.DataFrame(
        {
            "low": np.minimum(places, others),
            "high": np.maximum(places, others),
            "similarity": before.similarities[places, ranks].astype(float).round(4),
        }
    ).drop_duplicates(["low", "high"])
    left = shown.iloc[pairs["low"]].reset_index(drop=True)
    right = shown.iloc[pairs["high"]].reset_index(drop=True).add_suffix("_other")
    table = pd.concat([left, right], axis=1).assign(
        found_in="validation twice", similarity=pairs["similarity"].to_numpy()
    )
    return _columns(table.sort_values("similarity", ascending=False, kind="stable"))


def _columns(table: pd.DataFrame) -> pd.DataFrame:
    same = (table["label"] == table["label_other"]).astype(bool)
    names = ["found_in", "row", "row_other", "text", "text_other", "label", "label_other"]
    return table[[*names, "similarity"]].assign(same_label=same)


def _normalize_text(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))
