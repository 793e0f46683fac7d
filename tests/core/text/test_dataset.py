"""Texts with their classes, as batches."""

import numpy as np
import pytest

from hydro.text import LabeledTexts, TokenizedTexts

# Texts of 2, 3, 4, 5 and 12 tokens, each of which ends with the token 1.
LENGTHS = [2, 3, 4, 5, 12]


@pytest.fixture
def corpus() -> TokenizedTexts:
    """Five texts whose tokens are 10, 11 and so on for the first, 20, 21 for the second."""
    ids = [[*range(10 * row, 10 * row + n - 1), 1] for row, n in enumerate(LENGTHS, start=1)]
    offsets = np.cumsum([0, *LENGTHS])
    return TokenizedTexts(np.concatenate(ids).astype(np.int32), offsets, num_suffix_tokens=1)


def tokens(texts: LabeledTexts, rows: list[int]) -> list[list[int]]:
    """Give the tokens of each text of a batch, in the order in which they were asked for."""
    batch = texts.batch(np.array(rows)).inputs
    parts = batch.input_ids.split(batch.lengths.tolist())
    return [parts[place].tolist() for place in batch.restore_order]


def test_a_batch_has_the_requested_texts_with_their_targets(corpus: TokenizedTexts) -> None:
    texts = LabeledTexts(corpus, np.array([4, 3, -1, 1, 0]))
    assert len(texts) == 5
    assert tokens(texts, [3, 0, 1]) == [[40, 41, 42, 43, 1], [10, 1], [20, 21, 1]]
    assert texts.batch(np.array([3, 0, 2])).targets.tolist() == [1, 4, -1]


@pytest.mark.parametrize(
    ("quantile", "longest"), [(1.0, 12), (0.99, 12), (0.75, 5), (0.5, 4), (0.0, 2)]
)
def test_a_batch_is_cut_at_a_quantile_of_its_own_lengths(
    quantile: float, longest: int, corpus: TokenizedTexts
) -> None:
    texts = LabeledTexts(corpus, np.zeros(5, np.int64), quantile)
    cut = tokens(texts, [0, 1, 2, 3, 4])
    assert [len(each) for each in cut] == [min(n, longest) for n in LENGTHS]
    assert all(each[-1] == 1 for each in cut)
    assert [len(each) for each in tokens(texts, [4])] == [12]


def test_a_text_can_have_several_targets(corpus: TokenizedTexts) -> None:
    targets = np.arange(10, dtype=np.float32).reshape(5, 2)
    batch = LabeledTexts(corpus, targets).batch(np.array([3, 0]))
    assert batch.targets.tolist() == [[6, 7], [0, 1]]
