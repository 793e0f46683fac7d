"""A trained model, opened from the folder of its run, and what it can be asked."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hydro.artifacts.files import make_folder
from hydro.artifacts.results import read_scores
from hydro.artifacts.run_folder import RunFolder
from hydro.data.columns import Columns
from hydro.errors import HydroError, SettingsError
from hydro.inference.finished_run import finished_run
from hydro.inference.gallery import Gallery
from hydro.inference.index_store import checksum, read_metadata, save_index
from hydro.plugins.attribution import attribute_errors
from hydro.plugins.builder import Builder
from hydro.plugins.components import Inference
from hydro.plugins.predictions import Predictions
from hydro.plugins.registry import Registry
from hydro.plugins.retrieval import Index, Kind
from hydro.settings.sections import Settings
from hydro.training.devices import pick_device
from hydro.training.precision import Precision

logger = logging.getLogger(__name__)

OnProgress = Callable[[int], object]


def _no_progress(rows: int) -> None:
    """Take note of nothing."""


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
    def calibration(self) -> Mapping[str, Any] | None:
        """What the held-out rows were found to allow, such as a threshold; None for no such."""
        found: Mapping[str, Any] | None = read_scores(self.folder)["validation"].get("decision")
        return found

    def gallery(self, name: str) -> Gallery:
        """Return the rows to compare with: ``train``, ``validation`` or the path of a table.

        Raises:
            SettingsError: the problem compares no rows.
        """
        self._require_retrieval("--gallery")
        return Gallery.of(name, self.settings, self.columns)

    def predict(
        self,
        frame: pd.DataFrame,
        gallery: pd.DataFrame | None = None,
        watch: OnProgress = _no_progress,
    ) -> Predictions:
        """Predict the rows of a table from ``read_rows``, labeled or not.

        Args:
            frame: the rows.
            gallery: the rows to compare them with; None for each other.
            watch: told how many more rows are done.
        """
        with attribute_errors(self.builder):
            metrics = self.builder.build_all("metric")
        predictions: Predictions = self._call(
            self.inference.predict, frame=frame, gallery=gallery, metrics=metrics, watch=watch
        )
        return predictions

    def embed(self, frame: pd.DataFrame) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Embed the rows of a table: ``(rows, size)``, and the number of tokens of each.

        Raises:
            SettingsError: the problem gives no embeddings.
        """
        if self.inference.embed is None:
            msg = f"'{self.builder.problem.name}' gives no embeddings, so there is nothing to serve"
            raise SettingsError(msg)
        embeddings, tokens = self._call(self.inference.embed, frame=frame)
        return embeddings, tokens

    def open_index(
        self, gallery: Gallery, kind: Kind = "exact", watch: OnProgress = _no_progress
    ) -> Index:
        """Open the index of a gallery that the folder keeps; make it where it is missing or old.

        Raises:
            SettingsError: the problem has no search.
            DataError: the gallery cannot be read, and there is no index of it.
        """
        self._require_retrieval("hydro search")
        folder = make_folder(self.folder.path / "index") / f"{gallery.name}-{kind}"
        made_of = {"gallery": gallery.fingerprint, "model": checksum(self.folder.model)}
        kept = read_metadata(folder)
        if kept and not gallery.fingerprint and kept.get("model") == made_of["model"]:
            logger.warning("%s is gone; its index is searched as it was made", gallery.path)
            made_of["gallery"] = kept["gallery"]
        if kept == made_of:
            try:
                return self._open(folder)
            except HydroError as error:
                logger.warning("%s; it is made again", error)
        return self._build(gallery, kind, folder, made_of, watch)

    def _open(self, folder: Path) -> Index:
        assert self.inference.open_index, "what builds an index opens it"
        index: Index = self._call(self.inference.open_index, folder=folder)
        return index

    def _build(
        self,
        gallery: Gallery,
        kind: Kind,
        folder: Path,
        made_of: Mapping[str, Any],
        watch: OnProgress,
    ) -> Index:
        assert self.inference.build_index, "it was checked"
        frame, notes = gallery.read()
        for note in notes:
            logger.warning(note)
        index: Index = self._call(self.inference.build_index, gallery=frame, kind=kind, watch=watch)
        save_index(index, folder, made_of)
        logger.info("index of %s rows kept in %s", f"{len(frame):,}", folder)
        return index

    def _call(self, use: Callable[..., Any], **given: Any) -> Any:
        """Put the model to one of its uses; where a plugin fails in it, say which."""
        with attribute_errors(self.builder):
            return use(self.settings, trained=self.model, precision=self.precision, **given)

    def _require_retrieval(self, what: str) -> None:
        if self.inference.build_index is None:
            name = self.builder.problem.name
            msg = f"{what}: '{name}' compares no rows with each other. Leave it out"
            raise SettingsError(msg)


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
