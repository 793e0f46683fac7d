"""A trained model as one ONNX file, from token numbers to embeddings of length 1."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import normalize

from hydro.api import ModelError
from hydro.text import Encoder, TokenizedTexts, embed, length_bucketed_batches, quiet_transformers
from hydro_text_metric_learning.trained import TrainedEncoder

OPSET = 17
LARGEST = 2 * 1024**3
"""Bytes that one ONNX file can hold."""

TOKENS = 4096
"""Tokens that are computed at a time."""

LONGEST_TRIAL = 1024
"""Tokens that a trial reaches, beyond the attention windows that there are."""

TOLERANCE = 1e-4
"""How far a value of an embedding may be off before the file is refused."""


class Chain(nn.Module):
    """What an encoder computes, on padded texts: pool, neck and normalization included."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.backbone = encoder.backbone
        self.neck = encoder.neck
        self._pool = POOLS[encoder.pool]

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, ...]:
        """Return embeddings ``(texts, size)`` and, twice, token vectors ``(texts, tokens, width)``.

        Both arguments are ``(texts, tokens)`` int64, the mask 1 for a token and 0 for padding,
        which follows the tokens.
        """
        tokens = self.backbone(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        vectors = self._pool(tokens, attention_mask[:, :, None])
        if self.neck is not None:
            vectors = self.neck(vectors)
        return normalize(vectors, dim=1), tokens, tokens


def average(tokens: Tensor, mask: Tensor) -> Tensor:
    """Average over the tokens of each text."""
    return (tokens * mask).sum(1) / mask.sum(1)


def maximum(tokens: Tensor, mask: Tensor) -> Tensor:
    """Return the largest value of every dimension."""
    return tokens.masked_fill(mask == 0, torch.finfo(tokens.dtype).min).amax(1)


def first(tokens: Tensor, mask: Tensor) -> Tensor:
    """Return the first token of each text."""
    return tokens[:, 0]


def last(tokens: Tensor, mask: Tensor) -> Tensor:
    """Return the last token of each text."""
    places = mask.sum(1, keepdim=True) - 1
    return tokens.gather(1, places.expand(-1, -1, tokens.shape[-1]))[:, 0]


POOLS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "Average": average,
    "[CLS] token": first,
    "Max": maximum,
    "Last token": last,
}
"""The pools of `hydro.text`, of ``(texts, tokens, width)`` with a mask ``(texts, tokens, 1)``."""


def write_onnx(trained: TrainedEncoder, path: Path) -> None:
    """Write a model as one file, and check that it gives the same embeddings.

    Inputs are ``input_ids`` and ``attention_mask``, ``(batch, length)`` int64; token types are left
    out, being 0 for a text by itself. Outputs are ``sentence_embedding`` ``(batch, size)`` and
    ``token_embeddings`` ``(batch, length, width)``, which optimum calls ``last_hidden_state``.

    Raises:
        ModelError: it does not fit into one file, torch cannot write it, or it gives other results.
    """
    size = sum(each.numel() * each.element_size() for each in trained.encoder.parameters())
    if size > LARGEST:
        msg = f"weights of {size / 1e9:.1f} GB do not fit into one ONNX file, which holds 2 GB"
        raise ModelError(msg)
    with _plain_attention(trained.encoder):
        _trace(trained, path)
    _check(trained, path)


@contextmanager
def _plain_attention(encoder: Encoder) -> Iterator[None]:
    """Attend with padding and a mask while the context lasts."""
    backbone = encoder.backbone
    usual = backbone.config._attn_implementation
    if encoder.padding_free:
        backbone.set_attn_implementation("eager")
    try:
        yield
    finally:
        if encoder.padding_free:
            backbone.set_attn_implementation(usual)


def _trace(trained: TrainedEncoder, path: Path) -> None:
    ids, mask = map(torch.from_numpy, _pad(_made_up(trained, [8, 5])))
    both = {0: "batch", 1: "length"}
    options: dict[str, Any] = {
        "input_names": ["input_ids", "attention_mask"],
        "output_names": ["sentence_embedding", "token_embeddings", "last_hidden_state"],
        "dynamic_axes": {
            "input_ids": both,
            "attention_mask": both,
            "sentence_embedding": {0: "batch"},
            "token_embeddings": both,
            "last_hidden_state": both,
        },
        "opset_version": OPSET,
        # The newer exporter takes twenty times as long and a further package, for the same file.
        "dynamo": False,
    }
    try:
        # It warns that it is the older one, and of every shape that it takes for constant: what
        # matters of that, the check finds.
        with torch.no_grad(), warnings.catch_warnings(action="ignore"), quiet_transformers():
            chain = Chain(trained.encoder).eval()
            torch.onnx.export(chain, (ids, mask), str(path), **options)
    except OSError:
        raise
    except Exception as error:
        # What torch raises on a model that it cannot write is anything.
        name = trained.encoder.backbone.config.model_type
        msg = f"{name} cannot be written as ONNX: {error}"
        raise ModelError(msg) from error


def _check(trained: TrainedEncoder, path: Path) -> None:
    """Compare with the encoder on texts of many lengths, together and alone."""
    longest = min(trained.tokenizer.max_length, LONGEST_TRIAL)
    corpus = _made_up(trained, [1, 2, 5, 11, longest])
    expected = embed(trained.encoder, corpus)
    session = open_onnx(path)
    together = _run(session, corpus)
    alone = _run(session, corpus.take(np.array([1])))
    found = np.abs(np.concatenate([together, alone]) - np.concatenate([expected, expected[1:2]]))
    if not found.max() < TOLERANCE:
        name = trained.encoder.backbone.config.model_type
        msg = f"{name} cannot be written as ONNX: embeddings are off by {found.max():.1e}"
        raise ModelError(msg)


def _made_up(trained: TrainedEncoder, lengths: Sequence[int]) -> TokenizedTexts:
    """Make texts of so many of the backbone's tokens, none of them padding."""
    lengths = [min(each, trained.tokenizer.max_length) for each in lengths]
    words = trained.encoder.backbone.config.vocab_size
    ids = 5 + np.arange(sum(lengths)) * 7919 % (words - 5)
    return TokenizedTexts(ids.astype(np.int32), np.cumsum([0, *lengths]), num_suffix_tokens=0)


def open_onnx(path: Path) -> Any:
    """Open a file on the CPU: an ``onnxruntime.InferenceSession``."""
    import onnxruntime

    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def embed_onnx(session: Any, corpus: TokenizedTexts) -> NDArray[np.float32]:
    """Embed every text with the model of `open_onnx`: ``(texts, size)``."""
    batches = length_bucketed_batches(corpus.lengths, TOKENS)
    found = np.concatenate([_run(session, corpus.take(rows)) for rows in batches])
    embeddings = np.empty_like(found)
    embeddings[np.concatenate(batches)] = found
    return embeddings


def _run(session: Any, corpus: TokenizedTexts) -> NDArray[np.float32]:
    ids, mask = _pad(corpus)
    inputs = {"input_ids": ids, "attention_mask": mask}
    embeddings: NDArray[np.float32] = session.run(["sentence_embedding"], inputs)[0]
    return embeddings


def _pad(corpus: TokenizedTexts) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the tokens of all texts and their mask, each ``(texts, longest)``."""
    inside = np.arange(corpus.lengths.max()) < corpus.lengths[:, None]
    ids = np.zeros(inside.shape, np.int64)
    ids[inside] = corpus.ids
    return ids, inside.astype(np.int64)
