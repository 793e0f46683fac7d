"""A batch is compared with its own classes and a sample of others, or with all."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from hydro_text_metric_learning.losses.arcface import ArcFace
from hydro_text_metric_learning.losses.class_vectors import sample_classes
from hydro_text_metric_learning.losses.cross_entropy import CrossEntropy

CLASSES, SIZE = 40, 8
TARGETS = torch.tensor([7, 3, 3, 39])
Make = Callable[[int | None], nn.Module]


@pytest.fixture(params=["ArcFace", "CrossEntropy"])
def make(request: pytest.FixtureRequest) -> Make:
    """Make a loss that compares with so many classes; the same one each time."""

    def build(sampled: int | None) -> nn.Module:
        torch.manual_seed(1)
        if request.param == "ArcFace":
            return ArcFace(SIZE, CLASSES, 0.2, 30, sampled)
        return CrossEntropy(SIZE, CLASSES, sampled)

    return build


def embeddings() -> Tensor:
    """Draw an embedding for each of the targets."""
    return torch.randn(len(TARGETS), SIZE, generator=torch.Generator().manual_seed(2))


def gradients(loss: nn.Module) -> tuple[Tensor, Tensor, Tensor]:
    """Give the loss, and the gradients of embeddings and vectors."""
    inputs = embeddings().requires_grad_()
    value = loss(inputs, TARGETS)
    value.backward()
    gradient = loss.class_weights.weight.grad  # type: ignore[union-attr]
    assert inputs.grad is not None and isinstance(gradient, Tensor)
    return value.detach(), inputs.grad, gradient


@pytest.mark.parametrize("sampled", [CLASSES, CLASSES + 1, 10**9])
def test_a_sample_of_all_classes_is_the_whole_loss_to_the_bit(make: Make, sampled: int) -> None:
    whole, sample = gradients(make(None)), gradients(make(sampled))
    assert torch.equal(whole[0], sample[0])
    assert torch.equal(whole[1], sample[1])
    assert sample[2].is_sparse
    assert torch.equal(whole[2], sample[2].to_dense())


def test_a_sample_is_the_whole_loss_of_the_sampled_classes_alone(make: Make) -> None:
    loss = make(12)
    torch.manual_seed(5)
    value, _, gradient = gradients(loss)
    torch.manual_seed(5)
    chosen = sample_classes(TARGETS, CLASSES, 12)
    small = make(None)
    small.class_weights.weight = nn.Parameter(  # type: ignore[union-attr]
        loss.class_weights.weight[chosen].detach()  # type: ignore[union-attr,index]
    )
    if isinstance(loss, CrossEntropy):
        small.bias = nn.Parameter(loss.bias[chosen].detach())
    places = torch.tensor([chosen.tolist().index(target) for target in TARGETS.tolist()])
    torch.testing.assert_close(value, small(embeddings(), places))
    assert gradient.coalesce().indices()[0].tolist() == chosen.tolist()


def test_the_own_classes_are_always_among_the_sample() -> None:
    for seed in range(50):
        torch.manual_seed(seed)
        chosen = sample_classes(TARGETS, CLASSES, 6).tolist()
        assert len(chosen) == 6
        assert {3, 7, 39} <= set(chosen)
        assert chosen == sorted(set(chosen))


def test_a_sample_is_never_smaller_than_the_batch_needs() -> None:
    targets = torch.arange(9)
    assert sample_classes(targets, CLASSES, 2).tolist() == targets.tolist()


def test_the_others_are_drawn_alike_and_by_the_seed() -> None:
    torch.manual_seed(0)
    counts = torch.zeros(CLASSES)
    for _ in range(2000):
        counts[sample_classes(TARGETS, CLASSES, 10)] += 1
    others = counts[[each for each in range(CLASSES) if each not in TARGETS.tolist()]]
    expected = 2000 * 7 / 37
    assert (others - expected).abs().max() < 5 * expected**0.5
    torch.manual_seed(3)
    first = sample_classes(TARGETS, CLASSES, 10)
    torch.manual_seed(3)
    assert torch.equal(first, sample_classes(TARGETS, CLASSES, 10))


def test_all_classes_are_compared_with_outside_of_training(make: Make) -> None:
    sampled, whole = make(5).eval(), make(None)
    assert torch.equal(sampled(embeddings(), TARGETS), whole(embeddings(), TARGETS))
