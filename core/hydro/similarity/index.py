"""An index of embedded rows: the most similar ones to a query, with faiss."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hydro.errors import ResourceError
from hydro.plugins.retrieval import Hit, Kind
from hydro.similarity.gallery import check_finite

if TYPE_CHECKING:
    import faiss

RECALL_ROWS = 1000
"""Rows of the gallery that the recall of an approximate index is measured on."""
RECALL_K = 10
"""The K of that recall."""

Embed = Callable[[pd.DataFrame], NDArray[np.float32]]
"""Embeds the rows of a table: ``(rows, size)``, of length 1."""


@dataclass(frozen=True)
class EmbeddingIndex:
    """Finds the rows of a gallery that are most similar to a query."""

    index: "faiss.Index"
    """Of inner products, which are cosines for embeddings of length 1."""
    table: pd.DataFrame
    """``row``, ``text`` and ``label`` of each row of the gallery, in the order of the index."""
    facts: Mapping[str, object]
    embed: Embed
    """Embeds queries."""
    threshold: float | None
    """The similarity from which on two rows are taken for the same class."""

    @classmethod
    def build(
        cls,
        embeddings: NDArray[np.float32],
        table: pd.DataFrame,
        *,
        kind: Kind,
        embed: Embed,
        threshold: float | None,
    ) -> Self:
        """Index the embeddings ``(rows, size)``, of length 1, of the rows of a gallery.

        Args:
            embeddings: of the gallery.
            table: its ``row``, ``text`` and ``label``, as `describe_rows` returns them.
            kind: exact, ivf or hnsw; see `build_faiss`.
            embed: embeds queries.
            threshold: the similarity from which on two rows are taken for the same class.

        Raises:
            TrainingError: an embedding is not finite.
        """
        check_finite(embeddings)
        index = build_faiss(embeddings, kind)
        recall = None if kind == "exact" else measure_recall(index, embeddings)
        facts = {"kind": kind, "rows": len(table), "recall": recall}
        return cls(index, table, facts, embed, threshold)

    @classmethod
    def open(cls, folder: Path, *, embed: Embed, threshold: float | None) -> Self:
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
        return cls(index, table, facts, embed, threshold)

    def save(self, folder: Path) -> None:
        """Write the index as faiss does, the rows as Parquet and the facts as JSON."""
        import faiss

        faiss.write_index(self.index, str(folder / "index.faiss"))
        self.table.to_parquet(folder / "texts.parquet", index=False)
        (folder / "facts.json").write_text(json.dumps(self.facts) + "\n", encoding="utf-8")

    def search(self, queries: pd.DataFrame, k: int) -> list[list[Hit]]:
        """Return up to ``k`` rows per query, the most similar first; ties go by their row."""
        cosines, positions = self.index.search(self.embed(queries), min(k, len(self.table)))
        # Each row is read once, however many queries find it. An approximate index returns the
        # position -1 where it finds fewer.
        found = np.unique(positions[positions >= 0])
        texts = self.table.iloc[found]
        rows = dict(zip(found.tolist(), texts.itertuples(index=False, name=None), strict=True))
        hits = []
        for row, at in zip(cosines.tolist(), positions.tolist(), strict=True):
            pairs = [pair for pair in zip(row, at, strict=True) if pair[1] >= 0]
            pairs.sort(key=lambda pair: (-pair[0], pair[1]))
            hits.append([self._hit(similarity, rows[position]) for similarity, position in pairs])
        return hits

    def _hit(self, similarity: float, row: tuple[int, str, str]) -> Hit:
        number, text, label = row
        same = None if self.threshold is None else similarity >= self.threshold
        return Hit(int(number), similarity, text, None if pd.isna(label) else label, same)


def build_faiss(embeddings: NDArray[np.float32], kind: Kind) -> "faiss.Index":
    """Index vectors ``(rows, size)`` of length 1 by their inner product.

    ``exact`` compares a query with every row. ``ivf`` clusters the rows into about 4√n cells and
    searches a sixteenth of them, but at least 8. ``hnsw`` walks a graph in which each row has 32
    neighbors.
    """
    import faiss

    rows, size = embeddings.shape
    index: faiss.Index
    if kind == "exact":
        index = faiss.IndexFlatIP(size)
    elif kind == "ivf":
        # faiss wants 39 rows per cell to train its centroid.
        cells = max(1, min(round(4 * rows**0.5), rows // 39))
        index = ivf = faiss.IndexIVFFlat(
            faiss.IndexFlatIP(size), size, cells, faiss.METRIC_INNER_PRODUCT
        )
        ivf.nprobe = max(8, cells // 16)
        ivf.cp.min_points_per_centroid = 1  # else faiss warns of a single cell of fewer rows
        ivf.train(embeddings)
    else:
        index = graph = faiss.IndexHNSWFlat(size, 32, faiss.METRIC_INNER_PRODUCT)
        graph.hnsw.efConstruction = 200
        graph.hnsw.efSearch = 128
    index.add(embeddings)
    built: faiss.Index = index
    return built


def measure_recall(index: "faiss.Index", embeddings: NDArray[np.float32]) -> float:
    """Return the share of the 10 nearest rows that an index finds, over 1,000 rows of its own.

    Each row is searched for without itself, against an exact index.
    """
    rows = np.random.default_rng(0).permutation(len(embeddings))[:RECALL_ROWS]
    expected = _nearest(build_faiss(embeddings, "exact"), embeddings, rows)
    found = _nearest(index, embeddings, rows)
    shares = [
        len({*some} & {*wanted}) / len(wanted)
        for some, wanted in zip(found, expected, strict=True)
        if wanted
    ]
    return float(np.mean(shares)) if shares else 1.0


def _nearest(
    index: "faiss.Index", embeddings: NDArray[np.float32], rows: NDArray[np.int64]
) -> list[list[int]]:
    """Return up to 10 nearest other rows of some rows."""
    _, positions = index.search(embeddings[rows], min(RECALL_K + 1, len(embeddings)))
    return [
        [position for position in found if position not in (row, -1)][:RECALL_K]
        for row, found in zip(rows.tolist(), positions.tolist(), strict=True)
    ]
