"""Tests of tokenized texts."""

import numpy as np

from hydro.text import TokenizedTexts


def test_a_corpus_knows_how_many_texts_it_has_and_how_long_they_are() -> None:
    corpus = TokenizedTexts(
        np.arange(5, dtype=np.int32), np.array([0, 3, 3, 5]), num_suffix_tokens=1
    )
    assert len(corpus) == 3
    assert corpus.lengths.tolist() == [3, 0, 2]
