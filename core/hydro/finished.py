"""Finds a finished run, for what is done with its model later."""

import json
import logging
import os
from pathlib import Path

from hydro.catalog import Catalog
from hydro.errors import ResourceError, SettingsError
from hydro.folder import RunFolder
from hydro.parts import Builder
from hydro.settings.document import check
from hydro.settings.sections import Settings
from hydro.settings.yaml_text import read_yaml

logger = logging.getLogger(__name__)


def find_run(name: str, catalog: Catalog) -> tuple[RunFolder, Builder]:
    """Find a finished run, and what its settings select from the catalog.

    Args:
        name: The folder of a run or of an experiment, or its name below ``$HYDRO_OUTPUT``, else
            ``runs``. Of an experiment of several runs the best is taken, and said.
        catalog: What is installed.

    Raises:
        SettingsError: there is no such experiment, or its settings no longer fit what is installed.
        ResourceError: it has not finished.
    """
    folder = find_experiment(name)
    builder = _builder(folder, catalog)
    run = _best_run(folder, builder)
    state = run.read_status().state
    if state != "finished" or not run.model.is_dir():
        why = f"is {state}" if state != "finished" else "has no model/ any more"
        msg = f"{run.path} {why}, so there is no model to use. Name a run that has finished"
        raise ResourceError(msg)
    return run, builder if run is folder else _builder(run, catalog)


def find_experiment(name: str) -> RunFolder:
    """Find an experiment by its folder, or by its name where experiments are made.

    Raises:
        SettingsError: it is in neither place.
    """
    places = [Path(name), Path(os.environ.get("HYDRO_OUTPUT", "runs")) / name]
    # pathlib raises where a name is too long for the file system; os.path says no.
    found = next((p for p in places if os.path.isfile(p / "config.yaml")), None)  # noqa: PTH113
    if found is None:
        msg = f"no experiment in {' and '.join(str(each) for each in places)}. Name its folder"
        raise SettingsError(msg)
    return RunFolder(found)


def _builder(folder: RunFolder, catalog: Catalog) -> Builder:
    document = read_yaml(folder.config)
    problem = catalog.problem(str(document.values.get("problem_type")))
    model: type[Settings] = catalog.schema(problem)
    # The tables may be gone by now, which matters to nobody who has the model.
    loaded = check(document, model, base=folder.path.resolve(), files=False)
    return Builder(loaded.settings, catalog, problem)


def _best_run(folder: RunFolder, builder: Builder) -> RunFolder:
    """Give the best run of the best combination; the folder itself if it is a single run."""
    if not (folder.path / "runs").is_dir():
        return folder
    leaderboard = folder.path / "leaderboard.json"
    places = json.loads(leaderboard.read_text(encoding="utf-8")) if leaderboard.exists() else []
    if not places or places[0]["mean"] is None:
        msg = f"{folder.path} has not finished. Go on with: hydro resume {folder.path}"
        raise ResourceError(msg)
    sign = 1 if builder.higher_is_better else -1
    scored = zip(places[0]["scores"], places[0]["runs"], strict=True)
    score, name = max(scored, key=lambda each: sign * each[0])
    run = RunFolder(folder.path / "runs" / name)
    metric = builder.settings.prediction.metric
    logger.info("the best of several runs is taken: %s, %s %.4f", run.path, metric, score)
    return run
