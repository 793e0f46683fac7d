"""The loop changes weights as the settings say, and says what it did."""

import copy
import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import torch
from hydro_linear_regression.letters import LetterCounts
from numpy.typing import NDArray
from torch import nn

from hydro.errors import TrainingError
from hydro.plugins.builtin import constant, cosine, linear
from hydro.settings.sections import Settings, TrainingSection
from hydro.training.batch_plan import BatchPlan
from hydro.training.precision import Precision
from hydro.training.progress import NoProgress, Task
from hydro.training.samplers import ShuffledBatches
from hydro.training.step import TrainStep
from hydro.training.trainer import Trainer

Training = Callable[..., TrainingSection]
CPU = Precision(torch.device("cpu"), None, None)
NONE: Any = None
SETTINGS: Settings = NONE  # hydro's own schedules do not look at them


def plan(rows: int, seed: int, training: TrainingSection) -> BatchPlan:
    """Plan the updates over shuffled rows."""
    return BatchPlan(ShuffledBatches(rows, seed, training), training)


def make_step(
    model: nn.Module,
    loss: nn.Module | None = None,
    *,
    rate: float = 0.1,
    clip: float = 0.0,
    factor: Callable[[int], float] = lambda update: 1.0,
    precision: Precision = CPU,
) -> TrainStep:
    """Make a step of plain gradient descent."""
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    return TrainStep(model, loss or nn.MSELoss(), optimizer, factor, precision, clip)


def train(step: TrainStep, rows: LetterCounts, training: TrainingSection, history: Any) -> int:
    """Run the loop over the rows, in an order drawn by seed 1."""
    return Trainer(
        step,
        rows,
        plan(len(rows), 1, training),
        seed=1,
        workers=0,
        validate=lambda samples: 0.5,
        record=history,
        progress=NoProgress(),
    ).fit()


@pytest.fixture
def model() -> nn.Module:
    """A linear layer with weights drawn by a seed."""
    torch.manual_seed(2)
    return nn.Sequential(nn.Linear(10, 1), nn.Flatten(0))


def weights(model: nn.Module) -> torch.Tensor:
    """Return all weights of a model in one vector."""
    return torch.cat([each.detach().flatten() for each in model.parameters()])


def apart(first: nn.Module, second: nn.Module) -> float:
    """Return the largest difference between the weights of two models."""
    return float((weights(first) - weights(second)).abs().max())


def squared_error(
    model: nn.Module, rows: LetterCounts, chosen: NDArray[np.int64] | None = None
) -> torch.Tensor:
    """Compute the mean squared error of some rows, or of all."""
    batch = rows.batch(np.arange(len(rows)) if chosen is None else chosen)
    return nn.functional.mse_loss(model(batch.inputs), batch.targets)


def descend(model: nn.Module, loss: torch.Tensor, rate: float) -> None:
    """Compute one step of plain gradient descent by hand."""
    parameters = list(model.parameters())
    gradients = torch.autograd.grad(loss, parameters)
    with torch.no_grad():
        for each, gradient in zip(parameters, gradients, strict=True):
            each.sub_(rate * gradient)


def test_one_batch_of_eight_is_four_batches_of_two(
    model: nn.Module, rows: LetterCounts, training: Training, history: Any
) -> None:
    other = copy.deepcopy(model)
    train(make_step(model), rows, training(batch_size=8, epochs=3), history)
    split = training(batch_size=2, grad_accumulation=4, epochs=3)
    train(make_step(other), rows, split, history)
    assert apart(model, other) < 1e-6
    whole, parts = history.events[:6], history.events[6:]
    for (_, first), (_, second) in zip(whole, parts, strict=True):
        assert first == pytest.approx(second, abs=1e-5)


def test_a_partial_accumulation_is_averaged_over_its_own_batches(
    model: nn.Module, rows: LetterCounts, training: Training, history: Any
) -> None:
    expected = copy.deepcopy(model)
    chosen = training(batch_size=4, grad_accumulation=3)
    order = [row for group in plan(16, 1, chosen).batches_for_epoch(0) for row in group]
    for batches in (order[:3], order[3:]):  # all of four rows
        losses = [squared_error(expected, rows, each) for each in batches]
        descend(expected, torch.stack(losses).mean(), rate=0.1)
    train(make_step(model), rows, chosen, history)
    assert history.figures("update") == [1, 2]
    assert apart(model, expected) < 1e-6


def test_batches_of_one_update_count_by_their_rows(
    model: nn.Module, rows: LetterCounts, training: Training, history: Any
) -> None:
    whole = copy.deepcopy(model)
    one = train(make_step(whole), rows, training(batch_size=16), history)
    uneven = training(batch_size=10, grad_accumulation=2, drop_last_batch=False)
    assert train(make_step(model), rows, uneven, history) == one
    assert apart(model, whole) < 1e-6
    first, second = history.events
    assert first == (second[0], pytest.approx(second[1], abs=1e-5))


def test_samples_and_epochs_are_counted(
    model: nn.Module, rows: LetterCounts, training: Training, history: Any
) -> None:
    chosen = training(batch_size=3, epochs=1.4, drop_last_batch=False, grad_accumulation=2)
    samples = train(make_step(model), rows, chosen, history)
    assert history.figures("samples") == [6, 12, 16, 22]
    assert history.figures("epoch") == [0.333333, 0.666667, 1.0, 1.333333]
    assert samples == 22


def test_the_loss_recorded_is_that_before_the_update(
    model: nn.Module, rows: LetterCounts, training: Training, history: Any
) -> None:
    with torch.no_grad():
        expected = squared_error(model, rows).item()
    train(make_step(model), rows, training(batch_size=16), history)
    assert history.figures("loss") == pytest.approx([expected], abs=1e-6)


@pytest.mark.parametrize("clip", [0.0, 0.01])
def test_gradients_are_clipped_to_their_norm_and_the_norm_before_is_recorded(
    clip: float, model: nn.Module, rows: LetterCounts, training: Training, history: Any
) -> None:
    before = copy.deepcopy(model)
    loss = squared_error(before, rows)
    gradients = torch.autograd.grad(loss, list(before.parameters()))
    norm = math.sqrt(sum(float((each**2).sum()) for each in gradients))
    train(make_step(model, clip=clip), rows, training(batch_size=16), history)
    moved = (weights(model) - weights(before)).norm().item()
    assert moved == pytest.approx(0.1 * (clip or norm), rel=1e-3)
    assert history.figures("gradient_norm") == pytest.approx([norm], rel=1e-5)


def test_a_norm_below_the_limit_is_left_alone(
    model: nn.Module, rows: LetterCounts, training: Training, history: Any
) -> None:
    other = copy.deepcopy(model)
    train(make_step(model, clip=1e6), rows, training(), history)
    train(make_step(other), rows, training(), history)
    assert torch.equal(weights(model), weights(other))


def test_rates_follow_the_cosine_and_end_at_zero(
    model: nn.Module, rows: LetterCounts, training: Training, history: Any
) -> None:
    factor = cosine(SETTINGS, steps=8, warmup=0)
    step = make_step(model, rate=0.2, factor=factor)
    train(step, rows, training(), history)
    expected = [0.2 / 2 * (1 + math.cos(math.pi * update / 8)) for update in range(8)]
    assert history.figures("learning_rate") == pytest.approx(expected, abs=1e-15)
    assert step.lr == 0.0


@pytest.mark.parametrize(
    ("schedule", "expected", "end"),
    [
        (linear, [0, 0.5, 1, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6], 0.0),
        (constant, [0, 0.5, 1, 1, 1, 1, 1, 1], 1.0),
        (cosine, [0, 0.5, *((1 + math.cos(math.pi * i / 6)) / 2 for i in range(6))], 0.0),
    ],
)
def test_rates_rise_from_zero_over_the_warm_up(
    schedule: Any,
    expected: Iterable[float],
    end: float,
    model: nn.Module,
    rows: LetterCounts,
    training: Training,
    history: Any,
) -> None:
    step = make_step(model, rate=1e-3, factor=schedule(SETTINGS, steps=8, warmup=2))
    train(step, rows, training(), history)
    rates = [1e-3 * each for each in expected]
    assert history.figures("learning_rate") == pytest.approx(rates, abs=1e-15)
    assert step.lr == 1e-3 * end


def test_validate_is_called_with_the_samples_seen(
    model: nn.Module, rows: LetterCounts, training: Training, history: Any
) -> None:
    asked: list[tuple[int, bool]] = []

    def validate(samples: int) -> float:
        asked.append((samples, model.training))
        model.eval()
        return 0.5

    Trainer(
        make_step(model),
        rows,
        plan(16, 1, training(epochs=3)),
        seed=1,
        workers=0,
        validate=validate,
        record=history,
        progress=NoProgress(),
    ).fit()
    assert asked == [(16, True), (32, True)]


@dataclass
class Shown:
    """Keeps what each task was told last, as something that shows tasks would."""

    tasks: list[tuple[str, int, int, dict[str, float]]] = field(default_factory=list)

    @contextmanager
    def task(self, name: str, total: int, unit: str) -> Iterator[Task]:
        self.tasks.append((name, total, 0, {}))
        yield self

    def advance(self, done: int, **figures: float) -> None:
        name, total, before, _ = self.tasks.pop()
        self.tasks.append((name, total, before + done, figures))


def test_each_epoch_is_shown_with_its_own_figures(
    model: nn.Module, rows: LetterCounts, training: Training, history: Any
) -> None:
    shown = Shown()
    metrics = iter([0.25, 0.75])
    Trainer(
        make_step(model),
        rows,
        plan(16, 1, training(epochs=2.5)),
        seed=1,
        workers=0,
        validate=lambda samples: next(metrics),
        record=history,
        progress=shown,
    ).fit()
    names, totals, done, figures = zip(*shown.tasks, strict=True)
    assert names == ("epoch 1/3", "epoch 2/3", "epoch 3/3")
    assert totals == done == (16, 16, 8)
    assert [each.get("metric") for each in figures] == [0.25, 0.75, None]
    last = [values for _, values in history.events if values["update"] in (8, 16, 20)]
    assert [each["loss"] for each in figures] == [each["loss"] for each in last]
    assert [each["rate"] for each in figures] == [each["learning_rate"] for each in last]


class Divergent(nn.Module):
    """A loss that is not finite, or has such gradients, from some call on."""

    def __init__(self, calls: int, fault: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.calls = calls
        self.fault = fault

    def forward(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        self.calls -= 1
        loss = nn.functional.mse_loss(outputs, targets)
        return self.fault(loss) if self.calls < 0 else loss


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (lambda loss: loss * float("nan"), "the loss of update 3 is nan"),
        (lambda loss: loss / 0, "the loss of update 3 is inf"),
        (lambda loss: loss + (loss - loss.detach()).sqrt(), "the gradient of update 3 is"),
    ],
    ids=["nan", "infinite", "gradient"],
)
def test_a_loss_or_gradient_that_is_not_finite_is_an_error_before_the_update(
    fault: Any, said: str, model: nn.Module, rows: LetterCounts, training: Training, history: Any
) -> None:
    two_updates = copy.deepcopy(model)
    train(make_step(two_updates), rows, training(batch_size=4, epochs=0.5), history)
    with pytest.raises(TrainingError, match=said) as error:
        step = make_step(model, Divergent(2, fault))
        train(step, rows, training(batch_size=4), history)
    assert "training.learning_rate" in str(error.value)
    assert torch.equal(weights(model), weights(two_updates))
    assert history.figures("update") == [1, 2, 1, 2]


def test_a_gradient_that_loss_scaling_makes_infinite_is_skipped(
    model: nn.Module, rows: LetterCounts, training: Training, history: Any
) -> None:
    half = Precision(torch.device("cpu"), torch.float16, None)
    step = make_step(model, rate=0.01, precision=half)
    step.scaler = torch.amp.GradScaler("cpu", init_scale=1e38)
    before = weights(model)
    train(step, rows, training(batch_size=4), history)
    assert history.figures("gradient_norm")[0] is None
    assert torch.isfinite(weights(model)).all()
    assert torch.equal(weights(model), before)


def test_half_precision_trains_nearly_as_full(
    model: nn.Module, rows: LetterCounts, training: Training, history: Any
) -> None:
    other = copy.deepcopy(model)
    train(make_step(model), rows, training(), history)
    half = Precision(torch.device("cpu"), torch.bfloat16, None)
    train(make_step(other, precision=half), rows, training(), history)
    assert 0 < apart(model, other) < 0.05


def test_the_loss_of_a_long_run_is_averaged_over_the_updates_between_two_records(
    model: nn.Module,
    rows: LetterCounts,
    training: Training,
    history: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = copy.deepcopy(model)
    train(make_step(model), rows, training(), history)
    losses = history.figures("loss")
    history.events.clear()
    monkeypatch.setattr("hydro.training.loss_log.MAX_LOGGED_POINTS", 3)
    train(make_step(other), rows, training(), history)
    assert history.figures("update") == [1, 2, 4, 6, 8]
    expected = [losses[0], losses[1], *(sum(losses[at : at + 2]) / 2 for at in (2, 4, 6))]
    assert history.figures("loss") == pytest.approx(expected, abs=1e-6)


class Scaled(Precision):
    """Computes in float32 with the loss scaled, as in float16."""

    def scaler(self) -> torch.amp.GradScaler:
        """Return an enabled scaler."""
        return torch.amp.GradScaler("cpu", init_scale=1024.0)


@pytest.mark.parametrize("clip", [0.0, 0.05, 100.0])
def test_a_scaled_loss_gives_the_weights_of_one_that_is_not(
    clip: float, model: nn.Module, rows: LetterCounts, training: Training, history: Any
) -> None:
    other = copy.deepcopy(model)
    train(make_step(model, clip=clip), rows, training(), history)
    scaled = Scaled(torch.device("cpu"), None, None)
    train(make_step(other, clip=clip, precision=scaled), rows, training(), history)
    assert apart(model, other) < 1e-6


def test_the_model_trains_on_after_a_validation_within_an_epoch(
    model: nn.Module, rows: LetterCounts, training: Training, history: Any
) -> None:
    modes: list[bool] = []
    model.register_forward_hook(lambda module, *_: modes.append(module.training))
    step, chosen = make_step(model), training(evaluation_epochs=0.25)
    validated = []

    def validate(samples: int) -> float:
        validated.append(samples)
        model.eval()
        return 0.5

    Trainer(
        step, rows, plan(len(rows), 1, chosen), seed=1, workers=0, validate=validate,
        record=history, progress=NoProgress(),
    ).fit()  # fmt: skip
    assert len(validated) >= 3
    assert modes == [True] * 8
