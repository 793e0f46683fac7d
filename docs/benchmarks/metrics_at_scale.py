"""Compares the metrics with pytorch-metric-learning's, for many queries whose neighbors are known.

    python docs/benchmarks/metrics_at_scale.py [--queries 20000] [--pairs 5] [--alone 1000000]

Each turn is a process of its own that makes the same 50 neighbors of every query, classes of 11
rows, and then scores them: MRR, Precision@1, R-Precision, MAP@R. Prints seconds, how far the
memory rose while scoring, the medians of the ratios, and how far the means are apart; then hydro
alone on --alone queries. The peer compares every query with every class, (queries, classes) in
int64 and more than once: 200,000 queries of 18,000 classes ask for 27 GiB.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from hydro.similarity.neighbors import Ranking
from hydro.similarity.retrieval_metrics import METRICS

TOP_K = 50
MEMBERS = 11
AT_A_TIME = 1024  # queries, as many as the search gives at a time
NAMES = {
    "MRR": "mean_reciprocal_rank",
    "Precision@1": "precision_at_1",
    "R-Precision": "r_precision",
    "MAP@R": "mean_average_precision_at_r",
}


def make(queries: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Make neighbors of which some are hits, at least one a query, and classes."""
    queries -= queries % MEMBERS
    generator = np.random.default_rng(0)
    neighbors = generator.integers(0, queries, (queries, TOP_K))
    rows = np.arange(queries)
    for other in range(1, MEMBERS):
        member = rows - rows % MEMBERS + (rows + other) % MEMBERS
        place = other if other < MEMBERS - 1 else 20
        chosen = (generator.random(queries) < 0.6) | (place == 20)
        neighbors[chosen, place] = member[chosen]
    return neighbors, rows // MEMBERS


def by_hydro(neighbors: NDArray[np.int64], classes: NDArray[np.int64]) -> dict[str, float]:
    """Score block by block, as after a search."""
    values = {name: np.empty(len(classes)) for name in NAMES}
    relevant = np.bincount(classes)[classes] - 1
    for first in range(0, len(classes), AT_A_TIME):
        rows = slice(first, first + AT_A_TIME)
        hits = classes[neighbors[rows]] == classes[rows, None]
        ranking = Ranking.of(hits, relevant[rows])
        for name in NAMES:
            values[name][rows] = METRICS[name](TOP_K)(ranking)
    return {name: float(np.nanmean(each)) for name, each in values.items()}


def by_peer(neighbors: NDArray[np.int64], classes: NDArray[np.int64]) -> dict[str, float]:
    """Score with an AccuracyCalculator that is handed the neighbors."""
    from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator

    found = torch.from_numpy(neighbors)

    def search(query: torch.Tensor, k: int, *_: object) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.zeros(1).expand(len(query), k), found[:, :k]

    calculator = AccuracyCalculator(
        include=tuple(NAMES.values()), k=TOP_K, device=torch.device("cpu"), knn_func=search
    )
    vectors = torch.zeros(len(classes), 1)
    scores = calculator.get_accuracy(vectors, torch.from_numpy(classes))
    return {name: float(scores[theirs]) for name, theirs in NAMES.items()}


def score(who: str, queries: int) -> None:
    """Score once; print seconds, memory in MiB, and the means as JSON."""
    neighbors, classes = make(queries)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    means = {"hydro": by_hydro, "peer": by_peer}[who](neighbors, classes)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    json.dump({"seconds": seconds, "mebibytes": (peak - before) / 1024, "means": means}, sys.stdout)


def turn(who: str, queries: int) -> dict[str, Any]:
    """Score once in a process of its own."""
    command = [sys.executable, str(Path(__file__)), "--queries", str(queries), "--who", who]
    result: dict[str, Any] = json.loads(subprocess.check_output(command))
    return result


def tell(result: dict[str, Any]) -> str:
    """Describe what a turn took."""
    return f"{result['seconds']:.2f} s, {result['mebibytes']:.0f} MiB"


def main() -> None:
    """Print each pair and the medians."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--queries", type=int, default=20_000)
    parser.add_argument("--alone", type=int, default=1_000_000)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--who", choices=["hydro", "peer"])
    args = parser.parse_args()
    torch.set_num_threads(2)
    if args.who:
        score(args.who, args.queries)
        return
    pairs = []
    for _ in range(args.pairs):
        ours, theirs = (turn(who, args.queries) for who in ("hydro", "peer"))
        pairs.append((ours, theirs))
        apart = max(abs(ours["means"][name] - theirs["means"][name]) for name in NAMES)
        sys.stdout.write(
            f"{args.queries:,} queries: hydro {tell(ours)}; pytorch-metric-learning "
            f"{tell(theirs)}; means differ by {apart:.1e} at most\n"
        )
        sys.stdout.flush()
    for unit in ("seconds", "mebibytes"):
        ratio = statistics.median(theirs[unit] / max(1e-9, ours[unit]) for ours, theirs in pairs)
        sys.stdout.write(f"median of theirs / hydro, {unit}: {ratio:.1f}\n")
    for _ in range(args.pairs):
        sys.stdout.write(f"{args.alone:,} queries: hydro {tell(turn('hydro', args.alone))}\n")


if __name__ == "__main__":
    main()
