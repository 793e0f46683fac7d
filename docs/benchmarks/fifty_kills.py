"""Kills experiments at random moments, goes on with them, and compares what they end with.

python docs/benchmarks/fifty_kills.py [--kills 50] [--seed 1] [--kinds "two folds" search]

A tiny backbone with dropout, accumulated gradients and the best weights kept, on the CPU: alone
with no worker and with two, on two folds, and in a search, of a grid and by TPE. Every process of
an experiment is killed by SIGKILL at a moment drawn from the time that it takes, up to three times
in a row; then it goes on to its end. Its model, scores, predictions and history (but for the times
in it) have to be those of the experiment that nobody killed. Processes are forked from one that has
imported everything; the runs of folds and searches start as they do for users. Now and then only
the first process is killed, and those that it has started see that it is gone.
"""

import argparse
import collections
import hashlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import hydro.similarity.predictions  # noqa: F401
from hydro.cli import main
from hydro.testing import TEXTS, tiny_backbone

SETTINGS = {
    "problem_type": "text_metric_learning",
    "dataset": {"train_dataframe": "rows.csv", "text_column": "text", "label_columns": "label"},
    "tokenizer": {"max_length": 24},
    "architecture": {"dropout": 0.1, "intermediate_dropout": 0.1},
    "training": {
        "batch_size": 6,
        "grad_accumulation": 2,
        "drop_last_batch": False,
        "epochs": 4,
        "learning_rate": 1e-3,
        "save_best_checkpoint": True,
        "checkpoint_minutes": 1e-6,
    },
    "prediction": {"top_k_similar": 9},
    "environment": {"gpus": [], "seed": 3, "number_of_workers": 0},
}
"""A checkpoint after every update."""

KINDS = {
    "alone": (24, []),
    "two workers": (12, ["--set", "environment.number_of_workers=2"]),
    "two folds": (7, ["--set", "dataset.folds=[0, 1]"]),
    "search": (7, ["--set", "grid_search={learning_rate: [2e-3, 1e-3]}"]),
    "search by TPE": (
        7,
        [
            *("--set", "grid_search={learning_rate: [2e-3, 1e-3], optimizer: [AdamW, Adam]}"),
            *("--set", "search.strategy=TPE", "--set", "search.trials=3"),
        ],
    ),
}
"""How many of some fifty kills each gets."""

ALONE = 0.3
"""How often only the first of an experiment's processes is killed."""

COMPARED = ("model/*", "model/*/*", "scores.json", "predictions/*.csv", "leaderboard.json")


@dataclass(frozen=True)
class Experiment:
    """An experiment that can be killed."""

    config: Path
    output: Path
    changes: list[str]

    def work(self, seconds: float | None, *, alone: bool = False) -> int | None:
        """Start it, or go on with it; kill it after some seconds. Give how it ended by itself.

        ``alone`` spares the processes that it has started.
        """
        child = os.fork()
        if child == 0:
            self._be_the_command()
        end = time.monotonic() + (seconds or 600)
        while time.monotonic() < end:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.001)
        for process in (child, *([] if alone else descendants(child))):
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                continue
        os.waitpid(child, 0)
        return None

    def _be_the_command(self) -> None:
        code = 1
        try:
            with Path(self.output.parent, "said.txt").open("a") as said:
                os.dup2(said.fileno(), 1)
                os.dup2(said.fileno(), 2)
                name = ["--set", "experiment_name=killed"]
                output = ["--output", str(self.output)]
                main(["run", str(self.config), "--resume", *output, *name, *self.changes])
                code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        finally:
            os._exit(code)

    @property
    def folder(self) -> Path:
        """Where it is."""
        return self.output / "killed"

    def digest(self) -> dict[str, str]:
        """Hash what it ended with, file by file."""
        runs = [self.folder, *sorted(self.folder.glob("runs/*"))]
        found = {}
        for run in runs:
            for path in (each for pattern in COMPARED for each in sorted(run.glob(pattern))):
                if path.is_file():
                    name = path.relative_to(self.folder).as_posix()
                    found[name] = hashlib.sha256(timeless(path)).hexdigest()
            if (history := run / "history.jsonl").exists():
                name = history.relative_to(self.folder).as_posix()
                found[name] = hashlib.sha256(timeless(history)).hexdigest()
        return found

    def where(self) -> str:
        """Describe what a kill has just interrupted."""
        runs = [*sorted(self.folder.glob("runs/*")), self.folder]
        if not self.folder.exists():
            return "before there was a folder"
        if any(list(run.glob("checkpoints/.*")) for run in runs):
            return "while a checkpoint was written"
        events = [
            json.loads(line)["event"]
            for run in runs
            if (run / "history.jsonl").exists() and status(run) == "running"
            for line in (run / "history.jsonl").read_text().splitlines()
        ]
        if not events:
            return "before or between runs, or in the first evaluation"
        if events[-1] == "after training":
            return "while results were written"
        return "in training or an evaluation"


def status(run: Path) -> str:
    """Read the state that a run's folder tells."""
    path = run / "status.json"
    return str(json.loads(path.read_text())["state"]) if path.exists() else ""


def timeless(path: Path) -> bytes:
    """Read a file without the times in it."""
    if path.name == "history.jsonl":
        events = map(json.loads, path.read_text().splitlines())
        return json.dumps([{**each, "time": None} for each in events]).encode()
    if path.name == "leaderboard.json":
        rows = json.loads(path.read_text())
        return json.dumps([{**row, "seconds": None} for row in rows]).encode()
    return path.read_bytes()


def descendants(process: int) -> list[int]:
    """List the processes that one has started, and those that they have."""
    parents: dict[int, list[int]] = collections.defaultdict(list)
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(fields[1])].append(int(path.parent.name))
    found, left = [], [process]
    while left:
        children = parents[left.pop()]
        found += children
        left += children
    return found


def prepare(folder: Path) -> Path:
    """Write table, backbone and settings."""
    chance = random.Random(1)
    lines = ["text,label,fold"]
    for row in range(60):
        words = chance.sample(TEXTS[row % 6].split(), 6)
        lines.append(f"{' '.join(words)},{row % 6},{row // 6 % 4}")
    (folder / "rows.csv").write_text("\n".join(lines) + "\n")
    backbone = tiny_backbone(folder / "backbone")
    architecture = {**SETTINGS["architecture"], "backbone": str(backbone)}  # type: ignore[dict-item]
    config = folder / "cfg.yml"
    config.write_text(json.dumps({**SETTINGS, "architecture": architecture}))
    return config


def main_of_benchmark(kills: int, seed: int, kinds: list[str]) -> bool:
    """Kill and compare; tell whether everything ended as it should."""
    chance = random.Random(seed)
    places: collections.Counter[str] = collections.Counter()
    whole = True
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["HYDRO_CACHE"] = str(folder / "cache")
        # Threads do not survive a fork.
        os.environ["TOKENIZERS_PARALLELISM"] = "false"
        config = prepare(folder)
        for kind in kinds:
            share, changes = KINDS[kind]
            quiet = Experiment(config, folder / f"{kind}-quiet", changes)
            started = time.monotonic()
            assert quiet.work(None) == 0, (folder / "said.txt").read_text()
            seconds = time.monotonic() - started
            expected = quiet.digest()
            wanted = max(1, round(kills * share / 50))
            done = tries = equal = late = 0
            while done < wanted:
                tries += 1
                killed = Experiment(config, folder / f"{kind}-{tries}", changes)
                for _ in range(min(chance.randint(1, 3), wanted - done)):
                    alone = bool(changes) and chance.random() < ALONE
                    if killed.work(chance.uniform(0, seconds), alone=alone) is not None:
                        late += 1
                        break
                    done += 1
                    places[killed.where()] += 1
                code = killed.work(None)
                same = code == 0 and killed.digest() == expected
                equal += same
                if not same:
                    whole = False
                    found = killed.digest()
                    names = [each for each in expected if expected[each] != found.get(each)]
                    sys.stdout.write(f"{killed.folder}: exit {code}, other: {names}\n")
            sys.stdout.write(
                f"{kind}: {done} kills of {tries} experiments of {seconds:.1f} s, {late} too late; "
                f"{equal} of {tries} ended with the same {len(expected)} files\n"
            )
            sys.stdout.flush()
        if not whole:
            sys.stdout.write((folder / "said.txt").read_text()[-1500:])
    for place, count in places.most_common():
        sys.stdout.write(f"  {count:3d} killed {place}\n")
    return whole


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--kills", type=int, default=50)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--kinds", nargs="*", default=[*KINDS], choices=KINDS)
    given = arguments.parse_args()
    sys.exit(0 if main_of_benchmark(given.kills, given.seed, given.kinds) else 1)
