"""Variable-length attention over packed texts, as transformers calls it."""

import torch
from torch import Tensor, nn
from torch.nn.attention.varlen import varlen_attn
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface

from hydro.text.batches import TextBatch

VARLEN_ATTENTION = "hydro_varlen"
"""The name under which transformers knows `varlen_attention`.

No mask function is registered under it, so transformers builds no mask.
"""


def varlen_attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    texts: TextBatch | None = None,
    dropout: float = 0.0,
    scaling: float | None = None,
    is_causal: bool | None = None,
    sliding_window: int | None = None,
    **others: object,
) -> tuple[Tensor, None]:
    """Attend within each text of a packed batch.

    The arguments are those that transformers passes to flash attention, and ``texts``, which
    `hydro.text.Encoder` adds. ``query`` has shape ``(1, heads, tokens, width)``; ``key`` and
    ``value`` may have fewer heads. Returns ``(1, tokens, heads, width)``.

    Raises:
        ValueError: the backbone needs an argument of attention that is not supported here.
    """
    unknown = [
        name for name in ("softcap", "s_aux", "position_bias") if others.get(name) is not None
    ]
    if texts is None or attention_mask is not None or unknown:
        msg = f"varlen attention takes texts and no mask, nor {unknown or 'other arguments'}"
        raise ValueError(msg)
    causal = bool(module.is_causal if is_causal is None else is_causal)
    dtype = _compute_dtype(query)
    parts = (query[0].to(dtype), key[0].to(dtype), value[0].to(dtype))
    if dropout == 0.0 and _has_kernel(*parts):
        return _varlen_kernel(*parts, texts, scaling, causal, sliding_window), None
    return _attention_per_length_group(
        *parts, texts, dropout, scaling, causal, sliding_window
    ), None


def _compute_dtype(query: Tensor) -> torch.dtype:
    """Return the dtype of autocast where it is on, else that of the query."""
    device = query.device.type
    return torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else query.dtype


def _has_kernel(query: Tensor, key: Tensor, value: Tensor) -> bool:
    """Return whether torch's varlen kernel supports these tensors."""
    width = query.shape[-1]
    return (
        query.is_cuda
        and query.dtype in (torch.float16, torch.bfloat16)
        and width % 8 == 0
        and width <= 256
        and key.shape == value.shape
        and torch.cuda.get_device_capability(query.device) >= (8, 0)
    )


def _varlen_kernel(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    texts: TextBatch,
    scaling: float | None,
    causal: bool,
    window: int | None,
) -> Tensor:
    """Attend in one kernel, which reads the ends of the texts from ``cu_seqlens``."""
    reach = -1 if window is None else window - 1
    result = varlen_attn(
        query.transpose(0, 1),
        key.transpose(0, 1),
        value.transpose(0, 1),
        texts.cu_seqlens,
        texts.cu_seqlens,
        texts.max_seqlen,
        texts.max_seqlen,
        scale=scaling,
        window_size=(reach, 0 if causal else reach),
        enable_gqa=query.shape[0] != key.shape[0],
    )
    assert isinstance(result, Tensor)
    return result[None]


def _attention_per_length_group(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    texts: TextBatch,
    dropout: float,
    scaling: float | None,
    causal: bool,
    window: int | None,
) -> Tensor:
    """Attend in all texts of one length at a time: views of the batch, so nothing is padded."""
    tokens = [count * length for count, length in texts.length_groups]
    split = zip(*(part.split(tokens, dim=1) for part in (query, key, value)), strict=True)
    results = []
    for shape, parts in zip(texts.length_groups, split, strict=True):
        mask = _window_mask(shape[1], window, causal, query.device)
        queries, keys, values = (part.unflatten(1, shape).transpose(0, 1) for part in parts)
        result = scaled_dot_product_attention(
            queries,
            keys,
            values,
            attn_mask=mask,
            dropout_p=dropout,
            is_causal=causal and mask is None,
            scale=scaling,
            enable_gqa=query.shape[0] != key.shape[0],
        )
        results.append(result.transpose(1, 2).flatten(0, 1))
    return torch.cat(results)[None]


def _window_mask(
    length: int, window: int | None, causal: bool, device: torch.device
) -> Tensor | None:
    """Return which tokens are less than ``window`` away, ``(length, length)``; None for all."""
    if window is None or length <= window:
        return None
    positions = torch.arange(length, device=device)
    distance = positions[:, None] - positions
    near = distance.abs() < window
    return near & (distance >= 0) if causal else near


AttentionInterface.register(VARLEN_ATTENTION, varlen_attention)
