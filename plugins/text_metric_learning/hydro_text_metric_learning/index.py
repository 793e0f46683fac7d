"""An index of texts: the most similar ones to a query, with faiss."""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hydro.api import Hit, ResourceError
from hydro.similarity.gallery import check_finite
from hydro_text_metric_learning.retrieval import joined_labels
from hydro_text_metric_learning.trained import TrainedEncoder

SAMPLE = 1000
"""Rows of the gallery that the recall of an approximate index is measured with."""
DEPTH = 10
"""The K of that recall."""

Autocast = Callable[[], AbstractContextManager[object]]


@dataclass(frozen=True)
class TextIndex:
    """Finds the texts of a gallery that are most similar to a query."""

    trained: TrainedEncoder
    index: Any
    """Of faiss; the inner product of vectors of length 1 is their cosine."""
    table: pd.DataFrame
    """``row``, ``text`` and ``label`` of each text of the gallery, in the order of the index."""
    facts: Mapping[str, Any]
    autocast: Autocast

    @classmethod
    def build(
        cls,
        trained: TrainedEncoder,
        gallery: pd.DataFrame,
        *,
        targets: Sequence[str],
        kind: str,
        autocast: Autocast,
        watch: Callable[[int], object],
    ) -> Self:
        """Embed a gallery and index it.

        Args:
            trained: the model.
            gallery: the rows, which have the text columns; the labels are optional.
            targets: the label columns.
            kind: exact, ivf or hnsw.
            autocast: makes the context in which the encoder runs.
            watch: told how many more rows are done.

        Raises:
            TrainingError: an embedding is not finite.
        """
        columns = [gallery[name].tolist() for name in trained.text_columns]
        embeddings = trained.embed(columns, autocast=autocast, watch=watch)
        check_finite(embeddings)
        index = build_faiss(embeddings, kind)
        recall = None if kind == "exact" else measure_recall(index, embeddings)
        table = pd.DataFrame(
            {
                "row": gallery.index.to_numpy(),
                "text": [" | ".join(row) for row in zip(*columns, strict=True)],
                "label": pd.Series(joined_labels(gallery, targets), dtype="str").array,
            }
        )
        facts = {"kind": kind, "rows": len(table), "recall": recall}
        return cls(trained, index, table, facts, autocast)

    @classmethod
    def open(cls, folder: Path, trained: TrainedEncoder, *, autocast: Autocast) -> Self:
        """Open an index that was saved.

        Raises:
            ResourceError: a file of it is missing or damaged.
        """
        import faiss

        try:
            index = faiss.read_index(str(folder / "index.faiss"))
            table = pd.read_parquet(folder / "texts.parquet")
            facts = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
        except (OSError, ValueError, RuntimeError) as error:
            msg = f"{folder}: cannot be read ({str(error).splitlines()[0]})"
            raise ResourceError(msg) from None
        return cls(trained, index, table, facts, autocast)

    def save(self, folder: Path) -> None:
        """Write the index as faiss does, the texts as Parquet and the facts as JSON."""
        import faiss

        faiss.write_index(self.index, str(folder / "index.faiss"))
        self.table.to_parquet(folder / "texts.parquet", index=False)
        (folder / "facts.json").write_text(json.dumps(self.facts) + "\n", encoding="utf-8")

    def search(self, queries: pd.DataFrame, k: int) -> list[list[Hit]]:
        """Return up to ``k`` texts a query, the most similar first; ties go by their row."""
        columns = [queries[name].tolist() for name in self.trained.text_columns]
        embeddings = self.trained.embed(columns, autocast=self.autocast)
        cosines, places = self.index.search(embeddings, min(k, len(self.table)))
        hits = []
        for row, at in zip(cosines.tolist(), places.tolist(), strict=True):
            # An approximate index gives the place -1 where it finds fewer.
            found = [pair for pair in zip(row, at, strict=True) if pair[1] >= 0]
            found.sort(key=lambda pair: (-pair[0], pair[1]))
            hits.append([self._hit(*pair) for pair in found])
        return hits

    def _hit(self, similarity: float, place: int) -> Hit:
        row, text, label = self.table.iloc[place]
        threshold = self.trained.threshold
        return Hit(
            int(row),
            similarity,
            text,
            None if pd.isna(label) else label,
            None if threshold is None else similarity >= threshold,
        )


def build_faiss(embeddings: NDArray[np.float32], kind: str) -> Any:
    """Index vectors ``(rows, size)`` of length 1 by their inner product.

    ``exact`` compares a query with every row. ``ivf`` cuts the rows into about 4√n cells and looks
    into a sixteenth of them, but 8 at least. ``hnsw`` walks a graph in which each row has 32
    neighbors.
    """
    import faiss

    rows, size = embeddings.shape
    index: Any = faiss.IndexFlatIP(size)
    if kind == "ivf":
        # faiss wants 39 rows a cell to find the middle of each.
        cells = max(1, min(round(4 * rows**0.5), rows // 39))
        index = faiss.IndexIVFFlat(faiss.IndexFlatIP(size), size, cells, faiss.METRIC_INNER_PRODUCT)
        index.nprobe = max(8, cells // 16)
        index.cp.min_points_per_centroid = 1  # else faiss warns of a single cell of fewer rows
        index.train(embeddings)
    elif kind == "hnsw":
        index = faiss.IndexHNSWFlat(size, 32, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = 200
        index.hnsw.efSearch = 128
    index.add(embeddings)
    return index


def measure_recall(index: Any, embeddings: NDArray[np.float32]) -> float:
    """Return the share of the 10 nearest rows that an index finds, over 1,000 rows of its own.

    Each row is searched for without itself, against an exact index.
    """
    rows = np.random.default_rng(0).permutation(len(embeddings))[:SAMPLE]
    wanted = _nearest(build_faiss(embeddings, "exact"), embeddings, rows)
    found = _nearest(index, embeddings, rows)
    shares = [
        len({*some} & {*all_of_them}) / len(all_of_them)
        for some, all_of_them in zip(found, wanted, strict=True)
        if all_of_them
    ]
    return float(np.mean(shares)) if shares else 1.0


def _nearest(
    index: Any, embeddings: NDArray[np.float32], rows: NDArray[np.int64]
) -> list[list[int]]:
    """Return up to 10 nearest others of some rows."""
    _, places = index.search(embeddings[rows], min(DEPTH + 1, len(embeddings)))
    return [
        [place for place in found if place not in (row, -1)][:DEPTH]
        for row, found in zip(rows.tolist(), places.tolist(), strict=True)
    ]
