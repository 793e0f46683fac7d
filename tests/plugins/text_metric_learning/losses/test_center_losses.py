"""Losses of class centers but ArcFace, against pytorch-metric-learning and by hand."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from hydro_text_metric_learning.losses.normalized_softmax import NormalizedSoftmax
from hydro_text_metric_learning.losses.proxy_anchor import ProxyAnchor
from hydro_text_metric_learning.losses.soft_triple import SoftTriple

CLASSES = 7


def soft_triple(centers: int = 3, regularization: float = 0.2) -> SoftTriple:
    """Build SoftTriple with the values of the paper."""
    return SoftTriple(
        8,
        CLASSES,
        centers=centers,
        scale=20,
        gamma=0.1,
        margin=0.01,
        regularization=regularization,
    )


LOSSES: dict[str, Callable[[], nn.Module]] = {
    "NormalizedSoftmax": lambda: NormalizedSoftmax(8, CLASSES, 20),
    "ProxyAnchor": lambda: ProxyAnchor(8, CLASSES, 32, 0.1),
    "SoftTriple": soft_triple,
}


def draw() -> tuple[Tensor, Tensor]:
    """Draw embeddings of classes, of which one has no row."""
    generator = torch.Generator().manual_seed(0)
    embeddings = torch.randn(30, 8, generator=generator)
    return embeddings.requires_grad_(), torch.arange(30) % (CLASSES - 1)


def peer(name: str, ours: Any) -> nn.Module:
    """Return the same loss of pytorch-metric-learning, with the same centers."""
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    found: nn.Module
    if name == "NormalizedSoftmax":
        found = losses.NormalizedSoftmaxLoss(CLASSES, 8, temperature=1 / 20)
        found.W.data = ours.weight.data.T.clone()
    elif name == "ProxyAnchor":
        found = losses.ProxyAnchorLoss(CLASSES, 8, margin=0.1, alpha=32)
        found.proxies.data = ours.weight.data.clone()
    else:
        found = losses.SoftTripleLoss(
            CLASSES, 8, centers_per_class=3, la=20, gamma=0.1, margin=0.01
        )
        found.fc.data = ours.weight.data.flatten(0, 1).T.clone()
    return found


@pytest.mark.parametrize("name", LOSSES)
def test_loss_and_gradients_equal_those_of_pytorch_metric_learning(name: str) -> None:
    torch.manual_seed(0)
    ours = soft_triple(regularization=0) if name == "SoftTriple" else LOSSES[name]()
    found, targets = draw()
    expected = found.detach().clone().requires_grad_()
    mine, theirs = ours(found, targets), peer(name, ours)(expected, targets)
    mine.backward()
    theirs.backward()
    assert mine.item() == pytest.approx(theirs.item(), rel=1e-5)
    torch.testing.assert_close(found.grad, expected.grad, rtol=1e-3, atol=1e-6)


def test_the_regularizer_of_soft_triple_is_the_mean_distance_of_centers_of_a_class() -> None:
    loss, (embeddings, targets) = soft_triple(), draw()
    centers = normalize(loss.weight.detach(), dim=2)
    pairs = [(0, 1), (0, 2), (1, 2)]
    distances = [(each[k] - each[m]).norm().item() for each in centers for k, m in pairs]
    value = loss(embeddings, targets).item()
    loss.regularization = 0.0
    assert value - loss(embeddings, targets).item() == pytest.approx(
        0.2 * sum(distances) / len(distances), rel=1e-4
    )


def test_one_center_and_no_margin_is_the_normalized_softmax() -> None:
    loss = SoftTriple(8, CLASSES, centers=1, scale=20, gamma=0.1, margin=0, regularization=0.2)
    plain = NormalizedSoftmax(8, CLASSES, 20)
    plain.set_weight(loss.weight.detach()[:, 0])
    assert loss(*draw()).item() == pytest.approx(plain(*draw()).item(), rel=1e-5)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("targets", [[0], [0, 0, 0]], ids=["a row", "one class"])
def test_a_batch_of_one_class_has_finite_gradients(name: str, targets: list[int]) -> None:
    loss, embeddings = LOSSES[name](), torch.randn(len(targets), 8, requires_grad=True)
    loss(embeddings, torch.tensor(targets)).backward()
    for each in (embeddings, *loss.parameters()):
        assert each.grad is not None
        assert torch.isfinite(each.grad).all()


@pytest.mark.parametrize("name", LOSSES)
def test_half_precision_of_embeddings_changes_little(name: str) -> None:
    torch.manual_seed(0)
    loss, (embeddings, targets) = LOSSES[name](), draw()
    with torch.autocast("cpu", torch.bfloat16):
        value = loss(embeddings.detach().bfloat16(), targets)
    assert value.dtype is torch.float32
    assert value.item() == pytest.approx(loss(embeddings, targets).item(), rel=0.02)
