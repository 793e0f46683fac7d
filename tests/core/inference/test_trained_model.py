"""A trained model is opened from its run, asked about new rows, and keeps an index of a gallery."""

import dataclasses
import errno
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hydro.artifacts.files import writing
from hydro.artifacts.run_folder import RunFolder
from hydro.artifacts.status import Status, write_status
from hydro.errors import DataError, ResourceError, SettingsError
from hydro.inference import trained_model
from hydro.inference.gallery import read_rows
from hydro.inference.trained_model import open_trained
from hydro.plugins.inference import Retrieval
from hydro.plugins.retrieval import Hit


def opened(word_count: Any, path: Path) -> Any:
    """Open the model of an experiment."""
    return open_trained(RunFolder(path), word_count.registry)


@dataclass(frozen=True)
class Lengths:
    """Finds the texts of the most similar length."""

    texts: list[str]
    facts: Mapping[str, Any]

    def search(self, queries: pd.DataFrame, k: int) -> list[list[Hit]]:
        """Give the hits of each query."""
        return [self._hits(len(text))[:k] for text in queries["text"]]

    def _hits(self, length: int) -> list[Hit]:
        far = sorted((abs(len(text) - length), row) for row, text in enumerate(self.texts))
        return [Hit(row, -float(by), self.texts[row], None, None) for by, row in far]

    def save(self, folder: Path) -> None:
        """Write the texts."""
        (folder / "texts.json").write_text(json.dumps(self.texts))


def open_lengths(settings: Any, *, folder: Path, **others: Any) -> Lengths:
    """Open an index."""
    try:
        return Lengths(json.loads((folder / "texts.json").read_text()), {"opened": True})
    except ValueError as error:
        msg = f"{folder} is damaged: {error}"
        raise ResourceError(msg) from None


def build_lengths(settings: Any, *, gallery: pd.DataFrame, kind: str, **others: Any) -> Lengths:
    """Build an index."""
    return Lengths(gallery["text"].tolist(), {"kind": kind, "opened": False})


@pytest.fixture
def comparing(word_count: Any, change: Any) -> Any:
    """The linear regression, of a problem type that compares rows."""
    inference = change(
        word_count.problem.inference,
        bases=(Retrieval,),
        retrieve=None,
        embed=None,
        build_index=build_lengths,
        open_index=open_lengths,
    )
    problem = change(word_count.problem, inference=inference)
    return dataclasses.replace(word_count.replacing(problem), problem=problem)


def test_the_held_out_rows_are_predicted_as_they_were(word_count: Any) -> None:
    outcome = word_count.run()
    held_out = word_count.prepare().frames.validation
    done: list[int] = []
    found = opened(word_count, outcome.folder).predict(held_out, on_progress=done.append)
    stored = np.load(outcome.folder / "predictions/validation_raw_predictions.npz")
    np.testing.assert_allclose(found.numbers, stored["numbers"], atol=1e-6)
    np.testing.assert_allclose(found.values["MAE"], stored["value of MAE"], atol=1e-6)
    assert sum(done) == len(held_out)


def test_rows_need_no_target(word_count: Any, tmp_path: Path) -> None:
    trained = opened(word_count, word_count.run().folder)
    (tmp_path / "new.csv").write_text("text\none two\n\n three\n")
    frame, _ = read_rows(tmp_path / "new.csv", trained.columns)
    found = trained.predict(frame)
    assert (len(found.numbers), found.defined("MAE").any()) == (2, False)


def test_the_tables_of_the_experiment_may_be_gone(word_count: Any, tmp_path: Path) -> None:
    outcome = word_count.run()
    held_out = word_count.prepare().frames.validation
    (tmp_path / "rows.csv").unlink()
    assert len(opened(word_count, outcome.folder).predict(held_out).numbers) == len(held_out)


def test_of_several_runs_the_best_is_opened_or_the_one_that_is_named(word_count: Any) -> None:
    outcome = word_count.run()
    # As a search leaves it: the runs below, no model of its own.
    runs = outcome.folder / "runs"
    runs.mkdir()
    for name, after in (("000", 0.9), ("001", 0.2)):
        run = word_count.run().folder.rename(runs / name)
        scores = json.loads((run / "scores.json").read_text())
        scores["validation"]["after"] = after
        (run / "scores.json").write_text(json.dumps(scores))
    assert opened(word_count, outcome.folder).folder.name == "001"
    assert opened(word_count, runs / "000").folder.name == "000"


def test_a_problem_without_use_for_a_model_says_so(word_count: Any, change: Any) -> None:
    outcome = word_count.run()
    plain = word_count.replacing(change(word_count.problem, inference=None))
    with pytest.raises(
        SettingsError, match="'linear_regression' offers no use of a trained model; these"
    ):
        opened(plain, outcome.folder)


def test_a_problem_that_compares_no_rows_says_so(word_count: Any) -> None:
    trained = opened(word_count, word_count.run().folder)
    with pytest.raises(SettingsError, match="--gallery: 'linear_regression' compares no rows"):
        trained.gallery("train")


def test_a_run_that_has_not_finished_has_no_model(word_count: Any) -> None:
    folder = RunFolder(word_count.run().folder)
    write_status(folder, Status("failed", "model", "no such backbone"))
    with pytest.raises(ResourceError, match=r"failed \(no such backbone\)"):
        opened(word_count, folder.path)


def test_an_index_is_made_once_and_again_when_its_gallery_changes(
    comparing: Any, tmp_path: Path
) -> None:
    trained = opened(comparing, comparing.run().folder)
    path = tmp_path / "gallery.csv"
    path.write_text("text\none\nthree\n")
    assert not trained.open_index(trained.gallery(str(path))).facts["opened"]
    again = trained.open_index(trained.gallery(str(path)))
    assert again.facts["opened"]
    (hits,) = again.search(pd.DataFrame({"text": ["seven"]}), 1)
    assert [(hit.row, hit.text) for hit in hits] == [(1, "three")]
    path.write_text("text\none\nthree\nfive\n")
    changed = trained.open_index(trained.gallery(str(path)))
    assert (changed.facts["opened"], len(changed.texts)) == (False, 3)
    assert len(list((trained.folder.path / "index").iterdir())) == 1


def test_an_index_is_made_again_for_other_weights(comparing: Any) -> None:
    trained = opened(comparing, comparing.run().folder)
    gallery = trained.gallery("train")
    trained.open_index(gallery)
    with (trained.folder.model / "model.safetensors").open("ab") as file:
        file.write(b" ")
    assert not trained.open_index(gallery).facts["opened"]


def test_each_kind_of_index_is_kept_beside_the_others(comparing: Any) -> None:
    trained = opened(comparing, comparing.run().folder)
    gallery = trained.gallery("validation")
    for kind in ("exact", "ivf"):
        assert trained.open_index(gallery, kind).facts["kind"] == kind
    kept = {each.name for each in (trained.folder.path / "index").iterdir()}
    assert kept == {"validation-exact", "validation-ivf"}


def test_a_damaged_index_is_made_again(comparing: Any, caplog: pytest.LogCaptureFixture) -> None:
    trained = opened(comparing, comparing.run().folder)
    gallery = trained.gallery("train")
    trained.open_index(gallery)
    (trained.folder.path / "index/train-exact/texts.json").write_text("[")
    assert not trained.open_index(gallery).facts["opened"]
    assert "is damaged" in caplog.text
    assert trained.open_index(gallery).facts["opened"]


def test_an_index_outlives_its_gallery(
    comparing: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    trained = opened(comparing, comparing.run().folder)
    path = tmp_path / "gallery.csv"
    path.write_text("text\none\nthree\n")
    trained.open_index(trained.gallery(str(path)))
    path.unlink()
    assert trained.open_index(trained.gallery(str(path))).facts["opened"]
    assert "is gone; its index is searched as it was made" in caplog.text
    with pytest.raises(DataError, match="does not exist"):
        trained.open_index(trained.gallery(str(tmp_path / "other.csv")))


def test_the_summary_of_a_calibration_is_read_from_scores_of_an_earlier_version(
    word_count: Any,
) -> None:
    path = word_count.run().folder
    scores = json.loads((path / "scores.json").read_text())
    scores["validation"]["decision"] = {"threshold": 0.5, "said": "alike from 0.5 on"}
    (path / "scores.json").write_text(json.dumps(scores))
    assert opened(word_count, path).calibration["summary"] == "alike from 0.5 on"
    scores["validation"]["decision"] = {"summary": "alike from 0.6 on"}
    (path / "scores.json").write_text(json.dumps(scores))
    assert opened(word_count, path).calibration["summary"] == "alike from 0.6 on"
    del scores["validation"]["decision"]
    (path / "scores.json").write_text(json.dumps(scores))
    assert opened(word_count, path).calibration is None


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.EPERM])
@pytest.mark.parametrize("step", ["make_folder", "save_index"])
def test_the_index_of_an_experiment_that_cannot_be_written_is_in_memory(
    step: str,
    number: int,
    comparing: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    trained = opened(comparing, comparing.run().folder)
    monkeypatch.setattr(trained_model, step, refusing(number))
    caplog.clear()
    index = trained.open_index(trained.gallery("train"))
    (hits,) = index.search(pd.DataFrame({"text": ["seven"]}), 1)
    assert len(hits) == 1
    (said,) = [each.message for each in caplog.records if each.levelname == "WARNING"]
    assert said.endswith("is in memory only")
    assert f"{trained.folder.path / 'index'} cannot be written ({os.strerror(number)})" in said
    assert "--output" not in said
    assert not (trained.folder.path / "index/train-exact").exists()


def test_an_index_that_the_disk_has_no_room_for_is_an_error(
    comparing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained = opened(comparing, comparing.run().folder)
    monkeypatch.setattr(trained_model, "save_index", refusing(errno.ENOSPC))
    with pytest.raises(ResourceError, match="No space left"):
        trained.open_index(trained.gallery("train"))


def refusing(number: int) -> Any:
    """Return a function that fails as writing does."""

    def refuse(*arguments: Any) -> None:
        with writing(Path("index")):
            raise OSError(number, os.strerror(number))

    return refuse
