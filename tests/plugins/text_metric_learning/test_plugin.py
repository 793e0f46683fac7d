"""Tests of the components that text metric learning registers."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from hydro.data.labels import Labels
from hydro.errors import SettingsError
from hydro.plugins.builder import Builder
from hydro.plugins.components import Component
from hydro.plugins.protocols import InitializedFromData
from hydro.plugins.registry import Registry
from hydro.settings.loading import load
from hydro.similarity.retrieval_metrics import METRICS
from hydro.testing import TEXTS, tiny_backbone
from hydro.training.precision import Precision
from hydro_text_metric_learning import plugin
from hydro_text_metric_learning.losses.arcface import ArcFace
from hydro_text_metric_learning.losses.cross_entropy import CrossEntropy

CPU = Precision(torch.device("cpu"), None, None)
FRAME = pd.DataFrame(
    {
        "title": ["Card", "Pin", "Fee", "Rate", "Cash", "Please"],
        "text": TEXTS,
        "label": ["b", "a", "b", "a", None, "new"],
    },
    dtype="str",
)
LABELS = Labels(("label",), (("a",), ("b",)))

Build = Callable[..., Builder]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny backbone."""
    return tiny_backbone(tmp_path_factory.mktemp("backbone"))


@pytest.fixture
def builder(folder: Path, tmp_path: Path, registry: Registry) -> Build:
    """Make what builds the parts for settings with these changes."""
    (tmp_path / "rows.csv").touch()
    config = tmp_path / "settings.yml"
    config.write_text(
        "dataset: {train_dataframe: rows.csv, text_column: text, label_columns: label}\n"
        f"architecture: {{backbone: {folder}}}\n"
        "tokenizer: {max_length: 32}\n"
    )
    problem = registry.problem("text_metric_learning")

    def make(*changes: str) -> Builder:
        return Builder(load(config, registry.schema(problem), changes).settings, registry, problem)

    return make


def dataset(builder: Builder, *, training: bool = False) -> Any:
    """Build the rows of the frame."""
    tokenizer = builder.build("tokenizer")
    return builder.build(
        "dataset", frame=FRAME, tokenizer=tokenizer, targets=LABELS, training=training
    )


def model(builder: Builder) -> Any:
    """Build the encoder, always from the same random numbers."""
    tokenizer = builder.build("tokenizer")
    torch.manual_seed(4)
    return builder.build("model", tokenizer=tokenizer, targets=LABELS)


PROBLEM = plugin.TextMetricLearning()


def test_all_that_is_offered_is_for_this_problem_only() -> None:
    hooks = [each for name, each in vars(plugin).items() if name.startswith("hydro_")]
    offered = [record for hook in hooks for record in hook()]
    assert {record.problems for record in offered if isinstance(record, Component)} == {
        ("text_metric_learning",)
    }


def test_texts_are_inputs_and_labels_are_targets(builder: Build) -> None:
    settings: Any = builder(
        "dataset.text_column=[title, text]", "dataset.label_columns=[label, title]"
    ).settings
    found = PROBLEM.columns(settings)
    assert (found.inputs, found.targets) == (("title", "text"), ("label", "title"))


def test_arcface_is_built_over_the_classes_of_training(builder: Build) -> None:
    chosen = builder("training.arcface_margin=0.3", "training.arcface_scale=20")
    loss = chosen.build("loss", model=model(chosen), targets=LABELS)
    assert isinstance(loss, ArcFace)
    assert (loss.margin, loss.scale, tuple(loss.weight.shape)) == (0.3, 20, (2, 32))


def test_cross_entropy_is_built_over_the_classes_of_training(builder: Build) -> None:
    chosen = builder("training.loss_function=CrossEntropy", "architecture.embedding_size=6")
    loss = chosen.build("loss", model=model(chosen), targets=LABELS)
    assert isinstance(loss, CrossEntropy)
    assert tuple(loss.class_weights.weight.shape) == (2, 6)


@pytest.mark.parametrize("name", ["ArcFace", "CrossEntropy"])
def test_losses_compare_with_a_sample_where_asked(name: str, builder: Build) -> None:
    chosen = builder(f"training.loss_function={name}", "training.sampled_classes=1")
    assert chosen.build("loss", model=model(chosen), targets=LABELS).class_weights.num_sampled == 1
    plain = builder(f"training.loss_function={name}")
    assert plain.build("loss", model=model(plain), targets=LABELS).class_weights.num_sampled is None


def checked(builder: Any, classes: int) -> list[str]:
    """Return what the problem warns of, for so many classes in the rows of the table."""
    targets = Labels(("label",), tuple((f"{each:05}",) for each in range(classes)))
    frames: Any = SimpleNamespace(
        train=FRAME,
        validation=pd.DataFrame({"title": "", "text": "new", "label": ["a", "a"]}, dtype="str"),
        test=None,
        fold="automatic",
        folds=(),
        later={},
        scored=lambda *, with_train: [FRAME[:0]],
    )
    return list(PROBLEM.check_data(builder.settings, frames=frames, targets=targets))


@pytest.mark.parametrize("optimizer", ["SGD", "RMSprop", "Adadelta"])
@pytest.mark.parametrize("loss", ["ArcFace", "CrossEntropy"])
def test_sampled_classes_with_an_optimizer_that_updates_all_are_refused(
    loss: str, optimizer: str, builder: Build
) -> None:
    changes = ("training.sampled_classes=1", f"training.optimizer={optimizer}")
    chosen = builder(f"training.loss_function={loss}", *changes)
    with pytest.raises(
        SettingsError, match=rf"sampled_classes: .* training\.optimizer: {optimizer}"
    ):
        chosen.build("loss", model=model(chosen), targets=LABELS)


def test_the_memory_of_many_classes_is_told_for_losses_that_keep_a_vector_a_class(
    builder: Build,
) -> None:
    sampled = builder("training.sampled_classes=500")
    (warning,) = checked(sampled, 60_000)
    assert warning.startswith("60,000 classes of 32 numbers")
    assert warning.endswith("compared with 500 of them")
    assert checked(sampled, 50_000) == []
    assert checked(builder("training.loss_function=CosFace"), 60_000) == []


def test_classes_of_a_single_row_each_are_doubtful(builder: Build) -> None:
    (warning,) = checked(builder(), len(FRAME))
    assert "every class has a single training row, so there are no pairs" in warning


@pytest.mark.parametrize(
    ("changes", "moved"),
    [
        ([], True),
        (["training.arcface_init=Random"], False),
        (["training.loss_function=CrossEntropy"], False),
    ],
    ids=["class means", "random", "no centers"],
)
def test_centers_start_at_class_means_where_asked(
    changes: list[str], moved: bool, builder: Build
) -> None:
    chosen = builder(*changes)
    encoder = model(chosen)
    loss = chosen.build("loss", model=encoder, targets=LABELS)
    before = [each.detach().clone() for each in loss.parameters()]
    rows = dataset(chosen)
    known = np.flatnonzero((rows.targets >= 0) & (rows.targets < 2))
    rows = type(rows)(rows.texts.take(known), rows.targets[known])
    if isinstance(loss, InitializedFromData):
        loss.init_from_data(model=encoder, dataset=rows, precision=CPU)
    same = [torch.equal(a, b) for a, b in zip(before, loss.parameters(), strict=True)]
    assert all(same) is not moved


def test_a_split_is_embedded_and_searched(builder: Build) -> None:
    chosen = builder("prediction.top_k_similar=2")
    settings: Any = chosen.settings
    watched: list[int] = []
    predictions = PROBLEM.predict(
        settings,
        model=model(chosen),
        dataset=dataset(chosen),
        targets=LABELS,
        metrics=chosen.build_metrics(),
        precision=CPU,
        on_progress=watched.append,
    )
    assert sum(watched) == len(FRAME)
    assert predictions.neighbors.shape == (6, 2)
    assert np.linalg.norm(predictions.embeddings, axis=1) == pytest.approx(1, abs=1e-6)
    assert list(predictions.values) == list(METRICS)
    assert np.isfinite(predictions.values["mAP"]).tolist() == [True] * 4 + [False] * 2


def test_k_of_the_metrics_is_the_number_of_neighbors(builder: Build) -> None:
    def recall(k: int) -> Any:
        chosen = builder(f"prediction.top_k_similar={k}")
        settings: Any = chosen.settings
        found = PROBLEM.predict(
            settings,
            model=model(chosen),
            dataset=dataset(chosen),
            targets=LABELS,
            metrics=chosen.build_metrics(),
            precision=CPU,
            on_progress=lambda rows: None,
        ).values["Recall@K"]
        return np.nanmean(found)

    assert recall(1) < recall(5) == 1.0
