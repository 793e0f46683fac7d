"""The model of every text problem: backbone, pool, dropout, neck."""

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from hydro.errors import ModelError
from hydro.text.batches import TextBatch
from hydro.text.forward import choose_forward, forward_packed, forward_padded
from hydro.text.pooling import POOLS
from hydro.text.positions import first_position
from hydro.text.projection import as_linear, build_projection


class Encoder(nn.Module):
    """Turn texts into embeddings, which are not normalized.

    ``note`` says why the backbone has to be run with padding; it is None when it has not.
    """

    def __init__(
        self,
        backbone: PreTrainedModel,
        *,
        pool: str,
        dropout: float,
        embedding_size: int | None,
        batch_normalization: bool = False,
    ) -> None:
        """Put an encoder together.

        Args:
            backbone: from `load_backbone`. Its attention is exchanged for one without padding if
                that gives the same results.
            pool: one of `POOLS`.
            dropout: the share of the pooled vector that is dropped in training.
            embedding_size: the neck's output; None, or the backbone's width, for no projection.
            batch_normalization: whether the neck normalizes over the batch.

        Raises:
            ModelError: the backbone does not run on texts, or there is no such pool.
        """
        super().__init__()
        if pool not in POOLS:
            msg = f"there is no pool {pool!r}; there is: {', '.join(POOLS)}"
            raise ModelError(msg)
        width, self.note = choose_forward(backbone)
        self.backbone = backbone
        self._first = first_position(backbone)
        self.pool = pool
        self.dropout = nn.Dropout(dropout)
        self.embedding_size = embedding_size or width
        self.neck = build_projection(
            width, self.embedding_size, batch_normalization=batch_normalization
        )

    @property
    def padding_free(self) -> bool:
        """Return whether nothing is computed but real tokens."""
        return self.note is None

    @property
    def projection(self) -> nn.Linear | None:
        """Return the neck as it is after training: one linear layer, or None for no neck."""
        return as_linear(self.neck)

    def forward(self, batch: TextBatch) -> Tensor:
        """Embed a batch: ``(texts, embedding_size)``, in the order in which they were asked for."""
        if self.padding_free:
            tokens = forward_packed(self.backbone, batch, self._first)
        else:
            tokens = forward_padded(self.backbone, batch)
        # Averages over many tokens lose too much in half precision.
        tokens = tokens.to(torch.promote_types(tokens.dtype, torch.float32))
        vectors: Tensor = self.dropout(
            POOLS[self.pool](tokens, batch.cu_seqlens)[batch.restore_order]
        )
        if self.neck is not None:
            vectors = self.neck(vectors)
        return vectors
