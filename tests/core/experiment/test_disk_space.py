"""Work that the disk has no room for is refused before it starts."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from hydro.errors import ResourceError
from hydro.experiment.disk_space import (
    BYTES_PER_ROW,
    CHECKPOINTS_PER_MODEL,
    EXPORTS_PER_MODEL,
    needed_space,
    require_space,
)
from hydro.formatting import format_bytes


def test_what_a_run_leaves_is_counted_from_the_model_and_the_rows(
    word_count: Any, tmp_path: Path
) -> None:
    model = torch.nn.Linear(99, 10)
    rows = "text,words\n" + "one two,2\n" * 5
    (tmp_path / "test.csv").write_text(rows)
    changes = [f"dataset.test_dataframe={tmp_path / 'test.csv'}"]
    least = {"model": 4000, "checkpoints": CHECKPOINTS_PER_MODEL * 4000}
    needed = {**least, "predictions": 15 * BYTES_PER_ROW, "exports": EXPORTS_PER_MODEL * 4000}
    experiment = word_count.prepare(*changes)
    assert needed_space(experiment.settings, model, experiment.frames) == needed
    changes += ["training.build_scoring_pipelines=false", "training.calculate_train_metric=true"]
    experiment = word_count.prepare(*changes)
    needed = {**least, "predictions": 45 * BYTES_PER_ROW}
    assert needed_space(experiment.settings, model, experiment.frames) == needed
    model.output_size = 7
    found = needed_space(experiment.settings, model, experiment.frames)
    assert found["predictions"] == 45 * (BYTES_PER_ROW + 28)


def test_enough_is_enough(tmp_path: Path) -> None:
    require_space(tmp_path, {"model": 1})


def test_too_little_names_the_folder_what_is_needed_and_what_is_free(tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    with pytest.raises(ResourceError) as caught:
        require_space(tmp_path, {"model": 2 * free, "exports": 3 * free})
    said = str(caught.value)
    assert said.startswith(f"{tmp_path}: about {format_bytes(5 * free)} are needed (model ")
    assert said.endswith(" are free. Free some space there, or choose another --output")


def test_a_run_that_does_not_fit_ends_before_its_first_update(
    word_count: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(word_count.config)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=100))
    with pytest.raises(ResourceError, match=r"calm: about .*B are needed .* and 100 B are free"):
        word_count.run("experiment_name=calm")
    folder = word_count.output / "calm"
    assert json.loads((folder / "status.json").read_text())["reason"] == "resources"
    assert not (folder / "history.jsonl").exists()
