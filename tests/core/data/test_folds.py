"""Folds that are made are balanced, whole and the same for a seed."""

import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedKFold

from hydro.data.folds import balanced_folds, random_folds, stratified_folds
from hydro.errors import DataError


def test_random_folds_are_five_of_equal_size() -> None:
    folds = random_folds(23, "train.csv", seed=0)

    assert sorted(Counter(folds.tolist()).values()) == [4, 4, 5, 5, 5]
    assert folds.tolist() == random_folds(23, "train.csv", seed=0).tolist()
    assert folds.tolist() != random_folds(23, "train.csv", seed=1).tolist()


def test_five_random_folds_need_five_rows() -> None:
    assert sorted(random_folds(5, "train.csv", seed=0)) == [0, 1, 2, 3, 4]
    with pytest.raises(DataError, match=r"train\.csv: 4 rows are too few for 5 folds"):
        random_folds(4, "train.csv", seed=0)


@settings(max_examples=50, deadline=None, database=None)
@given(groups=st.lists(st.sampled_from("abcdefghij"), min_size=2), seed=st.integers(0, 99))
def test_no_group_is_in_two_folds(groups: list[str], seed: int) -> None:
    names = set(groups)
    if len(names) < 2:
        return
    series = pd.Series(groups, dtype="str")

    folds = balanced_folds(series, "train.csv", seed)

    assert len({(group, fold) for group, fold in zip(groups, folds, strict=True)}) == len(names)
    assert set(folds) == set(range(min(5, len(names))))


def test_groups_of_equal_size_give_equal_folds_and_the_seed_chooses_them() -> None:
    groups = pd.Series([f"g{number}" for number in range(50)] * 2, dtype="str")

    folds = balanced_folds(groups, "train.csv", seed=0)

    assert set(np.bincount(folds)) == {20}
    assert (folds == balanced_folds(groups, "train.csv", seed=0)).all()
    assert (folds != balanced_folds(groups, "train.csv", seed=1)).any()


def test_a_seed_gives_the_same_folds_in_every_version() -> None:
    """Experiments that were trained long ago are repeated by their settings alone."""
    groups = pd.Series(list("aaabbccdddeefghhij"), dtype="str")

    found = balanced_folds(groups, "train.csv", seed=7).tolist()
    assert found == [0, 0, 0, 3, 3, 4, 4, 1, 1, 1, 2, 2, 0, 4, 2, 2, 3, 1]
    assert random_folds(12, "train.csv", seed=7).tolist() == [4, 1, 0, 0, 1, 3, 3, 2, 2, 0, 4, 1]


def test_big_groups_are_placed_first() -> None:
    groups = pd.Series(list("abbccddeee" + "f" * 5), dtype="str")

    folds = balanced_folds(groups, "train.csv", seed=0)

    assert sorted(np.bincount(folds)) == [2, 2, 3, 3, 5]


def test_the_fold_of_a_group_does_not_depend_on_the_order_of_the_rows() -> None:
    groups = pd.Series(list("aabbbcddddeff"), dtype="str")
    backwards = groups[::-1].reset_index(drop=True)

    folds = balanced_folds(groups, "train.csv", seed=3)

    assert folds.tolist() == balanced_folds(backwards, "train.csv", seed=3)[::-1].tolist()


def test_one_group_is_an_error() -> None:
    groups = pd.Series(["x", "x"], name="shop", dtype="str")

    with pytest.raises(DataError, match="all rows are of one group, 'x' in the column 'shop'"):
        balanced_folds(groups, "train.csv", seed=0)


def _classes(**columns: str) -> pd.DataFrame:
    return pd.DataFrame({name: list(values) for name, values in columns.items()}, dtype="str")


def test_stratified_folds_have_the_same_share_of_every_class() -> None:
    classes = _classes(label="a" * 50 + "b" * 10 + "c" * 5, size="s" * 25 + "l" * 40)

    folds, warned = stratified_folds(classes, Path("train.csv"), seed=0)

    counts = pd.crosstab(folds, [classes["label"], classes["size"]])
    assert counts.to_numpy().tolist() == [[5, 5, 2, 1]] * 5
    assert warned == []
    assert folds.tolist() == stratified_folds(classes, Path("train.csv"), seed=0)[0].tolist()
    assert folds.tolist() != stratified_folds(classes, Path("train.csv"), seed=1)[0].tolist()


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        ("aaaaabbbb", "1 value of label on fewer than 5 rows, so not every fold has it: 'b'"),
        (
            "aaaaabbbbc",
            "2 values of label on fewer than 5 rows, so not every fold has them: 'b', 'c'",
        ),
    ],
)
def test_rare_classes_are_shared_out_with_a_warning(labels: str, says: str) -> None:
    folds, warned = stratified_folds(_classes(label=labels), Path("d/train.csv"), seed=0)

    assert warned == [f"train.csv: {says}"]
    assert set(folds) == set(range(5))
    assert sorted(folds[:5]) == list(range(5))
    assert len(set(folds[5:9])) == 4


@settings(max_examples=50, deadline=None, database=None)
@given(labels=st.lists(st.sampled_from("aaaaaabbbccd"), min_size=5, max_size=60))
def test_each_fold_has_as_many_rows_of_each_class_as_in_scikit_learn(labels: list[str]) -> None:
    folds, _ = stratified_folds(_classes(label="".join(labels)), Path("train.csv"), seed=0)

    if max(Counter(labels).values()) < 5:
        return
    expected = np.empty(len(labels), dtype=np.int64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for fold, (_, rows) in enumerate(StratifiedKFold(5).split(expected, labels)):
            expected[rows] = fold
    found = Counter(zip(labels, folds.tolist(), strict=True))
    wanted = Counter(zip(labels, expected.tolist(), strict=True))
    for label in set(labels):
        assert sorted(found[label, fold] for fold in range(5)) == sorted(
            wanted[label, fold] for fold in range(5)
        )
    assert sorted(np.bincount(folds)) == sorted(np.bincount(expected))


def test_stratified_folds_are_made_though_all_classes_are_small() -> None:
    folds, _ = stratified_folds(_classes(label="aaabbbccc"), Path("train.csv"), seed=0)

    assert [len(set(folds[at : at + 3])) for at in (0, 3, 6)] == [3, 3, 3]
    with pytest.raises(DataError, match="4 rows are too few for 5 folds"):
        stratified_folds(_classes(label="aabb"), Path("train.csv"), seed=0)
