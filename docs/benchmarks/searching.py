"""How fast each kind of index is, what it finds, and what choosing a threshold takes.

    python docs/benchmarks/searching.py TABLE.csv --column text

embeds the texts of a table with the untrained default model, searches 500 of them among all, one at
a time, and chooses a threshold over 20,000 random vectors.
"""

import argparse
import resource
import time
from pathlib import Path

import numpy as np
import torch
from rich.console import Console

from hydro.data.tables import read_table
from hydro.similarity.index import build_faiss, measure_recall
from hydro.similarity.threshold import MAX_ROWS, choose_threshold
from hydro.text import Encoder, embed, find_backbone, load_backbone, load_tokenizer


def main() -> None:
    """Print the figures."""
    show = Console(highlight=False).print
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path)
    parser.add_argument("--column", default="text")
    given = parser.parse_args()
    torch.set_num_threads(1)
    texts = read_table(given.table, [given.column])[given.column].dropna().tolist()
    folder = find_backbone("sentence-transformers/all-MiniLM-L6-v2")
    backbone = load_backbone(folder, pretrained=True, dropout=None, gradient_checkpointing=False)
    encoder = Encoder(backbone, pool="Average", dropout=0.0, embedding_size=None)
    tokenizer = load_tokenizer(folder, max_length=64, lowercase=False, separator="")
    vectors = embed(encoder, tokenizer.encode(texts))
    queries = vectors[np.random.default_rng(1).permutation(len(vectors))[:500]]
    show(f"{len(vectors):,} vectors of {vectors.shape[1]}")
    for kind in ("exact", "ivf", "hnsw"):
        started = time.perf_counter()
        index = build_faiss(vectors, kind)
        built = time.perf_counter() - started
        started = time.perf_counter()
        for query in queries:
            index.search(query[None], 10)
        each = (time.perf_counter() - started) / len(queries)
        recall = measure_recall(index, vectors)
        show(f"{kind:6} built in {built:.2f} s, {each * 1000:.2f} ms a query, recall {recall:.4f}")
    chance = np.random.default_rng(2).normal(size=(MAX_ROWS, 384)).astype(np.float32)
    chance /= np.linalg.norm(chance, axis=1, keepdims=True)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    found = choose_threshold(chance, np.arange(MAX_ROWS) % 77, precision=0.95)
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    took = time.perf_counter() - started
    show(f"threshold over {found.pairs:,} pairs: {took:.1f} s, {more:.0f} MiB more at the peak")


if __name__ == "__main__":
    main()
