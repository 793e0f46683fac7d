"""How many tokens texts have, and how many of them are cut."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import tokenizers
from numpy.typing import NDArray

from hydro.api import Finding

if TYPE_CHECKING:
    from hydro.text import TextTokenizer

TEXTS = 3000
"""Of each split; of more, some are drawn."""
OVERFLOW_BIN = 4
"""Times ``max_length``: texts that are longer count as that long."""
CHARACTERS = 20
"""A token, about, at most; what is beyond is not looked at."""
BINS = 60


def token_lengths(tokenizer: "TextTokenizer", texts: Mapping[str, Sequence[str]]) -> Finding:
    """Count the tokens of uncut texts, special ones among them; ``texts`` are those of a split."""
    limit = tokenizer.max_length
    lengths = {name: _count(tokenizer, each) for name, each in texts.items()}
    longest = max((int(each.max()) for each in lengths.values() if each.size), default=0)
    if not longest:
        return Finding(pd.DataFrame())
    width = max(1, math.ceil(longest / BINS))
    edges = np.arange(0, longest + width + 1, width)
    table = pd.DataFrame({"tokens": edges[:-1], "max_length": limit})
    said = []
    for name, each in lengths.items():
        if each.size:
            table[name] = np.histogram(each, edges)[0] / each.size
            cut = 100 * np.mean(each > limit)
            said.append(
                f"{name.capitalize()}: half of the texts have {int(np.median(each))} tokens or "
                f"fewer, 95 % {math.ceil(np.quantile(each, 0.95))}; {cut:.1f} % "
                f"are longer than max_length, {limit}, and cut there."
            )
        else:
            table[name] = 0.0
    return Finding(table, tuple(said))


def _count(tokenizer: "TextTokenizer", texts: Sequence[str]) -> NDArray[np.int64]:
    # A copy, because the tokenizer itself is to go on cutting where it does.
    backend = tokenizers.Tokenizer.from_str(tokenizer.hf.backend_tokenizer.to_str())
    longest = OVERFLOW_BIN * tokenizer.max_length
    backend.enable_truncation(longest)
    backend.no_padding()
    found = backend.encode_batch_fast([text[: CHARACTERS * longest] for text in texts])
    return np.array([len(each.ids) for each in found], dtype=np.int64)
