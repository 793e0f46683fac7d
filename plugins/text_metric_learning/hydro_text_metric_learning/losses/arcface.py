"""ArcFace: a softmax over angles to class centers, with an additive margin on the target angle."""

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from hydro.text import class_means
from hydro_text_metric_learning.losses.class_vectors import ClassWeights

if TYPE_CHECKING:
    from hydro.api import Precision
    from hydro.text import Encoder, LabeledTexts

NEARLY_ONE = 1 - 1e-7  # the slope of acos is infinite at 1


class ArcFace(nn.Module):
    """L = cross entropy of s·cos(θ_j), with θ_y + m in place of θ_y for the own class y.

    θ_j is the angle between the embedding and the center of class j. Deng et al., arXiv:1801.07698,
    equation 3. Where θ_y + m would pass π, its cosine would rise again; from there on the logit is
    s·(cos θ_y - m·sin m), as in the authors' code, so that it falls with θ_y all the way (for
    margins up to 2.33).

    Args:
        embedding_size: size of an embedding, which need not be normalized.
        classes: number of classes.
        margin: m, in radians.
        scale: s.
        sampled: number of classes that a batch is compared with in training, see `ClassWeights`.
        from_class_means: whether the class centers start at class means; else they are random.
    """

    def __init__(
        self,
        embedding_size: int,
        classes: int,
        margin: float,
        scale: float,
        sampled: int | None = None,
        *,
        from_class_means: bool = False,
    ) -> None:
        super().__init__()
        self.margin = margin
        self.scale = scale
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

    def forward(self, embeddings: Tensor, targets: Tensor) -> Tensor:
        """Compute the mean loss of embeddings ``(batch, size)`` of classes ``(batch,)``."""
        with torch.autocast(embeddings.device.type, enabled=False):
            _, vectors, places = self.class_weights(targets)
            centers = functional.normalize(vectors.float())
            cosines = functional.linear(functional.normalize(embeddings.float()), centers)
            own = places[:, None]
            logits = cosines.scatter(1, own, self._add_margin(cosines.gather(1, own)))
            return functional.cross_entropy(self.scale * logits, places)

    def _add_margin(self, cosines: Tensor) -> Tensor:
        """Turn cos θ into cos(θ + m), or into what follows on it beyond π."""
        angles = torch.acos(cosines.clamp(-NEARLY_ONE, NEARLY_ONE))
        beyond = cosines - self.margin * math.sin(self.margin)
        return torch.where(angles + self.margin <= math.pi, torch.cos(angles + self.margin), beyond)
