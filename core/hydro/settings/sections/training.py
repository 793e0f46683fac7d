"""Settings of training."""

from typing import Annotated, Literal

from pydantic import BeforeValidator

from hydro.settings.fields import Section, setting
from hydro.settings.rules import only_if, unless
from hydro.settings.sections.types import as_list

SAVES_BEST = only_if("training.save_best_checkpoint", True)


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
        tuple[Literal["Backbone", "Neck", "Loss"], ...], BeforeValidator(as_list)
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
