"""A run whose backbone is the model of an earlier run starts where that one ended."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hydro.settings.grid_search import with_values
from hydro.text import embed
from hydro.text.builders import build_encoder, build_tokenizer
from hydro_text_metric_learning.problem import TextMetricLearning
from hydro_text_metric_learning.settings import TextMetricLearningSettings

DATASET = {"train_dataframe": "rows.csv", "text_column": ["title", "text"], "label_columns": "l"}


def started(folder: Path, **given: Any) -> TextMetricLearningSettings:
    """Make the settings of a run that gives little more than its backbone."""
    settings = TextMetricLearningSettings.model_validate(
        {
            "dataset": DATASET,
            "architecture": {"backbone": str(folder), **given},
            "training": {"loss_function": "any"},
            "prediction": {"metric": "any"},
        }
    )
    named = {f"architecture.{name}" for name in given}
    values, _ = TextMetricLearning().infer_settings(settings, given=named)
    return with_values(settings, values)


def embeddings(settings: TextMetricLearningSettings, saved: Any) -> Any:
    """Embed the rows of a model with what a run starts from."""
    tokenizer = build_tokenizer(settings)
    unused: Any = None
    encoder = build_encoder(settings, tokenizer=tokenizer, targets=unused)
    return embed(encoder, tokenizer.encode(tokenizer.join(saved.columns)))


@pytest.mark.parametrize("old_layout", [False, True])
@pytest.mark.parametrize(
    "made",
    [
        {},
        {"pool": "[CLS] token"},
        {"pool": "Max", "size": 5},
        {"batch_normalization": True},
        {"size": 5, "batch_normalization": True},
        {"architecture": "mpnet", "pool": "Last token"},
    ],
    ids=str,
)
def test_a_second_run_starts_where_the_first_ended(
    made: dict[str, Any], old_layout: bool, save: Any, tmp_path: Path
) -> None:
    saved = save(**made)
    folder = shutil.copytree(saved.folder, tmp_path / "model")
    if old_layout:
        inner = folder / "0_Transformer"
        inner.mkdir()
        for each in [each for each in folder.iterdir() if each.is_file()]:
            if each.name not in ("modules.json", "hydro.json"):
                each.rename(inner / each.name)
        listed = (
            (folder / "modules.json").read_text().replace('"path": ""', '"path": "0_Transformer"')
        )
        (folder / "modules.json").write_text(listed)
    found = embeddings(started(folder), saved)
    np.testing.assert_allclose(found, saved.embeddings, atol=1e-6)


def test_what_the_file_sets_wins_over_the_model_it_starts_from(save: Any) -> None:
    saved = save(pool="Max", size=5)
    settings = started(saved.folder, pool="Average", embedding_size=None)
    assert (settings.architecture.pool, settings.architecture.embedding_size) == ("Average", None)
    assert embeddings(settings, saved).shape == (8, 32)
