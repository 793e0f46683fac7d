"""Tokenize columns of text."""

import hashlib
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, takewhile
from pathlib import Path
from typing import Protocol, overload

import numpy as np
import tokenizers
import torch
from numpy.typing import NDArray
from tokenizers import normalizers
from transformers import AutoTokenizer, PretrainedConfig, PreTrainedTokenizerFast

from hydro.errors import DataError, ModelError
from hydro.text.corpus import TokenizedTexts
from hydro.text.loading import load_config, model_from_config, wrap_loading_errors
from hydro.text.positions import position_limit

BLOCK = 8192
"""Texts tokenized at a time."""

CHARACTERS = (20, 1280)
"""Characters per token of ``max_length`` that are tokenized, and for texts that need more of them.

Tokenizing takes 140 times the memory of the text, so a long text is truncated before.
"""

VOCABULARIES = ("tokenizer.json", "vocab.*", "*.model")
"""Files of which a tokenizer has at least one."""


class Column(Protocol):
    """Texts that can be sliced, such as a list or a pandas array."""

    def __len__(self) -> int:
        """Return the number of texts."""

    def __getitem__(self, rows: slice, /) -> object:
        """Return some of the texts, as what numpy can make an array of."""


@dataclass(frozen=True)
class ConcatenatedColumns(Sequence[str]):
    """The text of every row, joined on access, so that a few texts are in memory at a time."""

    columns: Sequence[Column]
    """All of one length."""
    separator: str
    """Between the columns."""

    def __len__(self) -> int:
        return len(self.columns[0])

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if not isinstance(index, slice):
            row = range(len(self))[index]
            return self[row : row + 1][0]
        parts = [np.asarray(column[index], dtype=object).tolist() for column in self.columns]
        if len(parts) == 1:
            return list(parts[0])
        return [self.separator.join(row) for row in zip(*parts, strict=True)]


class TextTokenizer:
    """Join columns to texts, and tokenize texts.

    ``hf`` is the tokenizer of transformers, to be saved beside a model.
    """

    def __init__(
        self, hf: PreTrainedTokenizerFast, *, max_length: int, lowercase: bool, separator: str
    ) -> None:
        """Configure a tokenizer.

        Args:
            hf: a fast tokenizer.
            max_length: most tokens of a text, special ones included; longer texts are truncated.
            lowercase: lower-case texts as the first step of the tokenizer, so that whatever loads
                ``hf`` once it is saved does the same.
            separator: between columns; '' is the tokenizer's separator token, or a space where it
                has none.

        Raises:
            ModelError: ``max_length`` leaves no room for text besides the special tokens.
        """
        special = hf.num_special_tokens_to_add(pair=False)
        if max_length <= special:
            msg = (
                f"max_length {max_length} leaves no room for text: the tokenizer adds {special} "
                f"tokens of its own. Set it to {special + 1} or more"
            )
            raise ModelError(msg)
        self.hf = hf
        self.max_length = max_length
        if lowercase:
            steps = [normalizers.Lowercase(), hf.backend_tokenizer.normalizer]
            hf.backend_tokenizer.normalizer = normalizers.Sequence([step for step in steps if step])
        # A space before the token would become a token of its own in byte-level vocabularies.
        self.separator = separator or (f"{hf.sep_token} " if hf.sep_token else " ")
        mask = self._backend().encode("a").special_tokens_mask
        self.num_suffix_tokens = len(list(takewhile(bool, reversed(mask))))

    @property
    def fingerprint(self) -> str:
        """Return a hash of all that `encode` depends on besides the texts."""
        content = f"{tokenizers.__version__} {CHARACTERS} {self._backend().to_str()}"
        return hashlib.sha256(content.encode()).hexdigest()

    def join(self, columns: Sequence[Column]) -> ConcatenatedColumns:
        """Join columns to one text per row, on access."""
        return ConcatenatedColumns(columns, self.separator)

    def encode(self, texts: Sequence[str]) -> TokenizedTexts:
        """Tokenize texts in parallel; every text has at least one token.

        Raises:
            DataError: a value is no text or has a lone surrogate; its position is named.
        """
        blocks = list(self.encode_blocks(texts))
        ids = [np.empty(0, np.int32), *(block for block, _ in blocks)]
        lengths = [np.zeros(1, np.int64), *(each for _, each in blocks)]
        offsets = np.concatenate(lengths).cumsum()
        return TokenizedTexts(np.concatenate(ids), offsets, self.num_suffix_tokens)

    def encode_blocks(
        self, texts: Sequence[str]
    ) -> Iterator[tuple[NDArray[np.int32], NDArray[np.int64]]]:
        """Tokenize block by block; yield the packed tokens of each block, and their lengths.

        Raises:
            DataError: as `encode` does.
        """
        for start in range(0, len(texts), BLOCK):
            block = texts[start : start + BLOCK]
            try:
                rows = self._encode_block(block)
            except TypeError:
                _check_surrogates(block, start)
                raise
            lengths = np.fromiter(map(len, rows), np.int64, len(rows))
            yield np.fromiter(chain.from_iterable(rows), np.int32, lengths.sum()), lengths

    def _encode_block(self, texts: Sequence[str]) -> list[list[int]]:
        """Tokenize some texts, and no more of a long one than is needed."""
        backend = self._backend()
        heads = [_first_characters(text, CHARACTERS[0] * self.max_length) for text in texts]
        rows = [encoding.ids for encoding in backend.encode_batch_fast(heads)]
        for i, (text, head) in enumerate(zip(texts, heads, strict=True)):
            if len(head) < len(text) and len(rows[i]) < self.max_length:
                rows[i] = backend.encode(
                    _first_characters(text, CHARACTERS[1] * self.max_length)
                ).ids
        # Pooling needs at least one token, even of an empty text.
        return [row or [self.hf.pad_token_id or 0] for row in rows]

    def _backend(self) -> tokenizers.Tokenizer:
        """Return the library's own tokenizer, set to truncate and not to pad."""
        backend = self.hf.backend_tokenizer
        backend.enable_truncation(self.max_length)
        backend.no_padding()
        return backend


def load_tokenizer(
    folder: Path, *, max_length: int, lowercase: bool, separator: str
) -> TextTokenizer:
    """Load the tokenizer of a backbone.

    Args:
        folder: from `find_backbone`.
        max_length: see `TextTokenizer`.
        lowercase: see `TextTokenizer`.
        separator: see `TextTokenizer`.

    Raises:
        ModelError: it has no fast tokenizer, or fewer positions than ``max_length``.
    """
    config = load_config(folder)
    with torch.device("meta"):  # shapes without memory
        limit = position_limit(model_from_config(folder, config))
    if limit is not None and max_length > limit:
        msg = f"max_length {max_length} is more than the {limit} positions of {folder}; lower it"
        raise ModelError(msg)
    return TextTokenizer(
        _load_hf(folder, config), max_length=max_length, lowercase=lowercase, separator=separator
    )


def _load_hf(folder: Path, config: PretrainedConfig) -> PreTrainedTokenizerFast:
    """Load the tokenizer of transformers."""
    # Without them transformers silently builds one with an empty vocabulary.
    if not any(any(folder.glob(name)) for name in VOCABULARIES):
        msg = f"backbone {folder} has no tokenizer.json; copy it from where the backbone came from"
        raise ModelError(msg)
    with wrap_loading_errors(folder, "its tokenizer files"):
        hf = AutoTokenizer.from_pretrained(folder, config=config, trust_remote_code=False)
    if not isinstance(hf, PreTrainedTokenizerFast):
        msg = f"the tokenizer of backbone {folder} is not a fast one; choose another backbone"
        raise ModelError(msg)
    return hf


def _first_characters(text: str, characters: int) -> str:
    """Truncate a text to its first characters, at a space if there is one in the second half."""
    if len(text) <= characters:
        return text
    words = text[:characters].rsplit(maxsplit=1)
    at_space = words and len(words[0]) > characters // 2
    return words[0] if at_space else text[:characters]


def _check_surrogates(texts: Sequence[str], start: int) -> None:
    """Raise for the first text, counted from ``start``, that cannot be encoded."""
    for position, text in enumerate(texts, start):
        try:
            str.encode(text)
        except (TypeError, UnicodeEncodeError) as reason:
            msg = f"text {position} cannot be tokenized ({reason}); correct or drop it"
            raise DataError(msg) from None


if sys.platform != "win32" and "TOKENIZERS_PARALLELISM" not in os.environ:
    # The library's threads do not survive a fork: without this a child warns or hangs.
    os.register_at_fork(
        before=partial(os.environ.__setitem__, "TOKENIZERS_PARALLELISM", "false"),
        after_in_parent=partial(os.environ.pop, "TOKENIZERS_PARALLELISM", None),
    )
