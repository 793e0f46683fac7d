"""Feeds damaged settings and tables to their readers: each is read, or refused with a message.

Run: python docs/benchmarks/fuzz.py --cases 100000

It prints a line for each kind of file: how many were read, how many refused, the slowest, and the
peak memory of the process. Anything but ``SettingsError`` or ``DataError`` ends it with the case.
"""

import argparse
import gzip
import io
import random
import resource
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from hydro.data.tables import read_table
from hydro.errors import DataError, SettingsError
from hydro.plugins.registry import Registry
from hydro.settings.loading import load

YAML = b"""\
problem_type: text_metric_learning
dataset: {train_dataframe: rows.csv, text_column: text, label_columns: label}
training:
  epochs: 3
  learning_rate: 3e-4  # a comment
grid_search:
  learning_rate: [1e-4, 3e-4]
experiment_name: "calm"
"""
CSV = 'text,label\n"a, b",x\n"said ""no""",y\ncaf\u00e9,NA\n\u05d0\u05d1,x\n'.encode()
JSON_LINES = (
    '{"text": "a", "label": 1.0}\n{"text": "caf\u00e9", "label": null, "more": [1]}\n'.encode()
)

PIECES = [
    *(b"\0", b"\xff", b"\xef\xbb\xbf", b"\r", b"\n", b"\t", b'"', b"'", b",", b";", b": ", b"- "),
    *(b"{", b"}", b"[", b"]", b"&a", b"*a", b"!!python/object:os.system", b"? ", b"<<: *a", b"---"),
    *(
        b"|",
        b">",
        b"%YAML 9",
        b"~",
        b"1e999",
        b"-1",
        b"nan",
        b"999999999999999999999",
        b"../",
        b"$",
    ),
    *(b"\xe2\x80\xae", b"\xf0\x9f\x92\xa9", b"\xed\xa0\x80", b"PAR1", b"PK\x03\x04", b"text,label"),
]


def parquet() -> bytes:
    """Make a small table of texts, categories, numbers and lists."""
    columns = {
        "text": ["a", "\u00e9", None] * 20,
        "label": pa.array(["x", "y", None] * 20).dictionary_encode(),
        "number": [0.5, 2.0, None] * 20,
        "list": [[1], [], None] * 20,
    }
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def workbook() -> bytes:
    """Make a workbook of texts, numbers and empty cells."""
    book, buffer = openpyxl.Workbook(), io.BytesIO()
    for row in (["text", "label"], ["a", 1], ["\u00e9", 2.5], [None, "x"]):
        book.active.append(row)
    book.save(buffer)
    return buffer.getvalue()


def packed() -> bytes:
    """Make a zip of two tables."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", CSV)
        archive.writestr("folder/b.csv", CSV)
    return buffer.getvalue()


def damaged(whole: bytes, chance: random.Random) -> bytes:
    """Change some bytes, put pieces in, repeat or take out parts, cut the end off."""
    content = bytearray(whole)
    for _ in range(chance.choice([1, 1, 2, 4, 16])):
        place = chance.randrange(len(content) + 1)
        end = min(len(content), place + chance.choice([1, 2, 8, 64]))
        match chance.randrange(6):
            case 0 if place < len(content):
                content[place] = chance.randrange(256)
            case 1:
                content[place:place] = chance.choice(PIECES)
            case 2:
                content[place:end] = b""
            case 3:
                content[place:place] = content[place:end] * chance.choice([1, 2, 50])
            case 4 if chance.randrange(4) == 0:
                del content[place:]
            case 5:
                content[place:place] = chance.choice(PIECES) * chance.choice([1, 30, 3000])
    return bytes(content)


@dataclass
class Reader:
    """A kind of file, what reads it, and how that went so far."""

    name: str
    whole: bytes
    read: Callable[[Path], object]
    refusal: type[Exception]
    counts: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0

    def try_one(self, folder: Path, seed: int) -> None:
        """Read one damaged file; only the refusal that is meant for people may come of it."""
        path = folder / self.name
        path.write_bytes(damaged(self.whole, random.Random(f"{self.name} {seed}")))
        # The processor's time, so that what else the machine does is not taken for slowness.
        started = time.process_time()
        try:
            self.read(path)
            self.counts["read"] += 1
        except self.refusal as error:
            self.counts["refused"] += 1
            assert path.name in str(error), f"{self.name}, seed {seed}: names no file: {error}"
        except BaseException as error:
            error.add_note(f"{self.name}, seed {seed}")
            raise
        self.slowest = max(self.slowest, time.process_time() - started)


def readers() -> list[Reader]:
    """Return the reader of settings, and that of tables in each format."""
    registry = Registry.installed()
    model = registry.schema(registry.problem("text_metric_learning"))
    tables = {
        "fuzz.csv": CSV,
        "fuzz.csv.gz": gzip.compress(CSV, mtime=0),
        "fuzz.jsonl": JSON_LINES,
        "fuzz.xlsx": workbook(),
        "fuzz.parquet": parquet(),
        "fuzz.zip": packed(),
    }
    return [
        Reader("fuzz.yml", YAML, lambda path: load(path, model), SettingsError),
        *(Reader(name, each, read_table, DataError) for name, each in tables.items()),
    ]


def fuzz(cases: int, start: int = 0) -> list[Reader]:
    """Try so many cases, in turn of every kind of file."""
    found = readers()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "rows.csv").write_bytes(CSV)
        for seed in range(start, start + cases):
            found[seed % len(found)].try_one(folder, seed)
    return found


def main() -> None:
    """Run, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--start", type=int, default=0, help="the seed of the first case")
    arguments = parser.parse_args()
    for each in fuzz(arguments.cases, arguments.start):
        told = f"{each.counts['read']:>7,} read {each.counts['refused']:>7,} refused"
        sys.stdout.write(f"{each.name:13} {told}, slowest {1000 * each.slowest:.0f} ms\n")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    seconds = time.process_time()
    sys.stdout.write(
        f"{arguments.cases:,} cases, {seconds:.0f} s of the processor, peak {memory:.0f} MiB\n"
    )


if __name__ == "__main__":
    main()
