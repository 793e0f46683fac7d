"""The model card: what the model is, how well it does, how to use it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from hydro_text_metric_learning.settings import TextMetricLearningSettings

USE = """\
```python
from sentence_transformers import SentenceTransformer

model = SentenceTransformer("path/to/this/folder")
embeddings = model.encode(["first text", "second text"])
print(model.similarity(embeddings, embeddings))
```

With hydro, where RUN is the folder that holds this one: `hydro search RUN "a text"` gives the
most similar training texts, and `hydro predict RUN table.csv` the embeddings of a table's rows,
and the rows nearest to each.

As ONNX, after `hydro export RUN --to onnx`: `onnx/model.onnx` takes `input_ids` and
`attention_mask` and gives `sentence_embedding`, of length 1. With nothing but onnxruntime,
tokenizers and numpy: `hydro export RUN --to scoring-pipeline`. For MLflow: `--to mlflow`.
"""


def model_card(
    settings: TextMetricLearningSettings, scores: Mapping[str, Any], *, rows: int, classes: int
) -> str:
    """Write the card as Markdown with YAML front matter.

    Args:
        settings: those of the run.
        scores: how the model does on every split that was scored.
        rows: how many it was trained on.
        classes: how many they are of.
    """
    front: dict[str, Any] = {
        "library_name": "sentence-transformers",
        "pipeline_tag": "sentence-similarity",
        "tags": ["sentence-transformers", "sentence-similarity", "metric-learning", "hydro"],
    }
    backbone = settings.architecture.backbone
    if (folder := Path(backbone).expanduser()).is_dir():
        # A path of this machine says nothing to whoever is given the model.
        backbone = folder.name
    else:
        front["base_model"] = backbone
    front["model-index"] = [
        {"name": settings.experiment_name, "results": [*_results(settings, scores)]}
    ]
    training = settings.training
    parts = [
        f"---\n{yaml.safe_dump(front, sort_keys=False)}---",
        f"# {settings.experiment_name}",
        "Maps a text to an embedding of length 1, so that texts of one class are close to each "
        f"other by cosine. Trained by hydro from `{backbone}` with "
        f"{training.loss_function}, {_epochs(training.epochs)}, batches of {training.batch_size}, "
        f"learning rate {training.learning_rate:g}; texts are cut at "
        f"{settings.tokenizer.max_length} tokens.",
        *_joined(settings),
        "## What it was trained with",
        _settings_table(settings, rows, classes),
        "## How well it does",
        *[_table(split, comparison) for split, comparison in scores.items()],
        "## How to use it",
        USE,
    ]
    return "\n\n".join(parts)


def _epochs(count: float) -> str:
    return "1 epoch" if count == 1 else f"{count:g} epochs"


def _results(
    settings: TextMetricLearningSettings, scores: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Return the scores in the form in which the hub lists them."""
    dataset = settings.dataset
    custom = dataset.validation_strategy == "custom"
    tables = {
        "train": dataset.train_dataframe,
        "validation": dataset.validation_dataframe if custom else dataset.train_dataframe,
        "test": dataset.test_dataframe,
    }
    for split, comparison in scores.items():
        table = tables[split]
        yield {
            "task": {"type": "sentence-similarity"},
            "dataset": {"name": f"{split} rows", "type": table.stem if table else split},
            "metrics": [
                {"type": name, "value": round(each["after"], 6)}
                for name, each in comparison["metrics"].items()
            ],
        }


def _joined(settings: TextMetricLearningSettings) -> list[str]:
    """Describe how several text columns were joined, which the folder cannot express."""
    names = settings.dataset.text_column
    if len(names) == 1:
        return []
    between = (
        repr(settings.dataset.separator) if settings.dataset.separator else "the separator token"
    )
    return [f"A text is the columns {', '.join(names)}, joined with {between}."]


def _settings_table(settings: TextMetricLearningSettings, rows: int, classes: int) -> str:
    """List the size of the data and the settings that shape the model."""
    architecture, training = settings.architecture, settings.training
    told = {
        "training rows": f"{rows:,}",
        "classes": f"{classes:,}, by {', '.join(settings.dataset.label_columns)}",
        "pool": architecture.pool,
        "embedding size": architecture.embedding_size or "the backbone's width",
        "lower-cased": "yes" if settings.tokenizer.lowercase else "no",
        "optimizer, schedule": f"{training.optimizer}, {training.schedule}",
        "seed": settings.environment.seed,
    }
    lines = [f"| {name} | {value} |" for name, value in told.items()]
    return "\n".join(["| what | value |", "|---|---|", *lines])


def _table(split: str, comparison: Mapping[str, Any]) -> str:
    lines = [
        f"On {comparison['rows'] - comparison['rows_left_out']:,} {split} rows, each searched for "
        f"among the others, {comparison['metric']} changed by {comparison['change']:+.4f} "
        f"({_interval(comparison)}).",
        "",
        "| metric | before training | after |",
        "|---|---|---|",
    ]
    for name, each in comparison["metrics"].items():
        lines.append(f"| {name} | {each['before']:.4f} | {each['after']:.4f} |")
    if comparison.get("decision"):
        lines.append(f"\n{comparison['decision']['summary']}.")
    for mark in ("overstated", "selected"):
        if comparison.get(mark):
            lines.append(f"\n{mark.capitalize()}: {comparison[mark]}.")
    return "\n".join(lines)


def _interval(comparison: Mapping[str, Any]) -> str:
    if comparison["change_interval"] is None:
        return str(comparison["interval_note"])
    low, high = comparison["change_interval"]
    return f"95 % interval {low:+.4f} to {high:+.4f}"
