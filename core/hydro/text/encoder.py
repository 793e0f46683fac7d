"""Text encoder: backbone, pooling, dropout, neck."""

from copy import copy

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
    """Encode texts as embeddings, which are not normalized.

    ``note`` is the reason why the backbone needs padding; None where it needs none.
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
        """Build an encoder around a backbone.

        Args:
            backbone: from `load_backbone`. Its attention is replaced by one without padding where
                the results are the same.
            pool: one of `POOLS`.
            dropout: dropout probability of the pooled vector.
            embedding_size: output size of the neck; None, or the backbone's width, adds no
                projection.
            batch_normalization: whether the neck ends in batch norm.

        Raises:
            ModelError: the backbone does not run on texts, or there is no such pool.
        """
        super().__init__()
        if pool not in POOLS:
            msg = f"there is no pool {pool!r}; available: {', '.join(POOLS)}"
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
        self.head: nn.Module | None = None
        self._width = width
        self._starts_random = self.neck is not None

    def start_with(self, projection: nn.Linear) -> None:
        """Load the trained projection of another model; a batch norm of the neck stays.

        It is that of a neck of the same size, also where that is the backbone's width.
        """
        self._starts_random = False
        is_stack = isinstance(self.neck, nn.Sequential)
        norms = list(self.neck.children())[-1:] if is_stack and self.neck is not None else []
        self.neck = nn.Sequential(projection, *norms) if norms else projection

    def pretrained_part(self) -> "Encoder | None":
        """Return the encoder without a neck that starts with random weights; None for no such neck.

        It shares the backbone.
        """
        if not self._starts_random:
            return None
        part = copy(self)
        part._modules = {**self._modules, "neck": None}
        part.embedding_size = self._width
        return part

    @property
    def output_size(self) -> int:
        """Return the numbers of a text that predictions keep."""
        return self.embedding_size

    @property
    def padding_free(self) -> bool:
        """Return whether the backbone computes no padding."""
        return self.note is None

    @property
    def projection(self) -> nn.Linear | None:
        """Return the neck in evaluation mode as one linear layer; None for no neck."""
        return as_linear(self.neck)

    def forward(self, batch: TextBatch) -> Tensor:
        """Return the embeddings of a batch, ``(texts, embedding_size)``, in the requested order."""
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
        if self.head is not None:
            vectors = self.head(vectors)
        return vectors
