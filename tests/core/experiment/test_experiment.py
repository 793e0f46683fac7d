"""An experiment goes from settings to a folder of artifacts, and says how it ended."""

import errno
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from hydro.artifacts.run_folder import RunFolder
from hydro.errors import DataError, HydroError, ResourceError, SettingsError, TrainingError
from hydro.experiment.train import train
from hydro.plugins.components import Logger, Loss
from hydro.trackers.tracker import Tracker
from hydro.training.progress import NoProgress

LOCKS = {".lock", ".training.lock"}

FILES = {
    *LOCKS,
    ".files/exports.json.json",
    ".files/model.json",
    "config.yaml",
    "environment.json",
    "exports/json/weights.json",
    "history.jsonl",
    "log.txt",
    "model/model.safetensors",
    "predictions/validation_predictions.csv",
    "predictions/validation_raw_predictions.npz",
    "report.html",
    "scores.json",
    "split.npz",
    "status.json",
}


def files(folder: Path) -> set[str]:
    """List all files below a folder, hidden ones too."""
    return {each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()}


def status(folder: Path) -> Any:
    """Read the status of an experiment."""
    return json.loads((folder / "status.json").read_text())


def raising(error: BaseException) -> Loss:
    """Offer a loss that raises an error."""

    def build(settings: Any, *, model: Any, targets: Any) -> Any:
        def loss(outputs: Any, targets: Any) -> Any:
            raise error

        module = torch.nn.Module()
        module.forward = loss
        return module

    return Loss("Broken", build, problems=("linear_regression",))


def not_a_number(settings: Any, *, model: Any, targets: Any) -> Any:
    """Build a loss that is not finite."""
    module = torch.nn.Module()
    module.forward = lambda outputs, targets: outputs.mean() * float("nan")
    return module


class Witness(Tracker):
    """A tracker that looks at the status whenever it is told something."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.states: list[str] = []
        self.closed: list[bool] = []

    def log(self, values: Mapping[str, float], step: int) -> None:
        self.states.append(status(self.folder)["state"])

    def close(self, *, failed: bool) -> None:
        self.closed.append(failed)


def watching(witnesses: list[Witness]) -> Logger:
    """Offer a tracker that is a witness."""

    def build(settings: Any, *, name: str, folder: Path) -> Witness:
        assert name == folder.name
        witnesses.append(Witness(folder))
        return witnesses[-1]

    return Logger("Witness", build)


def test_a_run_leaves_these_files_and_no_other(word_count: Any) -> None:
    outcome = word_count.run("experiment_name=calm")
    assert outcome.folder == word_count.output / "calm"
    assert files(outcome.folder) == FILES


def test_the_status_is_running_and_then_finished(word_count: Any) -> None:
    witnesses: list[Witness] = []
    outcome = word_count.offering(watching(witnesses)).run("logging.logger=Witness")
    assert set(witnesses[0].states) == {"running"}
    told = status(outcome.folder)
    assert (told["state"], told["reason"], told["message"]) == ("finished", "", "")
    assert witnesses[0].closed == [False]


def test_a_taken_name_gets_a_number_and_nothing_is_overwritten(word_count: Any) -> None:
    first = word_count.run("experiment_name=calm").folder
    before = {each: each.read_bytes() for each in first.rglob("*") if each.is_file()}
    second = word_count.run("experiment_name=calm", "environment.seed=9").folder
    assert (first.name, second.name) == ("calm", "calm-2")
    assert {each: each.read_bytes() for each in before} == before
    assert files(second) == FILES


@pytest.mark.parametrize(
    ("loss", "kind", "reason", "message"),
    [
        (Loss("Broken", not_a_number), TrainingError, "training", "the loss of update 1 is nan"),
        (raising(DataError("no such rows")), DataError, "data", "no such rows"),
        (raising(ValueError("oh")), ValueError, "bug", "ValueError: oh"),
        (raising(torch.OutOfMemoryError("2 GiB")), ResourceError, "resources", "out of memory"),
        (raising(MemoryError()), ResourceError, "resources", "out of memory"),
    ],
    ids=["nan", "ours", "bug", "device memory", "memory"],
)
def test_a_failure_is_raised_and_its_reason_is_kept(
    loss: Loss, kind: type[Exception], reason: str, message: str, word_count: Any
) -> None:
    witnesses: list[Witness] = []
    broken = word_count.offering(loss, watching(witnesses))
    with pytest.raises(kind):
        broken.run("training.loss_function=Broken", "logging.logger=Witness")
    folder = witnesses[0].folder
    told = status(folder)
    assert (told["state"], told["reason"]) == ("failed", reason)
    assert message in told["message"]
    assert witnesses[0].closed == [True]
    assert "Traceback" in (folder / "log.txt").read_text()
    assert files(folder) == {
        *LOCKS,
        "config.yaml",
        "environment.json",
        "history.jsonl",
        "log.txt",
        "report.html",
        "split.npz",
        "status.json",
    }


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(143)], ids=repr)
def test_an_interrupted_run_is_stopped(error: BaseException, word_count: Any) -> None:
    with pytest.raises(type(error)):
        word_count.offering(raising(error)).run(
            "training.loss_function=Broken", "experiment_name=calm"
        )
    told = status(word_count.output / "calm")
    assert (told["state"], told["reason"]) == ("stopped", "interrupted")


def no_space(*arguments: Any, **others: Any) -> None:
    """Fail as a full disk does."""
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_disk_that_is_full_when_the_model_is_saved_is_named(word_count: Any) -> None:
    with pytest.raises(ResourceError, match=r"calm/model: cannot be written: No space left"):
        word_count.solving(save=no_space).run("experiment_name=calm")
    assert status(word_count.output / "calm")["reason"] == "resources"


def test_the_stored_settings_repeat_the_score_to_the_last_digit(word_count: Any) -> None:
    first = word_count.run("environment.seed=-1")
    second = word_count.run(config=first.folder / "config.yaml")
    assert second.scores == first.scores
    for name in ("model/model.safetensors", "predictions/validation_predictions.csv"):
        assert (second.folder / name).read_bytes() == (first.folder / name).read_bytes()


def test_one_seed_gives_one_set_of_weights(word_count: Any) -> None:
    def weights(seed: int) -> bytes:
        folder = word_count.run(f"environment.seed={seed}").folder
        content: bytes = (folder / "model/model.safetensors").read_bytes()
        return content

    assert weights(5) == weights(5)
    assert weights(5) != weights(6)


def test_a_seed_is_drawn_and_stored(word_count: Any) -> None:
    drawn = {word_count.prepare("environment.seed=-1").settings.environment.seed for _ in "abc"}
    assert len(drawn) == 3
    assert min(drawn) >= 0
    outcome = word_count.run("environment.seed=-1")
    stored = yaml.safe_load((outcome.folder / "config.yaml").read_text())
    assert stored["environment"]["seed"] == outcome.settings.environment.seed >= 0


def test_a_name_is_drawn_and_stored(word_count: Any) -> None:
    outcome = word_count.run()
    stored = yaml.safe_load((outcome.folder / "config.yaml").read_text())
    assert stored["experiment_name"] == outcome.folder.name
    assert stored["problem_type"] == "linear_regression"


def test_the_fold_that_was_held_out_is_stored(word_count: Any) -> None:
    assert word_count.prepare().environment["fold"] == "0"
    other = word_count.prepare("dataset.folds=2")
    assert other.environment["fold"] == "2"
    assert other.settings.dataset.folds == ("2",)
    assert set(other.frames.validation["fold"]) == {"2"}
    shared = word_count.prepare("dataset.validation_strategy=automatic")
    assert shared.settings.dataset.folds == ()


def test_a_default_fold_is_not_inherited_as_a_choice(word_count: Any, tmp_path: Path) -> None:
    """A table whose folds have names starts from an experiment on one with numbered folds."""
    earlier = word_count.run("experiment_name=earlier", "training.epochs=0").folder
    named = tmp_path / "named.csv"
    rows = "".join(f"one two,2,{fold}\none,1,{fold}\n" for fold in ("north", "south"))
    named.write_text(f"text,words,fold\n{rows}", encoding="utf-8")
    on_it = (f"from_experiment={earlier}", f"dataset.train_dataframe={named}")
    assert word_count.prepare(*on_it).frames.fold == "north"

    stored = yaml.safe_load((earlier / "config.yaml").read_text())
    assert stored["dataset"]["folds"] == []
    # As earlier versions stored it.
    del stored["dataset"]["split_seed"]
    for folds, found in ((["0"], "north"), (["south", "north"], "south")):
        stored["dataset"]["folds"] = folds
        (earlier / "config.yaml").write_text(yaml.safe_dump(stored))
        assert word_count.prepare(*on_it).frames.fold == found
    # It may have been chosen, which is kept on the table that it was chosen of.
    stored["dataset"]["folds"] = ["2"]
    (earlier / "config.yaml").write_text(yaml.safe_dump(stored))
    assert word_count.prepare(f"from_experiment={earlier}").frames.fold == "2"


def test_a_chosen_fold_is_inherited(word_count: Any) -> None:
    earlier = word_count.run("experiment_name=earlier", "training.epochs=0", "dataset.folds=2")
    again = word_count.prepare(f"from_experiment={earlier.folder}")
    assert again.frames.fold == "2"


SPLITS = [
    ("dataset.validation_strategy=automatic",),
    ("dataset.validation_strategy=stratified_kfold", "dataset.label_columns=fold"),
    ("dataset.validation_strategy=grouped_kfold", "dataset.group_fold_column=text"),
    ("dataset.data_sample=0.5",),
]


def held_out(word_count: Any, *changes: str) -> list[int]:
    rows: list[int] = word_count.prepare(*changes).frames.validation.index.tolist()
    return rows


@pytest.mark.parametrize("split", SPLITS)
def test_the_split_stays_while_the_seed_of_training_is_drawn(
    word_count: Any, split: tuple[str, ...]
) -> None:
    drawn = (*split, "environment.seed=-1")
    first, again = held_out(word_count, *drawn), held_out(word_count, *drawn)
    assert first == again == held_out(word_count, *split, "environment.seed=0")
    assert first == held_out(word_count, *drawn, "dataset.split_seed=0")
    assert first != held_out(word_count, *drawn, "dataset.split_seed=1")


@pytest.mark.parametrize("split", SPLITS)
def test_a_seed_that_is_given_chooses_the_split_unless_a_split_seed_does(
    word_count: Any, split: tuple[str, ...]
) -> None:
    """Files of earlier versions and of the reference system name this one seed for both."""
    given = (*split, "environment.seed=7")
    assert held_out(word_count, *given) == held_out(word_count, *split, "dataset.split_seed=7")
    assert held_out(word_count, *given) != held_out(word_count, *split, "environment.seed=8")
    own = held_out(word_count, *given, "dataset.split_seed=3")
    assert own == held_out(word_count, *split, "environment.seed=8", "dataset.split_seed=3")


def test_the_seed_of_the_split_is_stored(word_count: Any) -> None:
    for asked, found in (("environment.seed=-1", 0), ("environment.seed=7", 7)):
        settings = word_count.prepare(asked).settings
        assert settings.dataset.split_seed == found


def test_rows_are_counted_before_anything_is_written(word_count: Any) -> None:
    table = word_count.config.with_name("rows.csv")
    facts = word_count.prepare(f"dataset.test_dataframe={table}").facts()
    assert facts == {
        "training_rows": 30,
        "validation_rows": 10,
        "test_rows": 40,
        "fold": "0",
    }
    assert not word_count.output.exists()


@pytest.mark.parametrize(
    ("override", "kind"),
    [
        ("dataset.label_columns=wrods", DataError),
        ("dataset.folds=9", DataError),
        ("environment.gpus=[77]", SettingsError),
        ("experiment_name=../up", SettingsError),
    ],
)
def test_what_is_wrong_before_the_run_leaves_nothing_behind(
    override: str, kind: type[HydroError], word_count: Any
) -> None:
    with pytest.raises(kind):
        word_count.run(override)
    assert not word_count.output.exists()


def test_an_output_that_cannot_be_written_is_an_error(word_count: Any, tmp_path: Path) -> None:
    (tmp_path / "runs").touch()
    with pytest.raises(ResourceError, match="is not a folder"):
        word_count.run()


def test_the_log_tells_what_was_odd_about_the_rows_and_how_it_went(word_count: Any) -> None:
    table = word_count.config.with_name("rows.csv")
    table.write_text(table.read_text() + ",3,1\n")
    log = (word_count.run().folder / "log.txt").read_text()
    assert "WARNING rows.csv: 1 row with missing or blank text dropped (row 41)" in log
    assert "INFO Linear regression on cpu (float32) into " in log
    assert re.search(r"INFO environment\.seed: \d+\n", log)
    assert "INFO before training: validation MAE " in log
    assert "INFO after training: validation MAE " in log


def test_a_seed_that_was_drawn_is_logged_as_it_is_stored(word_count: Any) -> None:
    folder = word_count.run("environment.seed=-1").folder
    (seed,) = re.findall(r"INFO environment\.seed: (\d+)\n", (folder / "log.txt").read_text())
    assert f"\n  seed: {seed}\n" in (folder / "config.yaml").read_text()


def test_a_missing_batch_normalization_is_warned_of_where_no_rule_says_so(word_count: Any) -> None:
    folder = word_count.run("environment.sync_batch_normalization=true").folder
    log = (folder / "log.txt").read_text()
    assert log.count("WARNING the model has no batch normalization to synchronize") == 1


def test_versions_and_device_are_kept(word_count: Any) -> None:
    facts = json.loads((word_count.run().folder / "environment.json").read_text())
    assert facts["device"] == "cpu"
    assert facts["torch"] == torch.__version__


class Away(Tracker):
    """A tracker whose server does not answer."""

    def start(self, parameters: Mapping[str, Any]) -> None:
        msg = "no answer"
        raise ConnectionError(msg)


def test_a_tracker_that_is_away_is_a_warning_and_changes_nothing(word_count: Any) -> None:
    away = Logger("Away", lambda settings, *, name, folder: Away())
    outcome = word_count.offering(away).run("logging.logger=Away")
    assert outcome.scores == word_count.run().scores
    assert files(outcome.folder) == FILES
    log = (outcome.folder / "log.txt").read_text()
    assert (
        log.count("WARNING Away failed and receives no more metrics: ConnectionError: no answer")
        == 1
    )


def test_a_run_among_several_is_named_after_its_experiment(word_count: Any) -> None:
    names: list[str] = []

    def build(settings: Any, *, name: str, folder: Path) -> Tracker:
        names.append(name)
        return Tracker()

    offered = word_count.offering(Logger("Named", build))
    experiment = offered.prepare("logging.logger=Named", "experiment_name=calm")
    for folder in (word_count.output / "calm-2", word_count.output / "calm" / "runs" / "003"):
        folder.mkdir(parents=True)
        train(experiment, RunFolder(folder), NoProgress())
    assert names == ["calm-2", "calm-003"]


def test_a_tracker_that_cannot_be_built_ends_the_run_as_a_failure(word_count: Any) -> None:
    def build(settings: Any, *, name: str, folder: Path) -> Any:
        msg = "no server"
        raise ResourceError(msg)

    offered: Callable[..., Any] = word_count.offering(Logger("Away", build)).run
    with pytest.raises(ResourceError, match="no server"):
        offered("logging.logger=Away", "experiment_name=calm")
    assert status(word_count.output / "calm")["reason"] == "resources"


def test_what_a_problem_has_to_say_is_said_before_training(word_count: Any) -> None:
    def check(settings: Any, *, frames: Any, targets: Any) -> list[str]:
        return [f"{len(frames.train)} rows, {targets.columns}"]

    prepared = word_count.solving(check_data=check).prepare("training.epochs=2")
    assert prepared.warnings == ("30 rows, ('words',)",)


def test_what_held_out_rows_decide_is_scored_on_the_test_rows(word_count: Any) -> None:
    def rows(predictions: Any) -> int:
        return len(next(iter(predictions.values.values())))

    def calibrate(settings: Any, *, predictions: Any, precision: Any) -> dict[str, object]:
        return {"summary": f"chosen by {rows(predictions)} rows"}

    def score(
        settings: Any, *, calibration: Any, predictions: Any, precision: Any
    ) -> dict[str, object]:
        return {"summary": f"{calibration['summary']}, scored on {rows(predictions)}"}

    table = word_count.config.with_name("rows.csv")
    deciding = word_count.solving(calibrate=calibrate, score_calibration=score)
    scores = deciding.run("training.epochs=1", f"dataset.test_dataframe={table}").scores
    chosen = scores["validation"]["decision"]["summary"]
    assert chosen.startswith("chosen by ")
    assert scores["test"]["decision"]["summary"].startswith(f"{chosen}, scored on ")
    assert scores["test"]["decision"]["summary"] != f"{chosen}, scored on {chosen.split()[2]}"
