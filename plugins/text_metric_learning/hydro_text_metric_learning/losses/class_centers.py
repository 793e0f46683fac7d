"""A center for each class, of which only the direction counts."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from hydro.text import class_means
from hydro_text_metric_learning.losses.class_vectors import ClassWeights

if TYPE_CHECKING:
    from hydro.api import Precision
    from hydro.text import Encoder, LabeledTexts


class ClassCenters(nn.Module):
    """Class centers, and the cosines of embeddings with them.

    Args:
        embedding_size: size of an embedding, which need not be normalized.
        classes: number of classes.
        sampled: number of classes that a batch is compared with in training, see `ClassWeights`.
        from_class_means: whether the class centers start at class means; else they are random.
    """

    def __init__(
        self,
        embedding_size: int,
        classes: int,
        sampled: int | None = None,
        *,
        from_class_means: bool = False,
    ) -> None:
        super().__init__()
        self.from_class_means = from_class_means
        self.class_weights = ClassWeights(torch.empty(classes, embedding_size), sampled)
        self.set_weight(torch.randn(classes, embedding_size))

    @property
    def weight(self) -> Tensor:
        """The class centers, ``(classes, embedding_size)``."""
        return self.class_weights.weight

    def init_from_data(
        self, *, model: "Encoder", dataset: "LabeledTexts", precision: "Precision"
    ) -> None:
        """Point each class center at the mean of the untrained embeddings of the class."""
        if self.from_class_means:
            self.set_weight(class_means(model, dataset, precision, len(self.weight)))

    @torch.no_grad()
    def set_weight(self, centers: Tensor) -> None:
        """Point the class centers at ``(classes, embedding_size)`` vectors, none of them 0."""
        self.weight.copy_(centers)
        # In place: a copy of a million centers is a gigabyte and more.
        functional.normalize(self.weight, out=self.weight)

    def cosines(self, embeddings: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Return cosines ``(batch, classes compared with)``, and the places of the own classes."""
        _, vectors, places = self.class_weights(targets)
        centers = functional.normalize(vectors.float())
        return functional.linear(functional.normalize(embeddings.float()), centers), places
