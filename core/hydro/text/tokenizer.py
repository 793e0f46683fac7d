"""From columns of text to tokens."""

import hashlib
import os
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain, takewhile
from pathlib import Path

import numpy as np
import tokenizers
import torch
from numpy.typing import NDArray
from tokenizers import normalizers
from transformers import AutoTokenizer, PretrainedConfig, PreTrainedTokenizerFast

from hydro.errors import DataError, ModelError
from hydro.text.corpus import TokenizedTexts
from hydro.text.joined import ConcatenatedColumns
from hydro.text.loading import load_config, model_from_config, wrap_loading_errors
from hydro.text.positions import position_limit

BLOCK = 8192
"""Texts that are tokenized at once."""

CHARACTERS = (20, 1280)
"""Characters a token that are looked at, and again for texts that turn out to need more.

Tokenizing takes 140 times the memory of the text, so the rest of a long one is cut off before.
"""

VOCABULARIES = ("tokenizer.json", "vocab.*", "*.model")
"""Files of which a tokenizer has one at least."""


class TextTokenizer:
    """Join columns to texts, and turn texts into tokens.

    ``hf`` is the tokenizer as transformers has it, to be saved beside a model.
    """

    def __init__(
        self, hf: PreTrainedTokenizerFast, *, max_length: int, lowercase: bool, separator: str
    ) -> None:
        """Keep what all texts are to be treated with.

        Args:
            hf: a fast tokenizer.
            max_length: tokens in a text, special ones among them; what is beyond is cut.
            lowercase: lower-case texts as the first thing the tokenizer does, so that whatever
                opens ``hf`` once it is saved does the same.
            separator: stands between columns; '' is the tokenizer's separator token, or a space
                where it has none.

        Raises:
            ModelError: ``max_length`` leaves no room beside the special tokens.
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
        self.closing = len(list(takewhile(bool, reversed(mask))))

    @property
    def fingerprint(self) -> str:
        """Name all that `encode` depends on beside the texts."""
        content = f"{tokenizers.__version__} {CHARACTERS} {self._backend().to_str()}"
        return hashlib.sha256(content.encode()).hexdigest()

    def join(self, columns: Sequence[Sequence[str]]) -> ConcatenatedColumns:
        """Make one text of every row of some columns, when it is asked for."""
        return ConcatenatedColumns(columns, self.separator)

    def encode(self, texts: Sequence[str]) -> TokenizedTexts:
        """Tokenize texts as they are, in parallel; every text gets one token or more.

        Raises:
            DataError: something is no text, or half a character of one; naming its place.
        """
        blocks = list(self.encode_blocks(texts))
        ids = [np.empty(0, np.int32), *(block for block, _ in blocks)]
        lengths = [np.zeros(1, np.int64), *(each for _, each in blocks)]
        return TokenizedTexts(np.concatenate(ids), np.concatenate(lengths).cumsum(), self.closing)

    def encode_blocks(
        self, texts: Sequence[str]
    ) -> Iterator[tuple[NDArray[np.int32], NDArray[np.int64]]]:
        """Tokenize some texts after others; give their tokens end to end, and their lengths.

        Raises:
            DataError: as `encode` does.
        """
        for start in range(0, len(texts), BLOCK):
            block = texts[start : start + BLOCK]
            try:
                rows = self._rows(block)
            except TypeError:
                _check_surrogates(block, start)
                raise
            lengths = np.fromiter(map(len, rows), np.int64, len(rows))
            yield np.fromiter(chain.from_iterable(rows), np.int32, lengths.sum()), lengths

    def _rows(self, texts: Sequence[str]) -> list[list[int]]:
        """Tokenize some texts, looking at no more of a long one than is needed."""
        backend = self._backend()
        heads = [_first_characters(text, CHARACTERS[0] * self.max_length) for text in texts]
        rows = [encoding.ids for encoding in backend.encode_batch_fast(heads)]
        for i, (text, head) in enumerate(zip(texts, heads, strict=True)):
            if len(head) < len(text) and len(rows[i]) < self.max_length:
                rows[i] = backend.encode(
                    _first_characters(text, CHARACTERS[1] * self.max_length)
                ).ids
        # A pool needs something to pool, even of an empty text.
        return [row or [self.hf.pad_token_id or 0] for row in rows]

    def _backend(self) -> tokenizers.Tokenizer:
        """Return the library's own tokenizer, set to cut and not to pad whatever it was set to."""
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
        ModelError: there is none that is fast, or ``max_length`` does not suit the backbone.
    """
    config = load_config(folder)
    with torch.device("meta"):  # shapes without memory
        limit = position_limit(model_from_config(folder, config))
    if limit is not None and max_length > limit:
        msg = f"max_length {max_length} is more than the {limit} positions of {folder}; lower it"
        raise ModelError(msg)
    return TextTokenizer(
        _from_disk(folder, config), max_length=max_length, lowercase=lowercase, separator=separator
    )


def _from_disk(folder: Path, config: PretrainedConfig) -> PreTrainedTokenizerFast:
    """Read a tokenizer's files."""
    # Without them transformers makes one that knows no words, and says nothing.
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
    """Cut a text to its first characters, at a space if there is one in the latter half."""
    if len(text) <= characters:
        return text
    words = text[:characters].rsplit(maxsplit=1)
    whole = words and len(words[0]) > characters // 2
    return words[0] if whole else text[:characters]


def _check_surrogates(texts: Sequence[str], start: int) -> None:
    """Name the first text, counted from ``start``, that no tokenizer can read."""
    for place, text in enumerate(texts, start):
        try:
            str.encode(text)
        except (TypeError, UnicodeEncodeError) as reason:
            msg = f"text {place} cannot be tokenized ({reason}); correct or drop it"
            raise DataError(msg) from None


if sys.platform != "win32" and "TOKENIZERS_PARALLELISM" not in os.environ:
    # The library's threads do not survive a fork: a child that is not told so warns or hangs.
    os.register_at_fork(
        before=partial(os.environ.__setitem__, "TOKENIZERS_PARALLELISM", "false"),
        after_in_parent=partial(os.environ.pop, "TOKENIZERS_PARALLELISM", None),
    )
