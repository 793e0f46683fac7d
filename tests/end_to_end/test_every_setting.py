"""No setting is ignored: two values of each make a difference where it says so."""

import dataclasses
import json
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
import yaml

from hydro.artifacts.results import write_scores
from hydro.artifacts.run_folder import RunFolder
from hydro.artifacts.status import Status, write_status
from hydro.cli.options import read_request
from hydro.errors import ResourceError, SettingsError
from hydro.experiment.assembly import RunComponents, assemble
from hydro.experiment.launch import launch
from hydro.plugins.builder import Builder
from hydro.plugins.components import Logger, Loss, Model, Schedule, Tokenizer
from hydro.plugins.loading import Plugin
from hydro.plugins.registry import Registry
from hydro.settings.schema import Schema
from hydro.testing import tiny_backbone
from hydro.text.builders import build_encoder, build_tokenizer
from hydro.trackers.subprocess_tracker import SubprocessTracker
from hydro.trackers.tracker import Tracker
from hydro.training.batch_plan import BatchPlan
from hydro.training.param_groups import model_parts, parameter_groups
from hydro.training.progress import NoProgress
from hydro.training.randomness import seed_torch
from hydro.tuning.optuna_strategy import OptunaStrategy
from hydro.tuning.trials import Trials
from hydro_text_metric_learning import plugin
from hydro_text_metric_learning.offered_losses import build_cross_entropy


class Recorder(Tracker):
    """A tracker that counts what it is told."""

    told = 0

    def log(self, values: Mapping[str, float], step: int) -> None:
        Recorder.told += 1


class Stumbler:
    """A schedule that fails after the third update."""

    def __call__(self, done: int) -> float:
        if done > 3:
            raise ResourceError
        return 1


def short_texts(settings: Any) -> Any:
    """Build a tokenizer that sees three tokens of a text."""
    tokenization = settings.tokenizer.model_copy(update={"max_length": 3})
    return build_tokenizer(settings.model_copy(update={"tokenizer": tokenization}))


def wide_model(settings: Any, *, tokenizer: Any, targets: Any) -> Any:
    """Build a model whose embeddings are 40 long."""
    architecture = settings.architecture.model_copy(update={"embedding_size": 40})
    changed = settings.model_copy(update={"architecture": architecture})
    return build_encoder(changed, tokenizer=tokenizer, targets=targets)


def cramped_loss(settings: Any, *, model: Any, targets: Any) -> Any:
    """Build a loss that has room for five rows."""
    loss = build_cross_entropy(settings, model=model, targets=targets)

    def refuse(module: Any, arguments: tuple[torch.Tensor, ...]) -> None:
        if len(arguments[0]) > 5:
            raise torch.OutOfMemoryError

    loss.register_forward_pre_hook(refuse)
    return loss


class Watched:
    """How many processes prepared batches while a loss was computed."""

    workers = 0


def watched_loss(settings: Any, *, model: Any, targets: Any) -> Any:
    """Build a loss that looks at who prepares batches."""
    loss = build_cross_entropy(settings, model=model, targets=targets)

    def look(module: Any, arguments: Any) -> None:
        Watched.workers = max(Watched.workers, len(multiprocessing.active_children()))

    loss.register_forward_pre_hook(look)
    return loss


MORE = (
    Loss("Watched", watched_loss, problems=(plugin.NAME,)),
    Loss("Cramped", cramped_loss, problems=(plugin.NAME,)),
    Tokenizer("Short", short_texts, problems=(plugin.NAME,)),
    Model("Wide", wide_model, problems=(plugin.NAME,)),
    Logger("Recorder", lambda settings, *, name, folder: Recorder()),
    Schedule("Stumbler", lambda settings, *, steps, warmup: Stumbler()),
)
"""What makes a choice of settings that select among one."""


@dataclass(frozen=True)
class Made:
    """What an experiment is made of with some settings changed, each part when it is asked for."""

    texts: Any
    changes: tuple[str, ...]
    outcomes: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def experiment(self) -> Any:
        """The settled settings and the rows."""
        return self.texts.prepare(*self.changes)

    @cached_property
    def builder(self) -> Builder:
        """What builds the parts."""
        return Builder(self.experiment.settings, self.texts.registry, self.experiment.problem)

    @cached_property
    def parts(self) -> RunComponents:
        """Tokens, model and loss, from the experiment's seed."""
        seed_torch(self.builder.settings.environment.seed)
        return assemble(self.builder, self.experiment.frames, self.experiment.targets)

    @cached_property
    def updates(self) -> BatchPlan:
        """Which rows make up which update."""
        sampler = self.builder.build(
            "sampler",
            dataset=self.parts.train,
            frame=self.experiment.frames.train,
            targets=self.parts.targets,
            world_size=1,
        )
        return BatchPlan(sampler, self.builder.settings.training)

    @cached_property
    def optimizer(self) -> torch.optim.Optimizer:
        """The rule that changes the weights."""
        parts = model_parts(self.parts.model, self.parts.loss)
        groups = parameter_groups(parts, self.builder.settings.training)
        found: torch.optim.Optimizer = self.builder.build("optimizer", groups=groups)
        return found

    @cached_property
    def outcome(self) -> Any:
        """What training came to; settings that another row has as well are not trained again."""
        key = self.experiment.settings.model_dump_json()
        if key not in self.outcomes:
            self.outcomes[key] = self.texts.run(*self.changes)
        return self.outcomes[key]

    def events(self, kind: str) -> list[dict[str, Any]]:
        """Read the events of one kind from the history."""
        text = (self.outcome.folder / "history.jsonl").read_text()
        return [each for each in map(json.loads, text.splitlines()) if each["event"] == kind]


Probe = Callable[[Made], Any]


def rows(side: str) -> Probe:
    """Look at the numbers of the rows of a split."""
    return lambda made: getattr(made.experiment.frames, side).index.tolist()


def has_test(made: Made) -> Any:
    """Look at whether there are test rows."""
    return made.experiment.frames.test is not None


def classes(made: Made) -> Any:
    """Look at the classes of the training rows."""
    return made.parts.targets.names


def tokens(made: Made) -> Any:
    """Look at the tokens of the training rows."""
    return made.parts.train.texts.ids.tolist()  # type: ignore[attr-defined]


def longest(made: Made) -> Any:
    """Look at the longest text of a training batch."""
    return made.parts.train.batch(np.arange(9)).inputs.max_seqlen


def model_type(made: Made) -> Any:
    """Look at the size of embeddings."""
    return made.parts.model.embedding_size


def weights(made: Made) -> Any:
    """Look at the sum of all weights before training."""
    return sum(float(each.detach().sum()) for each in made.parts.model.parameters())


def embeddings(made: Made) -> Any:
    """Look at embeddings as training makes them, from one seed."""
    torch.manual_seed(1)
    made.parts.model.train()
    output: torch.Tensor = made.parts.model(made.parts.train.batch(np.arange(4)).inputs)
    return output.tolist()


def passes(made: Made) -> Any:
    """Count how often a layer is computed for one update."""
    backbone: Any = made.parts.model.backbone
    counted: list[int] = []
    backbone.encoder.layer[0].attention.register_forward_pre_hook(lambda *_: counted.append(1))
    made.parts.model.train()
    batch = made.parts.train.batch(np.arange(4))
    made.parts.loss(made.parts.model(batch.inputs), batch.targets).backward()
    return len(counted)


def first_loss(made: Made) -> Any:
    """Look at the loss of a batch before training."""
    made.parts.model.eval()
    # Several rows of each of several classes.
    batch = made.parts.train.batch(np.arange(0, 40, 3))
    with torch.no_grad():
        return float(made.parts.loss(made.parts.model(batch.inputs), batch.targets))


def first_rows(made: Made) -> Any:
    """Look at the rows of the first update."""
    return [each.tolist() for each in next(iter(made.updates.batches_for_epoch(0)))]


def losses(made: Made) -> Any:
    """Look at the losses of training."""
    return [each["loss"] for each in made.events("training")]


def group_options(name: str) -> Probe:
    """Look at an option of the optimizer's groups."""
    return lambda made: [group[name] for group in made.optimizer.param_groups]


def rates(made: Made) -> Any:
    """Look at the learning rates of training."""
    return [each["learning_rate"] for each in made.events("training")]


def samples(made: Made) -> Any:
    """Look at the samples seen after each update."""
    return [each["samples"] for each in made.events("training")]


def samples_that_fit(made: Made) -> Any:
    """Look at the samples seen after each update, or at why there were none."""
    try:
        return samples(made)
    except ResourceError as error:
        return str(error)


def updates(made: Made) -> Any:
    """Count the updates."""
    return made.updates.num_updates


def validations(made: Made) -> Any:
    """Look at when the validation rows were scored."""
    return [each["samples"] for each in made.events("validation")]


def trained(made: Made) -> Any:
    """Look at the embeddings of the trained model."""
    path = made.outcome.folder / "predictions/validation_raw_predictions.npz"
    return np.load(path)["embeddings"].tolist()


def scored_splits(made: Made) -> Any:
    """Look at which splits have a score."""
    return list(made.outcome.scores)


def exports(made: Made) -> Any:
    """Look at what exporters have written."""
    return sorted(path.name for path in made.outcome.folder.glob("exports/*"))


def heading(made: Made) -> Any:
    """Look at what heads the report."""
    return made.outcome.scores["validation"]["after"]


def neighbors(made: Made) -> Any:
    """Count the neighbors that are kept of each row."""
    path = made.outcome.folder / "predictions/validation_raw_predictions.npz"
    return np.load(path)["neighbours"].shape


def threshold(made: Made) -> Any:
    """Look at the similarity from which on two texts count as the same."""
    return made.outcome.scores["validation"]["decision"]["threshold"]


def shown(made: Made) -> Any:
    """Count the lines of the insights."""
    return len(pd.read_csv(made.outcome.folder / "insights/neighbours.csv"))


def losses_of_two(made: Made) -> Any:
    """Look at the losses of two processes with the installed plugins, or at why there are none."""
    texts = dataclasses.replace(made.texts, registry=Registry.installed())
    settings = Made(texts, made.changes).experiment.settings
    together = RunFolder.create(made.texts.output, "two")
    try:
        launch(settings, together, 2)
    except SettingsError as error:
        return str(error)
    lines = (together.path / "history.jsonl").read_text().splitlines()
    return [each["loss"] for each in map(json.loads, lines) if each["event"] == "training"]


def folder(made: Made) -> Any:
    """Look at the name of the folder, which gets a number when it is taken."""
    return made.outcome.folder.name.removesuffix("-2")


def runs(made: Made) -> Any:
    """Count the runs."""
    return len(made.experiment.planned_runs)


def searched(made: Made) -> Any:
    """Look at the combinations that a search tries and at how they end; nothing is trained."""
    experiment = made.experiment
    folder = RunFolder.create(made.texts.output, "searched")
    runs = Trials(folder, "mAP", (), NoProgress(), lambda run: None)
    study = OptunaStrategy(experiment.settings, experiment.folds, runs, higher_is_better=True)
    study.begin()
    for task in study.tasks():
        task(pretend_to_train)
    ends = [runs.result(run) for run in study.planned()]
    return [(tuple(each.run.values.values()), each.state) for each in ends]


def pretend_to_train(folder: Path, watch: Callable[[], bool]) -> None:
    """Leave what a run of an hour would leave, the worse the higher its learning rate."""
    run = RunFolder(folder)
    score = -yaml.safe_load(run.config.read_text())["training"]["learning_rate"]
    run.history.record("validation", {"samples": 1, "mAP": score})
    watch()
    write_scores(run, {"validation": {"metrics": {"mAP": {"after": score}}}})
    write_status(run, Status("finished", seconds=3600))


def strategy(made: Made) -> Any:
    """Look at how many runs there are said to be, and at what is tried where that is chosen."""
    grid = made.experiment.settings.search.strategy == "Grid"
    return str(made.experiment), None if grid else searched(made)


def device(made: Made) -> Any:
    """Look at the device, or at why there is none."""
    try:
        return made.experiment.precision.device.type
    except SettingsError as error:
        return str(error)


def problem(made: Made) -> Any:
    """Look at whether the file agrees with the command line."""
    config = made.texts.output.parent / "problem.yml"
    text = made.texts.config.read_text().replace("texts.csv", str(made.texts.table))
    written = made.changes[-1].partition("=")[2]
    config.write_text(text.replace('"text_metric_learning"', f'"{written}"'))
    try:
        return read_request(config, plugin.NAME, ()).problem.name
    except SettingsError as error:
        return str(error)


def earlier(made: Made) -> Any:
    """Look at a setting that an earlier experiment had, but for the last setting changed."""
    first = made.texts.run("experiment_name=earlier", "training.epochs=0", "environment.seed=88")
    config = made.texts.output.parent / "later.yml"
    name = made.changes[-1].partition("=")[2].replace("EARLIER", str(first.folder))
    config.write_text(f"from_experiment: {name}\n{DATASET.format(made.texts.table)}")
    return made.texts.settings(config=config).environment.seed


def checkpoints(made: Made) -> Any:
    """Look at the checkpoints that a run has when it fails."""
    with pytest.raises(ResourceError):
        assert made.outcome
    return sorted(each.name for each in made.texts.output.glob("*/checkpoints/*"))


def told(made: Made) -> Any:
    """Count what a tracker is told."""
    Recorder.told = 0
    assert made.outcome
    return Recorder.told


def tracker_options(package: str) -> Probe:
    """Look at the options of a tracker; that its client logs there is tested with the tracker."""

    def probe(made: Made) -> Any:
        pytest.importorskip(package)
        tracker = made.builder.build("logger", name="calm", folder=made.texts.output)
        assert isinstance(tracker, SubprocessTracker)
        return tracker.options

    return probe


def workers(made: Made) -> Any:
    """Count the processes that prepare batches, and check that the result is the same."""
    Watched.workers = 0
    made = Made(made.texts, made.changes)
    losses(made)
    assert losses(made) == losses(Made(made.texts, made.changes[:-1]))
    wanted = made.builder.settings.environment.number_of_workers
    assert Watched.workers == min(wanted, len(os.sched_getaffinity(0)))
    return Watched.workers


@dataclass(frozen=True)
class Row:
    """A setting with two values that a probe tells apart."""

    setting: str
    first: str
    second: str
    probe: Probe
    also: tuple[str, ...] = ()
    """What makes the setting apply."""

    def __str__(self) -> str:
        return self.setting


def loss_rows(loss: str, **values: tuple[str, str]) -> list[Row]:
    """Return a row for each setting of a loss, which its first value shows but for class means."""
    return [
        Row(
            f"training.{name}",
            first,
            second,
            losses if name.endswith("_init") else first_loss,
            (f"training.loss_function={loss}",),
        )
        for name, (first, second) in values.items()
    ]


COSFACE = ("training.loss_function=CosFace",)
LOSS = "training.loss_function"
BALANCED = ("training.sampler=Balanced",)
SGD = ("training.optimizer=SGD", "training.learning_rate=0.1")
CUSTOM = ("dataset.validation_strategy=custom",)
GROUPED = ("dataset.validation_strategy=grouped_kfold",)
HALF = ("dataset.data_sample=0.5",)
NECK = ("training.differential_learning_rate_layers=Loss",)
NORMALIZED = ("architecture.batch_normalization=true",)
TWO = ("training.epochs=2",)
MLFLOW = ("logging.logger=MLflow",)
NEPTUNE = ("logging.logger=Neptune",)
TRACKIO = ("logging.logger=Trackio",)
WANDB = ("logging.logger=Weights & Biases",)
VIOLET = ("violet-one", "violet-two")

RATES = f"grid_search={{learning_rate: {[rate / 1000 for rate in range(1, 13)]}}}"
RANDOM = (RATES, "search.strategy=Random")

DATASET = "dataset: {{train_dataframe: {}, text_column: text, label_columns: label}}\n"
CRAMPED = ("training.loss_function=Cramped",)

ROWS = (
    Row("experiment_name", "one", "two", folder),
    Row("problem_type", "text_metric_learning", "linear_regression", problem),
    Row("from_experiment", "None", "EARLIER", earlier),
    Row("grid_search", "{learning_rate: [1e-3]}", "{learning_rate: [1e-3, 1e-4]}", runs),
    Row("dataset.train_dataframe", "TEXTS", "FEWER", rows("train")),
    Row("dataset.validation_strategy", "kfold", "automatic", rows("validation")),
    Row("dataset.group_fold_column", "label", "fold", rows("validation"), GROUPED),
    Row(
        "dataset.split_seed",
        "1",
        "2",
        rows("validation"),
        ("dataset.validation_strategy=stratified_kfold",),
    ),
    Row(
        "dataset.validation_size",
        "0.2",
        "0.5",
        rows("validation"),
        ("dataset.validation_strategy=automatic",),
    ),
    Row("dataset.validation_dataframe", "TEXTS", "FEWER", rows("validation"), CUSTOM),
    Row("dataset.folds", "0", "[2]", rows("validation")),
    Row("dataset.test_dataframe", "None", "FEWER", has_test),
    Row("dataset.data_sample", "1", "0.5", rows("train")),
    Row("dataset.data_sample_choice", "Train", "Validation", rows("train"), HALF),
    Row("dataset.label_columns", "label", "[label, fold]", classes),
    Row(
        "dataset.normalize_labels",
        "false",
        "true",
        classes,
        ("dataset.label_columns=spelled",),
    ),
    Row("dataset.text_column", "text", "[label, text]", tokens),
    Row("dataset.separator", "''", "' / '", tokens, ("dataset.text_column=[label, text]",)),
    Row("tokenizer.tokenizer", "Backbone", "Short", tokens),
    Row("tokenizer.lowercase", "false", "true", tokens, ("dataset.text_column=title",)),
    Row("tokenizer.max_length", "24", "5", tokens),
    Row("tokenizer.padding_quantile", "1", "0.2", longest, ("dataset.text_column=mixed",)),
    Row("architecture.model", "Encoder", "Wide", model_type),
    Row("architecture.backbone", "BACKBONE", "OTHER", weights),
    Row("architecture.pretrained", "true", "false", weights),
    Row("architecture.pool", "Average", "Max", embeddings),
    Row("architecture.embedding_size", "None", "8", model_type),
    Row("architecture.batch_normalization", "false", "true", embeddings),
    Row("architecture.dropout", "0", "0.5", embeddings),
    Row("architecture.intermediate_dropout", "0", "0.5", embeddings),
    Row("architecture.gradient_checkpointing", "false", "true", passes),
    Row("training.loss_function", "ArcFace", "CrossEntropy", first_loss),
    Row("training.arcface_margin", "0.1", "0.4", first_loss),
    Row("training.arcface_scale", "45", "20", first_loss),
    Row("training.arcface_init", "Class means", "Random", losses),
    Row("training.sampled_classes", "None", "2", losses),
    Row("training.cosface_margin", "0.1", "0.4", first_loss, COSFACE),
    Row("training.cosface_scale", "64", "20", first_loss, COSFACE),
    Row("training.label_smoothing", "0", "0.3", first_loss, (f"{LOSS}=CrossEntropy",)),
    *loss_rows(
        "NormalizedSoftmax",
        normalized_softmax_scale=("20", "10"),
        normalized_softmax_init=("Class means", "Random"),
    ),
    *loss_rows(
        "ProxyAnchor",
        proxy_anchor_alpha=("32", "16"),
        proxy_anchor_margin=("0.1", "0.3"),
        proxy_anchor_init=("Class means", "Random"),
    ),
    *loss_rows(
        "SoftTriple",
        soft_triple_centers=("5", "2"),
        soft_triple_scale=("20", "10"),
        soft_triple_gamma=("0.1", "0.3"),
        soft_triple_margin=("0.01", "0.3"),
        soft_triple_regularization=("0.2", "0"),
    ),
    *loss_rows("SupCon", supcon_temperature=("0.1", "0.2")),
    *loss_rows("NTXent", ntxent_temperature=("0.1", "0.2")),
    *loss_rows(
        "MultiSimilarity",
        multi_similarity_alpha=("2", "3"),
        multi_similarity_beta=("50", "20"),
        multi_similarity_base=("0.5", "0.9"),
        multi_similarity_epsilon=("0", "None"),
    ),
    *loss_rows("Circle", circle_margin=("0.4", "0.2"), circle_gamma=("80", "40")),
    *loss_rows(
        "Triplet", triplet_mining=("Batch hard", "Semi-hard"), triplet_margin=("None", "0.3")
    ),
    Row("training.sampler", "Shuffled", "Balanced", first_rows),
    Row("training.rows_per_class", "2", "3", first_rows, BALANCED),
    Row("training.optimizer", "AdamW", "SGD", losses),
    Row("training.learning_rate", "1e-3", "1e-2", rates),
    Row("training.differential_learning_rate_layers", "[]", "Backbone", group_options("lr")),
    Row("training.differential_learning_rate", "1e-3", "1e-2", group_options("lr"), NECK),
    Row("training.batch_size", "9", "6", updates),
    Row("training.batch_tokens", "60", "90", samples),
    Row(
        "training.automatically_adjust_batch_size",
        "false",
        "true",
        samples_that_fit,
        CRAMPED,
    ),
    Row("training.drop_last_batch", "true", "false", samples, ("training.batch_size=20",)),
    Row("training.epochs", "1", "2", updates),
    Row("training.schedule", "Cosine", "Linear", rates),
    Row("training.warmup_epochs", "0", "0.5", rates),
    Row("training.weight_decay", "0", "0.9", losses, SGD),
    Row("training.gradient_clip", "0", "0.01", losses, SGD),
    Row("training.grad_accumulation", "1", "2", updates),
    Row("training.save_best_checkpoint", "false", "true", validations, TWO),
    Row("training.checkpoint_minutes", "0", "1e-9", checkpoints, ("training.schedule=Stumbler",)),
    Row("training.evaluation_epochs", "1", "0.5", validations),
    Row("training.calculate_train_metric", "false", "true", scored_splits),
    Row("training.train_validation_data", "false", "true", samples),
    Row("training.build_scoring_pipelines", "false", "true", exports),
    Row("prediction.metric", "mAP", "MRR", heading),
    Row("prediction.top_k_similar", "5", "17", neighbors),
    Row("search.strategy", "Grid", "Random", strategy, (RATES,)),
    Row("search.strategy", "Random", "TPE", strategy, (RATES,)),
    Row("search.trials", "2", "3", searched, RANDOM),
    Row("search.hours", "None", "2", searched, RANDOM),
    Row("search.pruning", "false", "true", searched, RANDOM),
    Row("prediction.threshold_precision", "0.01", "0.9", threshold),
    Row("environment.gpus", "[]", "[77]", device),
    Row("environment.number_of_gpus_per_run", "1", "2", device),
    Row("environment.sync_batch_normalization", "false", "true", losses_of_two, NORMALIZED),
    Row("environment.mixed_precision_training", "false", "true", losses),
    Row("environment.mixed_precision_inference", "false", "true", trained),
    Row("environment.number_of_workers", "0", "2", workers, ("training.loss_function=Watched",)),
    Row("environment.seed", "1", "2", losses),
    Row("logging.logger", "None", "Recorder", told),
    Row("logging.mlflow_experiment", *VIOLET, tracker_options("mlflow"), MLFLOW),
    Row("logging.neptune_project", *VIOLET, tracker_options("neptune"), NEPTUNE),
    Row("logging.trackio_project", *VIOLET, tracker_options("trackio"), TRACKIO),
    Row("logging.wandb_project", *VIOLET, tracker_options("wandb"), WANDB),
    Row("logging.number_of_texts", "1", "3", shown),
)


@pytest.fixture(scope="module")
def names(shared: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the capitals in the table stand for."""
    folder = tmp_path_factory.mktemp("settings")
    frame = pd.read_csv(shared.table, dtype="str")
    frame["title"] = frame["text"].str.title()
    frame["spelled"] = frame["label"].where(frame.index % 2 > 0, frame["label"].str.upper())
    frame["mixed"] = frame["text"].where(frame.index % 3 > 0, frame["text"] + " " + frame["text"])
    frame.to_csv(folder / "texts.csv", index=False)
    frame.iloc[::2].to_csv(folder / "fewer.csv", index=False)
    other = tiny_backbone(folder / "other", seed=1, texts=frame["text"])
    return {
        "TEXTS": str(folder / "texts.csv"),
        "FEWER": str(folder / "fewer.csv"),
        "BACKBONE": str(shared.backbone),
        "OTHER": str(other),
    }


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Any]:
    """Runs by their settings; that the same settings give the same run is tested elsewhere."""
    return {}


@pytest.fixture
def make(
    texts: Any, names: dict[str, str], outcomes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Iterable[str]], Made]]:
    """Change the settings of a short experiment, on what computes in bfloat16 where asked."""
    more = Plugin("more", "more", "more 1.0", MORE)
    texts = dataclasses.replace(texts, registry=Registry((*texts.registry.plugins, more)))
    short = (f"dataset.train_dataframe={names['TEXTS']}", "training.epochs=1")
    # A CPU stands in for a GPU: it can do the same, but is not asked to outside of this test.
    monkeypatch.setattr("hydro.training.precision._half", lambda device: torch.bfloat16)
    full = tuple(f"environment.mixed_precision_{use}=false" for use in ("training", "inference"))

    yield lambda changes: Made(texts, (*short, *full, *changes), outcomes)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_setting_makes_a_difference(
    row: Row, make: Callable[[Iterable[str]], Made], names: dict[str, str]
) -> None:
    first, again, second = (
        row.probe(make([*row.also, f"{row.setting}={names.get(value, value)}"]))
        for value in (row.first, row.first, row.second)
    )
    assert first == again, "it is not the setting that makes the difference"
    assert first != second


def test_every_setting_has_a_row(registry: Registry) -> None:
    model = registry.schema(registry.problem(plugin.NAME))
    declared = [each.path for each in Schema.of(model)]
    assert sorted({str(row) for row in ROWS}) == sorted(declared)
