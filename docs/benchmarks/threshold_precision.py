"""Counts how often a similarity threshold has the precision that was asked for, on fresh rows.

    python docs/benchmarks/threshold_precision.py [--draws 200] [--only "10 x 26"]

Every draw has new class means, rows around them that choose a threshold, and 2,000 fresh rows or
more of the same classes, in the same proportions, on which its precision is counted. ``wrong
labels`` is the share of rows, fresh ones too, with the label of another row. Three rules choose:
the lowest similarity at which the precision of the pairs is enough, the same with 30 pairs at
least, and hydro's. Prints a table for `docs/benchmarks.md`.
"""

import argparse
from collections.abc import Sequence

import click
import numpy as np
from numpy.typing import NDArray

from hydro.similarity.pair_precision import BINS, count_pairs
from hydro.similarity.threshold import MIN_PAIRS, choose_threshold

SHAPES = {
    "10 x 26": [26] * 10,
    "48 x 6": [6] * 48,
    "5 x 100": [100] * 5,
    "100 x 3": [3] * 100,
    "long tail": [max(2, 80 // rank) for rank in range(1, 41)],
    "one huge class": [150] + [10] * 12,
}
WORLDS = ((0.14, 0.0), (0.14, 0.02), (0.2, 0.0))
SIZE = 16
FRESH = 2_000
ASKED = 0.95

Rows = tuple[NDArray[np.float32], NDArray[np.int64]]


def draw(
    generator: np.random.Generator,
    centers: NDArray[np.float64],
    sizes: Sequence[int],
    world: tuple[float, float],
) -> Rows:
    """Draw the embeddings and labels of rows."""
    noise, wrong = world
    classes = np.repeat(np.arange(len(sizes)), sizes)
    points = centers[classes] + noise * generator.normal(size=(len(classes), SIZE))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    mistaken = generator.random(len(classes)) < wrong
    labels = np.where(mistaken, generator.permutation(classes), classes)
    return points.astype(np.float32), labels


def cumulated(rows: Rows) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the pairs of one class, and all, from each bin on."""
    other, same = count_pairs(*rows, "cpu")
    return same[::-1].cumsum()[::-1], (same + other)[::-1].cumsum()[::-1]


def lowest(rows: Rows, least: int) -> int | None:
    """Return the lowest bin that is precise enough with so many pairs."""
    same, taken = cumulated(rows)
    found = np.flatnonzero((taken >= least) & (same >= ASKED * taken) & (taken > 0))
    return int(found[0]) if found.size else None


def measure(shape: str, world: tuple[float, float], draws: int) -> None:
    """Print a line of the table."""
    sizes = SHAPES[shape]
    times = max(1, -(-FRESH // sum(sizes)))
    found: list[list[tuple[float, float]]] = [[], [], []]
    for number in range(draws):
        generator = np.random.default_rng([number, 5])
        centers = generator.normal(size=(len(sizes), SIZE))
        centers /= np.linalg.norm(centers, axis=1, keepdims=True)
        rows = draw(generator, centers, sizes, world)
        chosen = choose_threshold(*rows, precision=ASKED).threshold
        ours = None if chosen is None else round((chosen + 1) * BINS / 2)
        fresh = draw(generator, centers, [each * times for each in sizes], world)
        same, taken = cumulated(fresh)
        for rule, at in enumerate((lowest(rows, 1), lowest(rows, MIN_PAIRS), ours)):
            if at is not None and taken[at]:
                found[rule].append((same[at] / taken[at], same[at] / same[0]))
    cells = []
    for each in found:
        precision, recall = np.array(each or [(np.nan, np.nan)]).T
        below = np.sum(precision < ASKED) / draws
        cells.append(f"{100 * below:.1f} %")
        if each is found[-1]:
            cells.append(f"{100 * len(each) / draws:.0f} %")
            cells.append(f"{np.median(precision):.3f}" if each else "")
            cells.append(f"{np.median(recall):.3f}" if each else "")
    click.echo(f"| {shape} | {world[0]:g} | {100 * world[1]:g} % | {' | '.join(cells)} |")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    click.echo(
        "| classes x rows | noise | wrong labels | below: any pairs | below: 30 pairs "
        "| below: hydro | has one | precision | recall |"
    )
    click.echo("|---|---|---|---|---|---|---|---|---|")
    for shape in [each for each in SHAPES if options.only in each]:
        for world in WORLDS:
            measure(shape, world, options.draws)


if __name__ == "__main__":
    main()
