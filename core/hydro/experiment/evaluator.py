"""Scores the splits of a run: what each model predicts, and how much better it became."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hydro.artifacts.files import JsonObject
from hydro.artifacts.results import TRAINED_ON
from hydro.data.frames import Frames
from hydro.data.quality_checks import find_leaked, hash_inputs
from hydro.evaluation.scores import compare, score
from hydro.experiment.assembly import RunComponents
from hydro.plugins.builder import Builder
from hydro.plugins.predictions import Predictions, check_values
from hydro.training.dataset import Dataset
from hydro.training.precision import Precision
from hydro.training.progress import Progress

logger = logging.getLogger(__name__)

MARKED_SHARE = 0.01
"""Of the rows of a split: from so many on that repeat training rows its scores are marked."""

Splits = dict[str, Predictions]
"""Predictions by split: validation, test, train."""


@dataclass(frozen=True)
class Evaluator:
    """Predicts and scores the splits of one run."""

    builder: Builder
    frames: Frames
    parts: RunComponents
    precision: Precision
    progress: Progress

    @property
    def metric(self) -> str:
        """The name of the selected metric."""
        return self.builder.settings.prediction.metric

    def predict_untrained(self) -> tuple[Splits, Splits]:
        """Predict with the baseline, and with the assembled model where that is another one."""
        baseline = self.builder.problem.baseline(self.builder.settings, model=self.parts.model)
        if baseline is None:
            return self.predict_splits(self.parts.model, "before training"), {}
        return (
            self.predict_splits(baseline, "before training"),
            self.predict_splits(self.parts.model, "as assembled"),
        )

    def predict_splits(self, model: object, when: str) -> Splits:
        """Predict every split that is scored."""
        splits = {"validation": self.parts.validation}
        if self.parts.test is not None:
            splits["test"] = self.parts.test
        if self.builder.settings.training.calculate_train_metric:
            splits["train"] = self.parts.train_eval
        return {
            name: self.predict(model, dataset, f"{name} {when}") for name, dataset in splits.items()
        }

    def predict(self, model: object, dataset: Dataset, title: str) -> Predictions:
        """Predict some rows, and compute what they contribute to each metric."""
        with self.progress.task(title, len(dataset), "rows") as task:
            predictions = self.builder.problem.predict(
                self.builder.settings,
                model=model,
                dataset=dataset,
                targets=self.parts.targets,
                metrics=self.parts.metrics,
                precision=self.precision,
                on_progress=task.advance,
            )
        check_values(predictions.values, len(dataset))
        return predictions

    def score(self, predictions: Predictions) -> float:
        """Compute the selected metric.

        Raises:
            MetricError: it is defined on no row.
        """
        return score(self.metric, self.parts.metrics[self.metric], predictions.values[self.metric])

    def compare(self, before: Splits, start: Splits, after: Splits) -> JsonObject:
        """Compare before and after on every split that has targets; a test may have none.

        Args:
            before: what the baseline predicts.
            start: what the assembled model predicts where that is another one, else nothing.
            after: what the trained model predicts.
        """
        problem, settings, scores = self.builder.problem, self.builder.settings, JsonObject()
        for name, predictions in after.items():
            if name != "validation" and not predictions.defined(self.metric).any():
                logger.warning(
                    "no %s metric: none of the %s rows can be scored (%s)",
                    name,
                    name,
                    problem.undefined_rows,
                )
                continue
            scores[name] = compare(
                before[name],
                predictions,
                self.parts.metrics,
                self.metric,
                higher_is_better=self.builder.higher_is_better,
                subsets=problem.subsets(
                    settings, frame=getattr(self.frames, name), targets=self.parts.targets
                ),
                undefined_rows=problem.undefined_rows,
            )
            scores[name] |= self._marks(name)
            if name in start:
                scores[name]["start"] = self.score(start[name])
        calibration = problem.calibrate(
            settings, predictions=after["validation"], precision=self.precision
        )
        if calibration is not None:
            scores["validation"]["decision"] = calibration
            if "test" in scores:
                scores["test"]["decision"] = problem.score_calibration(
                    settings,
                    calibration=calibration,
                    predictions=after["test"],
                    precision=self.precision,
                )
        return scores

    def _marks(self, split: str) -> dict[str, str]:
        """Return why the score of a split may be too good, by kind of reason."""
        training, marks = self.builder.settings.training, {}
        trained = split == "validation" and training.train_validation_data
        if split == "train" or trained:
            marks["overstated"] = TRAINED_ON
        elif seen := self._rows_seen(split):
            marks["overstated"] = seen
        if split == "validation" and training.save_best_checkpoint:
            marks["selected"] = "the weights were chosen by the score of these rows"
        return marks

    @property
    def _inputs(self) -> Sequence[str]:
        return self.builder.problem.columns(self.builder.settings).inputs

    @cached_property
    def _train_hashes(self) -> NDArray[np.int64]:
        """Hashes of the training rows, with which each split is compared."""
        return hash_inputs(self.frames.train, self._inputs)

    def _rows_seen(self, split: str) -> str:
        """Describe how many rows have the inputs of training rows; empty for few or none."""
        held_out = hash_inputs(getattr(self.frames, split), self._inputs)
        seen = int(find_leaked(self._train_hashes, held_out).sum())
        few = seen < MARKED_SHARE * len(held_out)
        return "" if few else f"{seen:,} of {len(held_out):,} rows have the inputs of training rows"
