"""The experiments there are: found by name, summed up, deleted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from hydro.artifacts.deletion import clear_unfinished, delete_folder
from hydro.artifacts.files import JsonObject, writing
from hydro.artifacts.layout import experiment_paths
from hydro.artifacts.results import best_of, has_scores, marks_of, read_leaderboard, read_scores
from hydro.artifacts.run_folder import RunFolder
from hydro.artifacts.status import is_running, read_status, status_time
from hydro.errors import FolderError, ResourceError, SettingsError
from hydro.paths import first_existing_experiment, is_experiment
from hydro.settings.schema import Schema
from hydro.settings.yaml_reader import read_yaml


@dataclass(frozen=True)
class Summary:
    """What an experiment came to."""

    name: str
    state: str
    """queued, running, stopped, finished or failed; a running one whose process is gone stopped."""
    message: str
    problem: str
    metric: str
    before: float | None
    """Of the validation rows; the mean over folds of the best combination where there are several
    runs. None where no run has finished."""
    after: float | None
    runs: int
    seconds: float | None
    time: str
    """When the state was written, in UTC."""
    overstated: str = ""
    """Why the scores are too good, where the model was trained on their rows."""
    selected: str = ""
    """Why they may be, where their rows chose what is scored."""

    @property
    def marks(self) -> dict[str, str]:
        """Why the scores may be too good, by kind."""
        return marks_of({"overstated": self.overstated, "selected": self.selected})


def find_experiment(name: str, output: Path) -> RunFolder:
    """Find an experiment, or one run of it as in ``name/runs/003``, by its folder or its name.

    Raises:
        SettingsError: there is none; the message lists what there is.
    """
    found = first_existing_experiment((output / name, Path(name)))
    if found is None:
        names = [each.name for each in list_experiments(output)]
        shown = ", ".join(names[:10]) + (", …" if len(names) > 10 else "")
        there = f"Available there: {shown}" if names else "Nothing was run into that folder yet"
        msg = f"no experiment '{name}', neither in {output} nor as a folder. {there}"
        raise SettingsError(msg)
    return RunFolder(found)


def list_experiments(output: Path) -> list[RunFolder]:
    """List the experiments in a folder, the one that was heard of last first."""
    found = [each.parent for each in output.glob("[!.]*/config.yaml") if is_experiment(each.parent)]
    age = {path: (path / "status.json").stat().st_mtime for path in found}
    return [RunFolder(path) for path in sorted(found, key=lambda path: (-age[path], path.name))]


def best_runs(folder: RunFolder) -> list[RunFolder]:
    """Return the finished runs that speak for an experiment.

    That is itself where it is a single run, else one a fold of the best combination; all that have
    finished where there is no leaderboard yet.
    """
    runs = {each.name: each for each in folder.runs}
    if not runs:
        return [folder] if _finished(folder) else []
    best = next(iter(read_leaderboard(folder)), {}).get("runs", list(runs))
    return [runs[name] for name in best if name in runs and _finished(runs[name])]


def best_run(folder: RunFolder, *, higher_is_better: bool) -> RunFolder:
    """Return the run with the best validation score among those that speak for an experiment.

    Raises:
        ResourceError: none has finished.
    """
    runs = best_runs(folder)
    if not runs:
        status = read_status(folder)
        why = f" ({status.message})" if status.message else ""
        msg = f"{folder.path}: {status.state}{why}; no run of it has finished, so there is no model"
        raise ResourceError(msg)
    sign = 1 if higher_is_better else -1
    return max(runs, key=lambda run: sign * float(read_scores(run)["validation"]["after"]))


def summarize(folder: RunFolder) -> Summary:
    """Sum an experiment up from its files.

    Raises:
        SettingsError: its settings cannot be read.
    """
    values = read_yaml(folder.config).values
    status = read_status(folder)
    state, message = status.state, status.message
    if state == "running" and not is_running(folder):
        state, message = "stopped", "its process is gone"
    scores = [read_scores(each)["validation"] for each in best_runs(folder)]
    return Summary(
        name=folder.name,
        state=state,
        message=message or status.reason,
        problem=str(values.get("problem_type", "")),
        metric=str(_section(values, "prediction").get("metric", "")),
        before=fmean(each["before"] for each in scores) if scores else None,
        after=fmean(each["after"] for each in scores) if scores else None,
        runs=max(1, len(folder.runs)),
        seconds=status.seconds,
        time=status_time(folder),
        overstated=next((each["overstated"] for each in scores if each.get("overstated")), ""),
        selected=_selected(folder, scores),
    )


def _selected(folder: RunFolder, scores: Sequence[JsonObject]) -> str:
    combinations = len(read_leaderboard(folder)) if folder.runs else 0
    if combinations > 1:
        return best_of(combinations)
    return next((str(each["selected"]) for each in scores if each.get("selected")), "")


def settings_of(folder: RunFolder, schema: Schema | None = None) -> dict[str, str]:
    """Return an experiment's settings by dotted name, as the texts they are written as.

    What was stored under an earlier name of a setting has its present one. Where there are several
    runs, what was searched over has its best value.
    """
    values = dict(read_yaml(folder.config).values)
    if folder.runs and (best := best_runs(folder)):
        dataset = _section(values, "dataset")
        values = dict(read_yaml(best[0].config).values)
        values["dataset"] = {**_section(values, "dataset"), "folds": dataset.get("folds")}
    flat = {_present_name(key, schema): _to_yaml_text(value) for key, value in _flat(values)}
    return {key: value for key, value in flat.items() if key != "experiment_name"}


def delete(folder: RunFolder, output: Path) -> list[Path]:
    """Delete an experiment.

    Returns:
        What stays, because hydro did not write it.

    Raises:
        ResourceError: it is running, is not one of the output folder, or cannot be deleted.
    """
    inside = folder.path.resolve().parent == output.resolve() and not folder.path.is_symlink()
    if not inside:
        msg = f"{folder.path}: not an experiment right in {output}, which is all that is deleted"
        raise FolderError(msg)
    running = [each for each in (folder, *folder.runs) if is_running(each)]
    if running:
        raise running[0].still_running()
    path = folder.path.resolve()
    with writing(folder.path):
        left = delete_folder(path, experiment_paths(path))
    clear_unfinished(output)
    return left


def _finished(folder: RunFolder) -> bool:
    return read_status(folder).state == "finished" and has_scores(folder)


def _section(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = values.get(name)
    return section if isinstance(section, dict) else {}


def _flat(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for section, value in values.items():
        if isinstance(value, dict):
            yield from ((f"{section}.{key}", each) for key, each in value.items())
        else:
            yield section, value


def _present_name(path: str, schema: Schema | None) -> str:
    """Return the dotted name of a setting that is given by its name or an earlier one."""
    section, _, key = path.rpartition(".")
    setting = schema.find(section, key) if schema else None
    return setting.path if setting else path


def _to_yaml_text(value: Any) -> str:
    if value is None:
        return "None"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(map(_to_yaml_text, value))}]"
    return str(value)
