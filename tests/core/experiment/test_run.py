"""A run trains one model, scores it before and after, and keeps its history."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from hydro_linear_regression import LinearSettings
from hydro_linear_regression.letters import LetterCounts
from numpy.typing import NDArray
from safetensors.torch import load_file

from hydro.data.tables import read_table
from hydro.errors import PluginError
from hydro.plugins.components import Insight, Logger, Loss, Sampler
from hydro.settings.fields import section, setting
from hydro.settings.sections import TrainingSection
from hydro.trackers.tracker import Tracker
from hydro.training.randomness import Draw

ERROR = "MAE"


def history(outcome: Any, event: str | None = None) -> list[dict[str, Any]]:
    """Read the events of a run, or those of one kind."""
    text = (outcome.folder / "history.jsonl").read_text()
    events = [json.loads(line) for line in text.splitlines()]
    return [each for each in events if event in (None, each["event"])]


def log(outcome: Any) -> str:
    """Read the log of a run."""
    text: str = (outcome.folder / "log.txt").read_text()
    return text


def weights(outcome: Any) -> torch.Tensor:
    """Read the trained weights in one vector."""
    stored = load_file(outcome.folder / "model/model.safetensors")
    return torch.cat([each.flatten() for each in stored.values()])


@pytest.fixture
def table(word_count: Any, tmp_path: Path) -> Any:
    """Write a table of texts and words to score, and give its path."""

    def write(words: list[str] | None) -> Path:
        texts = ["one two", "three", "four five six"]
        columns = {"text": texts, **({} if words is None else {"words": words})}
        pd.DataFrame(columns).to_csv(tmp_path / "test.csv", index=False)
        return tmp_path / "test.csv"

    return write


def test_the_history_begins_and_ends_with_a_score(word_count: Any) -> None:
    outcome = word_count.run("training.epochs=3")
    events = history(outcome)
    assert [each["event"] for each in events] == [
        "before training",
        *["training", "validation"] * 2,
        "training",
        "after training",
    ]
    assert events[0][ERROR] == outcome.scores["validation"]["before"]
    assert events[-1][ERROR] == outcome.scores["validation"]["after"]
    assert [each["samples"] for each in events] == [0, 16, 16, 32, 32, 48, 48]


def test_each_update_is_recorded_with_its_figures(word_count: Any) -> None:
    updates = history(word_count.run("training.epochs=2", "training.batch_size=15"), "training")
    assert [each["update"] for each in updates] == [1, 2, 3, 4]
    assert [each["epoch"] for each in updates] == [0.5, 1.0, 1.5, 2.0]
    assert [each["learning_rate"] for each in updates] == pytest.approx(
        [0.05, 0.05 * (2 + 2**0.5) / 4, 0.025, 0.05 * (2 - 2**0.5) / 4]
    )
    assert all(each["loss"] > 0 and each["gradient_norm"] > 0 for each in updates)


def test_scores_are_those_of_the_predictions_that_are_kept(word_count: Any) -> None:
    outcome = word_count.run()
    table = read_table(outcome.folder / "predictions/validation_predictions.csv")
    assert table["row"].astype(int).tolist() == list(range(0, 40, 4))
    errors = (table["predicted_words"].astype(float) - table["words"].astype(float)).abs()
    assert outcome.scores["validation"]["after"] == pytest.approx(errors.mean(), abs=1e-6)
    assert json.loads((outcome.folder / "scores.json").read_text()) == outcome.scores
    raw = np.load(outcome.folder / "predictions/validation_raw_predictions.npz")
    assert raw["numbers"] == pytest.approx(table["predicted_words"].astype(float), abs=1e-6)


def test_less_error_is_a_better_model(word_count: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hydro.evaluation.intervals.MIN_ROWS", 10)
    scores = word_count.run("training.epochs=150").scores["validation"]
    assert scores["after"] < scores["before"]
    assert scores["verdict"] == "better"
    assert (
        scores["metrics"]["Within tolerance"]["after"]
        > scores["metrics"]["Within tolerance"]["before"]
    )


def test_the_subsets_that_a_problem_names_are_scored_apart(word_count: Any) -> None:
    def subsets(settings: Any, *, frame: pd.DataFrame, targets: Any) -> Any:
        long = frame["text"].str.len().to_numpy() > 20
        return {"long_texts": long, "short_texts": ~long}

    scores = word_count.solving(subsets=subsets).run().scores["validation"]
    assert scores["subsets"] == ["long_texts", "short_texts"]
    assert scores["long_texts"]["rows"] + scores["short_texts"]["rows"] == scores["rows"] == 10
    assert word_count.run().scores["validation"]["subsets"] == []


def test_no_epochs_only_evaluate(word_count: Any) -> None:
    outcome = word_count.run("training.epochs=0")
    scores = outcome.scores["validation"]
    assert scores["before"] == scores["after"]
    assert scores["verdict"] == "too few rows for a verdict"
    assert [each["event"] for each in history(outcome)] == ["before training", "after training"]
    assert "epochs: 0 is no update, so nothing is trained" in log(outcome)


def test_half_an_epoch_is_half_its_batches(word_count: Any) -> None:
    outcome = word_count.run("training.epochs=0.5", "training.batch_size=5")
    assert [each["samples"] for each in history(outcome, "training")] == [5, 10, 15]
    assert history(outcome, "validation") == []


def test_the_best_weights_are_kept_by_the_lowest_error(word_count: Any) -> None:
    changes = ("training.schedule=Constant", "training.learning_rate=1", "training.epochs=12")
    last = word_count.run(*changes)
    best = word_count.run(*changes, "training.save_best_checkpoint=true")
    errors = [each[ERROR] for each in history(best, "validation")]
    assert len(errors) == 12
    assert min(errors) < errors[-1]
    assert best.scores["validation"]["after"] == min(errors)
    assert "chosen by the score of these rows" in best.scores["validation"]["selected"]
    assert "selected" not in last.scores["validation"]
    assert last.scores["validation"]["after"] == errors[-1]
    assert not torch.equal(weights(best), weights(last))
    assert ", the best so far" in log(best)
    assert ", the best so far" not in log(last)


def test_validations_come_as_often_as_asked(word_count: Any) -> None:
    changes = ("training.batch_size=5", "training.epochs=2")
    often = word_count.run(*changes, "training.evaluation_epochs=0.5")
    assert [each["samples"] for each in history(often, "validation")] == [15, 30, 45]
    seldom = word_count.run(*changes, "training.evaluation_epochs=2")
    assert history(seldom, "validation") == []
    assert torch.equal(weights(often), weights(seldom))


def test_training_rows_are_scored_where_asked(word_count: Any) -> None:
    assert list(word_count.run().scores) == ["validation"]
    outcome = word_count.run("training.calculate_train_metric=true")
    assert list(outcome.scores) == ["validation", "train"]
    assert outcome.scores["train"]["rows"] == 30
    assert outcome.scores["train"]["overstated"] == "trained on these very rows"
    leaked = "10 of 10 rows have the inputs of training rows"
    assert outcome.scores["validation"]["overstated"] == leaked
    table = read_table(outcome.folder / "predictions/train_predictions.csv")
    assert table["row"].astype(int).tolist() == [row for row in range(40) if row % 4]


def test_training_on_the_rows_held_out_is_marked_as_overstated(word_count: Any) -> None:
    outcome = word_count.run("training.train_validation_data=true", "training.batch_size=10")
    assert history(outcome, "training")[-1]["samples"] == 5 * 40
    assert outcome.scores["validation"]["rows"] == 10
    assert outcome.scores["validation"]["overstated"] == "trained on these very rows"


def test_a_test_table_that_training_has_too_is_overstated(word_count: Any) -> None:
    table = word_count.config.parent / "rows.csv"
    scores = word_count.run(f"dataset.test_dataframe={table}").scores
    assert scores["test"]["overstated"] == "40 of 40 rows have the inputs of training rows"


def test_a_test_table_is_scored(word_count: Any, table: Any) -> None:
    outcome = word_count.run(f"dataset.test_dataframe={table(['2', '1', '3'])}")
    assert list(outcome.scores) == ["validation", "test"]
    kept = read_table(outcome.folder / "predictions/test_predictions.csv")
    errors = (kept["predicted_words"].astype(float) - [2, 1, 3]).abs()
    assert outcome.scores["test"]["after"] == pytest.approx(errors.mean(), abs=1e-6)


@pytest.mark.parametrize("words", [None, ["", "", ""]], ids=["no column", "empty"])
def test_a_test_table_without_labels_has_predictions_and_no_score(
    words: list[str] | None, word_count: Any, table: Any
) -> None:
    outcome = word_count.run(f"dataset.test_dataframe={table(words)}")
    assert list(outcome.scores) == ["validation"]
    assert "no test metric" in log(outcome)
    kept = read_table(outcome.folder / "predictions/test_predictions.csv")
    assert kept["predicted_words"].astype(float).notna().all()


def test_a_tracker_is_told_the_figures_with_the_samples_seen(word_count: Any) -> None:
    told: list[tuple[dict[str, float], int]] = []

    class Memory(Tracker):
        def start(self, parameters: Mapping[str, Any]) -> None:
            assert parameters["training.batch_size"] == 16
            assert parameters["dataset.folds"] == ("0",)

        def log(self, values: Mapping[str, float], step: int) -> None:
            told.append((dict(values), step))

        def close(self, *, failed: bool) -> None:
            told.append(({}, failed))

    memory = Logger("Memory", lambda settings, *, name, folder: Memory())
    outcome = word_count.offering(memory).run("logging.logger=Memory")
    events = history(outcome)
    seen = [each["samples"] for each in events]
    assert [step for _, step in told] == [*seen, seen[-1], False]
    for (values, _), event in zip(told[:-2], events, strict=True):
        kind = event.pop("event")
        event.pop("time")
        assert values == {f"{kind}/{name}": value for name, value in event.items()}
    metrics = outcome.scores["validation"]["metrics"]
    assert told[-2][0] == {
        f"scores/validation/{metric}/{when}": value
        for metric, found in metrics.items()
        for when, value in {
            "before": found["before"],
            "after": found["after"],
            "change": found["after"] - found["before"],
        }.items()
    }


def test_a_loss_is_initialized_from_data_once_before_the_first_update(word_count: Any) -> None:
    prepared: list[int] = []

    class FromData(torch.nn.MSELoss):
        def init_from_data(self, *, model: Any, dataset: Any, precision: Any) -> None:
            prepared.append(len(dataset))
            with torch.no_grad():
                model.weight.fill_(3)

    def build(settings: Any, *, model: Any, targets: Any) -> torch.nn.Module:
        return FromData()

    changed = word_count.replacing(Loss("MSE", build, problems=("linear_regression",)))
    changed.run("training.epochs=0")
    assert prepared == []
    outcome = changed.run("training.learning_rate=1e-9")
    assert prepared == [30]
    stored = load_file(outcome.folder / "model/model.safetensors")
    assert (stored["weight"] - 3).abs().max() < 1e-6


def test_exports_are_written_unless_switched_off(word_count: Any) -> None:
    assert (word_count.run().folder / "exports/json/weights.json").exists()
    without = word_count.run("training.build_scoring_pipelines=false")
    assert not (without.folder / "exports").exists()
    assert (without.folder / "model/model.safetensors").exists()


def test_insights_are_tables_about_the_validation_rows(word_count: Any) -> None:
    def build(settings: Any, *, predictions: Any, frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(off=predictions.values[ERROR]).nlargest(2, "off")

    outcome = word_count.offering(Insight("worst", build, problems=("linear_regression",))).run()
    table = read_table(outcome.folder / "insights/worst.csv")
    assert table["off"].astype(float).is_monotonic_decreasing
    assert len(table) == 2


def test_too_few_rows_for_a_batch_are_one_batch_and_a_warning(word_count: Any) -> None:
    outcome = word_count.run("training.batch_size=64", "training.epochs=1")
    assert [each["samples"] for each in history(outcome, "training")] == [30]
    said = "fewer training rows than one batch: drop_last_batch is off"
    assert said in log(outcome)
    quiet = word_count.run("training.batch_size=64", "training.drop_last_batch=false")
    assert said not in log(quiet)


def test_workers_do_not_change_the_result(word_count: Any) -> None:
    first, second = (
        word_count.run(f"environment.number_of_workers={count}", "training.epochs=1")
        for count in (0, 2)
    )
    assert torch.equal(weights(first), weights(second))
    assert first.scores == second.scores


def test_the_metric_that_is_chosen_heads_the_report(word_count: Any) -> None:
    outcome = word_count.run("prediction.metric=Within tolerance")
    assert outcome.scores["validation"]["metric"] == "Within tolerance"
    assert "Within tolerance" in history(outcome)[0]


class Backwards:
    """Batches of three rows, from the last row to the first in each epoch."""

    def __init__(self, rows: int) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return self.rows // 3

    def batches(self, epoch: int) -> list[NDArray[np.int64]]:
        order = np.arange(self.rows - 1, -1, -1)
        return [order[3 * number : 3 * number + 3] for number in range(len(self))]


class ChoiceTrainingSection(TrainingSection):
    """Training with a choice of samplers."""

    sampler: str = setting("Shuffled", help="Which rows make a batch.", component="sampler")


class ChoiceSettings(LinearSettings):
    """A problem with a choice of samplers."""

    training: ChoiceTrainingSection = section()


def test_the_sampler_that_a_setting_selects_makes_the_batches(
    word_count: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[dict[str, Any]] = []
    rows: list[list[int]] = []
    draws: list[Draw] = []
    batch = LetterCounts.batch

    def build(settings: Any, **given: Any) -> Backwards:
        built.append(given)
        return Backwards(len(given["dataset"]))

    def watched(self: LetterCounts, numbers: NDArray[np.int64], *, draw: Any = None) -> Any:
        rows.append(numbers.tolist())
        draws.append(draw)
        return batch(self, numbers)

    monkeypatch.setattr(LetterCounts, "batch", watched)
    chosen = word_count.offering(Sampler("Backwards", build)).solving(settings=ChoiceSettings)
    chosen.run("training.sampler=Backwards", "training.epochs=2", "environment.seed=4")
    (given,) = built
    expected = [each.tolist() for each in Backwards(len(given["dataset"])).batches(0)]
    assert rows == expected * 2
    numbers = range(len(expected))
    assert draws == [Draw(4, epoch, number) for epoch in (0, 1) for number in numbers]
    assert len(given["targets"].encode(given["frame"])) == len(given["dataset"])
    assert given["world_size"] == 1
    chosen.run()
    assert len(built) == 1, "the default is not the sampler that was offered"


def test_several_samplers_without_a_setting_to_choose_by_are_an_error(word_count: Any) -> None:
    offered = word_count.offering(Sampler("Backwards", lambda settings, **_: Backwards(9)))
    with pytest.raises(PluginError, match=r"one sampler.*: Shuffled, Backwards"):
        offered.run()
