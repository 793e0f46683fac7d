"""Counts how often the 95 % interval of a change holds the true change.

    python docs/benchmarks/interval_coverage.py [--draws 500] [--only "10 x 26"]

Every draw has new rows around fixed class means; each has a part that both models see and
one of each model. Two models that see equally much are equal by construction, so the true change is
0; where the second sees more, the true change is the mean over all draws. ``independent`` takes the
values of rows for independent. Prints a table for `docs/benchmarks.md`. With ``--cost``, what the
intervals take instead.
"""

import argparse
import time
from itertools import pairwise

import click
import numpy as np
from numpy.typing import NDArray

from hydro.evaluation.intervals import MIN_ROWS, change_interval
from hydro.plugins.metrics import MeanMetric
from hydro.similarity.leave_one_out import LeaveOneOut
from hydro.similarity.neighbors import Block, Ranking
from hydro.similarity.predictions import RetrievalPredictions, score_neighbors
from hydro.similarity.retrieval_metrics import METRICS

SHAPES = {
    "10 x 26": [26] * 10,
    "48 x 6": [6] * 48,
    "5 x 100": [100] * 5,
    "100 x 3": [3] * 100,
    "long tail": [max(2, 120 // rank) for rank in range(1, 41)],
    "one huge class": [200] + [4] * 25,
    "10 x 2": [2] * 10,
}
NAMES = ("mAP", "MAP@R", "R-Precision", "Precision@1")
TOP_K = 50
SIZE = 16


def draw(
    generator: np.random.Generator, classes: NDArray[np.int64], noises: tuple[float, float]
) -> list[RetrievalPredictions]:
    """Draw rows, and search them by two models."""
    centers = np.random.default_rng(1).normal(size=(classes.max() + 1, SIZE))
    shared = centers[classes] + 0.5 * generator.normal(size=(len(classes), SIZE))
    metrics = {name: MeanMetric(METRICS[name](TOP_K)) for name in NAMES}
    found = []
    for noise in noises:
        points = shared + noise * generator.normal(size=shared.shape)
        points /= np.linalg.norm(points, axis=1, keepdims=True)
        embeddings = points.astype(np.float32)
        found.append(score_neighbors(embeddings, classes, metrics=metrics, top_k=TOP_K))
    return found


def coverage(shape: str, noises: tuple[float, float], draws: int) -> None:
    """Print a line of the table for each metric."""
    classes = np.repeat(np.arange(len(SHAPES[shape])), SHAPES[shape])
    generator = np.random.default_rng(0)
    found: dict[str, list[tuple[float, float, float, float]]] = {name: [] for name in NAMES}
    metric: MeanMetric[object] = MeanMetric(np.asarray)
    for _ in range(draws):
        before, after = draw(generator, classes, noises)
        for name in NAMES:
            values = before.values[name], after.values[name]
            owed = after.leave_one_out[name] - before.leave_one_out[name]
            change = float((values[1] - values[0]).mean())
            interval = change_interval(metric, *values, owed)
            assert interval is not None
            half = 1.96 * float((values[1] - values[0]).std()) / len(classes) ** 0.5
            found[name].append((change, *interval, half))
    for name, each in found.items():
        changes, lows, highs, halves = np.array(each).T
        truth = changes.mean() if noises[0] != noises[1] else 0.0
        held = np.mean((lows <= truth) & (truth <= highs))
        alone = np.mean(np.abs(changes - truth) <= halves)
        spread = np.sqrt(np.mean(((highs - lows) / 2 / 1.96) ** 2)) / changes.std()
        click.echo(
            f"| {shape} | {name} | {truth:+.3f} | {100 * held:.1f} % | {spread:.2f} "
            f"| {100 * alone:.1f} % |",
        )


def cost(rows: int) -> None:
    """Print the seconds of processor time that the intervals of all metrics take, two models."""
    generator = np.random.default_rng(0)
    classes = generator.integers(0, rows // 40, rows)
    started = time.process_time()
    spent = 0.0
    scores = {name: MeanMetric(make(TOP_K)) for name, make in METRICS.items()}
    left_out = {name: LeaveOneOut(each.function, classes) for name, each in scores.items()}
    edges = [*range(0, rows, 512), rows]
    for first, last in pairwise(edges):
        queries = np.arange(first, last)
        ranked = generator.integers(0, rows, (len(queries), TOP_K + 1))
        hits = generator.random(ranked.shape) < generator.random((len(queries), 1))
        relevant = np.maximum(hits.sum(axis=1), 39)
        empty = np.zeros((len(queries), 0), np.float32)
        block = Block(queries, ranked, empty, ranked, Ranking.of(hits, relevant))
        started = time.process_time()
        for each in left_out.values():
            each.add(block)
        spent += time.process_time() - started
    started = time.process_time()
    before, after = generator.random((2, rows))
    for name, each in left_out.items():
        owed = each.result(before)
        change_interval(scores[name], before, after, owed)
    spent += time.process_time() - started
    click.echo(
        f"{rows:,} rows: {2 * spent:.1f} s of processor time, {len(scores)} metrics, two models"
    )


def main() -> None:
    """Print the table, or the cost."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--draws", type=int, default=500)
    parser.add_argument("--only", default="")
    parser.add_argument("--cost", action="store_true")
    options = parser.parse_args()
    if options.cost:
        for rows in (10_000, 1_000_000):
            cost(rows)
        return
    assert all(sum(sizes) >= MIN_ROWS for sizes in SHAPES.values())
    click.echo(
        "| classes x rows | metric | true change | held | error claimed / true | independent |"
    )
    click.echo("|---|---|---|---|---|---|")
    for shape in [each for each in SHAPES if options.only in each]:
        coverage(shape, (1.0, 1.0), options.draws)
    if not options.only:
        coverage("10 x 26", (1.0, 0.8), options.draws)


if __name__ == "__main__":
    main()
