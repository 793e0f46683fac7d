"""What a user should know of labeled rows before a model compares them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hydro.data.frames import Frames
from hydro.data.labels import Labels, check_spelling
from hydro.data.quality_checks import check_leakage, count_conflicts, hash_inputs
from hydro.errors import DataError
from hydro.similarity.rows import with_others


def check_rows(frames: Frames, labels: Labels, inputs: Sequence[str], path: Path) -> list[str]:
    """Return warnings about classes without pairs, conflicting labels and leakage.

    What every metric needs is looked for before anything is trained, in each fold that is held out
    in turn: two held-out rows of a class.

    Args:
        frames: the tables of the run.
        labels: the classes of its training rows.
        inputs: the columns of the texts.
        path: the file of the training rows, for messages.

    Raises:
        DataError: there is only one class to train on, or no held-out row can be scored.
    """
    train = frames.train
    if len(labels) == 1:
        msg = (
            f"{path}: nothing to learn, as all {len(train):,} training rows are of one class, "
            f"{', '.join(map(repr, labels.names[0]))}. Add rows of others, or hold out less"
        )
        raise DataError(msg)
    warnings = []
    if len(labels) == len(train):
        warnings.append(
            f"{path.name}: every class has a single training row, so there are no pairs"
        )
    for fold, held_out in {frames.fold: frames.validation, **frames.later}.items():
        check_scorable(labels.encode(held_out), fold if frames.folds else "")
    if frames.test is not None:
        classes = labels.encode(frames.test)
        if (classes >= 0).any() and not with_others(classes).any():
            warnings.append("No two test rows are of one class, so there is no test metric")
    scored = [
        Labels.of(each, labels.columns)
        for each in frames.scored(with_train=False)
        if {*labels.columns} <= {*each.columns}
    ]
    warnings += check_spelling(path.name, labels, *scored)
    hashes = hash_inputs(train, inputs)
    conflicts = count_conflicts(hashes, labels.encode(train))
    if conflicts:
        texts = "1 text has" if conflicts == 1 else f"{conflicts:,} texts have"
        warnings.append(f"{path.name}: {texts} different values of {' and '.join(labels.columns)}")
    return warnings + check_leakage(hashes, hash_inputs(frames.validation, inputs))


def check_scorable(classes: NDArray[np.int64], fold: str = "") -> None:
    """Check that some row that is held out, in a fold, has another one of its class to be found by.

    Raises:
        DataError: none has.
    """
    if not with_others(classes).any():
        msg = (
            f"no two of the {len(classes):,} rows held out for validation"
            f"{f' in fold {fold!r}' if fold else ''} are of one class, so nothing can be scored. "
            "Hold out more rows, or rows of classes that have several"
        )
        raise DataError(msg)


def seen_and_unseen(frame: pd.DataFrame, targets: Labels) -> Mapping[str, NDArray[np.bool_]]:
    """Return the rows ``(rows,)`` of classes that training has, and the others."""
    unseen = targets.encode(frame) >= len(targets)
    return {"seen_classes": ~unseen, "unseen_classes": unseen}
