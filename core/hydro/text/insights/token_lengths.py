"""The number of tokens of texts, and how many texts are truncated."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import tokenizers
from numpy.typing import NDArray

from hydro.plugins.charts import Finding
from hydro.text.tokenizer import TextTokenizer

MAX_TEXTS = 3000
"""Texts of each split that are counted; of more, a sample."""
OVERFLOW_BIN = 4
"""Times ``max_length``: longer texts count as that long."""
CHARACTERS = 20
"""Characters per token, about, at most; the rest of a long text is not tokenized."""
BINS = 60


def token_lengths(tokenizer: TextTokenizer, texts: Mapping[str, Sequence[str]]) -> Finding:
    """Count the tokens, special ones included, of the texts of each split before truncation."""
    limit = tokenizer.max_length
    lengths = {name: _count(tokenizer, each) for name, each in texts.items()}
    longest = max((int(each.max()) for each in lengths.values() if each.size), default=0)
    if not longest:
        return Finding(pd.DataFrame())
    width = max(1, math.ceil(longest / BINS))
    edges = np.arange(0, longest + width + 1, width)
    table = pd.DataFrame({"tokens": edges[:-1], "max_length": limit})
    summary = []
    for name, each in lengths.items():
        if each.size:
            table[name] = np.histogram(each, edges)[0] / each.size
            truncated = 100 * np.mean(each > limit)
            summary.append(
                f"{name.capitalize()}: half of the texts have {int(np.median(each))} tokens or "
                f"fewer, 95 % {math.ceil(np.quantile(each, 0.95))}; {truncated:.1f} % "
                f"are longer than max_length, {limit}, and truncated there."
            )
        else:
            table[name] = 0.0
    return Finding(table, tuple(summary))


def _count(tokenizer: TextTokenizer, texts: Sequence[str]) -> NDArray[np.int64]:
    # A copy, because the tokenizer itself has to go on truncating at max_length.
    backend = tokenizers.Tokenizer.from_str(tokenizer.hf.backend_tokenizer.to_str())
    longest = OVERFLOW_BIN * tokenizer.max_length
    backend.enable_truncation(longest)
    backend.no_padding()
    encodings = backend.encode_batch_fast([text[: CHARACTERS * longest] for text in texts])
    return np.array([len(each.ids) for each in encodings], dtype=np.int64)
