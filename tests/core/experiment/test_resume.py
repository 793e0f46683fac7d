"""What was interrupted goes on where it stopped, and only with what it began with."""

import json
import shutil
from pathlib import Path
from threading import Event, Thread, Timer
from typing import Any

import pytest

from hydro.artifacts.files import write_text
from hydro.artifacts.run_folder import RunFolder
from hydro.artifacts.status import Status, read_status, write_status
from hydro.errors import DataError, HydroError, ResourceError, SettingsError
from hydro.experiment.resume import find_interrupted, merge_stored
from hydro.experiment.train import open_folder, run
from hydro.plugins.builtin import cosine
from hydro.plugins.components import Schedule
from hydro.training.progress import NoProgress

EACH = ("training.checkpoint_minutes=1e-9", "training.batch_size=4", "training.epochs=2")
"""A checkpoint after each of fourteen updates."""


TIMED = ("log.txt", "status.json", "config.yaml", "report.html")
"""Files with times in them, or the name of the experiment."""


class Pulled(Exception):
    """Somebody pulled the plug."""


class Plug:
    """Is pulled when it has served so many updates and evaluations."""

    def __init__(self, served: float) -> None:
        self.left = served
        self.served = 0

    def serve(self) -> None:
        """Count one more, unless it is pulled."""
        if self.served >= self.left:
            raise Pulled
        self.served += 1

    def into(self, word_count: Any) -> Any:
        """Give the experiment whose schedule and evaluations depend on this."""

        def build(settings: Any, *, steps: int, warmup: int) -> Any:
            factor, last = cosine(settings, steps=steps, warmup=warmup), [0]

            def plugged(done: int) -> float:
                if done > last[0]:
                    self.serve()
                    last[0] = done
                return factor(done)

            return plugged

        def predict(settings: Any, **given: Any) -> Any:
            self.serve()
            return word_count.problem.predict(settings, **given)

        return word_count.replacing(Schedule("Cosine", build)).solving(predict=predict)


def interrupted(word_count: Any, served: int, *changes: str) -> Path:
    """Run until the plug is pulled; give the folder."""
    with pytest.raises(Pulled):
        Plug(served).into(word_count).run("experiment_name=calm", *EACH, *changes)
    folder: Path = word_count.output / "calm"
    return folder


def go_on(word_count: Any, folder: Path, *changes: str) -> Any:
    """Resume an experiment as it is stored, but for some changes."""
    experiment = word_count.prepare(*changes, config=folder / "config.yaml")
    return run(experiment, open_folder(experiment, folder), NoProgress())


def remains(folder: Path) -> dict[str, Any]:
    """Read all that an experiment leaves, but for times and what it is called."""
    found: dict[str, Any] = {
        each.relative_to(folder).as_posix(): each.read_bytes()
        for each in folder.rglob("*")
        if each.is_file() and each.name not in TIMED
    }
    lines = found.pop("history.jsonl").decode().splitlines()
    found["history"] = [{**json.loads(line), "time": None} for line in lines]
    return found


def test_wherever_it_was_interrupted_it_ends_as_if_it_had_not_been(
    word_count: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Fewer readings than updates, so that some losses wait for the next one.
    monkeypatch.setattr("hydro.training.loss_log.MAX_LOGGED_POINTS", 3)
    changes = ("training.save_best_checkpoint=true", "training.grad_accumulation=2")
    whole = Plug(float("inf"))
    expected = remains(whole.into(word_count).run(*EACH, *changes).folder)
    assert whole.served >= 12
    for served in range(whole.served):
        folder = interrupted(word_count, served, *changes)
        assert read_status(RunFolder(folder)).state == "failed"
        go_on(word_count, folder)
        assert remains(folder) == expected, f"pulled after {served}"
        assert read_status(RunFolder(folder)).state == "finished"
        shutil.rmtree(folder)


def test_what_is_done_is_not_done_again(word_count: Any) -> None:
    folder = interrupted(word_count, 10)
    kept = sorted(each.name for each in (folder / "checkpoints").iterdir())
    assert kept == ["step-000007", "step-000008"]
    go_on(word_count, folder)
    assert "resuming from checkpoint step-000008" in (folder / "log.txt").read_text()
    assert not (folder / "checkpoints").exists()


def test_a_folder_can_be_moved_between(word_count: Any) -> None:
    expected = remains(word_count.run(*EACH).folder)
    folder = interrupted(word_count, 8)
    elsewhere = folder.rename(folder.with_name("moved"))
    assert remains(go_on(word_count, elsewhere).folder) == expected


def test_without_a_checkpoint_it_starts_from_the_beginning(word_count: Any) -> None:
    expected = remains(word_count.run(*EACH).folder)
    folder = interrupted(word_count, 0)
    assert not (folder / "checkpoints").exists()
    (folder / ".scores.json.01234567.partial").write_text("half")
    assert remains(go_on(word_count, folder).folder) == expected


def test_a_damaged_checkpoint_is_passed_over_and_all_damaged_is_an_error(word_count: Any) -> None:
    expected = remains(word_count.run(*EACH).folder)
    folder = interrupted(word_count, 10)
    (folder / "checkpoints/step-000008/optimizer.safetensors").write_bytes(b"")
    shutil.copytree(folder, folder.with_name("worse"))
    assert remains(go_on(word_count, folder).folder) == expected
    assert "step-000008 is damaged: optimizer" in (folder / "log.txt").read_text()

    worse = folder.with_name("worse")
    (worse / "checkpoints/step-000007/MANIFEST.json").unlink()
    with pytest.raises(ResourceError, match="no checkpoint is whole"):
        go_on(word_count, worse)
    assert (worse / "checkpoints/step-000008").exists()


def test_other_settings_are_refused_by_name_and_some_may_differ(word_count: Any) -> None:
    folder = interrupted(word_count, 4)
    refused = (
        *("training.learning_rate=1", "training.batch_size=5", "training.epochs=3"),
        *("training.schedule=Constant", "training.gradient_clip=1", "training.weight_decay=0.5"),
        *("environment.seed=9", "dataset.folds=1"),
        *("prediction.metric=Within tolerance", "prediction.tolerance=1"),
    )
    for change in refused:
        path = change.partition("=")[0]
        with pytest.raises(SettingsError, match=f"cannot go on with other settings: {path} is"):
            go_on(word_count, folder, change)
    free = (
        *("environment.number_of_workers=1", "training.checkpoint_minutes=0"),
        *("training.build_scoring_pipelines=false", "logging.number_of_texts=1"),
    )
    assert go_on(word_count, folder, *free).scores


def test_other_rows_are_refused(word_count: Any) -> None:
    folder = interrupted(word_count, 4)
    table = word_count.config.with_name("rows.csv")
    before = table.read_text()
    table.write_text(f"{before}one two,2,1\n")
    with pytest.raises(DataError, match=r"the table of dataset\.train_dataframe has changed"):
        go_on(word_count, folder)
    table.write_text(before)
    go_on(word_count, folder)


@pytest.mark.parametrize("served", [0, 8], ids=["without a checkpoint", "with one"])
def test_a_test_table_that_is_dropped_or_added_is_refused(served: int, word_count: Any) -> None:
    table = word_count.config.with_name("rows.csv")
    test = f"dataset.test_dataframe={shutil.copy(table, table.with_name('test.csv'))}"
    folder = interrupted(word_count, served, test)
    config = folder / "config.yaml"
    text = config.read_text()
    config.write_text("".join(each for each in text.splitlines(True) if "test.csv" not in each))
    with pytest.raises(DataError, match=r"the table of dataset\.test_dataframe has changed"):
        go_on(word_count, folder)
    config.write_text(text)
    assert go_on(word_count, folder).scores["test"]
    interrupted(word_count, served, "experiment_name=other")
    other = word_count.output / "other"
    with pytest.raises(DataError, match=r"the table of dataset\.test_dataframe has changed"):
        go_on(word_count, other, test)


def test_notes_links_and_folders_in_an_interrupted_run_stay(word_count: Any) -> None:
    folder = interrupted(word_count, 8)
    (folder / "notes.md").write_text("mine")
    (folder / "data").symlink_to(folder.parent)
    (folder / "predictions").mkdir(exist_ok=True)
    (folder / "predictions/mine.csv").write_text("mine")
    go_on(word_count, folder)
    assert (folder / "notes.md").read_text() == "mine"
    assert (folder / "data").is_symlink()
    assert (folder / "predictions/mine.csv").read_text() == "mine"


@pytest.mark.parametrize("name", ["model", "predictions", "insights", "exports"])
def test_a_link_in_the_place_of_a_result_is_refused_before_training(
    name: str, word_count: Any
) -> None:
    folder = interrupted(word_count, 8)
    (folder / name).symlink_to(folder.parent)
    with pytest.raises(ResourceError, match=f"{name}: is a link, which hydro does not replace"):
        go_on(word_count, folder)
    assert (folder / name).is_symlink()
    (folder / name).unlink()
    go_on(word_count, folder)


def test_another_environment_is_a_warning(word_count: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = interrupted(word_count, 4)
    monkeypatch.setattr("torch.get_num_threads", lambda: 77)
    go_on(word_count, folder)
    said = "WARNING the result may not be equal to the last bit: threads is 77, was "
    assert said in (folder / "log.txt").read_text()


def test_a_folder_in_which_somebody_works_is_left_alone(word_count: Any) -> None:
    folder = interrupted(word_count, 4)
    with RunFolder(folder).lock(), pytest.raises(ResourceError, match="calm: still running"):
        go_on(word_count, folder)


def test_a_process_that_still_trains_for_one_that_is_gone_is_waited_for(
    word_count: Any, caplog: pytest.LogCaptureFixture
) -> None:
    folder = interrupted(word_count, 4)
    caplog.set_level("INFO", "hydro")
    held, waited_for = Event(), Event()

    def train() -> None:
        with RunFolder(folder).training_lock():
            held.set()
            waited_for.wait(60)

    Thread(target=train).start()
    held.wait(60)
    Timer(0.5, waited_for.set).start()
    assert go_on(word_count, folder).scores
    assert f"waiting for the process that trains {folder} to end" in caplog.text


def test_a_loss_that_is_not_finite_leaves_the_last_checkpoint(word_count: Any) -> None:
    wild = ("training.optimizer=SGD", "training.learning_rate=1e25", "experiment_name=wild")
    with pytest.raises(HydroError, match=r"not finite|is nan|is inf"):
        word_count.run(*EACH, *wild)
    folder = RunFolder(word_count.output / "wild")
    assert (read_status(folder).state, read_status(folder).reason) == ("failed", "training")
    assert "training.learning_rate" in read_status(folder).message
    assert len(list(folder.checkpoints.glob("step-*"))) > 0


def test_the_newest_that_has_not_finished_is_found(tmp_path: Path) -> None:
    assert find_interrupted(tmp_path, "calm") is None
    states = {"calm": "stopped", "calm-2": "failed", "calm-10": "finished", "calm-x": "failed"}
    for name, state in states.items():
        folder = RunFolder.create(tmp_path, name)
        write_text(folder.config, "")
        write_status(folder, Status(state))  # type: ignore[arg-type]
    found = find_interrupted(tmp_path, "calm")
    assert found is not None
    assert found.name == "calm-2"


@pytest.mark.parametrize(("made", "newest"), [((9, 10), "calm-10"), ((2, 99, 100), "calm-100")])
def test_of_several_that_were_interrupted_the_highest_number_is_the_newest(
    made: tuple[int, ...], newest: str, tmp_path: Path
) -> None:
    for number in made:
        folder = RunFolder.create(tmp_path, f"calm-{number}")
        write_text(folder.config, "")
        write_status(folder, Status("stopped"))
    # It has no status of hydro: somebody else's.
    (tmp_path / "calm-200").mkdir()
    (tmp_path / "calm-200/config.yaml").touch()
    found = find_interrupted(tmp_path, "calm")
    assert found is not None
    assert found.name == newest


def test_what_is_asked_now_is_joined_with_what_was_stored(word_count: Any, tmp_path: Path) -> None:
    stored = word_count.prepare("experiment_name=calm", "environment.seed=-1").settings
    shutil.copy(word_count.config.with_name("rows.csv"), tmp_path / "other.csv")
    moved = f"dataset.train_dataframe={tmp_path / 'other.csv'}"
    asked = ("environment.seed=-1", "environment.number_of_workers=1", moved)
    from hydro.settings.loading import load

    def ask(*changes: str) -> Any:
        model = word_count.registry.schema(word_count.problem)
        return load(word_count.config, model, ("environment.gpus=[]", *changes)).settings

    found = merge_stored(ask(*asked), stored, {})
    assert found.experiment_name == "calm"
    assert found.environment.seed == stored.environment.seed
    assert found.environment.number_of_workers == 1
    assert found.dataset.train_dataframe == tmp_path / "other.csv"
    with pytest.raises(SettingsError, match=r"training\.epochs is 9\.0, was 5\.0"):
        merge_stored(ask("environment.seed=-1", "training.epochs=9"), stored, {})
    with pytest.raises(SettingsError, match=r"training\.batch_size is 32, was 16"):
        merge_stored(ask("environment.seed=-1", "training.batch_size=32"), stored, {})
    halved = merge_stored(
        ask("environment.seed=-1", "training.batch_size=32"), stored, {"batch_size_asked": 32}
    )
    assert halved.training.batch_size == 16


@pytest.mark.parametrize("strategy", ["Grid", "TPE", "Random"])
def test_a_search_goes_on_as_the_search_that_it_was(strategy: str, word_count: Any) -> None:
    stored = word_count.prepare(
        "experiment_name=calm",
        "grid_search={learning_rate: [0.1, 0.01], optimizer: [AdamW, SGD]}",
        *(f"search.{each}" for each in (f"strategy={strategy}", "trials=3", "hours=2")),
    ).settings
    assert merge_stored(stored, stored, {}) == stored
