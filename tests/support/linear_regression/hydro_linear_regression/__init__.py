"""Linear regression on the letter counts of a text: trained in no time, without any encoder."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from hydro import api
from hydro.supervised import regression_losses, regression_metrics

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray
    from pandas import DataFrame

    from hydro.supervised import NumberHead, NumberOutputs, NumberPredictions, Numbers
    from hydro_linear_regression.letters import LetterCounts

    Letters = Callable[[Sequence[str]], NDArray[np.float32]]
    NumberMetrics = api.Metrics[NumberOutputs]


class LinearDatasetSection(api.DatasetSection):
    text_column: str = api.setting(help="Column of the text.")
    label_columns: api.Names = api.setting(help="Columns that hold the numbers.", min_length=1)


class LinearPredictionSection(api.PredictionSection):
    tolerance: float = api.setting(0.5, help="Largest error that is within the tolerance.", ge=0)


class LinearSettings(api.Settings):
    """Settings of a linear regression."""

    dataset: LinearDatasetSection = api.section()
    prediction: LinearPredictionSection = api.section()


class LinearInference(api.Inference[LinearSettings, "NumberHead"]):
    def load(
        self, settings: LinearSettings, *, folder: Path, device: "torch.device"
    ) -> "NumberHead":
        from safetensors.torch import load_file

        model = build_model(settings, tokenizer=None, targets=unfitted(settings))
        model.load_state_dict(load_file(folder / "model.safetensors"))
        return model.to(device)

    def predict(
        self,
        settings: LinearSettings,
        *,
        trained: "NumberHead",
        frame: "DataFrame",
        metrics: "NumberMetrics",
        precision: "api.Precision",
        on_progress: Callable[[int], object],
    ) -> "NumberPredictions":
        from hydro_linear_regression.letters import count_letters, predict

        targets = unfitted(settings)
        dataset = build_dataset(
            settings, frame=frame, tokenizer=count_letters, targets=targets, training=False
        )
        on_progress(len(dataset))
        return predict(trained, dataset, targets, metrics)


class LinearRegression(api.Problem[LinearSettings, "Numbers"]):
    """Numbers that belong to a text."""

    name = "linear_regression"
    title = "Linear regression"
    settings = LinearSettings
    defaults: ClassVar[Mapping[str, object]] = {
        "training.loss_function": "MSE",
        "prediction.metric": "MAE",
        "training.learning_rate": 0.05,
    }
    undefined_rows = "no number"
    inference = LinearInference()

    def columns(self, settings: LinearSettings) -> api.Columns:
        return api.Columns((settings.dataset.text_column,), settings.dataset.label_columns)

    def targets(self, settings: LinearSettings, frame: "DataFrame") -> "Numbers":
        from hydro.supervised import Numbers

        return Numbers.of(frame, settings.dataset.label_columns)

    def predict(
        self,
        settings: LinearSettings,
        *,
        model: "NumberHead",
        dataset: "LetterCounts",
        targets: "Numbers",
        metrics: "NumberMetrics",
        precision: "api.Precision",
        on_progress: Callable[[int], object],
    ) -> "NumberPredictions":
        from hydro_linear_regression.letters import predict

        return predict(model, dataset, targets, metrics)

    def save(
        self, settings: LinearSettings, *, trained: api.TrainedArtifacts, folder: Path
    ) -> None:
        from safetensors.torch import save_file

        folder.mkdir()
        save_file(trained.model.state_dict(), folder / "model.safetensors")


PROBLEM = LinearRegression()
ITS = (PROBLEM.name,)


def unfitted(settings: LinearSettings) -> "Numbers":
    """Return targets for a model whose weights, which have their mean and scale, are loaded."""
    from hydro.supervised import Numbers

    columns = tuple(settings.dataset.label_columns)
    return Numbers(columns, (0.0,) * len(columns), (1.0,) * len(columns))


def build_tokenizer(settings: LinearSettings) -> "Letters":
    from hydro_linear_regression.letters import count_letters

    return count_letters


def build_dataset(
    settings: LinearSettings,
    *,
    frame: "DataFrame",
    tokenizer: "Letters",
    targets: "Numbers",
    training: bool,
) -> "LetterCounts":
    from hydro_linear_regression.letters import LetterCounts

    texts = frame[settings.dataset.text_column].tolist()
    return LetterCounts(tokenizer(texts), targets.encode(frame))


def build_model(settings: LinearSettings, *, tokenizer: object, targets: "Numbers") -> "NumberHead":
    from hydro.supervised import NumberHead
    from hydro_linear_regression.letters import LETTERS

    return NumberHead(len(LETTERS), targets)


def build_within_tolerance(settings: LinearSettings) -> "api.MeanMetric[NumberOutputs]":
    from hydro_linear_regression.letters import within_tolerance

    tolerance = settings.prediction.tolerance
    return api.MeanMetric(lambda outputs: within_tolerance(outputs, tolerance))


def export(settings: LinearSettings, *, model: Path, sample: "DataFrame", folder: Path) -> None:
    """Write the weights as JSON."""
    from safetensors.torch import load_file

    weights = {name: each.tolist() for name, each in load_file(model / "model.safetensors").items()}
    (folder / "weights.json").write_text(json.dumps(weights), encoding="utf-8")


@api.hookimpl
def hydro_problems() -> list[api.Problem]:
    return [PROBLEM]


@api.hookimpl
def hydro_tokenizers() -> list[api.Tokenizer]:
    return [api.Tokenizer("Letters", build_tokenizer, problems=ITS)]


@api.hookimpl
def hydro_datasets() -> list[api.Dataset]:
    return [api.Dataset("Letter counts", build_dataset, problems=ITS)]


@api.hookimpl
def hydro_models() -> list[api.Model]:
    return [api.Model("Linear", build_model, problems=ITS)]


@api.hookimpl
def hydro_losses() -> list[api.Loss]:
    return regression_losses(PROBLEM.name)


@api.hookimpl
def hydro_metrics() -> list[api.Metric]:
    within = api.Metric("Within tolerance", build_within_tolerance, problems=ITS)
    return [*regression_metrics(PROBLEM.name), within]


@api.hookimpl
def hydro_exporters() -> list[api.Exporter]:
    return [api.Exporter("json", export, problems=ITS)]
