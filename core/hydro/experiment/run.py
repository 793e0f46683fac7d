"""One run: one model, trained on one side of a split and scored on the other."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from hydro.artifacts.deletion import new_folder
from hydro.artifacts.files import JsonObject, writing
from hydro.artifacts.results import write_scores
from hydro.artifacts.run_folder import RunFolder
from hydro.data.frames import Frames
from hydro.data.targets import Targets
from hydro.evaluation.insights import write_insights
from hydro.evaluation.predictions_file import write_predictions
from hydro.evaluation.scores import flatten_scores
from hydro.experiment.assembly import RunComponents, assemble
from hydro.experiment.disk_space import needed_space, require_space
from hydro.experiment.evaluator import Evaluator
from hydro.inference.export import export_at_end
from hydro.plugins.builder import Builder
from hydro.plugins.predictions import Predictions
from hydro.plugins.problem import Problem, TrainedArtifacts
from hydro.plugins.protocols import InitializedFromData
from hydro.settings.schema import Schema, flatten
from hydro.settings.sections import Settings
from hydro.trackers.background import BackgroundTracker
from hydro.training.batch_plan import BatchPlan
from hydro.training.best_weights import BestWeights
from hydro.training.checkpointing import Checkpointer
from hydro.training.distributed import ProcessGroup
from hydro.training.param_groups import model_parts, parameter_groups
from hydro.training.precision import Precision
from hydro.training.progress import Progress
from hydro.training.randomness import seed_torch
from hydro.training.step import TrainStep
from hydro.training.trainer import Trainer

logger = logging.getLogger(__name__)

SYNC_BATCH_NORM = "environment.sync_batch_normalization"


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

    def execute(self) -> JsonObject:
        """Train, and return the scores of the model before and after.

        Of several processes only the main one evaluates and saves, and has scores to return.
        """
        parts, is_main = self._assemble(), self.processes.is_main
        best = BestWeights(parts.model, self.builder.higher_is_better)
        evaluator = Evaluator(self.builder, self.frames, parts, self.precision, self.progress)
        before, start = evaluator.predict_untrained() if is_main else ({}, {})
        # A run that resumes has this in its history.
        if is_main and not self.checkpointer.resume_from:
            self._record_metric(evaluator, "before training", 0, before["validation"])
        with self.checkpointer.stop.defer_signals():
            trainer = self._build_trainer(evaluator, best)
            samples = trainer.fit() if trainer else 0
            if trainer:
                self._finish_training(evaluator, best, samples)
            if not is_main:
                return {}
            with self.checkpointer.evaluating():
                after = evaluator.predict_splits(parts.model, "after training")
                self._record_metric(evaluator, "after training", samples, after["validation"])
                scores = evaluator.compare(before, start, after)
                self._save(parts, before, after, scores)
                self.tracker.log(flatten_scores(scores), samples)
        return scores

    def record(self, event: str, values: Mapping[str, float | None]) -> None:
        """Record an event in the history, and log its figures to the tracker."""
        if not self.processes.is_main:
            return
        self.folder.history.record(event, values)
        figures = {f"{event}/{name}": value for name, value in values.items() if value is not None}
        self.tracker.log(figures, int(values["samples"] or 0))

    def _record_metric(
        self, evaluator: Evaluator, event: str, samples: int, predictions: Predictions
    ) -> None:
        """Log the selected metric of the validation rows, and record it in the history."""
        value = evaluator.score(predictions)
        logger.info("%s: validation %s %.4f", event, evaluator.metric, value)
        self.record(event, {"samples": samples, evaluator.metric: value})

    @property
    def settings(self) -> Settings:
        """The settings of this run."""
        return self.builder.settings

    @property
    def problem(self) -> Problem:
        """What is solved."""
        return self.builder.problem

    def _assemble(self) -> RunComponents:
        """Build the parts, on the device."""
        environment = self.settings.environment
        seed_torch(environment.seed)
        parts = assemble(self.builder, self.frames, self.targets)
        self.processes.seed(environment.seed)
        if environment.sync_batch_normalization:
            device = self.precision.device
            has_any = self.processes.convert_sync_batchnorm(parts.model, device)
            rule = Schema.of(type(self.settings)).settings[SYNC_BATCH_NORM].metadata.applies_if
            # Where a rule of the setting does not hold, that was said when the settings were read.
            if not has_any and (rule is None or rule.holds(flatten(self.settings))):
                logger.warning("the model has no batch normalization to synchronize")
        parts.model.to(self.precision.device)
        parts.loss.to(self.precision.device)
        require_space(self.folder.path, needed_space(self.settings, parts.model, self.frames))
        if self.processes.is_main:
            # Others start when the texts are tokenized, for which they wait.
            self.processes.broadcast(str(self.folder.path))
        return parts

    def _build_trainer(self, evaluator: Evaluator, best: BestWeights) -> Trainer | None:
        """Build the trainer, as far as the checkpoint is; None where there is nothing to train."""
        settings, parts = self.settings, evaluator.parts
        sampler = self.builder.build(
            "sampler",
            dataset=parts.train,
            frame=self.frames.train,
            targets=parts.targets,
            world_size=self.processes.world_size,
        )
        plan = BatchPlan(sampler, settings.training)
        if plan.num_updates == 0:
            logger.info("epochs: %g is no update, so nothing is trained", settings.training.epochs)
            return None
        if isinstance(parts.loss, InitializedFromData) and not self.checkpointer.resume_from:
            parts.loss.init_from_data(
                model=parts.model, dataset=parts.train_eval, precision=self.precision
            )
        trainer = Trainer(
            self._build_step(parts, plan),
            parts.train,
            plan,
            seed=settings.environment.seed,
            workers=settings.environment.number_of_workers,
            validate=lambda samples: self._validate(evaluator, best, samples),
            record=self.record,
            progress=self.progress,
            callback=self.checkpointer,
        )
        self.checkpointer.restore(trainer, best)
        return trainer

    def _finish_training(self, evaluator: Evaluator, best: BestWeights, samples: int) -> None:
        """Load the best weights if those are wanted, and stop here if a signal wants that."""
        if self.settings.training.save_best_checkpoint and not self.checkpointer.trained:
            with self.checkpointer.evaluating():
                self._validate(evaluator, best, samples)
            best.restore()
        self.checkpointer.trained = True
        self.checkpointer.on_step_end()

    def _build_step(self, parts: RunComponents, plan: BatchPlan) -> TrainStep:
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
                "schedule", steps=plan.num_updates, warmup=plan.warmup_updates
            ),
            precision=self.precision,
            max_grad_norm=self.settings.training.gradient_clip,
            processes=self.processes,
        )

    def _validate(self, evaluator: Evaluator, best: BestWeights, samples: int) -> float:
        """Score the validation rows; other processes than the main one wait for that."""
        if not self.processes.is_main:
            self.processes.barrier()
            return float("nan")
        parts = evaluator.parts
        value = evaluator.score(evaluator.predict(parts.model, parts.validation, "validation"))
        kept = self.settings.training.save_best_checkpoint and best.update(value)
        logger.info(
            "validation %s %.4f%s", evaluator.metric, value, ", the best so far" if kept else ""
        )
        self.record("validation", {"samples": samples, evaluator.metric: value})
        self.processes.barrier()
        return value

    def _save(
        self,
        parts: RunComponents,
        before: dict[str, Predictions],
        after: dict[str, Predictions],
        scores: JsonObject,
    ) -> None:
        """Leave behind scores, predictions, what explains them, and the model."""
        write_scores(self.folder, scores)
        for name, predictions in after.items():
            frame = getattr(self.frames, name)
            write_predictions(self.folder.predictions, name, frame, predictions)
        with (
            writing(self.folder.model),
            new_folder(self.folder.model, record=self.folder.record("model")) as new,
        ):
            self.problem.save(
                self.settings,
                trained=TrainedArtifacts(
                    parts.model, parts.tokenizer, parts.targets, self.frames.train, scores
                ),
                folder=new,
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
