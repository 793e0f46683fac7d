"""Losses of pairs against pytorch-metric-learning, by hand, and on batches that lack pairs."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from hydro_text_metric_learning.losses.circle import Circle
from hydro_text_metric_learning.losses.multi_similarity import MultiSimilarity
from hydro_text_metric_learning.losses.ntxent import NTXent
from hydro_text_metric_learning.losses.supcon import SupCon
from hydro_text_metric_learning.losses.triplet import Triplet

LOSSES: dict[str, Callable[[], nn.Module]] = {
    "SupCon": lambda: SupCon(0.1),
    "NTXent": lambda: NTXent(0.05),
    "MultiSimilarity": lambda: MultiSimilarity(2, 50, 0.5, 0.1),
    "Circle": lambda: Circle(0.4, 80),
    "Triplet, batch hard": lambda: Triplet(0.2, "Batch hard"),
    "Triplet, soft margin": lambda: Triplet(None, "Batch hard"),
    "Triplet, semi-hard": lambda: Triplet(0.2, "Semi-hard"),
}


def draw(rows: int = 40, classes: int = 7, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Draw embeddings that are somewhat near to others of their class; one row is alone."""
    generator = torch.Generator().manual_seed(seed)
    targets = torch.randint(classes, (rows,), generator=generator)
    targets[3] = classes
    centers = torch.randn(classes + 1, 8, generator=generator)
    embeddings = centers[targets] + torch.randn(rows, 8, generator=generator)
    return embeddings.requires_grad_(), targets


def peers() -> dict[str, Callable[[Tensor, Tensor], Tensor]]:
    """Return the same losses of pytorch-metric-learning."""
    pml = pytest.importorskip("pytorch_metric_learning")
    from pytorch_metric_learning import distances, losses, miners, reducers

    assert pml
    mean = reducers.MeanReducer()
    multi = losses.MultiSimilarityLoss(2, 50, 0.5, reducer=mean)
    miner = miners.MultiSimilarityMiner(0.1)
    hard = miners.BatchHardMiner(distance=distances.LpDistance())
    triplet = losses.TripletMarginLoss(0.2, reducer=mean)
    soft = losses.TripletMarginLoss(0, smooth_loss=True, reducer=mean)
    return {
        "SupCon": losses.SupConLoss(0.1),
        "NTXent": losses.NTXentLoss(0.05),
        "MultiSimilarity": lambda e, t: multi(e, t, miner(e, t)),
        "Circle": losses.CircleLoss(0.4, 80),
        "Triplet, batch hard": lambda e, t: triplet(e, t, hard(e, t)),
        "Triplet, soft margin": lambda e, t: soft(e, t, hard(e, t)),
    }


@pytest.mark.parametrize("name", [each for each in LOSSES if each != "Triplet, semi-hard"])
@pytest.mark.parametrize("seed", [0, 1])
def test_loss_and_gradients_equal_those_of_pytorch_metric_learning(name: str, seed: int) -> None:
    found, targets = draw(seed=seed)
    expected = found.detach().clone().requires_grad_()
    mine, theirs = LOSSES[name]()(found, targets), peers()[name](expected, targets)
    mine.backward()
    theirs.backward()
    assert mine.item() == pytest.approx(theirs.item(), rel=1e-5)
    torch.testing.assert_close(found.grad, expected.grad, rtol=1e-3, atol=1e-6)


def test_semi_hard_takes_the_nearest_negative_beyond_the_positive_else_the_farthest() -> None:
    embeddings, targets = draw(rows=16, classes=3)
    vectors = normalize(embeddings.detach()).double()
    distances = torch.cdist(vectors, vectors)
    losses = []
    for anchor in range(16):
        far = [
            distances[anchor, each].item() for each in range(16) if targets[each] != targets[anchor]
        ]
        for other in range(16):
            if other != anchor and targets[other] == targets[anchor]:
                near = distances[anchor, other].item()
                beyond = [each for each in far if each > near]
                losses.append(max(0, near - (min(beyond) if beyond else max(far)) + 0.2))
    value = LOSSES["Triplet, semi-hard"]()(embeddings, targets)
    assert value.item() == pytest.approx(sum(losses) / len(losses), rel=1e-5)


def test_supcon_of_two_pairs_by_hand() -> None:
    embeddings = torch.tensor([[1.0, 0], [0, 1], [1, 1], [-1, 0]])
    s = normalize(embeddings) @ normalize(embeddings).T
    expected = 0.0
    for row, mate in ((0, 1), (1, 0), (2, 3), (3, 2)):
        others = sum(math.exp(s[row, each].item() / 0.5) for each in range(4) if each != row)
        expected -= math.log(math.exp(s[row, mate].item() / 0.5) / others) / 4
    value = SupCon(0.5)(embeddings, torch.tensor([0, 0, 1, 1]))
    assert value.item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("classes", [range(6), [0] * 6, [0]], ids=["no pair", "one class", "a row"])
def test_a_batch_without_pairs_has_finite_gradients(name: str, classes: Any) -> None:
    embeddings = torch.randn(len(classes), 4, requires_grad=True)
    value = LOSSES[name]()(embeddings, torch.tensor([*classes]))
    value.backward()
    assert torch.isfinite(value)
    assert embeddings.grad is not None
    assert torch.isfinite(embeddings.grad).all()
    if len({*classes}) == len(classes) and name != "MultiSimilarity":
        assert value.item() == 0


@pytest.mark.parametrize("name", LOSSES)
def test_equal_rows_and_large_embeddings_have_finite_gradients(name: str) -> None:
    embeddings = torch.ones(6, 4).mul(1e4).requires_grad_()
    value = LOSSES[name]()(embeddings, torch.tensor([0, 0, 1, 1, 2, 2]))
    value.backward()
    assert torch.isfinite(value)
    assert torch.isfinite(embeddings.grad).all()


@pytest.mark.parametrize("name", LOSSES)
def test_half_precision_of_embeddings_changes_little(name: str) -> None:
    embeddings, targets = draw()
    with torch.autocast("cpu", torch.bfloat16):
        value = LOSSES[name]()(embeddings.detach().bfloat16(), targets)
    assert value.dtype is torch.float32
    assert value.item() == pytest.approx(LOSSES[name]()(embeddings, targets).item(), rel=0.05)
