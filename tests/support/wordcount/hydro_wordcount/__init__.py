"""A tiny problem type: how many words a text has, by a linear layer on the counts of letters.

It shares nothing with text metric learning, so the core is never tested with one problem only: its
target is a number, its metric is an error, of which less is better, and it has no tokens.
"""

import json
from pathlib import Path
from typing import Any, ClassVar

from hydro.api import (
    Columns,
    Dataset,
    DatasetSection,
    Exporter,
    Inference,
    Loss,
    MeanMetric,
    Metric,
    Model,
    PredictionSection,
    Problem,
    Settings,
    Tokenizer,
    hookimpl,
    section,
    setting,
)

FITS = {"problems": ("wordcount",)}


class WordcountDatasetSection(DatasetSection):
    """Which columns hold what."""

    text: str = setting(help="The column that holds the text.")
    words: str = setting(help="The column that holds the number of words.")


class WordcountPredictionSection(PredictionSection):
    """How predictions are scored."""

    tolerance: float = setting(0.5, help="How far off a prediction may be.", ge=0)


class WordcountSettings(Settings):
    """All that a word count experiment can be told."""

    dataset: WordcountDatasetSection = section()
    prediction: WordcountPredictionSection = section()


class WordCountInference(Inference):
    """Predicts the words of texts."""

    def load(self, settings: Any, *, folder: Path, device: Any) -> Any:
        """Load the layer."""
        from safetensors.torch import load_file

        model = build_model(settings, tokenizer=None, targets=None)
        model.load_state_dict(load_file(folder / "model.safetensors"))
        return model.to(device)

    def predict(
        self,
        settings: Any,
        *,
        trained: Any,
        frame: Any,
        metrics: Any,
        precision: Any,
        on_progress: Any,
    ) -> Any:
        """Predict the rows of a table."""
        from hydro_wordcount.counted import predict_counts

        dataset = build_dataset(
            settings, frame=frame, tokenizer=count_letters, targets=None, training=False
        )
        on_progress(len(dataset))
        return predict_counts(trained, dataset, metrics)


class WordCount(Problem):
    """How many words a text has."""

    name = "wordcount"
    title = "Word count"
    settings = WordcountSettings
    defaults: ClassVar[dict[str, object]] = {
        "training.loss_function": "Squared error",
        "prediction.metric": "Error",
        "training.learning_rate": 0.05,
    }
    inference = WordCountInference()

    def columns(self, settings: Any) -> Columns:
        """Return the columns of texts and of their words."""
        return Columns((settings.dataset.text,), (settings.dataset.words,))

    def predict(
        self,
        settings: Any,
        *,
        model: Any,
        dataset: Any,
        targets: Any,
        metrics: Any,
        precision: Any,
        on_progress: Any,
    ) -> Any:
        """Predict the rows of a split."""
        from hydro_wordcount.counted import predict_counts

        return predict_counts(model, dataset, metrics)

    def save(self, settings: Any, *, trained: Any, folder: Path) -> None:
        """Write the weights."""
        from safetensors.torch import save_file

        folder.mkdir()
        save_file(dict(trained.model.state_dict()), folder / "model.safetensors")


@hookimpl
def hydro_problems() -> list[Problem]:
    """Offer the problem type."""
    return [WordCount()]


@hookimpl
def hydro_tokenizers() -> list[Tokenizer]:
    """Offer what counts letters."""
    return [Tokenizer("Letters", lambda settings: count_letters, **FITS)]


@hookimpl
def hydro_datasets() -> list[Dataset]:
    """Offer texts with the number of their words."""
    return [Dataset("Counted", build_dataset, **FITS)]


@hookimpl
def hydro_models() -> list[Model]:
    """Offer a linear layer."""
    return [Model("Linear", build_model, **FITS)]


@hookimpl
def hydro_losses() -> list[Loss]:
    """Offer the squared error."""
    return [Loss("Squared error", build_loss, **FITS)]


@hookimpl
def hydro_metrics() -> list[Metric]:
    """Offer the absolute error and the share of rows within the tolerance."""
    return [
        Metric("Error", lambda settings: MeanMetric(abs_error), higher_is_better=False, **FITS),
        Metric("Close", build_close, **FITS),
    ]


@hookimpl
def hydro_exporters() -> list[Exporter]:
    """Offer the weights as JSON."""
    return [Exporter("json", export, **FITS)]


def count_letters(text: str) -> list[float]:
    """Count spaces and letters."""
    return [float(text.count(letter)) for letter in " etaoinshr"]


def build_dataset(
    settings: Any, *, frame: Any, tokenizer: Any, targets: Any, training: bool
) -> Any:
    """Build the rows of a split."""
    import torch

    from hydro_wordcount.counted import Counted

    texts = frame[settings.dataset.text]
    words = frame.get(settings.dataset.words, [float("nan")] * len(frame))
    counts = [float(each) for each in words]
    return Counted(torch.tensor([tokenizer(text) for text in texts]), torch.tensor(counts))


def build_model(settings: Any, *, tokenizer: Any, targets: Any) -> Any:
    """Build the layer."""
    from hydro_wordcount.counted import Linear

    return Linear()


def build_loss(settings: Any, *, model: Any, targets: Any) -> Any:
    """Build the loss."""
    import torch

    return torch.nn.MSELoss()


def build_close(settings: Any) -> Any:
    """Build the metric that is 1 within the tolerance."""
    return MeanMetric(lambda errors: (errors <= settings.prediction.tolerance).astype(float))


def abs_error(errors: Any) -> Any:
    """Give the error as it is."""
    return errors


def export(settings: Any, *, model: Path, sample: Any, folder: Path) -> None:
    """Write the weights as JSON."""
    from safetensors.torch import load_file

    weights = load_file(model / "model.safetensors")
    listed = {name: each.tolist() for name, each in weights.items()}
    (folder / "weights.json").write_text(json.dumps(listed), encoding="utf-8")
