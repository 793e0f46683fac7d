"""The positions that a backbone supports, and the first of them."""

from torch import nn
from transformers import PreTrainedModel


def position_limit(backbone: PreTrainedModel) -> int | None:
    """Return the largest number of tokens of a text; None for no limit."""
    table = _position_table(backbone)
    if table is None:
        limit: int | None = getattr(backbone.config, "max_position_embeddings", None)
        return limit
    return table.num_embeddings - first_position(backbone)


def first_position(backbone: PreTrainedModel) -> int:
    """Return the position of a first token; the RoBERTa family starts after its padding index."""
    table = _position_table(backbone)
    return 0 if table is None or table.padding_idx is None else table.padding_idx + 1


def _position_table(backbone: PreTrainedModel) -> nn.Embedding | None:
    """Return the learned position embeddings, if the backbone has any."""
    for name, module in backbone.named_modules():
        if name.endswith("position_embeddings") and isinstance(module, nn.Embedding):
            return module
    return None
