"""Cross entropy of a linear classifier on the embeddings."""

from torch import Tensor, nn
from torch.nn import functional

from hydro_text_metric_learning.losses.class_vectors import ClassWeights


class CrossEntropy(nn.Module):
    """L = -log softmax(W·x + b)_y for an embedding x of class y.

    Args:
        embedding_size: size of an embedding.
        classes: number of classes.
        sampled: number of classes that a batch is compared with in training, see `ClassWeights`; b
            is updated as a whole.
        label_smoothing: the share of the probability that is spread evenly over the classes
            compared with (Szegedy et al., arXiv:1512.00567, section 7).
    """

    def __init__(
        self,
        embedding_size: int,
        classes: int,
        sampled: int | None = None,
        *,
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__()
        self.label_smoothing = label_smoothing
        layer = nn.Linear(embedding_size, classes)
        self.class_weights = ClassWeights(layer.weight, sampled)
        self.bias = layer.bias

    def forward(self, embeddings: Tensor, targets: Tensor) -> Tensor:
        """Compute the mean loss of embeddings ``(batch, size)`` of classes ``(batch,)``."""
        classes, vectors, places = self.class_weights(targets)
        logits = functional.linear(embeddings, vectors, self.bias[classes])
        return functional.cross_entropy(
            logits.float(), places, label_smoothing=self.label_smoothing
        )
