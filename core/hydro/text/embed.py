"""Embeddings of a whole corpus."""

from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import normalize

from hydro.text.batches import collate, length_bucketed_batches
from hydro.text.corpus import TokenizedTexts
from hydro.text.encoder import Encoder
from hydro.text.linear import packed_linears

TOKENS = defaultdict(lambda: 32768, cpu=2048)
"""Tokens at a time. A CPU slows down by a tenth with more; a GPU has to be kept busy."""


PACKED = 8192
"""Tokens from which on laying out the weights anew saves more time than it takes."""


def embed(
    encoder: Encoder,
    corpus: TokenizedTexts,
    *,
    tokens: int | None = None,
    autocast: Callable[[], AbstractContextManager[object]] = nullcontext,
    watch: Callable[[int], object] = lambda texts: None,
) -> NDArray[np.float32]:
    """Embed every text, with vectors of length 1.

    Args:
        encoder: put into evaluation while it runs, and back.
        corpus: the texts.
        tokens: how many go through the encoder at a time; None for what suits the device.
        autocast: makes the context in which the encoder runs, for its precision.
        watch: told how many texts each batch had, once it is under way.

    Returns:
        ``(texts, embedding_size)``, in the order of the corpus.
    """
    device = next(encoder.parameters()).device
    batches = length_bucketed_batches(corpus.lengths, tokens or TOKENS[device.type])
    sizes = [len(rows) for rows in batches]
    linears = packed_linears(device) if len(corpus.ids) >= PACKED else nullcontext()
    # Pinned, so that the GPU writes results on its own while the next batch is prepared.
    found = torch.empty(len(corpus), encoder.embedding_size, pin_memory=device.type == "cuda")
    mode = encoder.training
    encoder.eval()
    try:
        # Not inference_mode: what a backbone caches under it could not be trained with later.
        with torch.no_grad(), linears:
            for rows, vectors in zip(batches, found.split(sizes), strict=True):
                with autocast():
                    output = encoder(collate(corpus, rows).to(device))
                vectors.copy_(normalize(output.float(), dim=1), non_blocking=True)
                watch(len(rows))
    finally:
        encoder.train(mode)
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    embeddings = np.empty(found.shape, np.float32)
    embeddings[np.concatenate([*batches, np.empty(0, np.int64)])] = found.numpy()
    return embeddings
