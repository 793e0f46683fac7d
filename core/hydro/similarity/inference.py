"""Embed rows and search for similar ones with a trained model; heavy imports are lazy."""

from abc import abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from hydro.data.columns import Columns
from hydro.plugins.inference import Retrieval
from hydro.plugins.metrics import Metrics
from hydro.plugins.retrieval import Kind
from hydro.similarity.settings import RetrievalSettings

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from hydro.similarity.index import EmbeddingIndex
    from hydro.similarity.retrieval import GalleryPredictions
    from hydro.training.precision import Precision


class Embedder(Protocol):
    """A trained model that embeds the rows of a table."""

    @property
    def threshold(self) -> float | None:
        """The similarity from which on two rows are taken for the same class."""

    def embed(
        self,
        frame: "pd.DataFrame",
        *,
        autocast: Callable[[], AbstractContextManager[object]],
        on_progress: Callable[[int], object] = ...,
    ) -> "NDArray[np.float32]":
        """Return embeddings ``(rows, size)``, of length 1.

        ``autocast`` makes the context to compute in, and ``on_progress`` is called with the number
        of rows done since the last call.
        """


S = TypeVar("S", bound=RetrievalSettings)
E = TypeVar("E", bound=Embedder)


class EmbeddingRetrieval(Retrieval[S, E]):
    """Retrieval by the cosine of embeddings; a problem adds ``load`` and ``embed``."""

    @abstractmethod
    def columns(self, settings: S) -> Columns:
        """Return the columns that are read from the tables."""

    def predict(
        self,
        settings: S,
        *,
        trained: E,
        frame: "pd.DataFrame",
        metrics: Metrics,
        precision: "Precision",
        on_progress: Callable[[int], object],
    ) -> "GalleryPredictions":
        """Embed rows, and find the most similar ones among themselves."""
        return self._retrieve(settings, trained, frame, None, metrics, precision, on_progress)

    def retrieve(
        self,
        settings: S,
        *,
        trained: E,
        frame: "pd.DataFrame",
        gallery: "pd.DataFrame",
        metrics: Metrics,
        precision: "Precision",
        on_progress: Callable[[int], object],
    ) -> "GalleryPredictions":
        """Embed rows, and find the most similar ones of a gallery."""
        return self._retrieve(settings, trained, frame, gallery, metrics, precision, on_progress)

    def _retrieve(
        self,
        settings: S,
        trained: E,
        frame: "pd.DataFrame",
        gallery: "pd.DataFrame | None",
        metrics: Metrics,
        precision: "Precision",
        on_progress: Callable[[int], object],
    ) -> "GalleryPredictions":
        from hydro.similarity.retrieval import retrieve

        return retrieve(
            partial(trained.embed, autocast=precision.inference, on_progress=on_progress),
            frame,
            gallery,
            targets=self.columns(settings).targets,
            metrics=metrics,
            top_k=settings.prediction.top_k_similar,
            threshold=trained.threshold,
            device=precision.device,
        )

    def build_index(
        self,
        settings: S,
        *,
        trained: E,
        gallery: "pd.DataFrame",
        kind: Kind,
        precision: "Precision",
        on_progress: Callable[[int], object],
    ) -> "EmbeddingIndex":
        """Embed a gallery and index it."""
        from hydro.similarity.index import EmbeddingIndex
        from hydro.similarity.rows import describe_rows

        columns = self.columns(settings)
        embed = partial(trained.embed, autocast=precision.inference)
        return EmbeddingIndex.build(
            embed(gallery, on_progress=on_progress),
            describe_rows(gallery, columns.inputs, columns.targets),
            kind=kind,
            embed=embed,
            threshold=trained.threshold,
        )

    def open_index(
        self, settings: S, *, trained: E, folder: Path, precision: "Precision"
    ) -> "EmbeddingIndex":
        """Open an index that was saved."""
        from hydro.similarity.index import EmbeddingIndex

        embed = partial(trained.embed, autocast=precision.inference)
        return EmbeddingIndex.open(folder, embed=embed, threshold=trained.threshold)
