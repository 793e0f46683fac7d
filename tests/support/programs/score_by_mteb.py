"""Scores a model by an mteb task made from a table.

    python score_by_mteb.py MODEL TABLE TEXT LABEL

TEXT and LABEL are the columns. Prints mteb's version and the accuracy as JSON.
"""

import csv
import json
import sys
import tempfile
from operator import itemgetter
from pathlib import Path
from typing import Any

import mteb
from datasets import Dataset, DatasetDict
from mteb.abstasks import AbsTaskClassification
from mteb.abstasks.task_metadata import TaskMetadata
from sentence_transformers import SentenceTransformer


class OwnTable(AbsTaskClassification):
    """A classification of one half of the texts by the other."""

    rows: tuple[tuple[str, str], ...] = ()
    metadata = TaskMetadata(
        name="OwnTable",
        dataset={"path": "local", "revision": "1"},
        description="The rows of a table.",
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
        """Split the rows of every class in halves."""
        names = sorted({label for _, label in self.rows})
        kept = sorted(((text, names.index(label)) for text, label in self.rows), key=itemgetter(1))
        halves = {"train": kept[::2], "test": kept[1::2]}
        self.dataset = DatasetDict(
            {
                name: Dataset.from_list([{"text": text, "label": label} for text, label in half])
                for name, half in halves.items()
            }
        )
        self.data_loaded = True


def main(folder: str, table: Path, text: str, label: str) -> None:
    """Print the accuracy of a model."""
    with table.open(encoding="utf-8", newline="") as file:
        OwnTable.rows = tuple((row[text], row[label]) for row in csv.DictReader(file))
    model = SentenceTransformer(folder, device="cpu")
    with tempfile.TemporaryDirectory() as results:
        cache = mteb.ResultCache(results)
        result = mteb.evaluate(model, OwnTable(), cache=cache)
    accuracy = result.task_results[0].get_score()
    json.dump({"version": mteb.__version__, "accuracy": accuracy}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
