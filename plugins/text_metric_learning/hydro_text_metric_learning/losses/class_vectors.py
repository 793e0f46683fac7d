"""A weight vector for each class; a batch is compared with all of them or a sample."""

from torch import Tensor, nn, rand, searchsorted
from torch.nn import functional


class ClassWeights(nn.Module):
    """Class weights, all or, in training, a sample (partial FC).

    A sample has the classes of the batch and others drawn at random, and only they get gradients,
    which are sparse: An et al., arXiv:2203.15565, section 3.2.

    Args:
        weights: initial values, ``(classes, size)``.
        sampled: number of classes that a batch is compared with, at least its own; None for all.
    """

    def __init__(self, weights: Tensor, sampled: int | None) -> None:
        super().__init__()
        self.weight = nn.Parameter(weights.detach())
        self.num_sampled = sampled

    def forward(self, targets: Tensor) -> tuple[Tensor | slice, Tensor, Tensor]:
        """Return the classes compared with, their weights, and where the targets are among them.

        ``targets`` and their indices are ``(batch,)``, the weights ``(classes, size)``.
        """
        if self.num_sampled is None or not self.training:
            return slice(None), self.weight, targets
        chosen = sample_classes(targets, len(self.weight), self.num_sampled)
        weights = functional.embedding(chosen, self.weight, sparse=True)
        return chosen, weights, searchsorted(chosen, targets)


def sample_classes(targets: Tensor, classes: int, count: int) -> Tensor:
    """Draw ``count`` classes by torch's generator, the targets among them, in ascending order.

    A count below the number of targets is raised to it: to count their classes would wait for the
    device.
    """
    scores = rand(classes, device=targets.device)
    scores[targets] = 2.0
    chosen = scores.topk(min(classes, max(count, len(targets))), sorted=False).indices
    return chosen.sort().values
