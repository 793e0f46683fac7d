"""Which paths in the folder of an experiment hydro has written: all that may be deleted there."""

import json
from collections.abc import Iterator
from pathlib import Path

from hydro.artifacts.deletion import UNFINISHED, recorded_paths
from hydro.artifacts.files import JsonObject

LOCK, TRAINING_LOCK, TUNING_LOCK = LOCKS = (".lock", ".training.lock", ".tuning.lock")
"""Held by the process that works in a folder, by that which trains, by all that share a search."""

PRESERVED = ("config.yaml", "environment.json", "log.txt", "status.json", *LOCKS)
"""Files that an attempt keeps of the one before it, as it does its checkpoints."""

RESULTS = (
    *("history.jsonl", "scores.json", "split.npz", "report.html"),
    *("leaderboard.json", "leaderboard.csv"),
)

STUDY = ("study.jsonl", "study.jsonl.lock")
"""What Optuna keeps of a search."""

PREDICTIONS = tuple(
    f"{split}{kind}"
    for split in ("train", "validation", "test")
    for kind in ("_predictions.csv", "_predictions.parquet", "_raw_predictions.npz")
)

TRACKERS = {
    "tensorboard": ("events.out.tfevents.*",),
    "mlflow": ("mlflow.db*", "artifacts"),
    "neptune": (".neptune",),
    "trackio": ("*.db*", "*.parquet", "*.lock", "media"),
    "wandb": ("run-*", "offline-run-*", "latest-run", "debug*.log", "settings", "cache"),
}
"""Folders of tracking clients, and what these write there; what is below, too, is theirs."""

CHECKPOINT_FILES = ("MANIFEST.json", "state.json", "history.jsonl", "*.safetensors")


RECORDS = ".files"
"""The folder with a record of each folder that is written as a whole."""


def record_path(run: Path, *names: str) -> Path:
    """Return the record of what hydro wrote into a folder of a run."""
    return run / RECORDS / f"{'.'.join(names)}.json"


def result_paths(run: Path, *, unrecorded: bool = False) -> set[Path]:
    """Return what a run has written, but for its settings, its log, its locks and checkpoints.

    ``unrecorded`` counts model, exports and indexes that there is no record of as written by hydro.
    """
    found = {run / name for name in RESULTS if (run / name).exists()}
    found |= recorded_paths(run / "model", record_path(run, "model"), unrecorded=unrecorded)
    for parent in ("exports", "index"):
        found |= _recorded_folders(run, parent, unrecorded=unrecorded)
    found |= {run / RECORDS} if _is_folder(run / RECORDS) else set()
    found |= written_files(run / "predictions", PREDICTIONS)
    found |= {*_insights(run / "insights")}
    for name, patterns in TRACKERS.items():
        found |= _tracked(run / name, patterns)
    return found


def experiment_paths(folder: Path) -> set[Path]:
    """Return all that hydro has written into the folder of an experiment, and the folder itself."""
    found = result_paths(folder, unrecorded=_is_of_earlier_version(folder)) | {folder}
    found |= {folder / name for name in (*PRESERVED, *STUDY) if (folder / name).exists()}
    if _is_folder(folder / "checkpoints"):
        found |= checkpoint_paths(folder / "checkpoints")
    if _is_folder(folder / "runs"):
        found.add(folder / "runs")
        for run in (folder / "runs").glob("*/config.yaml"):
            found |= set() if run.parent.is_symlink() else experiment_paths(run.parent)
    return found | {*_unfinished(folder)}


def _is_of_earlier_version(folder: Path) -> bool:
    """Return whether an experiment was made by a version that kept no records."""
    try:
        return "hydro" not in json.loads((folder / "status.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError):
        return False


def checkpoint_paths(folder: Path) -> set[Path]:
    """Return what hydro has written into a folder of checkpoints, and the folder itself."""
    steps = (each for each in folder.glob("step-[0-9]*") if _is_folder(each))
    listed = (written_files(each, CHECKPOINT_FILES) for each in steps)
    return {folder}.union(*listed) | {*_unfinished(folder)}


def written_files(folder: Path, patterns: tuple[str, ...]) -> set[Path]:
    """Return a folder and the files in it that have one of some names."""
    if not _is_folder(folder):
        return set()
    found = (path for pattern in patterns for path in folder.glob(pattern))
    return {folder, *(path for path in found if path.is_file() and not path.is_symlink())}


def _recorded_folders(run: Path, parent: str, *, unrecorded: bool) -> set[Path]:
    folder = run / parent
    if not _is_folder(folder):
        return set()
    names = [each.name for each in folder.iterdir() if _is_folder(each) and each.name[0] != "."]
    known = (
        recorded_paths(folder / name, record_path(run, parent, name), unrecorded=unrecorded)
        for name in names
    )
    return {folder}.union(*known) | {*_unfinished(folder)}


def _insights(folder: Path) -> Iterator[Path]:
    """Find insights by the JSON of each, which has a name and a place, and its table."""
    if not _is_folder(folder):
        return
    yield folder
    yield from _unfinished(folder)
    for path in folder.glob("*.json"):
        if read_insight(path) is not None:
            yield from (each for each in (path, path.with_suffix(".csv")) if each.is_file())


def read_insight(path: Path) -> JsonObject | None:
    """Return the metadata of an insight; None for a file that is not one."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    known = isinstance(found, dict) and {"name", "place"} <= found.keys()
    return found if known and found["name"] == path.stem else None


def _tracked(folder: Path, patterns: tuple[str, ...]) -> set[Path]:
    """Return what the client of a tracker wrote, and all that is below that."""
    if not _is_folder(folder):
        return set()
    found = {folder}
    for path in (each for pattern in patterns for each in folder.glob(pattern)):
        found |= {path, *(path.rglob("*") if _is_folder(path) else ())}
    return found


def _unfinished(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if UNFINISHED.fullmatch(path.name) and not path.is_symlink():
            yield from (path, *(path.rglob("*") if path.is_dir() else ()))


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()
