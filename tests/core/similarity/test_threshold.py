"""The threshold is the lowest similarity at which pairs are surely of one class often enough."""

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from hydro.similarity import pair_precision
from hydro.similarity import threshold as module
from hydro.similarity.pair_precision import (
    BINS,
    count_pairs,
    count_pairs_of_rows,
    lower_bounds,
)
from hydro.similarity.threshold import choose_threshold, score_threshold


def on_circle(*degrees: float) -> NDArray[np.float32]:
    """Give vectors of length 1 at these angles."""
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def some(rows: int = 60, classes: int = 5) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Give noisy vectors around a center for each class."""
    chance = np.random.default_rng(3)
    labels = chance.integers(0, classes, rows)
    vectors = chance.normal(size=(classes, 8))[labels] + chance.normal(size=(rows, 8)) * 0.7
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32), labels


def pairs_of(
    embeddings: NDArray[np.float32], classes: NDArray[np.int64]
) -> list[tuple[float, bool]]:
    """List every pair with its cosine and whether it is of one class."""
    return [
        (float(embeddings[i] @ embeddings[j]), bool(classes[i] == classes[j]))
        for i, j in combinations(range(len(classes)), 2)
    ]


def bound(embeddings: NDArray[np.float32], classes: NDArray[np.int64], least: float) -> float:
    """Compute the lower end of the interval of the precision from a similarity on, by loops."""
    taken = [
        (i, j, bool(classes[i] == classes[j]))
        for i, j in combinations(range(len(classes)), 2)
        if float(embeddings[i] @ embeddings[j]) >= least
    ]
    pairs, wrong = len(taken), sum(not same for *_, same in taken)
    precision = 1 - wrong / pairs

    def factor(values: list[float]) -> float:
        of_rows = np.zeros(len(classes))
        for (i, j, _), value in zip(taken, values, strict=True):
            of_rows[[i, j]] += value
        squares = sum(value**2 for value in values)
        return max(1.0, float((of_rows**2).sum() - squares) / squares)

    whole = factor([1.0] * pairs)
    seen = factor([same - precision for *_, same in taken]) if wrong else whole
    n, z = pairs * (wrong + 2) / (wrong * seen + 2 * whole), 1.959964
    middle = precision + z**2 / 2 / n
    half = z * (precision * (1 - precision) / n + z**2 / 4 / n**2) ** 0.5
    return (middle - half) / (1 + z**2 / n)


@pytest.mark.parametrize("precision", [0.2, 0.3, 0.5, 0.6])
def test_no_lower_similarity_that_was_tried_is_shown_to_be_as_precise(
    precision: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TRIED", 100_000)
    embeddings, classes = some(rows=50)
    found = choose_threshold(embeddings, classes, precision=precision)
    pairs = pairs_of(embeddings, classes)
    assert found.threshold is not None
    taken = [same for cosine, same in pairs if cosine >= found.threshold]
    assert found.precision == sum(taken) / len(taken)
    assert found.pairs_taken == len(taken)
    assert found.precision_at_least == pytest.approx(bound(embeddings, classes, found.threshold))
    assert precision <= found.precision_at_least < found.precision
    # Steps are 2 / 65,536 wide; nearer than that, pairs are told apart no more.
    lower = sorted(cosine for cosine, _ in pairs if cosine < found.threshold - 4 / BINS)
    some_lower = [*lower[::-25], *lower[-5:]]
    assert all(bound(embeddings, classes, each) < precision for each in some_lower)
    of_one = [cosine for cosine, same in pairs if same]
    assert found.recall == pytest.approx(np.mean([c >= found.threshold for c in of_one]))
    assert (found.pairs, found.same_pairs) == (len(pairs), len(of_one))


def test_few_similarities_are_tried_from_thirty_pairs_on() -> None:
    embeddings, classes = some(rows=300)
    few = choose_threshold(embeddings, classes, precision=0.6)
    assert few.threshold is not None
    exact = bound(embeddings, classes, few.threshold)
    assert few.precision_at_least == pytest.approx(exact) and exact >= 0.6


def test_pairs_of_rows_by_hand() -> None:
    # Cosines of 10, 20, 30, 40, 50 and 60 degrees; those between the first three are of one class.
    embeddings, classes = on_circle(0, 10, 30, 60), np.array([0, 0, 0, 1])
    bins = ((np.cos(np.radians([35, 15])) + 1) * BINS / 2).astype(np.int64)
    taken, same = count_pairs_of_rows(embeddings, classes, bins, "cpu")
    assert taken.tolist() == [[2, 2, 3, 1], [1, 1, 0, 0]]
    assert same.tolist() == [[2, 2, 2, 0], [1, 1, 0, 0]]


def test_pairs_that_share_no_row_have_the_interval_of_wilson() -> None:
    # 40 pairs of 80 rows, and the same with 4 pairs wrong, by hand.
    taken = np.ones((1, 80), dtype=np.int64)
    assert lower_bounds(taken, taken)[0] == pytest.approx(0.912378, abs=1e-5)
    same = np.r_[np.zeros(8, np.int64), np.ones(72, np.int64)][None]
    assert lower_bounds(taken, same)[0] == pytest.approx(0.769482, abs=1e-5)


def test_pairs_of_one_row_prove_less_than_pairs_of_many() -> None:
    star = np.r_[30, np.ones(30, np.int64)][None]
    apart = np.ones((1, 60), dtype=np.int64)
    assert lower_bounds(star, star)[0] < 0.3 < 0.88 < lower_bounds(apart, apart)[0]


@pytest.mark.parametrize("precision", [0.95, 1.0])
def test_there_may_be_no_threshold(precision: float) -> None:
    embeddings, classes = some()
    found = choose_threshold(embeddings, classes, precision=precision)
    assert found.threshold is None
    assert found.to_json()["threshold"] is None
    assert found.pairs_taken >= module.MIN_PAIRS
    asked = "precision 0.95 is not shown" if precision < 1 else "no number of pairs shows a pre"
    assert f"there is no threshold, as {asked}" in str(found)
    assert f"the best is {found.precision:.3f}" in str(found)
    assert f"of {found.pairs_taken:,} of 1,770 pairs" in str(found)


def test_thresholds_are_scored_on_rows_that_did_not_choose_them() -> None:
    embeddings, classes = some(rows=200)
    decision = choose_threshold(embeddings, classes, precision=0.6).to_json()
    again = score_threshold(decision, embeddings, classes)
    assert again is not None
    for name in ("precision", "recall", "pairs_taken", "balanced_precision", "balanced_recall"):
        assert again[name] == decision[name], name
    fresh, labels = (each[:50] for each in some(rows=170))
    found = score_threshold(decision, fresh, labels)
    assert found is not None
    taken = [same for cosine, same in pairs_of(fresh, labels) if cosine >= decision["threshold"]]
    assert (found["precision"], found["pairs_taken"]) == (sum(taken) / len(taken), len(taken))
    assert str(found["summary"]).startswith(
        "on these rows, which did not choose it, same from similarity "
        f"{decision['threshold']:.4f}: precision {found['precision']:.3f}, recall "
        f"{found['recall']:.3f}; balanced (best F1) from"
    )


def test_a_test_split_without_similar_pairs_has_no_precision() -> None:
    decision = {"threshold": 0.9, "balanced_threshold": None}
    found = score_threshold(decision, on_circle(0, 90), np.array([0, 0]))
    assert found is not None
    assert (found["precision"], found["recall"], found["pairs_taken"]) == (None, 0.0, 0)
    assert "precision none, as no pair is that similar" in str(found["summary"])
    none = {"threshold": None, "balanced_threshold": None}
    assert score_threshold(none, on_circle(0, 90), np.array([0, 0])) is None


def test_rows_that_share_no_class_have_no_threshold() -> None:
    found = choose_threshold(on_circle(0, 1), np.array([0, 1]), precision=0.1)
    assert (found.threshold, found.precision, found.recall) == (None, 0.0, 0.0)


def test_rows_without_a_label_do_not_count() -> None:
    embeddings, classes = some()
    more = np.concatenate([embeddings, embeddings])
    found = choose_threshold(
        more, np.concatenate([classes, np.full_like(classes, -1)]), precision=0.8
    )
    assert found == choose_threshold(embeddings, classes, precision=0.8)


@pytest.mark.parametrize("pairs", [1, 100, 5000])
def test_counts_do_not_depend_on_the_block(pairs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    embeddings, classes = some()
    # Coarse values, so that a product is exact whatever the order of its sum.
    embeddings = np.round(embeddings * 64) / 64
    whole = count_pairs(embeddings, classes, "cpu")
    monkeypatch.setattr(pair_precision, "PAIRS_PER_BLOCK", pairs)
    np.testing.assert_array_equal(count_pairs(embeddings, classes, "cpu"), whole)
    bins = np.array([0, BINS // 2, BINS - BINS // 8])
    taken, same = count_pairs_of_rows(embeddings, classes, bins, "cpu")
    sums = [2 * whole[:, each:].sum(axis=1) for each in bins]
    assert [[a, b] for a, b in zip(taken.sum(1), same.sum(1), strict=True)] == [
        [both.sum(), both[1]] for both in sums
    ]
    assert whole.sum() == 60 * 59 // 2


def test_of_many_rows_a_part_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    embeddings, classes = some(rows=400)
    whole = choose_threshold(embeddings, classes, precision=0.8)
    monkeypatch.setattr(module, "MAX_ROWS", 200)
    part = choose_threshold(embeddings, classes, precision=0.8)
    assert (part.rows, part.pairs) == (200, 200 * 199 // 2)
    assert part.threshold == pytest.approx(whole.threshold, abs=0.05)
    assert part == choose_threshold(embeddings, classes, precision=0.8)


def test_the_sentence_says_what_to_expect() -> None:
    embeddings, classes = some()
    found = choose_threshold(embeddings, classes, precision=0.8)
    assert found.to_json()["summary"] == (
        f"same from similarity {found.threshold:.4f}: precision {found.precision:.3f} (95 % "
        f"interval from {found.precision_at_least:.3f}), recall {found.recall:.3f} of 1,770 pairs "
        f"of held-out rows, {found.pairs_taken:,} of them at or above it; balanced (best F1) "
        f"from {found.balanced_threshold:.4f}: precision {found.balanced_precision:.3f}, recall "
        f"{found.balanced_recall:.3f}"
    )


def test_fewer_than_thirty_pairs_decide_nothing() -> None:
    # One pair of a class far nearer than all others, which say nothing.
    chance = np.random.default_rng(0)
    rows = chance.normal(size=(80, 32))
    rows[1] = rows[0]
    embeddings = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    classes = np.r_[0, 0, chance.integers(0, 4, 78)]
    found = choose_threshold(embeddings, classes, precision=0.95)
    assert found.threshold is None
    assert found.pairs_taken >= module.MIN_PAIRS
    assert found.precision < 0.95


@pytest.mark.parametrize(("rows", "enough"), [(8, False), (9, True)])
def test_thirty_pairs_are_the_least(rows: int, enough: bool) -> None:
    # All are of one class: 28 pairs and 36.
    found = choose_threshold(on_circle(*range(rows)), np.zeros(rows, np.int64), precision=0.2)
    assert (found.threshold is not None, found.balanced_threshold is not None) == (enough, enough)
    assert ("too few for a threshold" in str(found)) is not enough


def test_the_balanced_threshold_has_the_best_f1() -> None:
    embeddings, classes = some()
    found = choose_threshold(embeddings, classes, precision=0.8)
    pairs = pairs_of(embeddings, classes)
    of_one = sum(same for _, same in pairs)

    def f1(least: float) -> float:
        taken = [same for cosine, same in pairs if cosine >= least]
        return 2 * sum(taken) / (len(taken) + of_one)

    assert found.balanced_threshold is not None
    best = max(f1(cosine) for cosine, _ in pairs)
    assert f1(found.balanced_threshold) == pytest.approx(best, abs=1e-3)
