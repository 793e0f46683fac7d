"""A trained model, opened from the folder of its run, and what it can be asked."""

import errno
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hydro.artifacts.files import make_folder
from hydro.artifacts.results import read_scores
from hydro.artifacts.run_folder import RunFolder
from hydro.data.columns import Columns
from hydro.errors import HydroError, ResourceError, SettingsError
from hydro.inference.finished_run import finished_run
from hydro.inference.gallery import Gallery
from hydro.inference.index_store import checksum, read_metadata, save_index
from hydro.plugins.attribution import attribute_errors
from hydro.plugins.builder import Builder
from hydro.plugins.inference import Inference, Retrieval
from hydro.plugins.metrics import Metrics
from hydro.plugins.predictions import Predictions
from hydro.plugins.registry import Registry
from hydro.plugins.retrieval import Index, Kind
from hydro.settings.sections import Settings
from hydro.training.devices import pick_device
from hydro.training.precision import Precision

logger = logging.getLogger(__name__)

READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)
"""Why an experiment that is only read, such as one of somebody else, keeps no index."""

OnProgress = Callable[[int], object]


def _no_progress(rows: int) -> None:
    """Ignore progress."""


@dataclass(frozen=True)
class TrainedModel:
    """The model of a run, ready to be asked."""

    folder: RunFolder
    builder: Builder
    precision: Precision
    inference: Inference
    model: Any
    """What the problem's ``load`` gave."""

    @property
    def settings(self) -> Settings:
        """The settings of the run."""
        return self.builder.settings

    @property
    def columns(self) -> Columns:
        """The columns of a table that the model reads."""
        return self.builder.problem.columns(self.settings)

    @property
    def calibration(self) -> Mapping[str, object] | None:
        """What the held-out rows were found to allow, such as a threshold; None for no such."""
        found: Mapping[str, object] | None = read_scores(self.folder)["validation"].get("decision")
        # An earlier version called the summary ``said``.
        return found and {"summary": found.get("said"), **found}

    @cached_property
    def metrics(self) -> Metrics:
        """The metrics of the problem, built, by name."""
        with attribute_errors(self.builder):
            return self.builder.build_metrics()

    def predict(
        self,
        frame: pd.DataFrame,
        gallery: pd.DataFrame | None = None,
        on_progress: OnProgress = _no_progress,
    ) -> Predictions:
        """Predict the rows of a table from ``read_rows``, labeled or not.

        Args:
            frame: the rows.
            gallery: the rows to compare them with, where the problem compares rows.
            on_progress: called with the number of rows done since the last call.
        """
        given: Any = {
            "trained": self.model,
            "frame": frame,
            "metrics": self.metrics,
            "precision": self.precision,
            "on_progress": on_progress,
        }
        if gallery is not None:
            retrieval = self.retrieval("--gallery")
            with attribute_errors(self.builder):
                return retrieval.retrieve(self.settings, gallery=gallery, **given)
        with attribute_errors(self.builder):
            return self.inference.predict(self.settings, **given)

    def retrieval(self, what: str) -> Retrieval:
        """Return how the problem compares rows; ``what`` needs it, and is named if it does not.

        Raises:
            SettingsError: the problem compares no rows.
        """
        if not isinstance(self.inference, Retrieval):
            name = self.builder.problem.name
            msg = f"{what}: '{name}' compares no rows with each other. Leave it out"
            raise SettingsError(msg)
        return self.inference

    def gallery(self, name: str) -> Gallery:
        """Return the rows to compare with: ``train``, ``validation`` or the path of a table.

        Raises:
            SettingsError: the problem compares no rows.
        """
        self.retrieval("--gallery")
        return Gallery.of(name, self.settings, self.columns, self.folder)

    def embed(self, frame: pd.DataFrame) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Embed the rows of a table: ``(rows, size)``, and the number of tokens of each.

        Raises:
            SettingsError: the problem has no embeddings.
        """
        retrieval = self.retrieval("hydro serve")
        with attribute_errors(self.builder):
            return retrieval.embed(
                self.settings, trained=self.model, frame=frame, precision=self.precision
            )

    def open_index(
        self, gallery: Gallery, kind: Kind = "exact", on_progress: OnProgress = _no_progress
    ) -> Index:
        """Open the index of a gallery that the folder keeps; build it where it is missing or old.

        Where the folder cannot be written to, the index is in memory only.

        Raises:
            SettingsError: the problem has no search.
            DataError: the gallery cannot be read, and there is no index of it.
        """
        retrieval = self.retrieval("hydro search")
        folder = self.folder.path / "index" / f"{gallery.name}-{kind}"
        made_of: dict[str, object] = {
            "gallery": gallery.fingerprint,
            "model": checksum(self.folder.model),
        }
        kept = read_metadata(folder)
        if kept and not gallery.fingerprint and kept.get("model") == made_of["model"]:
            logger.warning("%s is gone; its index is searched as it was made", gallery.path)
            made_of["gallery"] = kept["gallery"]
        if kept == made_of:
            try:
                with attribute_errors(self.builder):
                    return retrieval.open_index(
                        self.settings, trained=self.model, folder=folder, precision=self.precision
                    )
            except HydroError as error:
                logger.warning("%s; it is made again", error)
        frame, warnings = gallery.read()
        for warning in warnings:
            logger.warning(warning)
        with attribute_errors(self.builder):
            index = retrieval.build_index(
                self.settings,
                trained=self.model,
                gallery=frame,
                kind=kind,
                precision=self.precision,
                on_progress=on_progress,
            )
        try:
            make_folder(folder.parent)
            save_index(index, folder, made_of, self.folder.record("index", folder.name))
        except ResourceError as error:
            reason = error.__cause__
            if not isinstance(reason, OSError) or reason.errno not in READ_ONLY:
                raise
            told = "%s cannot be written (%s): the index of %s rows is in memory only"
            logger.warning(told, folder.parent, reason.strerror, f"{len(frame):,}")
        else:
            logger.info("index of %s rows kept in %s", f"{len(frame):,}", folder)
        return index


def open_trained(folder: RunFolder, registry: Registry) -> TrainedModel:
    """Open the model of a run, or of the best run of an experiment; on a GPU where there is one.

    Raises:
        SettingsError: its settings cannot be read, or its problem type makes no use of models.
        ResourceError: no run has finished.
        ModelError: the model is missing or damaged.
    """
    run, builder = finished_run(folder, registry)
    settings, problem = builder.settings, builder.problem
    if problem.inference is None:
        able = ", ".join(each.name for each in registry.problems if each.inference) or "none"
        msg = f"{run.path}: '{problem.name}' offers no use of a trained model; these do: {able}"
        raise SettingsError(msg)
    # The GPU that trained it may not be the one that is here.
    device = pick_device(() if settings.environment.gpus == () else None)
    precision = Precision.of(
        device, training=False, inference=settings.environment.mixed_precision_inference
    )
    with attribute_errors(builder):
        model = problem.inference.load(settings, folder=run.model, device=device)
    return TrainedModel(run, builder, precision, problem.inference, model)
