"""ArcFace: a softmax over angles to class centers, with an additive margin on the target angle."""

import math

import torch
from torch import Tensor

from hydro_text_metric_learning.losses.normalized_softmax import NormalizedSoftmax

NEARLY_ONE = 1 - 1e-7  # the slope of acos is infinite at 1


class ArcFace(NormalizedSoftmax):
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
        sampled, from_class_means: as of `ClassCenters`.
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
        super().__init__(embedding_size, classes, scale, sampled, from_class_means=from_class_means)
        self.margin = margin

    def adjust(self, cosines: Tensor, own: Tensor) -> Tensor:
        """Return cosines ``(batch, classes)`` with the margin in those with the own class."""
        places = own[:, None]
        return cosines.scatter(1, places, self._add_margin(cosines.gather(1, places)))

    def _add_margin(self, cosines: Tensor) -> Tensor:
        """Turn cos θ into cos(θ + m), or into what follows on it beyond π."""
        angles = torch.acos(cosines.clamp(-NEARLY_ONE, NEARLY_ONE))
        beyond = cosines - self.margin * math.sin(self.margin)
        return torch.where(angles + self.margin <= math.pi, torch.cos(angles + self.margin), beyond)
