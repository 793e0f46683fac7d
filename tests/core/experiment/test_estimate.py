"""What a run takes is estimated from a few updates, and nothing is left behind."""

from typing import Any

import pytest
import torch

from hydro.errors import PluginError
from hydro.experiment.estimate import estimate
from hydro.plugins.components import Loss


def test_memory_is_that_of_weights_gradients_and_optimizer(word_count: Any) -> None:
    found = estimate(word_count.prepare())
    # A layer of ten weights and a bias in float32; AdamW keeps two more of each, and two counts.
    weights = 4 * 11
    memory = {name: size for name, size in found.memory.items() if name != "peak"}
    assert memory == {"weights": weights, "gradients": weights, "optimizer": 2 * weights + 2 * 4}
    assert found.memory["peak"] > 2**26
    assert found.disk > 10 * 2000


def test_time_grows_with_the_epochs(word_count: Any) -> None:
    none = estimate(word_count.prepare("training.epochs=0"))
    many = estimate(word_count.prepare("training.epochs=1000000"))
    assert 0 < none.seconds < 60 < many.seconds
    assert none.memory["gradients"] == none.memory["optimizer"] == 0


def test_half_an_epoch_and_accumulated_batches_can_be_measured(word_count: Any) -> None:
    changes = ("training.epochs=0.5", "training.grad_accumulation=4", "training.batch_size=3")
    assert estimate(word_count.prepare(*changes)).seconds > 0


def test_nothing_is_written(word_count: Any) -> None:
    experiment = word_count.prepare()
    folder = word_count.config.parent
    before = set(folder.rglob("*"))
    estimate(experiment)
    assert set(folder.rglob("*")) == before


def test_it_is_said_in_a_line_for_each_run(word_count: Any) -> None:
    said = str(estimate(word_count.prepare("dataset.folds=[0, 1]")))
    assert said.startswith("each of 2 runs takes about ")
    assert " s on cpu, " in said
    assert "of memory (weights 44 B, gradients 44 B, optimizer 96 B) and " in said


def test_programs_get_figures(word_count: Any) -> None:
    facts = estimate(word_count.prepare()).facts()
    names = ["weights_bytes", "gradients_bytes", "optimizer_bytes", "peak_bytes"]
    assert list(facts) == ["seconds_a_run", "disk_bytes", *names]


def test_a_part_that_fails_is_found_before_training(word_count: Any) -> None:
    def fail(settings: Any, *, model: torch.nn.Module, targets: Any) -> Any:
        msg = "no luck"
        raise PluginError(msg)

    experiment = word_count.offering(Loss("Bad", fail)).prepare("training.loss_function=Bad")
    with pytest.raises(PluginError, match="no luck"):
        estimate(experiment)
