"""ArcFace against its formula, its expected first value, and its limits."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from hydro_text_metric_learning.losses.arcface import ArcFace


@pytest.fixture(scope="module")
def peer() -> Any:
    return pytest.importorskip("pytorch_metric_learning.losses")


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def make_flat(margin: float, scale: float = 1.0) -> ArcFace:
    """Make a loss of two classes whose centers are the first and the third axis."""
    loss = ArcFace(embedding_size=3, classes=2, margin=margin, scale=scale)
    loss.set_weight(torch.tensor([[1.0, 0, 0], [0, 0, 1.0]]))
    return loss


def test_the_loss_is_cross_entropy_with_a_wider_angle_to_the_own_class() -> None:
    loss, embeddings, targets = ArcFace(8, 5, margin=0.3, scale=20), draw(6, 8), [0, 1, 2, 3, 4, 0]
    expected = []
    for embedding, own in zip(embeddings.double().numpy(), targets, strict=True):
        centers = loss.weight.detach().double().numpy()
        cosines = centers @ embedding / np.linalg.norm(centers, axis=1) / np.linalg.norm(embedding)
        cosines[own] = math.cos(math.acos(cosines[own]) + 0.3)
        expected.append(-np.log(np.exp(20 * cosines[own]) / np.exp(20 * cosines).sum()))
    assert loss(embeddings, torch.tensor(targets)).item() == pytest.approx(np.mean(expected))


@pytest.mark.parametrize("margin", [0.0, 0.1, 0.5, 1.2])
def test_loss_and_gradients_equal_those_of_pytorch_metric_learning(
    margin: float, peer: Any
) -> None:
    ours = ArcFace(3, 7, margin=margin, scale=30)
    theirs = peer.ArcFaceLoss(7, 3, margin=math.degrees(margin), scale=30)
    theirs.W.data = ours.weight.data.T.clone()
    # In three dimensions many embeddings are nearly opposite to their center.
    embeddings, targets = draw(500, 3), torch.arange(500) % 7
    value, expected = ours(embeddings, targets), theirs(embeddings, targets)
    value.backward()
    expected.backward()
    assert value.item() == pytest.approx(expected.item(), rel=1e-5)
    torch.testing.assert_close(ours.weight.grad, theirs.W.grad.T, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("classes", [422, 1148, 751, 55])
def test_the_first_loss_is_the_expected_one(classes: int) -> None:
    torch.manual_seed(0)
    loss = ArcFace(embedding_size=512, classes=classes, margin=0.1, scale=45)
    targets = torch.randint(classes, (2000,))
    expected = 45 * math.sin(0.1) + math.log(classes) + 45**2 / (2 * 512)
    assert loss(draw(2000, 512, seed=1), targets).item() == pytest.approx(expected, rel=0.02)


def test_class_centers_start_as_directions_of_length_one() -> None:
    weight = ArcFace(embedding_size=16, classes=9, margin=0.1, scale=45).weight
    torch.testing.assert_close(weight.norm(dim=1), torch.ones(9))


def test_class_centers_can_start_where_they_are_told_to() -> None:
    loss = ArcFace(embedding_size=4, classes=3, margin=0.1, scale=45)
    centers = draw(3, 4)
    loss.set_weight(centers)
    torch.testing.assert_close(loss.weight.data, functional.normalize(centers))
    assert loss.weight.requires_grad


@pytest.mark.parametrize("margin", [0.0, 0.1, 0.7, 1.5, 2.3])
def test_the_loss_grows_with_the_angle_all_the_way_to_the_opposite(margin: float) -> None:
    loss = make_flat(margin)
    angles = torch.linspace(0.01, math.pi - 0.01, 400)
    # At a right angle to the other center, so that only the own class's logit moves.
    embeddings = torch.stack([angles.cos(), angles.sin(), torch.zeros(400)], dim=1)
    values = [loss(embedding[None], torch.tensor([0])).item() for embedding in embeddings]
    assert all(np.diff(values) > 0)


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_gradients_are_finite_where_an_embedding_meets_a_center(side: float) -> None:
    loss = make_flat(margin=0.1, scale=45)
    embeddings = torch.tensor([[2.0 * side, 0, 0], [0, 0, 3.0 * side]], requires_grad=True)
    loss(embeddings, torch.tensor([0, 1])).backward()
    assert embeddings.grad is not None
    assert loss.weight.grad is not None
    assert embeddings.grad.isfinite().all()
    assert loss.weight.grad.isfinite().all()


def test_the_loss_is_computed_in_full_precision_under_autocast() -> None:
    loss, embeddings, targets = ArcFace(64, 30, margin=0.1, scale=45), draw(8, 64), torch.arange(8)
    expected = loss(embeddings, targets)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        value = loss(embeddings, targets)
    assert value.dtype == torch.float32
    assert value.item() == expected.item()
    assert loss(embeddings.bfloat16(), targets).dtype == torch.float32
