"""Tokenizes and trains on Parquet tables of more and more rows, and watches the memory.

    python docs/benchmarks/ten_million_rows.py [--rows 1000000 3000000 10000000] [--work FOLDER]

The texts are of about ten words, the labels a thousand; the backbone is tiny and random, and twenty
updates are made. Prints, for each number of rows, the highest memory that the process had to hold
(RssAnon) until all was read, until all was tokenized, and in the end; the highest of all resident
memory, pages of files among it that the system can take back; and seconds. FOLDER takes the tables,
which are made once. Each number of rows is a process of its own.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

UPDATES, BATCH, CLASSES, HELD_OUT = 20, 64, 1000, 2000


class Memory(threading.Thread):
    """Looks at the memory of this process, again and again."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.anonymous = self.resident = 0
        self.start()

    def run(self) -> None:
        while True:
            text = Path("/proc/self/status").read_text()
            sizes = {name: int(size) for name, size in re.findall(r"(Rss\w+):\s+(\d+)", text)}
            self.anonymous = max(self.anonymous, sizes["RssAnon"] // 1024)
            self.resident = max(self.resident, sum(sizes.values()) // 1024)
            time.sleep(0.02)


def write_table(path: Path, rows: int) -> None:
    """Write so many rows, some at a time."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    random = np.random.default_rng(rows)
    words = np.array([f"word{number}" for number in range(2000)], dtype=object)
    schema = pa.schema([("id", pa.int64()), ("text", pa.string()), ("label", pa.string())])
    with pq.ParquetWriter(path, schema) as writer:
        for start in range(0, rows, 50_000):
            count = min(50_000, rows - start)
            texts = [" ".join(row) for row in words[random.integers(0, 2000, (count, 10))]]
            labels = [f"class {number}" for number in random.integers(0, CLASSES, count)]
            columns = [range(start, start + count), texts, labels]
            writer.write_table(pa.table(dict(zip(schema.names, columns, strict=True)), schema))


def measure(train: Path, held_out: Path, rows: int, work: Path) -> dict[str, object]:
    """Train on a table."""
    os.environ["HYDRO_CACHE"] = str(work / "cache")
    memory = Memory()
    from hydro.experiment.experiment import prepare
    from hydro.experiment.train import create_folder, run
    from hydro.plugins.registry import Registry
    from hydro.settings.layers import Layers
    from hydro.settings.loading import check
    from hydro.settings.yaml_reader import Document
    from hydro.testing import tiny_backbone
    from hydro.training.progress import NoProgress

    backbone = tiny_backbone(work / "backbone", texts=[f"word{each}" for each in range(2000)])
    registry = Registry.installed()
    problem = registry.problem("text_metric_learning")
    values = {
        "dataset": {
            "train_dataframe": str(train),
            "validation_strategy": "custom",
            "validation_dataframe": str(held_out),
            "text_column": "text",
            "label_columns": "label",
        },
        "tokenizer": {"max_length": "32"},
        "architecture": {"backbone": str(backbone)},
        "training": {"epochs": str(UPDATES * BATCH / rows), "batch_size": str(BATCH)},
        "environment": {"seed": "1", "number_of_workers": "0", "gpus": []},
    }
    loaded = check(Layers(Document(values, "rows"), work), registry.schema(problem))
    figures: dict[str, object] = {"rows": rows, "imported_mb": memory.anonymous}
    started = time.perf_counter()
    experiment = prepare(loaded.settings, problem, registry)
    figures |= {"read_mb": memory.anonymous, "read_s": round(time.perf_counter() - started)}

    class Watch(NoProgress):
        """Notes the memory when the first rows are predicted, all being tokenized."""

        def task(self, name: str, total: int, unit: str):  # type: ignore[no-untyped-def]  # noqa: ANN202
            figures.setdefault("tokenized_mb", memory.anonymous)
            figures.setdefault("tokenized_s", round(time.perf_counter() - started))
            return super().task(name, total, unit)

    run(experiment, create_folder(experiment, work / "runs"), Watch())
    return figures | {
        "trained_mb": memory.anonymous,
        "trained_s": round(time.perf_counter() - started),
        "resident_mb": memory.resident,
    }


def main() -> None:
    """Print a line of JSON for each number of rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", nargs="+", type=int, default=[1_000_000, 3_000_000, 10_000_000])
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "many_rows")
    parser.add_argument("--alone", action="store_true", help="in this very process")
    arguments = parser.parse_args()
    arguments.work.mkdir(exist_ok=True)
    for rows in (HELD_OUT, *arguments.rows):
        table = arguments.work / f"{rows}.parquet"
        if not table.exists():
            write_table(table, rows)
    for rows in arguments.rows:
        if arguments.alone:
            held_out = arguments.work / f"{HELD_OUT}.parquet"
            with tempfile.TemporaryDirectory(dir=arguments.work) as work:
                table = arguments.work / f"{rows}.parquet"
                figures = measure(table, held_out, rows, Path(work))
            sys.stdout.write(json.dumps(figures) + "\n")
        else:
            own = ["--rows", str(rows), "--work", str(arguments.work), "--alone"]
            subprocess.run([sys.executable, __file__, *own], check=True)


if __name__ == "__main__":
    main()
