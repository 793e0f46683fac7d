"""Cross entropy of a linear classifier on the embeddings."""

from torch import Tensor, nn
from torch.nn import functional


class CrossEntropy(nn.Module):
    """L = -log softmax(W·x + b)_y for an embedding x of class y.

    Args:
        embedding_size: length of an embedding.
        classes: how many there are.
    """

    def __init__(self, embedding_size: int, classes: int) -> None:
        super().__init__()
        self.classifier = nn.Linear(embedding_size, classes)

    def forward(self, embeddings: Tensor, targets: Tensor) -> Tensor:
        """Give the mean loss of embeddings ``(batch, embedding_size)`` of classes ``(batch,)``."""
        return functional.cross_entropy(self.classifier(embeddings).float(), targets)
