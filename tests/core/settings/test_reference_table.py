"""Tests that every setting of the reference system is there, with its default, level and grid."""

from typing import Any

import pytest

from hydro.settings.fields import LEVELS
from hydro.settings.schema import Schema, SettingInfo
from hydro.settings.sections import Settings

NEEDED = object()
BOTH = ("Train", "Validation")
GRID = True

TABLE: dict[str, tuple[Any, ...]] = {
    # name: default, level from 0 novice to 3 master, GRID where it may be searched over
    "experiment_name": (None, 0),
    "problem_type": (None, 0),
    "from_experiment": (None, 0),
    "grid_search": ({}, 1),
    "dataset.train_dataframe": (NEEDED, 0),
    "dataset.validation_strategy": ("kfold", 0),
    "dataset.group_fold_column": (None, 0),
    "dataset.validation_size": (0.2, 0),
    "dataset.validation_dataframe": (None, 0),
    "dataset.folds": ((), 0),
    "dataset.test_dataframe": (None, 0),
    "dataset.label_columns": (NEEDED, 0),
    "dataset.text_column": (NEEDED, 0),
    "dataset.separator": ("", 2),
    "dataset.data_sample": (1.0, 1),
    "dataset.data_sample_choice": (BOTH, 1),
    "tokenizer.lowercase": (False, 2, GRID),
    "tokenizer.max_length": (128, 0, GRID),
    "tokenizer.padding_quantile": (1.0, 3),
    # distilbert-base-uncased in the reference system; this one works with no network.
    "architecture.backbone": ("sentence-transformers/all-MiniLM-L6-v2", 0, GRID),
    "architecture.pretrained": (True, 2),
    "architecture.pool": ("Average", 2, GRID),
    # 512 in the reference system; here the backbone's own width.
    "architecture.embedding_size": (None, 1, GRID),
    "architecture.dropout": (0.0, 1, GRID),
    "architecture.intermediate_dropout": (0.0, 2),
    "architecture.gradient_checkpointing": (False, 2),
    "training.loss_function": ("ArcFace", 1, GRID),
    "training.arcface_margin": (0.1, 1, GRID),
    "training.arcface_scale": (45.0, 1, GRID),
    "training.optimizer": ("AdamW", 2, GRID),
    "training.learning_rate": (1e-4, 0, GRID),
    "training.differential_learning_rate_layers": ((), 3),
    "training.differential_learning_rate": (1e-4, 3),
    "training.batch_size": (16, 0, GRID),
    "training.automatically_adjust_batch_size": (False, 2),
    "training.drop_last_batch": (True, 3),
    "training.epochs": (5.0, 0, GRID),
    "training.schedule": ("Cosine", 1, GRID),
    "training.warmup_epochs": (0.0, 1),
    "training.weight_decay": (0.0, 1),
    "training.gradient_clip": (0.0, 2),
    "training.grad_accumulation": (1, 2),
    "training.save_best_checkpoint": (False, 2),
    "training.evaluation_epochs": (1.0, 2),
    "training.calculate_train_metric": (False, 2),
    "training.train_validation_data": (False, 3),
    "training.build_scoring_pipelines": (True, 1),
    "prediction.metric": ("mAP", 1),
    "prediction.top_k_similar": (50, 1),
    "environment.gpus": (None, 0),
    "environment.number_of_gpus_per_run": (1, 1),
    "environment.mixed_precision_training": (True, 2),
    "environment.mixed_precision_inference": (False, 2),
    "environment.sync_batch_normalization": (False, 3),
    "environment.number_of_workers": (4, 2),
    "environment.seed": (-1, 1),
    "logging.logger": ("None", 2),
    "logging.neptune_project": ("", 2),
    "logging.number_of_texts": (10, 1),
}

CHOICES = {
    # The reference system has all of these but stratified_kfold.
    "dataset.validation_strategy": (
        *("kfold", "stratified_kfold", "grouped_kfold", "custom", "automatic"),
    ),
    "dataset.data_sample_choice": BOTH,
    "architecture.pool": ("Average", "[CLS] token", "Max", "Last token"),
    "training.loss_function": (
        *("ArcFace", "CrossEntropy", "NormalizedSoftmax", "ProxyAnchor", "SoftTriple"),
        *("SupCon", "NTXent", "MultiSimilarity", "Circle", "Triplet"),
    ),
    "training.sampler": ("Shuffled", "Balanced"),
    "training.optimizer": ("AdamW", "Adam", "SGD", "RMSprop", "Adadelta"),
    "training.differential_learning_rate_layers": ("Backbone", "Neck", "Loss"),
    "training.schedule": ("Cosine", "Constant", "Linear"),
}

BOUNDS = {
    "dataset.validation_size": "≥ 0.01, ≤ 0.95",
    "dataset.data_sample": "≥ 0.01, ≤ 1",
    "tokenizer.max_length": "≥ 1",
    "tokenizer.padding_quantile": "≥ 0, ≤ 1",
    "training.learning_rate": "> 0",
    "training.differential_learning_rate": "> 0",
    "training.batch_size": "≥ 1",
    "training.epochs": "≥ 0",
    "training.warmup_epochs": "≥ 0",
    "training.weight_decay": "≥ 0",
    "training.gradient_clip": "≥ 0",
    "training.grad_accumulation": "≥ 1",
    "training.evaluation_epochs": "> 0",
    "prediction.top_k_similar": "≥ 1",
    "environment.number_of_workers": "≥ 0",
    "environment.seed": "≥ -1, ≤ 4294967295",
    "logging.number_of_texts": "≥ 0",
}


@pytest.fixture(scope="module")
def settings(model: type[Settings]) -> dict[str, SettingInfo]:
    """Every setting by its dotted name."""
    return {each.path: each for each in Schema.of(model)}


@pytest.mark.parametrize("path", TABLE)
def test_a_setting_has_its_default_level_and_grid(
    path: str, settings: dict[str, SettingInfo]
) -> None:
    default, level, *grid = TABLE[path]
    setting = settings[path]
    assert setting.required is (default is NEEDED)
    if default is not NEEDED:
        assert setting.default == default
    assert setting.metadata.level == LEVELS[level]
    assert setting.metadata.grid is bool(grid)


def test_there_is_nothing_else_but_what_hydro_adds(
    settings: dict[str, SettingInfo], additions: set[str]
) -> None:
    assert settings.keys() == TABLE.keys() | additions


@pytest.mark.parametrize("path", CHOICES)
def test_a_setting_has_its_choices(path: str, settings: dict[str, SettingInfo]) -> None:
    assert set(settings[path].choices) == set(CHOICES[path])


def test_bounds_are_those_of_the_table(settings: dict[str, SettingInfo]) -> None:
    assert {path: settings[path].bounds for path in BOUNDS} == BOUNDS


def test_folds_have_a_second_name(settings: dict[str, SettingInfo]) -> None:
    assert settings["dataset.folds"].metadata.alias == "selected_folds"
