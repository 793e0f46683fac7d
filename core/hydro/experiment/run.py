"""One run: one model, trained on one side of a split and scored on the other."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hydro.artifacts.files import writing
from hydro.artifacts.results import write_scores
from hydro.artifacts.run_folder import RunFolder
from hydro.data.frames import Frames
from hydro.data.targets import Targets
from hydro.evaluation.insights import write_insights
from hydro.evaluation.predictions_file import write_predictions
from hydro.evaluation.scores import compare, flatten_scores, score
from hydro.experiment.assembly import RunComponents, assemble
from hydro.experiment.disk_space import needed_space, require_space
from hydro.inference.export import export_at_end
from hydro.plugins.builder import Builder
from hydro.plugins.predictions import Predictions, check_values
from hydro.plugins.problem import Problem, TrainedArtifacts
from hydro.plugins.protocols import InitializedFromData
from hydro.settings.sections import Settings
from hydro.trackers.background import BackgroundTracker
from hydro.training.batch_plan import BatchPlan
from hydro.training.best_weights import BestWeights
from hydro.training.checkpointing import Checkpointer
from hydro.training.dataset import Dataset
from hydro.training.distributed import ProcessGroup
from hydro.training.param_groups import model_parts, parameter_groups
from hydro.training.precision import Precision
from hydro.training.progress import Progress
from hydro.training.randomness import seed_torch
from hydro.training.step import TrainStep
from hydro.training.trainer import Trainer

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Run:
    """What one run is made from, and where it goes."""

    builder: Builder
    frames: Frames
    targets: Targets
    precision: Precision
    folder: RunFolder
    tracker: BackgroundTracker
    progress: Progress
    processes: ProcessGroup
    checkpointer: Checkpointer

    def execute(self) -> dict[str, Any]:
        """Train, and return the scores of the model before and after.

        Of several processes the main one does all; the others only train along.
        """
        parts = self._assemble()
        if not self.processes.is_main:
            with self.checkpointer.stop.defer_signals():
                self._train(parts)
            return {}
        # The others wait for this, and find the texts tokenized.
        self.processes.broadcast(str(self.folder.path))

        # A run that resumes makes these again: they are a function of the seed.
        before = self._predict_splits(parts, "before training")
        if not self.checkpointer.resume_from:
            self._record_metric("before training", parts, before, samples=0)
        with self.checkpointer.stop.defer_signals():
            samples = self._train(parts)
            with self.checkpointer.evaluating():
                after = self._predict_splits(parts, "after training")
                self._record_metric("after training", parts, after, samples)
                scores = self._compare(parts, before, after)
                self._write(parts, before, after, scores)
                self.tracker.log(flatten_scores(scores), samples)
        return scores

    def record(self, event: str, values: Mapping[str, Any]) -> None:
        """Record an event in the history, and log its figures to the tracker."""
        if not self.processes.is_main:
            return
        self.folder.history.record(event, values)
        figures = {f"{event}/{name}": value for name, value in values.items() if value is not None}
        self.tracker.log(figures, values["samples"])

    @property
    def settings(self) -> Settings:
        """The settings of this run."""
        return self.builder.settings

    @property
    def problem(self) -> Problem:
        """What is solved."""
        return self.builder.problem

    @property
    def _metric(self) -> str:
        return self.settings.prediction.metric

    def _assemble(self) -> RunComponents:
        """Build the parts, on the device."""
        environment = self.settings.environment
        seed_torch(environment.seed)
        parts = assemble(self.builder, self.frames, self.targets)
        self.processes.seed(environment.seed)
        if environment.sync_batch_normalization:
            device = self.precision.device
            if not self.processes.convert_sync_batchnorm(parts.model, device):
                logger.warning("the model has no batch normalization to synchronize")
        parts.model.to(self.precision.device)
        parts.loss.to(self.precision.device)
        require_space(self.folder.path, needed_space(self.settings, parts.model, self.frames))
        return parts

    def _predict_splits(self, parts: RunComponents, when: str) -> dict[str, Predictions]:
        """Predict every split that is scored."""
        splits = {"validation": parts.validation}
        if parts.test is not None:
            splits["test"] = parts.test
        if self.settings.training.calculate_train_metric:
            splits["train"] = parts.train_eval
        return {name: self._predict(parts, each, f"{name} {when}") for name, each in splits.items()}

    def _record_metric(
        self, when: str, parts: RunComponents, found: Mapping[str, Predictions], samples: int
    ) -> None:
        """Record how the model does before or after training."""
        value = self._score(parts, found["validation"])
        logger.info("%s: validation %s %.4f", when, self._metric, value)
        self.record(when, {"samples": samples, self._metric: value})

    def _score(self, parts: RunComponents, predictions: Predictions) -> float:
        name = self._metric
        return score(name, parts.metrics[name], predictions.values[name])

    def _predict(self, parts: RunComponents, dataset: Dataset, title: str) -> Predictions:
        with self.progress.task(title, len(dataset), "rows") as task:
            predictions = self.problem.predict(
                self.settings,
                model=parts.model,
                dataset=dataset,
                targets=parts.targets,
                metrics=parts.metrics,
                precision=self.precision,
                on_progress=task.advance,
            )
        check_values(predictions.values, len(dataset))
        return predictions

    def _train(self, parts: RunComponents) -> int:
        """Train the model in place, so that it has the weights to keep; count the samples seen."""
        settings = self.settings
        sampler = self.builder.build(
            "sampler",
            dataset=parts.train,
            frame=self.frames.train,
            targets=parts.targets,
            world_size=self.processes.world_size,
        )
        updates = BatchPlan(sampler, settings.training)
        if updates.num_updates == 0:
            logger.info("epochs: %g is no update, so nothing is trained", settings.training.epochs)
            return 0
        if isinstance(parts.loss, InitializedFromData) and not self.checkpointer.resume_from:
            parts.loss.init_from_data(
                model=parts.model, dataset=parts.train_eval, precision=self.precision
            )
        best = BestWeights(parts.model, self.builder.higher_is_better)
        trainer = Trainer(
            self._step(parts, updates),
            parts.train,
            updates,
            seed=settings.environment.seed,
            workers=settings.environment.number_of_workers,
            validate=lambda samples: self._validate(parts, best, samples),
            record=self.record,
            progress=self.progress,
            callback=self.checkpointer,
        )
        self.checkpointer.restore(trainer, best)
        samples = trainer.fit()
        if settings.training.save_best_checkpoint and not self.checkpointer.trained:
            with self.checkpointer.evaluating():
                self._validate(parts, best, samples)
            best.restore()
        self.checkpointer.trained = True
        self.checkpointer.on_step_end()
        return samples

    def _step(self, parts: RunComponents, updates: BatchPlan) -> TrainStep:
        learning = model_parts(parts.model, parts.loss)
        for name in self.settings.training.differential_learning_rate_layers:
            if name not in learning:
                logger.warning("the model has no %s to give a rate of its own", name)
        groups = parameter_groups(learning, self.settings.training)
        return TrainStep(
            parts.model,
            parts.loss,
            optimizer=self.builder.build("optimizer", groups=groups),
            lr_lambda=self.builder.build(
                "schedule", steps=updates.num_updates, warmup=updates.warmup_updates
            ),
            precision=self.precision,
            max_grad_norm=self.settings.training.gradient_clip,
            processes=self.processes,
        )

    def _validate(self, parts: RunComponents, best: BestWeights, samples: int) -> float:
        """Score the validation rows; other processes than the main one wait for that."""
        if not self.processes.is_main:
            self.processes.barrier()
            return float("nan")
        value = self._score(parts, self._predict(parts, parts.validation, "validation"))
        kept = self.settings.training.save_best_checkpoint and best.update(value)
        logger.info(
            "validation %s %.4f%s", self._metric, value, ", the best so far" if kept else ""
        )
        self.record("validation", {"samples": samples, self._metric: value})
        self.processes.barrier()
        return value

    def _compare(
        self, parts: RunComponents, before: dict[str, Predictions], after: dict[str, Predictions]
    ) -> dict[str, Any]:
        """Compare before and after on every split that has labels; a test may have none."""
        overstated = self.settings.training.train_validation_data
        scores: dict[str, Any] = {}
        for name, predictions in after.items():
            if name != "validation" and not predictions.defined(self._metric).any():
                logger.warning(
                    "no %s metric: %s on any of the %s rows",
                    name,
                    self.problem.undefined_rows,
                    name,
                )
                continue
            scores[name] = compare(
                before[name],
                predictions,
                parts.metrics,
                self._metric,
                higher_is_better=self.builder.higher_is_better,
                subsets=self.problem.subsets(
                    self.settings, frame=getattr(self.frames, name), targets=parts.targets
                ),
                undefined_rows=self.problem.undefined_rows,
            )
            if name == "train" or (name == "validation" and overstated):
                scores[name]["overstated"] = "trained on these very rows"
        calibration = self.problem.calibrate(
            self.settings, predictions=after["validation"], precision=self.precision
        )
        if calibration is not None:
            scores["validation"]["decision"] = calibration
        return scores

    def _write(
        self,
        parts: RunComponents,
        before: dict[str, Predictions],
        after: dict[str, Predictions],
        scores: dict[str, Any],
    ) -> None:
        """Leave behind scores, predictions, what explains them, and the model."""
        write_scores(self.folder, scores)
        for name, predictions in after.items():
            frame = getattr(self.frames, name)
            write_predictions(self.folder.predictions, name, frame, predictions)
        with writing(self.folder.model):
            self.problem.save(
                self.settings,
                trained=TrainedArtifacts(
                    parts.model, parts.tokenizer, parts.targets, self.frames.train, scores
                ),
                folder=self.folder.model,
            )
        material = {
            "predictions": after["validation"],
            "frame": self.frames.validation,
            "before": before["validation"],
            "train": self.frames.train,
            "targets": parts.targets,
            "tokenizer": parts.tokenizer,
        }
        write_insights(self.builder, self.folder, material)
        if self.settings.training.build_scoring_pipelines:
            export_at_end(self.builder, self.folder)
