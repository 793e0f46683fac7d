"""Run a backbone over a batch: packed, or padded where packing is not supported."""

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedModel

from hydro.errors import ModelError
from hydro.text.attention import VARLEN_ATTENTION
from hydro.text.batches import TextBatch, collate
from hydro.text.corpus import TokenizedTexts
from hydro.text.positions import first_position

MAX_TRIAL_LENGTH = 1024
"""Most tokens of a trial that exceeds the attention window."""

TOLERANCE = 1e-4
"""Relative to the largest value. Rounding makes a thousandth of it; a token of another text, ten
times as much."""


def forward_packed(backbone: PreTrainedModel, batch: TextBatch, first: int) -> Tensor:
    """Return the last hidden states ``(tokens, width)`` of a packed batch.

    ``first`` is the backbone's `first_position`.
    """
    outputs = backbone(
        input_ids=batch.input_ids[None], position_ids=batch.positions[None] + first, texts=batch
    )
    hidden: Tensor = outputs.last_hidden_state[0]
    return hidden


def forward_padded(backbone: PreTrainedModel, batch: TextBatch) -> Tensor:
    """Return the last hidden states ``(tokens, width)``, computed with padding to the longest."""
    texts = len(batch.restore_order)
    rows = torch.arange(texts, device=batch.cu_seqlens.device).repeat_interleave(
        batch.lengths, output_size=len(batch.input_ids)
    )
    padding = backbone.config.pad_token_id or 0
    padded = batch.input_ids.new_full((texts, batch.max_seqlen), padding)
    padded[rows, batch.positions] = batch.input_ids
    mask = torch.zeros_like(padded)
    mask[rows, batch.positions] = 1
    hidden: Tensor = backbone(input_ids=padded, attention_mask=mask).last_hidden_state
    return hidden[rows, batch.positions]


def choose_forward(backbone: PreTrainedModel) -> tuple[int, str | None]:
    """Switch a backbone to packed batches if they give the same results as padded ones.

    This is tried on a few tokens, without changing weights or random state.

    Returns:
        The width of the hidden states, and why the backbone needs padding, None if it does not.

    Raises:
        ModelError: it does not run on texts.
    """
    mode, original = backbone.training, backbone.config._attn_implementation
    backbone.config.use_cache = False  # the cache of keys and values only serves generation
    backbone.eval()
    try:
        with torch.no_grad():
            trial = _trial(backbone)
            expected = forward_padded(backbone, trial)
            reason = _difference(backbone, trial, expected)
    except Exception as problem:
        # A model of another modality may raise anything.
        msg = f"{_name(backbone)} gives no vectors for the tokens of a text: {problem}"
        raise ModelError(msg) from problem
    finally:
        backbone.train(mode)
    if reason is not None:
        backbone.set_attn_implementation(original)
    return expected.shape[-1], reason


def _difference(backbone: PreTrainedModel, trial: TextBatch, expected: Tensor) -> str | None:
    """Return why packed batches do not give the expected results; None if they do."""
    if not backbone._supports_flash_attn:
        return f"{_name(backbone)} is run with padding: its attention cannot be replaced"
    backbone.set_attn_implementation(VARLEN_ATTENTION)
    try:
        found = forward_packed(backbone, trial, first_position(backbone))
    except Exception as problem:
        # transformers documents no error class for an unknown argument.
        return f"{_name(backbone)} is run with padding: {problem}"
    tolerance = TOLERANCE * expected.abs().max()
    if not torch.isfinite(found).all() or (found - expected).abs().max() > tolerance:
        return f"{_name(backbone)} is run with padding: its results differ when packed"
    return None


def _trial(backbone: PreTrainedModel) -> TextBatch:
    """Return three short texts, one of them longer than the attention window, if there is one."""
    window = getattr(backbone.config, "sliding_window", None) or 0
    lengths = np.array([max(9, window + 3 if window < MAX_TRIAL_LENGTH else 0), 2, 5])
    vocabulary = len(backbone.get_input_embeddings().get_parameter("weight"))
    # Arbitrary tokens except padding, which is often 0 or 1.
    ids = 2 + np.arange(lengths.sum()) * 7919 % (vocabulary - 2)
    offsets = np.concatenate([[0], lengths.cumsum()])
    return collate(
        TokenizedTexts(ids.astype(np.int32), offsets, num_suffix_tokens=0), np.arange(3)
    ).to(backbone.device)


def _name(backbone: PreTrainedModel) -> str:
    return str(backbone.config.model_type)
