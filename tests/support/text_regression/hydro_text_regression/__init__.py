"""Text regression: an encoder with a linear head, for one number or several."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from hydro import api
from hydro.supervised import regression_losses, regression_metrics
from hydro.text import TextDatasetSection, TextSettings, build_encoder, text_components

if TYPE_CHECKING:
    from pandas import DataFrame

    from hydro.supervised import NumberOutputs, NumberPredictions, Numbers
    from hydro.text import Encoder, LabeledTexts, TextTokenizer


class RegressionDatasetSection(TextDatasetSection):
    label_columns: api.Names = api.setting(help="Columns that hold the numbers.", min_length=1)


class RegressionSettings(TextSettings):
    """Settings of a text regression."""

    dataset: RegressionDatasetSection = api.section()


class TextRegression(api.Problem[RegressionSettings, "Numbers"]):
    """Numbers that belong to a text."""

    name = "text_regression"
    title = "Text regression"
    settings = RegressionSettings
    defaults: ClassVar[Mapping[str, object]] = {
        "training.loss_function": "MSE",
        "prediction.metric": "RMSE",
    }
    undefined_rows = "no number"

    def columns(self, settings: RegressionSettings) -> api.Columns:
        return api.Columns(settings.dataset.text_column, settings.dataset.label_columns)

    def targets(self, settings: RegressionSettings, frame: "DataFrame") -> "Numbers":
        from hydro.supervised import Numbers

        return Numbers.of(frame, settings.dataset.label_columns)

    def predict(
        self,
        settings: RegressionSettings,
        *,
        model: "Encoder",
        dataset: "LabeledTexts",
        targets: "Numbers",
        metrics: "api.Metrics[NumberOutputs]",
        precision: "api.Precision",
        on_progress: Callable[[int], object],
    ) -> "NumberPredictions":
        from hydro.supervised import predict_numbers
        from hydro.text import forward_all

        size, autocast = len(targets.columns), precision.inference
        numbers = forward_all(
            model, dataset.texts, size=size, autocast=autocast, on_progress=on_progress
        )
        return predict_numbers(numbers, dataset.targets, targets=targets, metrics=metrics)

    def save(
        self, settings: RegressionSettings, *, trained: api.TrainedArtifacts, folder: Path
    ) -> None:
        from safetensors.torch import save_file

        folder.mkdir()
        save_file(trained.model.state_dict(), folder / "model.safetensors")


PROBLEM = TextRegression()
COMPONENTS = text_components(PROBLEM.name)


def build_model(
    settings: RegressionSettings, *, tokenizer: "TextTokenizer", targets: "Numbers"
) -> "Encoder":
    """Build the encoder with a head for these numbers."""
    from hydro.supervised import NumberHead

    model = build_encoder(settings, tokenizer=tokenizer, targets=targets)
    model.head = NumberHead(model.embedding_size, targets)
    return model


@api.hookimpl
def hydro_problems() -> list[api.Problem]:
    return [PROBLEM]


@api.hookimpl
def hydro_tokenizers() -> list[api.Tokenizer]:
    return [COMPONENTS.tokenizer]


@api.hookimpl
def hydro_datasets() -> list[api.Dataset]:
    return [COMPONENTS.dataset]


@api.hookimpl
def hydro_models() -> list[api.Model]:
    return [api.Model("Regression", build_model, problems=(PROBLEM.name,))]


@api.hookimpl
def hydro_losses() -> list[api.Loss]:
    return regression_losses(PROBLEM.name)


@api.hookimpl
def hydro_metrics() -> list[api.Metric]:
    return regression_metrics(PROBLEM.name)
