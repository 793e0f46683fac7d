"""Run a model over many texts: embeddings, logits, or whatever it computes."""

from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import normalize

from hydro.text.batches import collate, length_bucketed_batches
from hydro.text.corpus import TokenizedTexts
from hydro.text.encoder import Encoder
from hydro.text.linear import packed_linears

TOKENS = defaultdict(lambda: 32768, cpu=2048)
"""Tokens in a batch. A CPU slows down by a tenth with more; a GPU has to be kept busy."""

MIN_TOKENS_TO_PACK = 8192
"""Tokens from which on packing the weights of linear layers saves more time than it takes."""


def embed(
    encoder: Encoder,
    corpus: TokenizedTexts,
    *,
    tokens: int | None = None,
    autocast: Callable[[], AbstractContextManager[object]] = nullcontext,
    on_progress: Callable[[int], object] = lambda texts: None,
) -> NDArray[np.float32]:
    """Return the normalized embedding of every text: ``(texts, embedding_size)``.

    Arguments as in `forward_all`.
    """
    return forward_all(
        encoder,
        corpus,
        size=encoder.embedding_size,
        transform=lambda output: normalize(output.float(), dim=1),
        tokens=tokens,
        autocast=autocast,
        on_progress=on_progress,
    )


def forward_all(
    model: nn.Module,
    texts: TokenizedTexts,
    *,
    size: int,
    transform: Callable[[Tensor], Tensor] = Tensor.float,
    tokens: int | None = None,
    autocast: Callable[[], AbstractContextManager[object]] = nullcontext,
    on_progress: Callable[[int], object] = lambda texts: None,
) -> NDArray[np.float32]:
    """Run a model over all texts without gradients, and return its outputs ``(texts, size)``.

    Args:
        model: maps a `TextBatch` to ``(texts, size)``; in evaluation mode while it runs, and set
            back afterwards.
        texts: the texts.
        size: outputs per text, such as the embedding size or the number of classes.
        transform: applied to the outputs of each batch, on the device.
        tokens: at most so many in a batch; None for what suits the device.
        autocast: makes the context in which the model runs, for its precision.
        on_progress: called with the number of texts of each batch.

    Returns:
        The outputs in the order of the texts.
    """
    device = next(model.parameters()).device
    batches = length_bucketed_batches(texts.lengths, tokens or TOKENS[device.type])
    sizes = [len(rows) for rows in batches]
    linears = packed_linears(device) if len(texts.ids) >= MIN_TOKENS_TO_PACK else nullcontext()
    # Pinned, so that the GPU writes results on its own while the next batch is prepared.
    found = torch.empty(len(texts), size, pin_memory=device.type == "cuda")
    mode = model.training
    model.eval()
    try:
        # Not inference_mode: what a backbone caches under it could not be trained with later.
        with torch.no_grad(), linears:
            for rows, outputs in zip(batches, found.split(sizes), strict=True):
                with autocast():
                    output = model(collate(texts, rows).to(device))
                # One output per text may come as (texts,).
                outputs.copy_(transform(output).view_as(outputs), non_blocking=True)
                on_progress(len(rows))
    finally:
        model.train(mode)
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    ordered = np.empty(found.shape, np.float32)
    ordered[np.concatenate([*batches, np.empty(0, np.int64)])] = found.numpy()
    return ordered
