"""Measures how much memory scoring a split takes above the embeddings themselves.

    python docs/benchmarks/neighbors_in_memory.py [--rows 1000000] [--blocks 2]

Random embeddings of 384 values, classes of 10 rows, each row searched for among all others, the 50
nearest kept, all metrics computed; stops after --blocks blocks, 0 means never. The results of all
rows are there from the start, as in a run, and written to. What the process takes is its
largest resident set (getrusage), before the search, which includes the embeddings, and at the end.
"""

import argparse
import itertools
import resource
import sys
import time

import numpy as np

from hydro.similarity.neighbors import rank
from hydro.similarity.retrieval_metrics import METRICS

SIZE = 384
TOP_K = 50


def peak() -> float:
    """Return the largest resident set so far, in GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def main() -> None:
    """Search, and print the memory and the time."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--blocks", type=int, default=2)
    args = parser.parse_args()
    generator = np.random.default_rng(0)
    embeddings = generator.standard_normal((args.rows, SIZE), dtype=np.float32)
    for row in embeddings:
        row /= np.linalg.norm(row)
    classes = generator.permutation(args.rows) // 10
    before = peak()
    neighbors = np.full((args.rows, TOP_K), -1)
    similarities = np.full((args.rows, TOP_K), np.nan, dtype=np.float32)
    values = {name: np.full(args.rows, np.nan) for name in METRICS}
    start = time.process_time()
    scored = 0
    blocks = rank(embeddings, classes, top_k=TOP_K)
    for block in itertools.islice(blocks, args.blocks or None):
        neighbors[block.rows] = block.neighbors
        similarities[block.rows] = block.similarities
        for name, metric in METRICS.items():
            values[name][block.rows] = metric(TOP_K)(block.ranking)
        scored += len(block.rows)
    sys.stdout.write(
        f"{scored:,} of {args.rows:,} rows scored in {time.process_time() - start:.1f} s of CPU; "
        f"{before:.2f} GiB before, {peak() - before:.2f} GiB above that at most\n"
    )


if __name__ == "__main__":
    main()
