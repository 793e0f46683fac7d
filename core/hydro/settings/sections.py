"""The settings that every problem type shares, in the order in which they are shown."""

from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BeforeValidator, WithJsonSchema

from hydro.settings.fields import Section, only_if, section, setting, unless

Own = TypeVar("Own", bound=Section)


def _as_list(value: Any) -> Any:
    """Read one value as a list of one, and nothing as an empty list."""
    if value is None:
        return ()
    return (value,) if isinstance(value, str | int | float) else value


def _as_texts(value: Any) -> Any:
    """Read ids as strings, whether written as numbers or not."""
    listed = _as_list(value)
    if not isinstance(listed, list | tuple):
        return listed
    return tuple(str(each) if isinstance(each, int) else each for each in listed)


def _one_or_several(*types: str, **limits: Any) -> WithJsonSchema:
    item: dict[str, Any] = {"type": [*types] if len(types) > 1 else types[0], **limits}
    return WithJsonSchema({"anyOf": [item, {"type": "array", "items": item}]})


Names = Annotated[tuple[str, ...], BeforeValidator(_as_list), _one_or_several("string")]
"""One name or several: a scalar is a list of one."""

Ids = Annotated[tuple[str, ...], BeforeValidator(_as_texts), _one_or_several("string", "integer")]
"""Ids, kept as the strings they are written as."""

HAS_HELD_OUT_SHARE = unless("dataset.validation_strategy", "custom")
SEARCHES = unless("grid_search", {})
CHOOSES = unless("search.strategy", "Grid")
SAVES_BEST = only_if("training.save_best_checkpoint", True)


class DatasetSection(Section):
    """Where the rows come from, and which are held out."""

    train_dataframe: Path = setting(
        help="The table to train on: .csv, .pq, .parquet, or a .zip of CSV files."
    )
    validation_strategy: Literal["kfold", "grouped_kfold", "custom", "automatic"] = setting(
        "kfold",
        help="How rows are held out: by the column `fold` or else five seeded folds; by folds that "
        "keep groups together; by a table of their own; by a random share.",
    )
    group_fold_column: str | None = setting(
        None,
        help="The column whose groups stay on one side. Naming the label column gives folds of "
        "unseen classes.",
        applies_if=only_if("dataset.validation_strategy", "grouped_kfold"),
        required_if=only_if("dataset.validation_strategy", "grouped_kfold"),
    )
    validation_size: float = setting(
        0.2,
        help="The share of rows held out.",
        ge=0.01,
        le=0.95,
        applies_if=only_if("dataset.validation_strategy", "automatic"),
    )
    validation_dataframe: Path | None = setting(
        None,
        help="The table to validate on; the whole train table then trains.",
        applies_if=only_if("dataset.validation_strategy", "custom"),
        required_if=only_if("dataset.validation_strategy", "custom"),
    )
    folds: Ids = setting(
        (),
        help="The folds to hold out, each with a model of its own; empty means the first one.",
        alias="selected_folds",
        applies_if=only_if("dataset.validation_strategy", "kfold", "grouped_kfold"),
    )
    test_dataframe: Path | None = setting(
        None, help="A table scored after training; it may lack the label columns."
    )
    data_sample: float = setting(
        1.0, help="The share of rows used, drawn by the seed.", level="intermediate", ge=0.01, le=1
    )
    data_sample_choice: Annotated[
        tuple[Literal["Train", "Validation"], ...], BeforeValidator(_as_list)
    ] = setting(
        ("Train", "Validation"),
        help="Which sides are sampled.",
        level="intermediate",
        applies_if=unless("dataset.data_sample", 1.0),
    )


class TokenizerSection(Section):
    """How a text becomes tokens."""


class ArchitectureSection(Section):
    """What the model is made of."""


class TrainingSection(Section):
    """How the model is trained."""

    loss_function: str = setting(
        help="What training makes smaller.", level="intermediate", grid=True, component="loss"
    )
    optimizer: str = setting(
        "AdamW",
        help="The rule that turns gradients into updates; biases and norms never decay.",
        level="expert",
        grid=True,
        component="optimizer",
    )
    learning_rate: float = setting(
        1e-4, help="The size of the updates, before the schedule.", grid=True, gt=0
    )
    differential_learning_rate_layers: Annotated[
        tuple[Literal["Backbone", "Neck", "Loss"], ...], BeforeValidator(_as_list)
    ] = setting(
        (), help="The parts that learn at `differential_learning_rate` instead.", level="master"
    )
    differential_learning_rate: float = setting(
        1e-4,
        help="The learning rate of the parts chosen above.",
        level="master",
        gt=0,
        applies_if=unless("training.differential_learning_rate_layers", ()),
    )
    batch_size: int = setting(
        16,
        help="Rows a batch, for each GPU.",
        grid=True,
        ge=1,
        applies_if=only_if("training.batch_tokens", None),
    )
    batch_tokens: int | None = setting(
        None,
        help="Tokens a batch at most, for each GPU, instead of `batch_size` rows: batches of short "
        "texts have more rows, and memory is bounded however long texts are.",
        level="expert",
        ge=1,
    )
    automatically_adjust_batch_size: bool = setting(
        False,
        help="When memory runs out, start again with half the batch size, down to 1.",
        level="expert",
    )
    drop_last_batch: bool = setting(
        True, help="Leave out the last batch of an epoch when it is not full.", level="master"
    )
    epochs: float = setting(
        5, help="Passes over the training rows; 0 only evaluates.", grid=True, ge=0
    )
    schedule: str = setting(
        "Cosine",
        help="How the learning rate changes over the updates.",
        level="intermediate",
        grid=True,
        component="schedule",
    )
    warmup_epochs: float = setting(
        0,
        help="Epochs over which the rate rises linearly from 0.",
        level="intermediate",
        ge=0,
    )
    weight_decay: float = setting(
        0.0, help="The pull of the weights toward 0.", level="intermediate", ge=0
    )
    gradient_clip: float = setting(
        0.0,
        help="The largest Euclidean norm of all gradients together; 0 does not clip.",
        level="expert",
        ge=0,
    )
    grad_accumulation: int = setting(
        1, help="Batches whose gradients are averaged into one update.", level="expert", ge=1
    )
    save_best_checkpoint: bool = setting(
        False,
        help="Keep the weights with the best validation metric instead of the last ones.",
        level="expert",
    )
    checkpoint_minutes: float = setting(
        10,
        help="Minutes of training between two checkpoints, which an interrupted run goes on from; "
        "0 writes one only when the run is told to stop. They are gone once it has finished.",
        level="intermediate",
        ge=0,
    )
    evaluation_epochs: float = setting(
        1, help="Epochs between two validations.", level="expert", gt=0, conflicts_with=SAVES_BEST
    )
    calculate_train_metric: bool = setting(
        False, help="Score the training rows too, at the end.", level="expert"
    )
    train_validation_data: bool = setting(
        False,
        help="Train on the held-out rows too; their metric is then marked as overstated.",
        level="master",
        conflicts_with=SAVES_BEST,
    )
    build_scoring_pipelines: bool = setting(
        True,
        help="Write the trained model in the formats of the exporters at the end; else "
        "`hydro export` does whenever it is asked to.",
        level="intermediate",
    )


class PredictionSection(Section):
    """What is predicted, and how it is scored."""

    metric: str = setting(
        help="The metric that picks the best checkpoint and heads every report.",
        level="intermediate",
        component="metric",
    )


class SearchSection(Section):
    """Which combinations of the listed values are tried, and in which order."""

    strategy: Literal["Grid", "Random", "TPE"] = setting(
        "Grid",
        help="Grid tries every combination; Random some, drawn by the seed; TPE some, each chosen "
        "by what did well before (a tree-structured Parzen estimator).",
        level="intermediate",
        applies_if=SEARCHES,
    )
    trials: int = setting(
        20,
        help="How many combinations to try, each on all chosen folds.",
        level="intermediate",
        ge=1,
        applies_if=CHOOSES,
    )
    hours: float | None = setting(
        None,
        help="Once all runs together have trained this long, no other combination is begun; "
        "nothing sets no limit.",
        level="intermediate",
        gt=0,
        applies_if=CHOOSES,
    )
    pruning: bool = setting(
        False,
        help="Stop a combination whose best validation so far is worse than the median of the "
        "others at the same point; the first five are never stopped.",
        level="intermediate",
        applies_if=CHOOSES,
    )


class EnvironmentSection(Section):
    """What the run may use of the machine."""

    gpus: Ids | None = setting(
        None, help="The GPUs to use, counted from 0; [] means the CPU, nothing means all there are."
    )
    number_of_gpus_per_run: int = setting(
        1,
        help="GPUs that train one model together, each on batches of its own.",
        level="intermediate",
        ge=1,
    )
    mixed_precision_training: bool = setting(
        True,
        help="Train in bfloat16 where the GPU has it, else in float16 with loss scaling.",
        level="expert",
    )
    mixed_precision_inference: bool = setting(
        False, help="Predict in half precision.", level="expert"
    )
    sync_batch_normalization: bool = setting(
        False,
        help="Normalize with the statistics of the batches of all GPUs of a run together.",
        level="master",
    )
    number_of_workers: int = setting(
        4, help="Processes that prepare batches; results do not depend on it.", level="expert", ge=0
    )
    seed: int = setting(
        -1,
        help="Where randomness starts; -1 draws one and stores it. The same one repeats every "
        "figure on a CPU; a GPU's kernels may differ in the last bits.",
        level="intermediate",
        ge=-1,
        le=2**32 - 1,
    )


class LoggingSection(Section):
    """Where figures go besides the experiment's folder."""

    logger: str = setting(
        "None", help="A tracker that is told the figures.", level="expert", component="logger"
    )
    neptune_project: str = setting(
        "",
        help="The Neptune project that figures go to, as in `workspace/project`.",
        level="expert",
        applies_if=only_if("logging.logger", "Neptune"),
    )
    number_of_texts: int = setting(
        10,
        help="Texts of each kind shown in the insights: worst, best, random.",
        level="intermediate",
        ge=0,
    )


class Settings(Section):
    """All that an experiment can be told."""

    experiment_name: str | None = setting(
        None, help="The name of the experiment's folder; nothing draws two words."
    )
    problem_type: str | None = setting(
        None, help="What is to be solved; `--problem` gives or confirms it."
    )
    from_experiment: str | None = setting(
        None,
        help="An earlier experiment, by its folder or its name, whose settings are the defaults.",
    )
    grid_search: dict[str, list[Any]] = setting(
        {},
        help="Settings to try several values of, each with its list; see `search`.",
        level="intermediate",
    )
    dataset: DatasetSection = section()
    tokenizer: TokenizerSection = section()
    architecture: ArchitectureSection = section()
    training: TrainingSection = section()
    prediction: PredictionSection = section()
    search: SearchSection = section()
    environment: EnvironmentSection = section()
    logging: LoggingSection = section()

    def of(self, settings: type[Own]) -> Own:
        """Return a component its own settings, which stand flat in the section that selects it."""
        wanted = set(settings.model_fields)
        for name in type(self).model_fields:
            part = getattr(self, name)
            if isinstance(part, Section) and wanted <= set(type(part).model_fields):
                return settings(**{each: getattr(part, each) for each in wanted})
        msg = f"{settings.__name__} is not among the settings; does a record name it?"
        raise LookupError(msg)
