"""Text classification: an encoder with a linear head, for two classes or many."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from hydro import api
from hydro.supervised import classification_losses, classification_metrics
from hydro.text import TextDatasetSection, TextSettings, build_encoder, text_components

if TYPE_CHECKING:
    from hydro.supervised import ClassOutputs, ClassPredictions
    from hydro.text import Encoder, LabeledTexts, TextTokenizer


class ClassifierDatasetSection(TextDatasetSection):
    """Where the rows come from, and which columns hold texts and classes."""

    label_column: api.Names = api.setting(help="The column that holds the class.", min_length=1)


class ClassifierSettings(TextSettings):
    """Settings of a text classifier."""

    dataset: ClassifierDatasetSection = api.section()


class TextClassifier(api.Problem[ClassifierSettings, "api.Labels"]):
    """The class of a text."""

    name = "text_classifier"
    title = "Text classification"
    settings = ClassifierSettings
    defaults: ClassVar[Mapping[str, object]] = {
        "training.loss_function": "CrossEntropy",
        "prediction.metric": "F1 macro",
    }
    undefined_rows = "a class that no training row has"

    def columns(self, settings: ClassifierSettings) -> api.Columns:
        """Return the columns of texts and classes."""
        return api.Columns(settings.dataset.text_column, settings.dataset.label_column)

    def predict(
        self,
        settings: ClassifierSettings,
        *,
        model: "Encoder",
        dataset: "LabeledTexts",
        targets: "api.Labels",
        metrics: "api.Metrics[ClassOutputs]",
        precision: "api.Precision",
        on_progress: Callable[[int], object],
    ) -> "ClassPredictions":
        """Predict the rows of a split."""
        from hydro.supervised import predict_classes
        from hydro.text import forward_all

        size, autocast = len(targets), precision.inference
        logits = forward_all(
            model, dataset.texts, size=size, autocast=autocast, on_progress=on_progress
        )
        return predict_classes(logits, dataset.targets, labels=targets, metrics=metrics)

    def save(
        self, settings: ClassifierSettings, *, trained: api.TrainedArtifacts, folder: Path
    ) -> None:
        """Write the weights, and the classes in the order of the outputs."""
        from safetensors.torch import save_file

        folder.mkdir()
        save_file(trained.model.state_dict(), folder / "model.safetensors")
        (folder / "classes.json").write_text(json.dumps(trained.targets.names), encoding="utf-8")


PROBLEM = TextClassifier()
COMPONENTS = text_components(PROBLEM.name)


def build_model(
    settings: ClassifierSettings, *, tokenizer: "TextTokenizer", targets: "api.Labels"
) -> "Encoder":
    """Build the encoder with a head for these classes."""
    from hydro.supervised import ClassHead

    model = build_encoder(settings, tokenizer=tokenizer, targets=targets)
    model.head = ClassHead(model.embedding_size, len(targets))
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
    return [api.Model("Classifier", build_model, problems=(PROBLEM.name,))]


@api.hookimpl
def hydro_losses() -> list[api.Loss]:
    return classification_losses(PROBLEM.name)


@api.hookimpl
def hydro_metrics() -> list[api.Metric]:
    return classification_metrics(PROBLEM.name)
