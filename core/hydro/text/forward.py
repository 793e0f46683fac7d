"""How a backbone is run over a batch: over real tokens only, or padded where it cannot be."""

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
"""Tokens that a trial may have to reach beyond an attention window."""

TOLERANCE = 1e-4
"""Of the largest value. Rounding makes a thousandth of it, a wrong neighbor ten times as much."""


def forward_packed(backbone: PreTrainedModel, batch: TextBatch, first: int) -> Tensor:
    """Return the last hidden states ``(tokens, width)``; every layer sees real tokens only.

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
    """Set a backbone to ragged batches if that gives what padded ones give.

    It is tried on a few tokens, without touching weights or random numbers.

    Returns:
        The width of the hidden states, and why the backbone has to be padded, None if it has not.

    Raises:
        ModelError: it does not run on texts at all.
    """
    mode, plain = backbone.training, backbone.config._attn_implementation
    backbone.config.use_cache = False  # keys and values are kept to go on writing, which we do not
    backbone.eval()
    try:
        with torch.no_grad():
            trial = _trial(backbone)
            expected = forward_padded(backbone, trial)
            reason = _difference(backbone, trial, expected)
    except Exception as problem:
        # What a model of another kind does with texts is anything.
        msg = f"{_name(backbone)} gives no vectors for the tokens of a text: {problem}"
        raise ModelError(msg) from problem
    finally:
        backbone.train(mode)
    if reason is not None:
        backbone.set_attn_implementation(plain)
    return expected.shape[-1], reason


def _difference(backbone: PreTrainedModel, trial: TextBatch, expected: Tensor) -> str | None:
    """Describe what keeps ragged batches from giving what is expected, None if they do."""
    if not backbone._supports_flash_attn:
        return f"{_name(backbone)} is run with padding: its attention cannot be exchanged"
    backbone.set_attn_implementation(VARLEN_ATTENTION)
    try:
        found = forward_packed(backbone, trial, first_position(backbone))
    except Exception as problem:
        # transformers promises no kind of error for an argument that it does not know.
        return f"{_name(backbone)} is run with padding: {problem}"
    tolerance = TOLERANCE * expected.abs().max()
    if not torch.isfinite(found).all() or (found - expected).abs().max() > tolerance:
        return f"{_name(backbone)} is run with padding: its results differ without"
    return None


def _trial(backbone: PreTrainedModel) -> TextBatch:
    """Make three short texts, one of them longer than an attention window, if there is one."""
    window = getattr(backbone.config, "sliding_window", None) or 0
    lengths = np.array([max(9, window + 3 if window < MAX_TRIAL_LENGTH else 0), 2, 5])
    words = len(backbone.get_input_embeddings().get_parameter("weight"))
    # Any tokens but padding, which is often 0 or 1.
    ids = 2 + np.arange(lengths.sum()) * 7919 % (words - 2)
    offsets = np.concatenate([[0], lengths.cumsum()])
    return collate(
        TokenizedTexts(ids.astype(np.int32), offsets, num_suffix_tokens=0), np.arange(3)
    ).to(backbone.device)


def _name(backbone: PreTrainedModel) -> str:
    return str(backbone.config.model_type)
