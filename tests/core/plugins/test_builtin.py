"""Tests of hydro's own optimizers, schedules and loggers."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from hydro.plugins import builtin
from hydro.plugins.registry import Registry
from hydro.settings.sections import Settings

FUSED = {"AdamW", "Adam", "SGD"}


@pytest.fixture(scope="module")
def settings(registry: Registry) -> Settings:
    """Settings at their defaults."""
    dataset = {"train_dataframe": "rows.csv", "text_column": "text", "label_columns": "words"}
    schema = registry.schema(registry.problem("linear_regression"))
    return schema.model_validate({"dataset": dataset})


@pytest.fixture(scope="module")
def schedules() -> Mapping[str, Any]:
    """What builds each schedule."""
    return {each.name: each.build for each in builtin.hydro_schedules()}


@pytest.mark.parametrize("steps", [1, 2, 7, 100, 12_345])
def test_cosine_is_half_of_one_plus_the_cosine(
    steps: int, settings: Settings, schedules: Mapping[str, Any]
) -> None:
    factor = schedules["Cosine"](settings, steps=steps, warmup=0)
    for update in range(steps + 1):
        wanted = 0.5 * (1 + math.cos(math.pi * update / steps))
        assert factor(update) == pytest.approx(wanted, abs=1e-12)
    assert factor(0) == 1
    assert factor(steps) == 0


@pytest.mark.parametrize("steps", [1, 3, 100])
def test_linear_falls_in_a_straight_line(
    steps: int, settings: Settings, schedules: Mapping[str, Any]
) -> None:
    factor = schedules["Linear"](settings, steps=steps, warmup=0)
    for update in range(steps + 1):
        assert factor(update) == pytest.approx(1 - update / steps, abs=1e-12)
    assert factor(steps) == 0


def test_constant_stays(settings: Settings, schedules: Mapping[str, Any]) -> None:
    factor = schedules["Constant"](settings, steps=10, warmup=0)
    assert {factor(update) for update in range(11)} == {1.0}


@pytest.mark.parametrize("name", ["Cosine", "Linear", "Constant"])
def test_a_warm_up_rises_from_0_in_a_straight_line_and_the_schedule_follows(
    name: str, settings: Settings, schedules: Mapping[str, Any]
) -> None:
    factor = schedules[name](settings, steps=30, warmup=10)
    after = schedules[name](settings, steps=20, warmup=0)
    assert [factor(update) for update in range(10)] == [update / 10 for update in range(10)]
    assert [factor(update + 10) for update in range(21)] == [after(each) for each in range(21)]


@pytest.mark.parametrize("name", ["Cosine", "Linear", "Constant"])
def test_a_schedule_that_is_all_warm_up_ends_at_the_full_rate(
    name: str, settings: Settings, schedules: Mapping[str, Any]
) -> None:
    factor = schedules[name](settings, steps=5, warmup=5)
    assert [factor(update) for update in (0, 4, 5)] == [0, 0.8, 1]


@pytest.mark.parametrize("name", ["Cosine", "Linear"])
def test_a_schedule_stays_at_0_after_its_end(
    name: str, settings: Settings, schedules: Mapping[str, Any]
) -> None:
    assert schedules[name](settings, steps=5, warmup=0)(6) == 0


@pytest.mark.parametrize("name", ["AdamW", "Adam", "SGD", "RMSprop", "Adadelta"])
def test_an_optimizer_takes_the_rates_of_its_groups_and_lowers_a_loss(
    name: str, settings: Settings
) -> None:
    build = {each.name: each.build for each in builtin.hydro_optimizers()}[name]
    slow, fast = torch.nn.Parameter(torch.ones(3)), torch.nn.Parameter(torch.ones(3))
    groups = [
        {"params": [slow], "lr": 0.0, "weight_decay": 0.0},
        {"params": [fast], "lr": 0.1, "weight_decay": 0.5},
    ]
    optimizer = build(settings, groups=groups)
    assert type(optimizer) is getattr(torch.optim, name)
    assert [group["weight_decay"] for group in optimizer.param_groups] == [0.0, 0.5]
    assert bool(optimizer.defaults.get("fused")) is (name in FUSED)
    torch.autograd.backward(slow.square().sum() + fast.square().sum())
    optimizer.step()
    assert torch.equal(slow, torch.ones(3))
    assert bool((fast < 1).all())


def test_no_logger_takes_figures_and_keeps_none(settings: Settings, tmp_path: Path) -> None:
    record = builtin.hydro_loggers()[0]
    logger = record.build(settings, name="amber-bay", folder=tmp_path)
    logger.start({})
    logger.log({"loss": 1.0}, 1)
    logger.close(failed=False)
    assert record.name == "None"
    assert list(tmp_path.iterdir()) == []


def test_trackers_are_offered_under_the_names_of_their_makers() -> None:
    names = [record.name for record in builtin.hydro_loggers()]
    assert names == ["None", "Neptune", "TensorBoard", "MLflow", "Weights & Biases", "Trackio"]
