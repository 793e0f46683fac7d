"""Tests of batches without padding."""

from itertools import pairwise
from random import Random

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hydro.text import TextBatch, TokenizedTexts, collate, length_bucketed_batches, quantile_length

LENGTHS = st.lists(st.integers(1, 30), min_size=1, max_size=40)


def corpus_of(lengths: list[int], closing: int = 0) -> TokenizedTexts:
    """Number the tokens, so that each tells where it came from."""
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return TokenizedTexts(np.arange(offsets[-1], dtype=np.int32), offsets, closing)


def texts_of(batch: TextBatch) -> list[list[int]]:
    """List the tokens of each text, in the order in which they were asked for."""
    laid = [part.tolist() for part in batch.input_ids.split(batch.lengths.tolist())]
    return [laid[place] for place in batch.restore_order.tolist()]


@given(LENGTHS, st.randoms())
def test_a_batch_holds_every_text_asked_for_whole_and_nothing_else(
    lengths: list[int], random: Random
) -> None:
    corpus = corpus_of(lengths)
    rows = [random.randrange(len(lengths)) for _ in range(random.randint(1, 20))]
    batch = collate(corpus, np.array(rows))
    expected = [corpus.ids[corpus.offsets[r] : corpus.offsets[r + 1]].tolist() for r in rows]
    assert texts_of(batch) == expected
    assert (
        batch.input_ids.dtype == batch.positions.dtype == batch.restore_order.dtype == torch.int64
    )


@given(LENGTHS)
def test_texts_of_one_length_stand_side_by_side_the_longest_first(lengths: list[int]) -> None:
    batch = collate(corpus_of(lengths), np.arange(len(lengths)))
    laid = batch.lengths.tolist()
    assert laid == sorted(lengths, reverse=True)
    assert [length for count, length in batch.length_groups for _ in range(count)] == laid
    assert batch.max_seqlen == max(lengths)


def test_positions_begin_anew_in_every_text() -> None:
    batch = collate(corpus_of([2, 3]), np.array([0, 1]))
    assert batch.positions.tolist() == [0, 1, 2, 0, 1]
    assert batch.cu_seqlens.tolist() == [0, 3, 5]
    assert batch.restore_order.tolist() == [1, 0]


def test_a_cut_text_keeps_its_closing_tokens() -> None:
    batch = collate(corpus_of([6, 2, 3], closing=1), np.array([0, 1, 2]), longest=3)
    assert texts_of(batch) == [[0, 1, 5], [6, 7], [8, 9, 10]]
    assert batch.positions.tolist() == [0, 1, 2, 0, 1, 2, 0, 1]


def test_a_cut_text_without_closing_tokens_keeps_its_beginning() -> None:
    batch = collate(corpus_of([6, 2]), np.array([0, 1]), longest=3)
    assert texts_of(batch) == [[0, 1, 2], [6, 7]]


def test_a_batch_moves_to_a_device_whole() -> None:
    batch = collate(corpus_of([6, 2]), np.array([0, 1])).to("meta")
    tensors = (batch.input_ids, batch.positions, batch.cu_seqlens, batch.restore_order)
    assert {tensor.device.type for tensor in tensors} == {"meta"}
    assert batch.length_groups == ((1, 6), (1, 2))


@given(LENGTHS, st.integers(1, 100))
def test_every_row_is_in_one_batch_by_length_and_batches_keep_to_the_budget(
    lengths: list[int], tokens: int
) -> None:
    sizes: NDArray[np.int64] = np.array(lengths)
    batches = length_bucketed_batches(sizes, tokens)
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(lengths)))
    assert all(sizes[rows].sum() <= tokens or len(rows) == 1 for rows in batches)
    assert np.all(np.diff(sizes[np.concatenate(batches)]) <= 0)
    # Each is full: the first text of the next would not have fitted.
    for rows, following in pairwise(batches):
        assert sizes[rows].sum() + sizes[following[0]] > tokens


def test_no_rows_make_no_batches() -> None:
    assert length_bucketed_batches(np.empty(0, np.int64), 10) == []


@pytest.mark.parametrize(("quantile", "length"), [(0.0, 3), (0.5, 5), (0.9, 20), (1.0, 20)])
def test_a_quantile_of_the_lengths_is_the_length_of_a_text(quantile: float, length: int) -> None:
    assert quantile_length(np.array([5, 20, 4, 3, 9]), quantile) == length
