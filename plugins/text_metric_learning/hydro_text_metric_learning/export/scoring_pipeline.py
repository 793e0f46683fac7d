"""Turns texts into embeddings with nothing but onnxruntime, tokenizers and numpy.

On the command line, for a table with the columns that the model was trained on:

    python scoring_pipeline.py sample.csv embeddings.csv
    python scoring_pipeline.py sample.csv embeddings.npz
    python scoring_pipeline.py new.csv found.csv --gallery known.csv

From Python:

    from scoring_pipeline import Pipeline

    pipeline = Pipeline()
    embeddings = pipeline.embed(["first text", "second text"])  # float32, of length 1
    same = pipeline.same(embeddings @ embeddings.T)
"""

import argparse
import csv
import gzip
import json
import logging
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime
from text_input import delimited
from text_input.delimited import open_table
from text_input.encoding import InputError, check_text, is_blank
from tokenizers import Tokenizer

if TYPE_CHECKING:
    from numpy.typing import NDArray

TOKENS = 4096
"""Tokens of a batch, padding included."""

ROWS = 10_000
"""Rows of a table that are in memory at a time."""

COSINES = 2**24
"""Pairs of rows that are compared at a time."""

logger = logging.getLogger("scoring_pipeline")


class Pipeline:
    """The model of one folder, ready to embed texts."""

    def __init__(self, folder: str | Path = Path(__file__).parent) -> None:
        """Load the model and the tokenizer of a folder, by default the one this file is in."""
        folder = Path(folder)
        settings = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
        self.text_columns: list[str] = settings["text_columns"]
        self.separator: str = settings["separator"]
        self.embedding_size: int = settings["embedding_size"]
        self.threshold: float | None = settings["threshold"]
        self._padding: int = settings["padding_token"]
        # The tokenizer lower-cases where the model was trained on lower-cased texts.
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(settings["max_length"])
        self._tokenizer.no_padding()
        self._session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), providers=["CPUExecutionProvider"]
        )

    def embed(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """Embed texts as they are: ``(texts, embedding_size)``, of length 1.

        Raises:
            InputError: something is not a text, or not Unicode.
        """
        for place, text in enumerate(texts):
            if not isinstance(text, str):
                msg = f"text {place} (counted from 0) is {type(text).__name__}, not a text"
                raise InputError(msg)
            check_text(f"text {place} (counted from 0)", text)
        encodings = self._tokenizer.encode_batch_fast(list(texts))
        ids = [each.ids or [self._padding] for each in encodings]
        embeddings = np.empty((len(ids), self.embedding_size), np.float32)
        for rows in self._batches([len(each) for each in ids]):
            embeddings[rows] = self._run([ids[row] for row in rows])
        return embeddings

    def embed_rows(self, rows: Sequence[Mapping[str, str | None]]) -> "NDArray[np.float32]":
        """Embed the rows of a table, joining its text columns as in training.

        A column that is missing or empty in a row counts as '' beside one that is not.

        Raises:
            InputError: a row has no text, or something that is not one.
        """
        empty = [place for place, row in enumerate(rows) if not self.has_text(row)]
        if empty:
            where = f"row {empty[0]} (counted from 0)" + (
                f" and {len(empty) - 1} more" if empty[1:] else ""
            )
            msg = f"{where}: no text in {' or '.join(map(repr, self.text_columns))}"
            raise InputError(msg)
        return self.embed([self.join(row) for row in rows])

    def has_text(self, row: Mapping[str, Any]) -> bool:
        """Return whether a row has anything that can be seen in its text columns."""
        return not all(is_blank(str(row.get(name) or "")) for name in self.text_columns)

    def join(self, row: Mapping[str, Any]) -> str:
        """Make one text of a row."""
        return self.separator.join([row.get(name) or "" for name in self.text_columns])

    def same(self, similarities: "NDArray[np.float32]") -> "NDArray[np.bool_]":
        """Return which cosines, in any shape, are of texts to be taken for the same class.

        Raises:
            InputError: there is no threshold: no similarity was shown to be precise enough.
        """
        if self.threshold is None:
            msg = "the model has no threshold: no similarity was shown to be precise enough"
            raise InputError(msg)
        return similarities >= self.threshold

    @staticmethod
    def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
        """Split rows into batches of like length, the longest first, so that little is padding."""
        order = sorted(range(len(lengths)), key=lambda row: -lengths[row])
        while order:
            size = max(1, TOKENS // lengths[order[0]])
            yield order[:size]
            order = order[size:]

    def _run(self, ids: Sequence[Sequence[int]]) -> "NDArray[np.float32]":
        """Embed the tokens of some texts at once."""
        shape = (len(ids), max(map(len, ids)))
        tokens, mask = np.full(shape, self._padding), np.zeros(shape, np.int64)
        for row, each in enumerate(ids):
            tokens[row, : len(each)] = each
            mask[row, : len(each)] = 1
        inputs = {"input_ids": tokens, "attention_mask": mask}
        (embeddings,) = self._session.run(["sentence_embedding"], inputs)
        found: NDArray[np.float32] = embeddings
        return found


def read_rows(path: Path, text_columns: Sequence[str]) -> Iterator[dict[str, str]]:
    """Read a ``.csv`` or ``.tsv`` file with a header, compressed by gzip if it ends in ``.gz``.

    Raises:
        InputError: it cannot be read, or lacks a column.
    """
    packed = path.suffix.lower() == ".gz"
    suffix = path.with_suffix("").suffix if packed else path.suffix
    separator = "\t" if suffix.lower() == ".tsv" else None
    try:
        with (
            gzip.open(path) if packed else path.open("rb") as file,
            open_table(str(path), file, text_columns, separator) as table,
        ):
            yield from delimited.read_rows(table, text_columns, logger.warning)
    except (OSError, EOFError, zlib.error) as error:
        why = getattr(error, "strerror", None) or error
        msg = f"{path} cannot be read: {why}"
        raise InputError(msg) from None


def score(pipeline: Pipeline, source: Path) -> "Iterator[tuple[list[dict[str, str]], Any]]":
    """Embed a table part by part: its rows, and ``(rows, embedding_size)``, NaN without text."""
    reader = read_rows(source, pipeline.text_columns)
    while rows := list(islice(reader, ROWS)):
        filled = [place for place, row in enumerate(rows) if pipeline.has_text(row)]
        embeddings = np.full((len(rows), pipeline.embedding_size), np.nan, np.float32)
        embeddings[filled] = pipeline.embed_rows([rows[place] for place in filled])
        yield rows, embeddings


def embed_table(pipeline: Pipeline, source: Path) -> "NDArray[np.float32]":
    """Embed a table: ``(rows, embedding_size)``, NaN for a row without text."""
    parts = [embeddings for _, embeddings in score(pipeline, source)]
    return np.concatenate([np.empty((0, pipeline.embedding_size), np.float32), *parts])


@dataclass(frozen=True)
class Gallery:
    """The rows of a table that those of another are compared with."""

    pipeline: Pipeline
    embeddings: "NDArray[np.float32]"
    rows: "NDArray[np.int64]"
    """``(embeddings,)``: their numbers in the table, counted from 0."""

    @classmethod
    def read(cls, pipeline: Pipeline, source: Path) -> "Gallery":
        """Embed the rows of a table that have text.

        Raises:
            InputError: there is none, or the file cannot be read or lacks a column.
        """
        embeddings = embed_table(pipeline, source)
        rows = np.flatnonzero(~np.isnan(embeddings[:, 0]))
        if not rows.size:
            msg = f"{source} has no row with text to compare with"
            raise InputError(msg)
        return cls(pipeline, embeddings[rows], rows)

    def compare(self, embeddings: "NDArray[np.float32]") -> "dict[str, NDArray[Any]]":
        """Return the number of the most similar row for each, how similar, and whether the same.

        Each is ``(rows,)``; -1, NaN and False where there is no embedding.
        """
        nearest, cosines = np.full(len(embeddings), -1), np.full(len(embeddings), np.nan)
        filled = np.flatnonzero(~np.isnan(embeddings[:, 0]))
        for some in np.array_split(filled, 1 + len(filled) * len(self.rows) // COSINES):
            found = embeddings[some] @ self.embeddings.T
            nearest[some], cosines[some] = self.rows[found.argmax(axis=1)], found.max(axis=1)
        columns = {"nearest": nearest, "similarity": cosines.astype(np.float32)}
        if self.pipeline.threshold is not None:
            columns["same"] = self.pipeline.same(columns["similarity"])
        return columns


def write_csv(
    pipeline: Pipeline, source: Path, target: Path, gallery: Gallery | None
) -> tuple[int, int]:
    """Write the rows, what a gallery says of them, and a column ``embedding``, a JSON list.

    New fields are empty for a row without text. Returns the number of rows, and of those without.

    Raises:
        InputError: the table cannot be read, or has one of the new columns already.
    """
    count = empty = 0
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        for rows, embeddings in score(pipeline, source):
            columns = {} if gallery is None else gallery.compare(embeddings)
            columns["embedding"] = embeddings
            if not count:
                _refuse_clash(source, rows[0], columns)
                writer.writerow([*rows[0], *columns])
            lacks = np.isnan(embeddings[:, 0])
            for row, lacking, *values in zip(rows, lacks, *columns.values(), strict=True):
                told = ["" if lacking else json.dumps(_rounded(value)) for value in values]
                writer.writerow([*row.values(), *told])
            count, empty = count + len(rows), empty + int(lacks.sum())
    return count, empty


def _refuse_clash(source: Path, own: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    if clash := [name for name in new if name in own]:
        msg = f"{source} has a column {clash[0]!r}, as the result will; rename it"
        raise InputError(msg)


def _rounded(value: Any) -> Any:
    """Return what JSON can say of a value or values, to seven digits after the point."""
    return value.astype(float).round(7).tolist() if value.dtype == np.float32 else value.tolist()


def write_npz(
    pipeline: Pipeline, source: Path, target: Path, gallery: Gallery | None
) -> tuple[int, int]:
    """Write ``embeddings``, ``(rows, embedding_size)``, and what a gallery says of them.

    A row without text has NaN. Returns the number of rows, and of those without text.
    """
    embeddings = embed_table(pipeline, source)
    columns = {} if gallery is None else gallery.compare(embeddings)
    with target.open("wb") as file:
        np.savez(file, allow_pickle=False, embeddings=embeddings, **columns)
    return len(embeddings), int(np.isnan(embeddings[:, 0]).sum())


def main() -> None:
    """Embed a table on the command line."""
    parser = argparse.ArgumentParser(description="Embed the texts of a table.")
    parser.add_argument(
        "source", type=Path, help="a .csv or .tsv file with a header, or either compressed as .gz"
    )
    parser.add_argument("target", type=Path, help="where to: .csv or .npz")
    parser.add_argument(
        "--gallery", type=Path, help="a table of rows to find the most similar one of"
    )
    arguments = parser.parse_args()
    source, target = arguments.source, arguments.target
    write = {".csv": write_csv, ".npz": write_npz}.get(target.suffix.lower())
    if write is None:
        parser.error(f"{target}: the name of the result has to end in .csv or .npz")
    partial = target.with_name(f".{target.name}.partial")
    try:
        pipeline = Pipeline()
        gallery = Gallery.read(pipeline, arguments.gallery) if arguments.gallery else None
        count, empty = write(pipeline, source, partial, gallery)
        partial.replace(target)
    except InputError as error:
        sys.exit(f"scoring_pipeline: {error}")
    except OSError as error:
        sys.exit(f"scoring_pipeline: {target} cannot be written: {error.strerror}")
    finally:
        partial.unlink(missing_ok=True)
    lacking = f"; {empty:,} have no text, and no embedding" if empty else ""
    sys.stderr.write(f"{count:,} rows into {target}{lacking}\n")


if __name__ == "__main__":
    main()
