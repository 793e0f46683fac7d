"""The best weights of a run are kept and put back."""

import pytest
import torch
from torch import nn

from hydro.training.best_weights import BestWeights


@pytest.mark.parametrize(
    ("higher_is_better", "scores", "kept", "best"),
    [
        (True, [0.2, 0.5, 0.4, 0.5], [True, True, False, False], 1),
        (False, [0.5, 0.6, 0.1, 0.1], [True, False, True, False], 2),
        (True, [-3.0, -1.0, 0.0], [True, True, True], 2),
        (False, [0.0, -1.0, 1.0], [True, True, False], 1),
    ],
)
def test_the_first_weights_with_the_best_score_are_restored(
    higher_is_better: bool, scores: list[float], kept: list[bool], best: int
) -> None:
    model = nn.Linear(2, 1)
    keeper = BestWeights(model, higher_is_better)
    for number, (score, expected) in enumerate(zip(scores, kept, strict=True)):
        nn.init.constant_(model.weight, number)
        assert keeper.update(score) is expected
    keeper.restore()
    assert torch.equal(model.weight, torch.full((1, 2), float(best)))


def test_without_best_weights_restore_changes_nothing() -> None:
    model = nn.Linear(2, 1)
    nn.init.constant_(model.weight, 3)
    BestWeights(model, higher_is_better=True).restore()
    assert torch.equal(model.weight, torch.full((1, 2), 3.0))


def test_statistics_are_kept_with_the_weights() -> None:
    model = nn.BatchNorm1d(2)
    keeper = BestWeights(model, higher_is_better=True)
    keeper.update(1.0)
    model(torch.randn(8, 2))
    assert model.num_batches_tracked == 1
    keeper.restore()
    assert model.num_batches_tracked == 0
