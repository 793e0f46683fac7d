"""Batches of packed texts, without padding."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hydro.text.corpus import TokenizedTexts


@dataclass(frozen=True)
class TextBatch:
    """Packed texts, the longest first, so that texts of one length are adjacent."""

    input_ids: Tensor
    """``(tokens,)`` int64"""
    positions: Tensor
    """``(tokens,)`` int64, from 0 in every text"""
    cu_seqlens: Tensor
    """``(texts + 1,)`` int32: cumulative lengths, from 0"""
    restore_order: Tensor
    """``(texts,)`` int64: the packed position of the first, second, … requested text"""
    length_groups: tuple[tuple[int, int], ...]
    """Number of texts, and tokens in each, for every length; lengths fall."""

    @property
    def lengths(self) -> Tensor:
        """Return the number of tokens of every text, in packed order: ``(texts,)``."""
        return self.cu_seqlens.diff()

    @property
    def max_seqlen(self) -> int:
        """Return the number of tokens of the longest text."""
        return self.length_groups[0][1]

    def to(self, device: torch.device | str) -> "TextBatch":
        """Copy the tensors to a device, without waiting for it where memory is pinned."""
        return replace(
            self,
            input_ids=self.input_ids.to(device, non_blocking=True),
            positions=self.positions.to(device, non_blocking=True),
            cu_seqlens=self.cu_seqlens.to(device, non_blocking=True),
            restore_order=self.restore_order.to(device, non_blocking=True),
        )

    def pin_memory(self) -> "TextBatch":
        """Copy the tensors to pinned memory."""
        return replace(
            self,
            input_ids=self.input_ids.pin_memory(),
            positions=self.positions.pin_memory(),
            cu_seqlens=self.cu_seqlens.pin_memory(),
            restore_order=self.restore_order.pin_memory(),
        )


def collate(
    corpus: TokenizedTexts, rows: NDArray[np.int64], *, longest: int | None = None
) -> TextBatch:
    """Pack the texts of ``rows``, at least one, into a batch.

    A text of more than ``longest`` tokens is truncated to that many and keeps its final special
    tokens, as if the tokenizer had truncated it.
    """
    lengths = corpus.offsets[rows + 1] - corpus.offsets[rows]
    kept = lengths if longest is None else np.minimum(lengths, longest)
    order = np.argsort(-kept, kind="stable")
    rows, lengths, kept = rows[order], lengths[order], kept[order]
    offsets = np.concatenate([[0], np.cumsum(kept)])
    positions = np.arange(offsets[-1]) - np.repeat(offsets[:-1], kept)
    source = positions + np.repeat(corpus.offsets[rows], kept)
    if longest is not None:
        suffix = positions >= np.repeat(kept - corpus.num_suffix_tokens, kept)
        source += suffix * np.repeat(lengths - kept, kept)
    sizes, counts = np.unique(kept, return_counts=True)
    return TextBatch(
        input_ids=torch.from_numpy(corpus.ids[source].astype(np.int64)),
        positions=torch.from_numpy(positions),
        cu_seqlens=torch.from_numpy(offsets.astype(np.int32)),
        restore_order=torch.from_numpy(np.argsort(order)),
        length_groups=tuple(zip(counts[::-1].tolist(), sizes[::-1].tolist(), strict=True)),
    )


def quantile_length(lengths: NDArray[np.int64], quantile: float) -> int:
    """Return the length that a share ``quantile`` of the texts does not exceed."""
    return int(np.quantile(lengths, quantile, method="higher"))


def length_bucketed_batches(lengths: NDArray[np.int64], tokens: int) -> list[NDArray[np.int64]]:
    """Split rows into batches of similar length and at most ``tokens`` tokens, the longest first.

    A text of more than ``tokens`` tokens is a batch of its own.
    """
    order = np.argsort(-lengths, kind="stable")
    ends = np.cumsum(lengths[order])
    batches, start, used = [], 0, 0
    while start < len(order):
        stop = max(start + 1, int(np.searchsorted(ends, used + tokens, side="right")))
        batches.append(order[start:stop])
        start, used = stop, int(ends[stop - 1])
    return batches
