"""The texts and the labels of rows as one string each, whatever columns they stand in."""

from collections.abc import Sequence

import pandas as pd

from hydro_text_metric_learning.settings import TextSettings

BETWEEN = " | "


def described(settings: TextSettings, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the columns ``row`` (its number in the file, from 0), ``text`` and ``label``."""
    shown = {
        "row": frame.index,
        "text": joined(frame, settings.dataset.text_column),
        "label": joined(frame, settings.dataset.label_columns),
    }
    return pd.DataFrame(shown).reset_index(drop=True)


def joined(frame: pd.DataFrame, names: Sequence[str]) -> "pd.Series[str]":
    """Join columns of texts; one that is missing is empty."""
    first, others = frame[names[0]].fillna(""), frame[list(names[1:])].fillna("")
    return first.str.cat(others, sep=BETWEEN) if len(names) > 1 else first
