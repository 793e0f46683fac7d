"""Cosines of pairs of the same and of different classes."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from hydro.similarity.insights import cosines as module
from hydro.similarity.insights.cosines import cosines

Circle = Callable[..., Any]


def test_pairs_are_counted_in_shares_of_their_kind(circle: Circle) -> None:
    before = circle([0, 90, 45, 135], [0, 0, 1, 1])
    after = circle([0, 10, 90, 100], [0, 0, 1, 1])
    finding = cosines(before, after, seed=0)
    assert finding.summary[0] == "2 pairs of the same class, 4 others."
    for _, panel in finding.table.groupby("when"):
        assert panel["same_class"].sum() == pytest.approx(1)
        assert panel["different_class"].sum() == pytest.approx(1)
    after_rows = finding.table.query("when == 'after training' and same_class > 0")
    assert after_rows["same_class"].tolist() == [1.0]  # cos 10° = 0.985, both pairs
    assert "After training, 0.0 % of the two areas overlap" in finding.summary[2]
    assert "100.0 % of each kind" in finding.summary[2]


def test_the_best_threshold_parts_the_two_kinds(circle: Circle) -> None:
    after = circle([0, 10, 90, 100], [0, 0, 1, 1])
    table = cosines(after, after, seed=0).table
    threshold = table["best_threshold"].iloc[0]
    assert np.cos(np.radians(80)) < threshold < np.cos(np.radians(10))


def test_drawn_pairs_show_about_the_same_as_all(
    circle: Circle, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(0)
    classes = random.integers(0, 30, 300)
    made = circle(classes * 12 + random.normal(0, 20, 300), classes)
    whole = cosines(made, made, seed=0).table
    monkeypatch.setattr(module, "MAX_ROWS_FOR_ALL_PAIRS", 10)
    drawn = cosines(made, made, seed=0).table
    for name in ("same_class", "different_class"):
        # Of 300,000 pairs, a share is known to about 0.001.
        np.testing.assert_allclose(drawn[name], whole[name], atol=0.005)


@pytest.mark.parametrize("classes", [[0], [0, 1], [0, 0], [-1, -1, -1]])
def test_one_kind_of_pairs_is_no_comparison(circle: Circle, classes: list[int]) -> None:
    made = circle(range(len(classes)), classes)
    assert cosines(made, made, seed=0).table.empty
