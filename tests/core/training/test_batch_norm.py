"""Batch norm over processes is torch's own where there is one; test_distributed has two."""

import copy
from collections.abc import Iterator

import pytest
import torch
from torch import distributed, nn

from hydro.text.projection import BatchNorm as OfOneText
from hydro.training.batch_norm import BatchNorm, synchronize


@pytest.fixture(autouse=True)
def _group() -> Iterator[None]:
    store = distributed.HashStore()
    distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    yield
    distributed.destroy_process_group()


def made(norm: nn.Module) -> nn.Module:
    """Exchange a batch norm that stands in a model."""
    model = nn.Sequential(copy.deepcopy(norm))
    assert synchronize(model) == 1
    return model[0]


@pytest.mark.parametrize(
    ("norm", "shape"),
    [
        (nn.BatchNorm1d(3), (8, 3)),
        (nn.BatchNorm1d(3, eps=0.1, momentum=0.5), (8, 3, 4)),
        (nn.BatchNorm2d(3, affine=False), (4, 3, 2, 5)),
        (nn.BatchNorm1d(3, track_running_stats=False), (8, 3)),
        (nn.BatchNorm1d(1), (8, 1)),
    ],
    ids=str,
)
def test_it_normalizes_learns_and_follows_as_torch_does(
    norm: nn.Module, shape: tuple[int, ...]
) -> None:
    torch.manual_seed(0)
    mine, theirs = made(norm), copy.deepcopy(norm)
    for _ in range(3):
        rows = (torch.randn(shape) * 2 + 30).requires_grad_()
        same = rows.detach().clone().requires_grad_()
        found, expected = mine(rows), theirs(same)
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
        weights = torch.randn(shape)
        (found * weights).sum().backward()
        (expected * weights).sum().backward()
        torch.testing.assert_close(rows.grad, same.grad, rtol=1e-4, atol=1e-5)
    for one, other in zip(mine.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, rtol=1e-4, atol=1e-4)
    for name, value in theirs.state_dict().items():
        if name != "num_batches_tracked":
            torch.testing.assert_close(mine.state_dict()[name], value)
    rows = torch.randn(shape)
    torch.testing.assert_close(mine.eval()(rows), theirs.eval()(rows), rtol=1e-4, atol=1e-5)


def test_one_row_is_normalized_by_the_running_statistics() -> None:
    torch.manual_seed(0)
    theirs = OfOneText(3)
    mine = made(theirs)
    for rows in (8, 1, 4, 1):
        batch = torch.randn(rows, 3) + 2
        torch.testing.assert_close(mine(batch), theirs(batch))
    torch.testing.assert_close(mine.running_var, theirs.running_var)


def test_a_batch_that_does_not_count_changes_nothing() -> None:
    norm = made(nn.BatchNorm1d(3))
    assert isinstance(norm, BatchNorm)
    norm.counts = False
    # The only process has no rows, so there is nothing to normalize by but what was.
    with torch.no_grad():
        norm.running_mean.fill_(5.0)
    norm(torch.randn(8, 3))
    torch.testing.assert_close(norm.running_mean, torch.full((3,), 5.0))


def test_weights_stay_the_same_objects_under_the_same_names() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.BatchNorm1d(3), nn.ReLU()))
    before = dict(model.named_parameters())
    names = model.state_dict().keys()
    assert synchronize(model) == 1
    assert model.state_dict().keys() == names
    assert all(each is before[name] for name, each in model.named_parameters())
    assert synchronize(nn.Linear(2, 2)) == 0
