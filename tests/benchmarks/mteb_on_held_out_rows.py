"""Scores a run's model by an mteb task made from the rows it held out; run it where mteb is."""

import csv
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import mteb
from datasets import Dataset, DatasetDict
from mteb.abstasks import AbsTaskClassification
from mteb.abstasks.task_metadata import TaskMetadata
from sentence_transformers import SentenceTransformer


class HeldOut(AbsTaskClassification):
    """A classification of held-out texts from some of them."""

    rows: tuple[tuple[str, str], ...] = ()
    metadata = TaskMetadata(
        name="HeldOut",
        dataset={"path": "local", "revision": "1"},
        description="Rows that a run held out.",
        type="Classification",
        category="t2c",
        modalities=["text"],
        eval_splits=["test"],
        eval_langs=["eng-Latn"],
        main_score="accuracy",
        reference=None,
        date=None,
        domains=None,
        task_subtypes=None,
        license=None,
        annotations_creators=None,
        dialect=None,
        sample_creation=None,
        bibtex_citation=None,
    )

    def load_data(self, *arguments: Any, **options: Any) -> None:
        """Split the rows in halves, of classes that have four or more."""
        counts = Counter(label for _, label in self.rows)
        names = sorted(label for label, count in counts.items() if count > 3)
        kept = [(text, names.index(label)) for text, label in self.rows if label in names]
        kept.sort(key=lambda row: row[1])
        halves = {"train": kept[::2], "test": kept[1::2]}
        self.dataset = DatasetDict(
            {
                name: Dataset.from_list([{"text": text, "label": label} for text, label in half])
                for name, half in halves.items()
            }
        )
        self.data_loaded = True


def main(run: Path, text: str, label: str) -> None:
    """Print the accuracy of the model of a run."""
    table = run / "predictions/validation_predictions.csv"
    with table.open(encoding="utf-8", newline="") as file:
        HeldOut.rows = tuple((row[text], row[label]) for row in csv.DictReader(file))
    model = SentenceTransformer(str(run / "model"), device="cpu")
    with tempfile.TemporaryDirectory() as folder:
        cache = mteb.ResultCache(folder)
        result = mteb.evaluate(model, HeldOut(), cache=cache)
    sys.stdout.write(f"accuracy {result.task_results[0].get_score():.4f}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
