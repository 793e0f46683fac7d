"""The rows held out are those that the strategy says."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pytest

from hydro.data.splits import split_rows
from hydro.errors import DataError
from hydro.settings.sections import DatasetSection

Dataset = Callable[..., DatasetSection]


def _frame(**columns: Sequence[str | None]) -> pd.DataFrame:
    return pd.DataFrame(columns, dtype="str")


@pytest.mark.parametrize(
    ("column", "folds"),
    [
        (["3", "1", "10", "1"], ("1", "3", "10")),
        (["0.0", "1.0", "0.0", "1.5"], ("0.0", "1.0", "1.5")),
        (["north", "South", "10", "9"], ("10", "9", "South", "north")),
        ([" a ", "b", "a", "b"], ("a", "b")),
        (["-1", "0", "1", "nan"], ("-1", "0", "1", "nan")),
    ],
)
def test_the_column_fold_names_the_folds(
    dataset: Dataset, column: list[str | None], folds: tuple[str, ...]
) -> None:
    split = split_rows(_frame(fold=column), dataset(), fold=None, seed=0)

    assert split.folds == folds
    assert split.fold == folds[0]
    assert split.validation.tolist() == [str(name).strip() == folds[0] for name in column]


def test_the_chosen_fold_is_held_out(dataset: Dataset) -> None:
    frame = _frame(fold=["a", "b", "c", "b"])

    first_chosen = split_rows(frame, dataset(folds=["c", "b"]), fold=None, seed=0)
    asked = split_rows(frame, dataset(folds=["c", "b"]), fold="b", seed=0)

    assert first_chosen.validation.tolist() == [False, False, True, False]
    assert asked.validation.tolist() == [False, True, False, True]
    later = {name: rows.tolist() for name, rows in first_chosen.later.items()}
    assert later == {"b": [False, True, False, True]}
    assert asked.later == {}


@pytest.mark.parametrize(("chosen", "fold"), [([], "7"), (["0", "7"], None), ([], "1.0")])
def test_an_unknown_fold_is_an_error_that_lists_the_folds(
    dataset: Dataset, chosen: list[str], fold: str | None
) -> None:
    with pytest.raises(DataError, match=r"train\.csv: no fold '.*'; available: '0', '1'"):
        split_rows(_frame(fold=["0", "1"]), dataset(folds=chosen), fold=fold, seed=0)


def test_a_row_without_a_fold_is_an_error_with_its_number(dataset: Dataset) -> None:
    frame = _frame(fold=["0", None, "x", " ", "1"]).iloc[[0, 1, 3, 4]]

    with pytest.raises(DataError, match=r"no 'fold' in rows 2, 4"):
        split_rows(frame, dataset(), fold=None, seed=0)


def test_a_single_fold_is_an_error(dataset: Dataset) -> None:
    with pytest.raises(DataError, match="all rows are in the fold '0'"):
        split_rows(_frame(fold=["0", "0"]), dataset(), fold=None, seed=0)


def test_without_the_column_five_folds_hold_every_row_out_once(dataset: Dataset) -> None:
    frame = _frame(text=["x"] * 12).iloc[1:]
    splits = [split_rows(frame, dataset(), fold=str(fold), seed=5) for fold in range(5)]

    assert splits[0].folds == ("0", "1", "2", "3", "4")
    assert np.sum([split.validation for split in splits], axis=0).tolist() == [1] * 11


def test_groups_stay_on_one_side(dataset: Dataset) -> None:
    frame = _frame(**{"the 'class'.is": list("aabbccddeeff"), "fold": ["0"] * 12})
    grouped = dataset(validation_strategy="grouped_kfold", group_fold_column="the 'class'.is")

    split = split_rows(frame, grouped, fold="2", seed=0)

    groups = frame["the 'class'.is"]
    assert not set(groups[split.validation]) & set(groups[~split.validation])
    assert split.validation.any()


def test_a_row_without_a_group_is_an_error_with_its_number(dataset: Dataset) -> None:
    grouped = dataset(validation_strategy="grouped_kfold", group_fold_column="shop")

    with pytest.raises(DataError, match="no 'shop' in row 3"):
        split_rows(_frame(shop=["a", "b", None]), grouped, fold=None, seed=0)


@pytest.mark.parametrize(
    ("rows", "share", "held_out"), [(10, 0.2, 2), (3, 0.01, 1), (3, 0.95, 2), (2, 0.5, 1)]
)
def test_automatic_holds_out_a_share_and_leaves_a_row_on_each_side(
    dataset: Dataset, rows: int, share: float, held_out: int
) -> None:
    automatic = dataset(validation_strategy="automatic", validation_size=share, folds=["7"])

    split = split_rows(_frame(text=["x"] * rows), automatic, fold=None, seed=0)

    assert split.validation.sum() == held_out
    assert (split.fold, split.folds) == ("automatic", ())


def test_a_single_row_cannot_be_split(dataset: Dataset) -> None:
    with pytest.raises(DataError, match="1 row cannot be split"):
        split_rows(_frame(text=["x"]), dataset(validation_strategy="automatic"), fold=None, seed=0)


@pytest.mark.parametrize("strategy", ["kfold", "stratified_kfold", "grouped_kfold", "automatic"])
def test_the_seed_chooses_the_split(dataset: Dataset, strategy: str) -> None:
    frame = _frame(shop=[f"s{row}" for row in range(100)], label=["a", "b"] * 50)
    settings = dataset(validation_strategy=strategy, group_fold_column="shop")

    first, again, other = (
        split_rows(frame, settings, fold=None, seed=seed, targets=("label",)).validation.tolist()
        for seed in (1, 1, 2)
    )

    assert first == again
    assert first != other


_PROGRAM = """
import pandas as pd
from hydro.data.folds import balanced_folds
print(balanced_folds(pd.Series([f"s{n % 17}" for n in range(99)], dtype="str"), "", 0).tolist())
"""


def test_the_split_does_not_depend_on_the_hash_seed() -> None:
    outputs = {
        subprocess.run(
            [sys.executable, "-c", _PROGRAM],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("0", "1")
    }

    assert len(outputs) == 1
