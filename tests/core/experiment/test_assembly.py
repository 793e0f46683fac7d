"""Parts are built by the components that the settings select."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hydro_linear_regression.letters import LetterCounts

from hydro.data.frames import load_frames
from hydro.errors import PluginError
from hydro.experiment.assembly import RunComponents, assemble
from hydro.plugins.builder import Builder
from hydro.plugins.registry import Registry
from hydro.settings.loading import load
from hydro.supervised import NumberHead, NumberOutputs


@pytest.fixture
def builder(wordcount_yml: Path, registry: Registry) -> Builder:
    """A builder for the linear regression."""
    problem = registry.problem("linear_regression")
    return Builder(load(wordcount_yml, registry.schema(problem)).settings, registry, problem)


def assembled(builder: Builder, **changes: Any) -> RunComponents:
    """Assemble the parts of a run on the experiment's rows."""
    dataset = builder.settings.dataset.model_copy(update=changes)
    columns = builder.problem.columns(builder.settings)
    frames = load_frames(dataset, columns, fold=None, seed=0)
    targets = builder.problem.targets(builder.settings, frames.train)
    return assemble(builder, frames, targets)


def test_each_split_becomes_a_dataset(builder: Builder) -> None:
    parts = assembled(builder)
    assert (len(parts.train), len(parts.train_eval), len(parts.validation)) == (30, 30, 10)
    assert parts.test is None
    assert isinstance(parts.model, NumberHead)
    assert isinstance(parts.loss, torch.nn.MSELoss)
    assert list(parts.metrics) == ["RMSE", "MAE", "R2", "Within tolerance"]


def test_only_the_rows_that_are_trained_on_are_truncated_for_training(builder: Builder) -> None:
    """The metric of the training rows is that of whole texts, as for any other split."""
    made: list[tuple[int, bool]] = []
    build = Builder.build

    class Recording(Builder):
        def build(self, kind: str, **built: Any) -> Any:
            if kind == "dataset":
                made.append((len(built["frame"]), built["training"]))
            return build(self, kind, **built)

    recording = Recording(builder.settings, builder.registry, builder.problem)
    parts = assembled(recording, test_dataframe=builder.settings.dataset.train_dataframe)
    assert made == [(30, True), (30, False), (10, False), (40, False)]
    assert parts.train_eval is not parts.train


def test_a_test_table_becomes_a_dataset_too(builder: Builder) -> None:
    parts = assembled(builder, test_dataframe=builder.settings.dataset.train_dataframe)
    assert isinstance(parts.test, LetterCounts)
    assert len(parts.test) == 40


def test_the_words_to_predict_belong_to_their_rows(builder: Builder) -> None:
    batch = assembled(builder).train.batch(np.array([0, 1, 2]))
    assert batch.targets.tolist() == (batch.inputs[:, 0] + 1).tolist()


def test_the_component_that_the_settings_name_is_built(builder: Builder) -> None:
    group = [{"params": [torch.nn.Parameter(torch.ones(2, 2))], "lr": 0.1}]
    assert type(builder.build("optimizer", groups=group)) is torch.optim.AdamW
    training = builder.settings.training.model_copy(update={"optimizer": "SGD"})
    settings = builder.settings.model_copy(update={"training": training})
    other = Builder(settings, builder.registry, builder.problem)
    assert type(other.build("optimizer", groups=group)) is torch.optim.SGD


def test_all_components_of_a_kind_are_built_by_name(builder: Builder) -> None:
    metrics = builder.build_all("metric")
    outputs = NumberOutputs(np.array([0.5, 0.6]), np.zeros(2))
    assert metrics["Within tolerance"].contributions(outputs).tolist() == [1.0, 0.0]
    assert [each.name for each in builder.components("exporter")] == ["json"]
    assert builder.build_all("insight") == {}


def test_a_kind_with_no_component_to_build_is_an_error(builder: Builder) -> None:
    with pytest.raises(PluginError, match="'linear_regression' needs exactly one insight"):
        builder.build("insight")
