"""A vector for each class, all of which or a sample of which a batch is compared with."""

from torch import Tensor, nn, rand, searchsorted
from torch.nn import functional


class ClassWeights(nn.Module):
    """Looks up the vectors that a batch is compared with.

    With ``sampled`` these are, in training, those of the batch's own classes and of others drawn
    by chance, and only they get gradients, which are sparse: An et al., arXiv:2203.15565,
    section 3.2.

    Args:
        vectors: where they start, ``(classes, size)``.
        sampled: how many classes a batch is compared with; None for all. It is never fewer than
            its own.
    """

    def __init__(self, vectors: Tensor, sampled: int | None) -> None:
        super().__init__()
        self.weight = nn.Parameter(vectors.detach())
        self.num_sampled = sampled

    def forward(self, targets: Tensor) -> tuple[Tensor | slice, Tensor, Tensor]:
        """Return the numbers of the classes compared with, their vectors, and the targets' places.

        ``targets`` and their places among the classes are ``(batch,)``, the vectors
        ``(classes compared with, size)``.
        """
        if self.num_sampled is None or not self.training:
            return slice(None), self.weight, targets
        chosen = sample_classes(targets, len(self.weight), self.num_sampled)
        vectors = functional.embedding(chosen, self.weight, sparse=True)
        return chosen, vectors, searchsorted(chosen, targets)


def sample_classes(targets: Tensor, classes: int, count: int) -> Tensor:
    """Draw ``count`` classes by torch's generator, the targets among them, in rising order.

    Without waiting to learn how many classes the targets are, a count below the number of targets
    is raised to it.
    """
    chance = rand(classes, device=targets.device)
    chance[targets] = 2.0
    chosen = chance.topk(min(classes, max(count, len(targets))), sorted=False).indices
    return chosen.sort().values
