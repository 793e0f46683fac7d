"""Compares the search for neighbors with faiss's exact index, side by side.

    python docs/benchmarks/neighbors_against_faiss.py [--rows 1000000] [--queries 2048]

Needs faiss-cpu. Random vectors of 384 values: the 50 nearest of --queries of them among
--rows, by turns with hydro and with faiss's IndexFlatIP, on --threads threads each. Getting ready
(faiss copies the rows, hydro checks them and looks for equal ones) is told apart. Prints the
seconds of each pair, on the wall and of CPU, the medians of their ratios, and how far the results
are apart. On a machine busy with other things, only those of CPU with --threads 1 mean something.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import faiss
import numpy as np
import torch
from numpy.typing import NDArray
from threadpoolctl import threadpool_info, threadpool_limits

from hydro.similarity.neighbors import Block, rank

T = TypeVar("T")
SIZE = 384
TOP_K = 50
SAME = 1e-6  # two products of float32 vectors of length 1 may round differently by that much


def draw(rows: int, seed: int) -> NDArray[np.float32]:
    """Draw random vectors of length 1."""
    vectors = np.random.default_rng(seed).standard_normal((rows, SIZE), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def clock(work: Callable[[], T]) -> tuple[tuple[float, float], T]:
    """Do something; give its seconds on the wall and of CPU, and what came."""
    start = time.perf_counter(), time.process_time()
    result = work()
    return (time.perf_counter() - start[0], time.process_time() - start[1]), result


def compare(blocks: list[Block], cosines: NDArray[np.float32], rows: NDArray[np.int64]) -> str:
    """Compare hydro's blocks with what faiss found for the same queries."""
    differ = np.concatenate([block.neighbors for block in blocks]) != rows
    apart = np.abs(np.concatenate([block.similarities for block in blocks]) - cosines)
    return (
        f"places with another neighbor: {differ.sum():,} of {differ.size:,}, "
        f"with cosines that differ by {apart[differ].max(initial=0):.1e} at most; "
        f"anywhere, cosines differ by {apart.max():.1e} at most\n"
    )


def main() -> None:
    """Print the seconds of each pair, the median ratio, and how the results compare."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=2048)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    faiss.omp_set_num_threads(args.threads)
    threadpool_limits(args.threads)
    rows, queries = draw(args.rows, 0), draw(args.queries + 256, 1)
    for library in threadpool_info():
        name = library["filepath"].rsplit("/")[-1]
        kernel = library.get("architecture", "")
        sys.stdout.write(f"{name} {kernel} {library['num_threads']} threads\n")
    start = time.perf_counter()
    index = faiss.IndexFlatIP(SIZE)
    index.add(rows)
    sys.stdout.write(f"faiss ready in {time.perf_counter() - start:.2f} s\n")
    none = np.full(len(rows), -1)
    ratios = []
    for pair in range(args.pairs):
        blocks = rank(
            queries, none[: len(queries)], top_k=TOP_K, gallery=rows, gallery_classes=none
        )
        (ready, _), block = clock(partial(next, blocks))
        first = len(block.rows)
        ours, found = clock(partial(list, blocks))
        theirs, result = clock(partial(index.search, queries[first:], TOP_K))
        ratios.append((theirs[0] / ours[0], theirs[1] / ours[1]))
        work = (len(queries) - first) * len(rows) * 2 * SIZE / 1e9
        sys.stdout.write(
            f"pair {pair}, {len(queries) - first} queries: "
            f"hydro {ours[0]:.2f} s, {ours[1]:.2f} s of CPU, {work / ours[1]:.0f} GFLOP/s of CPU "
            f"(ready and a first block in {ready:.2f} s); "
            f"faiss {theirs[0]:.2f} s, {theirs[1]:.2f} s of CPU, {work / theirs[1]:.0f} GFLOP/s; "
            f"ratios {ratios[-1][0]:.3f}, {ratios[-1][1]:.3f}\n"
        )
        sys.stdout.flush()
    medians = [statistics.median(each) for each in zip(*ratios, strict=True)]
    sys.stdout.write(f"median of faiss / hydro: {medians[0]:.3f}, of CPU {medians[1]:.3f}\n")
    sys.stdout.write(compare(found, *result))


if __name__ == "__main__":
    main()
