"""The Python scoring pipeline: a folder that embeds texts in an environment without hydro."""

import csv
import json
import shutil
import sys
from importlib.metadata import version
from pathlib import Path

from hydro.text import copy_text_input
from hydro_text_metric_learning.export.onnx import write_onnx
from hydro_text_metric_learning.trained import TrainedEncoder, load_trained

SCRIPT = Path(__file__).with_name("scoring_pipeline.py")
PACKAGES = ("numpy", "onnxruntime", "tokenizers")

README = """\
# Python scoring pipeline

Embeds texts, without hydro and without a network. Made with Python {python}; the versions in
`requirements.txt` are those that it was made with.

```console
python -m venv .venv && .venv/bin/pip install -r requirements.txt
.venv/bin/python scoring_pipeline.py sample.csv embeddings.csv
.venv/bin/python scoring_pipeline.py sample.csv embeddings.npz
.venv/bin/python scoring_pipeline.py sample.csv found.csv --gallery sample.csv
```

The input is a `.csv` or `.tsv` file with a header, or either compressed as `.gz`; it needs
{columns}, and may have others. `.csv` is the input with one more column, `embedding`, a JSON list
of {size} numbers; `.npz` has the array `embeddings`, rows by {size}. A row without text gets an
empty field, or NaN.

With `--gallery` each row is compared with those of another table, too, here with the same one, so
that each finds itself. `nearest` is the number of the most similar row, counted from 0, and
`similarity` their cosine. {threshold}

```python
from scoring_pipeline import Pipeline

pipeline = Pipeline()
embeddings = pipeline.embed(["first text", "second text"])  # float32, of length 1
similarities = embeddings @ embeddings.T
{same}```

| file | what it is |
|---|---|
| `scoring_pipeline.py` | the program, which can be imported too |
| `text_input/` | what it reads and checks texts and tables by, as hydro does |
| `model.onnx` | the model: backbone, pool and neck, in float32 |
| `tokenizer.json` | the tokenizer, with the lower-casing if there is any |
| `settings.json` | how columns become texts: {joined}, cut at {max_length} tokens; the threshold |
| `sample.csv` | an input to try; its texts are made up |
| `requirements.txt` | the packages it needs, and their versions |
"""

SAME = "same = pipeline.same(similarities)  # true or false for each pair\n"


def write_pipeline_folder(model: Path, folder: Path) -> TrainedEncoder:
    """Write program, weights, tokenizer and settings; give the model that was written.

    Args:
        model: the model that a run saved.
        folder: where to; it is there and empty.

    Raises:
        ModelError: the model is damaged, or cannot be written as ONNX.
    """
    trained = load_trained(model)
    write_onnx(trained, folder / "model.onnx")
    shutil.copy(model / "tokenizer.json", folder)
    shutil.copy(SCRIPT, folder)
    copy_text_input(folder)
    settings = {
        "text_columns": trained.text_columns,
        "separator": trained.tokenizer.separator,
        "max_length": trained.tokenizer.max_length,
        "padding_token": trained.tokenizer.hf.pad_token_id or 0,
        "embedding_size": trained.encoder.embedding_size,
        "threshold": trained.threshold,
    }
    _write(folder / "settings.json", json.dumps(settings, indent=2, ensure_ascii=False) + "\n")
    _write(folder / "requirements.txt", "".join(f"{name}=={version(name)}\n" for name in PACKAGES))
    _write(folder / "README.md", _readme(trained))
    with (folder / "sample.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(trained.text_columns)
        for start in ("A first", 'A second, "quoted"', "A third,\nof two lines:"):
            writer.writerow([f"{start} {name}" for name in trained.text_columns])
    return trained


def _readme(trained: TrainedEncoder) -> str:
    names = [f"`{name}`" for name in trained.text_columns]
    joined = f"joined with `{json.dumps(trained.tokenizer.separator, ensure_ascii=False)}`"
    return README.format(
        python=f"{sys.version_info.major}.{sys.version_info.minor}",
        columns=f"the column {names[0]}" if len(names) == 1 else f"the columns {', '.join(names)}",
        joined="one column" if len(names) == 1 else joined,
        max_length=trained.tokenizer.max_length,
        size=trained.encoder.embedding_size,
        threshold=describe_threshold(trained.threshold),
        same="" if trained.threshold is None else SAME,
    )


def describe_threshold(threshold: float | None) -> str:
    """Describe what `same` means, or why it is not there."""
    if threshold is None:
        return "There is no `same`: no similarity of held-out rows was shown to be precise enough."
    return (
        "`same` says whether both are to be taken for\nthe same class, which is so from similarity "
        f"{threshold:.4f} on, chosen on held-out rows."
    )


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
