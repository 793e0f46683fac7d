"""The run of an experiment whose model is used later, and what its settings select."""

import logging

from hydro.artifacts.experiments import best_run
from hydro.artifacts.run_folder import RunFolder
from hydro.errors import ResourceError
from hydro.plugins.builder import Builder
from hydro.plugins.registry import Registry
from hydro.settings.loading import load_stored, read

logger = logging.getLogger(__name__)


def finished_run(folder: RunFolder, registry: Registry) -> tuple[RunFolder, Builder]:
    """Return a finished run; of an experiment of several the best one, and say so.

    Raises:
        SettingsError: its settings no longer fit what is installed.
        ResourceError: no run has finished, or its model was deleted.
    """
    builder = stored_builder(folder, registry)
    run = best_run(folder, higher_is_better=builder.higher_is_better)
    if not run.model.is_dir():
        msg = f"{run.path} has no model/ any more, so there is nothing to use. Train it again"
        raise ResourceError(msg)
    if run.path == folder.path:
        return folder, builder
    logger.info("the best of %d runs: %s", len(folder.runs), run.path)
    return run, stored_builder(run, registry)


def stored_builder(folder: RunFolder, registry: Registry) -> Builder:
    """Return what builds the components that the stored settings of an experiment select.

    Raises:
        SettingsError: the settings no longer fit what is installed.
    """
    problem = registry.problem(str(read(folder.config).top("problem_type")))
    # The tables may be gone by now, which matters to nobody who has the model.
    return Builder(load_stored(folder.config, registry.schema(problem)), registry, problem)
