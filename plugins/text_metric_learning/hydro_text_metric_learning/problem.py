"""Text metric learning as a problem type."""

from collections.abc import Callable, Mapping, Sequence, Set
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from hydro.api import Calibration, Columns, Metrics, Problem, TrainedArtifacts
from hydro_text_metric_learning.inference import TextRetrieval
from hydro_text_metric_learning.settings import (
    HAS_CLASS_WEIGHTS,
    PAIR_LOSSES,
    TextMetricLearningSettings,
)

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from hydro.api import Frames, Labels, Precision
    from hydro.similarity.predictions import RetrievalPredictions
    from hydro.text import Encoder, LabeledTexts


class TextMetricLearning(Problem[TextMetricLearningSettings, "Labels"]):
    """Embeddings in which texts of one class are near each other."""

    name = "text_metric_learning"
    title = "Text metric learning"
    settings = TextMetricLearningSettings
    defaults: ClassVar[Mapping[str, object]] = {
        "training.loss_function": "ArcFace",
        "prediction.metric": "mAP",
    }
    undefined_rows = "no other row of their class"
    inference = TextRetrieval()

    def infer_settings(
        self, settings: TextMetricLearningSettings, *, given: Set[str]
    ) -> tuple[Mapping[str, object], Sequence[str]]:
        """Return what the folder of a trained backbone says of pooling, projection and lengths."""
        from hydro.text import infer_settings

        return infer_settings(settings, given)

    def columns(self, settings: TextMetricLearningSettings) -> Columns:
        """Return the columns of texts and labels."""
        return TextRetrieval().columns(settings)

    def describe_data(
        self, settings: TextMetricLearningSettings, *, frames: "Frames", targets: "Labels"
    ) -> Mapping[str, int]:
        """Return the number of classes, and of held-out rows whose class training lacks."""
        from hydro.similarity.checks import seen_and_unseen

        unseen = seen_and_unseen(frames.validation, targets)["unseen_classes"]
        return {**targets.counts(), "unseen_validation_rows": int(unseen.sum())}

    def check_data(
        self, settings: TextMetricLearningSettings, *, frames: "Frames", targets: "Labels"
    ) -> Sequence[str]:
        """Return warnings about classes, texts on both sides of the split, and memory."""
        from hydro.similarity.checks import check_rows
        from hydro_text_metric_learning.memory_note import class_weights_note
        from hydro_text_metric_learning.pairs_note import pairs_note

        dataset, training = settings.dataset, settings.training
        warnings = check_rows(frames, targets, dataset.text_column, dataset.train_dataframe)
        if HAS_CLASS_WEIGHTS.holds({HAS_CLASS_WEIGHTS.path: training.loss_function}):
            architecture, sampled = settings.architecture, training.num_sampled()
            warnings += class_weights_note(architecture, len(targets), sampled)
        if training.loss_function in PAIR_LOSSES and training.sampler == "Shuffled":
            warnings += pairs_note(
                targets.encode(frames.train), training.batch_size, training.loss_function
            )
        return warnings

    def baseline(
        self, settings: TextMetricLearningSettings, *, model: "Encoder"
    ) -> "Encoder | None":
        """Return the backbone with its pooling, where the model has a neck that starts random."""
        return model.pretrained_part()

    def subsets(
        self, settings: TextMetricLearningSettings, *, frame: "pd.DataFrame", targets: "Labels"
    ) -> "Mapping[str, NDArray[np.bool_]]":
        """Return the rows whose class is among those of training, and the others."""
        from hydro.similarity.checks import seen_and_unseen

        return seen_and_unseen(frame, targets)

    def predict(
        self,
        settings: TextMetricLearningSettings,
        *,
        model: "Encoder",
        dataset: "LabeledTexts",
        targets: "Labels",
        metrics: Metrics,
        precision: "Precision",
        on_progress: Callable[[int], object],
    ) -> "RetrievalPredictions":
        """Embed a split, and search it for the neighbors of each of its rows."""
        from hydro.similarity.predictions import score_neighbors
        from hydro.text import embed

        return score_neighbors(
            embed(model, dataset.texts, autocast=precision.inference, on_progress=on_progress),
            dataset.targets,
            metrics=metrics,
            top_k=settings.prediction.top_k_similar,
            device=precision.device,
        )

    def calibrate(
        self,
        settings: TextMetricLearningSettings,
        *,
        predictions: "RetrievalPredictions",
        precision: "Precision",
    ) -> Calibration:
        """Choose the similarity from which on two texts are taken for the same class."""
        from hydro.similarity.threshold import choose_threshold

        return choose_threshold(
            predictions.embeddings,
            predictions.classes,
            precision=settings.prediction.threshold_precision,
            device=precision.device,
        ).to_json()

    def score_calibration(
        self,
        settings: TextMetricLearningSettings,
        *,
        calibration: Calibration,
        predictions: "RetrievalPredictions",
        precision: "Precision",
    ) -> Calibration | None:
        """Score the thresholds on the test rows."""
        from hydro.similarity.threshold import score_threshold

        embeddings, classes = predictions.embeddings, predictions.classes
        return score_threshold(calibration, embeddings, classes, device=precision.device)

    def save(
        self, settings: TextMetricLearningSettings, *, trained: TrainedArtifacts, folder: Path
    ) -> None:
        """Write the model as a folder that sentence-transformers opens."""
        from hydro_text_metric_learning.export.sentence_transformers import (
            write_sentence_transformers,
        )
        from hydro_text_metric_learning.model_card import model_card

        model, tokenizer, targets = trained.model, trained.tokenizer, trained.targets
        decision = trained.scores["validation"]["decision"]
        write_sentence_transformers(
            folder,
            backbone=model.backbone,
            tokenizer=tokenizer.hf,
            max_length=tokenizer.max_length,
            pool=model.pool,
            neck=model.projection,
            columns=settings.dataset.text_column,
            separator=tokenizer.separator,
            threshold=decision["threshold"],
            balanced_threshold=decision["balanced_threshold"],
            card=model_card(
                settings, trained.scores, rows=len(trained.train), classes=len(targets)
            ),
        )
