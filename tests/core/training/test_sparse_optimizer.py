"""Rows that batches touch are updated as the optimizer would, and the others stay as they are."""

import copy
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from torch import nn

from hydro.plugins import builtin
from hydro.settings.sections import Settings
from hydro.training.precision import Precision
from hydro.training.sparse_optimizer import with_dense_gradients
from hydro.training.step import TrainStep

NONE: Any = None
SETTINGS: Settings = NONE  # hydro's own optimizers do not look at them
CPU = Precision(torch.device("cpu"), None, None)
Build = Callable[[nn.Module], torch.optim.Optimizer]


@pytest.fixture(params=["Adam", "AdamW"])
def build(request: pytest.FixtureRequest) -> Build:
    """Build an optimizer that decays, over all parameters of a module."""
    (record,) = [each for each in builtin.hydro_optimizers() if each.name == request.param]

    def make(module: nn.Module) -> torch.optim.Optimizer:
        group = {"params": [*module.parameters()], "lr": 0.05, "weight_decay": 0.1}
        found: torch.optim.Optimizer = record.build(SETTINGS, groups=[group])
        return found

    return make


def embedding(*, sparse: bool) -> nn.Embedding:
    """Make five vectors of three numbers, the same ones each time."""
    vectors = torch.randn(5, 3, generator=torch.Generator().manual_seed(4))
    return nn.Embedding.from_pretrained(vectors, freeze=False, sparse=sparse)


def learn(
    module: nn.Embedding, optimizer: torch.optim.Optimizer, batches: Sequence[Sequence[int]]
) -> None:
    """Update once for each batch of row numbers."""
    for rows in batches:
        optimizer.zero_grad()
        chosen = module(torch.tensor(rows))
        torch.autograd.backward((chosen**3 + chosen).sum())
        optimizer.step()


def test_rows_touched_by_every_batch_are_updated_as_by_dense_gradients(build: Build) -> None:
    sparse, dense = embedding(sparse=True), embedding(sparse=False)
    every = [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0, 0], [2, 2, 0, 1, 3, 4]]
    learn(sparse, build(sparse), every)
    learn(dense, build(dense), every)
    torch.testing.assert_close(sparse.weight, dense.weight)
    assert not torch.equal(sparse.weight, embedding(sparse=True).weight)


def test_a_row_depends_only_on_the_updates_that_touched_it(build: Build) -> None:
    sparse, alone = embedding(sparse=True), embedding(sparse=False)
    learn(sparse, build(sparse), [[0, 1], [1, 2], [2], [1, 1, 3], [1]])
    learn(alone, build(alone), [[1], [1], [1, 1], [1]])
    torch.testing.assert_close(sparse.weight[1], alone.weight[1])


def test_a_row_that_no_batch_touches_does_not_move(build: Build) -> None:
    module = embedding(sparse=True)
    learn(module, build(module), [[0, 1], [3]])
    before = embedding(sparse=True).weight
    assert torch.equal(module.weight[[2, 4]], before[[2, 4]])
    assert not (module.weight[[0, 1, 3]] == before[[0, 1, 3]]).any()


def test_sparse_state_is_saved_and_loaded(build: Build) -> None:
    whole, half = embedding(sparse=True), embedding(sparse=True)
    batches = [[0, 1], [1, 2], [2], [1, 1, 3]]
    learn(whole, build(whole), batches)
    first = build(half)
    learn(half, first, batches[:2])
    second = build(half)
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    learn(half, second, batches[2:])
    assert torch.equal(whole.weight, half.weight)


def test_an_update_that_loss_scaling_skips_changes_nothing(build: Build) -> None:
    module = embedding(sparse=True)
    optimizer: Any = build(module)
    optimizer.found_inf = torch.tensor(1.0)
    torch.autograd.backward(module(torch.tensor([1])).sum())
    optimizer.step()
    assert torch.equal(module.weight, embedding(sparse=True).weight)


@pytest.mark.parametrize("clip", [0.0, 0.5])
def test_the_norm_and_the_clipping_are_those_of_the_dense_gradient(clip: float) -> None:
    norms, gradients = [], []
    for sparse in (True, False):
        module = embedding(sparse=sparse)
        optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
        step = TrainStep(module, nn.MSELoss(), optimizer, lambda update: 1.0, CPU, clip)
        for rows in ([0, 1, 1], [1, 4]):  # two batches for one update
            torch.autograd.backward(module(torch.tensor(rows)).square().sum())
        norms.append(step.clip())
        assert module.weight.grad is not None
        gradients.append(module.weight.grad.to_dense() if sparse else module.weight.grad)
    torch.testing.assert_close(norms[0], norms[1])
    torch.testing.assert_close(gradients[0], gradients[1])


def test_dense_gradients_stay_what_they_are() -> None:
    module = embedding(sparse=False)
    assert with_dense_gradients([module.weight]) == [module.weight]
