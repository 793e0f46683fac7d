"""Compares what random search and TPE find, with lists of numbers as names and as ordered numbers.

The score is made up, so that thousands of searches take minutes: a hill over the logarithm of the
learning rate, the margin and the batch size, each alone and the first two together, and one choice.
It says how far from the best combination of the lists a search of some trials ends, as a share of
the whole range. Run: python docs/benchmarks/search_order.py
"""

import itertools
import math
import random
import statistics
import warnings
from collections.abc import Callable

import optuna

LISTS: dict[str, list[float]] = {
    "learning_rate": [1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3],
    "margin": [0.05, 0.1, 0.2, 0.3, 0.5],
    "batch_size": [8, 16, 32, 64],
    "pool": [0, 1, 2, 3],
}
TRIALS = 20
SEARCHES = 200
Score = Callable[[dict[str, float]], float]


def hill(seed: int) -> Score:
    """Make a score with its top somewhere in the lists."""
    chance = random.Random(seed)
    rate, margin = chance.uniform(-5, -2.5), chance.uniform(0.05, 0.5)
    batch, pools = chance.uniform(3, 6), [chance.uniform(0, 0.3) for _ in range(4)]
    slope = chance.uniform(-0.3, 0.3)

    def score(values: dict[str, float]) -> float:
        off = math.log10(values["learning_rate"]) - rate
        aside = (values["margin"] - margin) * 4
        size = math.log2(values["batch_size"]) - batch
        bend = slope * off * aside
        return pools[int(values["pool"])] - 0.3 * off**2 - 0.3 * aside**2 - 0.05 * size**2 - bend

    return score


def search(strategy: str, startup: int, score: Score, seed: int) -> float:
    """Try as many different combinations as a search may; give the best score."""
    sampler: optuna.samplers.BaseSampler = optuna.samplers.RandomSampler(seed=seed)
    if strategy != "random":
        sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=startup)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    seen: dict[str, float] = {}
    while len(seen) < TRIALS:
        trial = study.ask()
        values = {
            name: listed[trial.suggest_int(name, 0, len(listed) - 1)]
            if strategy == "ordered" and name != "pool"
            else trial.suggest_categorical(name, listed)
            for name, listed in LISTS.items()
        }
        found = seen.setdefault(repr(values), score(values))
        study.tell(trial, found)
    return max(seen.values())


def main() -> None:
    """Print the mean distance to the best combination, for each way to search."""
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    ways = [("random", 0), ("names", 10), ("ordered", 10), ("names", 5), ("ordered", 5)]
    for strategy, startup in ways:
        missing = []
        for seed in range(SEARCHES):
            score = hill(seed)
            all_scores = [
                score(dict(zip(LISTS, each, strict=True)))
                for each in itertools.product(*LISTS.values())
            ]
            best, worst = max(all_scores), min(all_scores)
            found = search(strategy, startup, score, seed)
            missing.append((best - found) / (best - worst))
        error = statistics.stdev(missing) / len(missing) ** 0.5
        hit = sum(each == 0 for each in missing) / len(missing)
        said = f"{statistics.fmean(missing):.4f} ±{error:.4f}  best found {hit:.0%}"
        print(f"{strategy:8} startup {startup:2}  {said}")  # noqa: T201


if __name__ == "__main__":
    main()
