"""A trained model, opened from the folder of its run, and what it can be asked."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hydro.artifacts.run_folder import RunFolder
from hydro.data.columns import Columns
from hydro.errors import HydroError, SettingsError
from hydro.inference.finished_run import finished_run
from hydro.inference.gallery import Gallery
from hydro.inference.index_store import checksum, keep, read_about
from hydro.plugins.attribution import blaming
from hydro.plugins.builder import Builder
from hydro.plugins.components import Use
from hydro.plugins.predictions import Predictions
from hydro.plugins.registry import Catalog
from hydro.plugins.retrieval import Index, Kind
from hydro.settings.sections import Settings
from hydro.training.devices import pick_device
from hydro.training.precision import Precision

logger = logging.getLogger(__name__)

Watch = Callable[[int], object]


def _unwatched(rows: int) -> None:
    """Take note of nothing."""


@dataclass(frozen=True)
class Trained:
    """The model of a run, ready to be asked."""

    folder: RunFolder
    builder: Builder
    precision: Precision
    use: Use
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
    def decision(self) -> Mapping[str, Any] | None:
        """What the held-out rows were found to allow, such as a threshold; None for no such."""
        found: Mapping[str, Any] | None = self.folder.read_scores()["validation"].get("decision")
        return found

    def gallery(self, name: str) -> Gallery:
        """Give the rows to compare with: ``train``, ``validation`` or the path of a table.

        Raises:
            SettingsError: the problem compares no rows.
        """
        self._check_compares("--gallery")
        return Gallery.of(name, self.settings, self.columns)

    def predict(
        self,
        frame: pd.DataFrame,
        gallery: pd.DataFrame | None = None,
        watch: Watch = _unwatched,
    ) -> Predictions:
        """Predict the rows of a table from ``read_rows``, labelled or not.

        Args:
            frame: the rows.
            gallery: the rows to compare them with; None for each other.
            watch: told how many more rows are done.
        """
        with blaming(self.builder):
            metrics = self.builder.build_all("metric")
        predictions: Predictions = self._ask(
            self.use.predict, frame=frame, gallery=gallery, metrics=metrics, watch=watch
        )
        return predictions

    def embed(self, frame: pd.DataFrame) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Embed the rows of a table: ``(rows, size)``, and the number of tokens of each.

        Raises:
            SettingsError: the problem gives no embeddings.
        """
        if self.use.embed is None:
            msg = f"'{self.builder.problem.name}' gives no embeddings, so there is nothing to serve"
            raise SettingsError(msg)
        embeddings, tokens = self._ask(self.use.embed, frame=frame)
        return embeddings, tokens

    def open_index(
        self, gallery: Gallery, kind: Kind = "exact", watch: Watch = _unwatched
    ) -> Index:
        """Open the index of a gallery that the folder keeps; make it where it is missing or old.

        Raises:
            SettingsError: the problem has no search.
            DataError: the gallery cannot be read, and there is no index of it.
        """
        self._check_compares("hydro search")
        folder = self.folder.index(f"{gallery.name}-{kind}")
        made_of = {"gallery": gallery.stamp, "model": checksum(self.folder.model)}
        kept = read_about(folder)
        if kept and not gallery.stamp and kept.get("model") == made_of["model"]:
            logger.warning("%s is gone; its index is searched as it was made", gallery.path)
            made_of["gallery"] = kept["gallery"]
        if kept == made_of:
            try:
                return self._open(folder)
            except HydroError as error:
                logger.warning("%s; it is made again", error)
        return self._build(gallery, kind, folder, made_of, watch)

    def _open(self, folder: Path) -> Index:
        assert self.use.open_index, "what builds an index opens it"
        index: Index = self._ask(self.use.open_index, folder=folder)
        return index

    def _build(
        self, gallery: Gallery, kind: Kind, folder: Path, made_of: Mapping[str, Any], watch: Watch
    ) -> Index:
        assert self.use.build_index, "it was checked"
        frame, notes = gallery.read()
        for note in notes:
            logger.warning(note)
        index: Index = self._ask(self.use.build_index, gallery=frame, kind=kind, watch=watch)
        keep(index, folder, made_of)
        logger.info("index of %s rows kept in %s", f"{len(frame):,}", folder)
        return index

    def _ask(self, use: Callable[..., Any], **given: Any) -> Any:
        """Put the model to one of its uses; where a plugin fails in it, say which."""
        with blaming(self.builder):
            return use(self.settings, trained=self.model, precision=self.precision, **given)

    def _check_compares(self, what: str) -> None:
        if self.use.build_index is None:
            name = self.builder.problem.name
            msg = f"{what}: '{name}' compares no rows with each other. Leave it out"
            raise SettingsError(msg)


def open_trained(folder: RunFolder, catalog: Catalog) -> Trained:
    """Open the model of a run, or of the best run of an experiment; on a GPU where there is one.

    Raises:
        SettingsError: its settings cannot be read, or its problem type makes no use of models.
        ResourceError: no run has finished.
        ModelError: the model is missing or damaged.
    """
    run, builder = finished_run(folder, catalog)
    settings, problem = builder.settings, builder.problem
    if problem.use is None:
        able = ", ".join(each.name for each in catalog.problems if each.use) or "none"
        msg = f"{run.path}: '{problem.name}' offers no use of a trained model; these do: {able}"
        raise SettingsError(msg)
    # The GPU that trained it may not be the one that is here.
    device = pick_device(() if settings.environment.gpus == () else None)
    precision = Precision.of(
        device, training=False, inference=settings.environment.mixed_precision_inference
    )
    with blaming(builder):
        model = problem.use.load(settings, folder=run.model, device=device)
    return Trained(run, builder, precision, problem.use, model)
