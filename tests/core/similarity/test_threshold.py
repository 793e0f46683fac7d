"""The threshold is the lowest similarity at which pairs are of one class often enough."""

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from hydro.similarity import threshold as module
from hydro.similarity.threshold import BINS, choose_threshold, count_pairs


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


@pytest.mark.parametrize("precision", [0.3, 0.6, 0.8])
def test_no_lower_similarity_is_as_precise(precision: float) -> None:
    embeddings, classes = some()
    found = choose_threshold(embeddings, classes, precision=precision)
    pairs = pairs_of(embeddings, classes)
    assert found.threshold is not None

    def share(least: float) -> float:
        taken = [same for cosine, same in pairs if cosine >= least]
        return sum(taken) / len(taken)

    assert share(found.threshold) == found.precision
    assert found.precision >= precision
    lower = [cosine for cosine, _ in pairs if cosine < found.threshold]
    # Steps are 2 / 65,536 wide; nearer than that, pairs are told apart no more.
    assert all(share(each) < precision for each in lower if each < found.threshold - 4 / BINS)
    of_one = [cosine for cosine, same in pairs if same]
    assert found.recall == pytest.approx(np.mean([c >= found.threshold for c in of_one]))
    assert (found.pairs, found.same_pairs) == (len(pairs), len(of_one))


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one pair be enough, for examples by hand."""
    monkeypatch.setattr(module, "MIN_PAIRS", 1)


@pytest.mark.usefixtures("few")
def test_by_hand() -> None:
    # Cosines of 10, 20, 30, 40, 50 and 60 degrees; the pairs 10 and 20 apart are of one class.
    embeddings = on_circle(0, 10, 30, 60)
    classes = np.array([0, 0, 0, 1])
    found = choose_threshold(embeddings, classes, precision=1.0)
    # 10, 20 and two of 30 degrees: (0, 30) is of one class, (30, 60) is not.
    assert found.threshold == pytest.approx(np.cos(np.radians(20)), abs=2 / BINS)
    assert (found.precision, found.recall) == (1.0, pytest.approx(2 / 3))
    looser = choose_threshold(embeddings, classes, precision=0.75)
    assert looser.threshold == pytest.approx(np.cos(np.radians(30)), abs=2 / BINS)
    assert (looser.precision, looser.recall) == (0.75, 1.0)
    assert looser.pairs == 6


@pytest.mark.usefixtures("few")
def test_there_may_be_no_threshold() -> None:
    found = choose_threshold(on_circle(0, 1, 50), np.array([0, 1, 0]), precision=0.9)
    assert found.threshold is None
    assert found.precision == pytest.approx(1 / 3)
    assert "that 1 pairs reach has precision 0.9; the best is 0.333 of 3 pairs" in str(found)
    assert found.to_json()["threshold"] is None


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
    monkeypatch.setattr(module, "PAIRS_PER_BLOCK", pairs)
    np.testing.assert_array_equal(count_pairs(embeddings, classes, "cpu"), whole)
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
        f"same from similarity {found.threshold:.4f}: precision {found.precision:.3f}, recall "
        f"{found.recall:.3f} of 1,770 pairs of held-out rows, {found.pairs_taken:,} of them at or "
        f"above it; balanced (best F1) from {found.balanced_threshold:.4f}: precision "
        f"{found.balanced_precision:.3f}, recall {found.balanced_recall:.3f}"
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
    found = choose_threshold(on_circle(*range(rows)), np.zeros(rows, np.int64), precision=0.9)
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
