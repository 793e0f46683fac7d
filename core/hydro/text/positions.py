"""Which positions a backbone has, and where it begins to count."""

from torch import nn
from transformers import PreTrainedModel


def position_limit(backbone: PreTrainedModel) -> int | None:
    """Return how many tokens a text may have; None where nothing limits it."""
    table = _table(backbone)
    if table is None:
        limit: int | None = getattr(backbone.config, "max_position_embeddings", None)
        return limit
    return table.num_embeddings - first_position(backbone)


def first_position(backbone: PreTrainedModel) -> int:
    """Return the position of a first token, which the RoBERTa family counts on from its padding."""
    table = _table(backbone)
    return 0 if table is None or table.padding_idx is None else table.padding_idx + 1


def _table(backbone: PreTrainedModel) -> nn.Embedding | None:
    """Find the vectors that positions are looked up in, if the backbone learned such."""
    for name, module in backbone.named_modules():
        if name.endswith("position_embeddings") and isinstance(module, nn.Embedding):
            return module
    return None
