"""Settings of training."""

from typing import Annotated, Literal

from pydantic import BeforeValidator

from hydro.settings.fields import Section, setting
from hydro.settings.rules import only_if, unless
from hydro.settings.sections.types import as_list

SAVES_BEST = only_if("training.save_best_checkpoint", True)


class TrainingSection(Section):
    """Training: loss, optimizer, schedule, batches and checkpoints."""

    loss_function: str = setting(
        help="Loss function.", level="intermediate", grid=True, component="loss"
    )
    optimizer: str = setting(
        "AdamW",
        help="Optimizer; biases and norms are not decayed.",
        level="expert",
        grid=True,
        component="optimizer",
    )
    learning_rate: float = setting(1e-4, help="Peak learning rate.", grid=True, gt=0)
    differential_learning_rate_layers: Annotated[
        tuple[Literal["Backbone", "Neck", "Loss"], ...], BeforeValidator(as_list)
    ] = setting(
        (), help="Parameter groups trained at `differential_learning_rate`.", level="master"
    )
    differential_learning_rate: float = setting(
        1e-4,
        help="Peak learning rate of the parameter groups above.",
        level="master",
        gt=0,
        applies_if=unless("training.differential_learning_rate_layers", ()),
    )
    batch_size: int = setting(
        16,
        help="Rows per batch and GPU.",
        grid=True,
        ge=1,
        applies_if=only_if("training.batch_tokens", None),
    )
    batch_tokens: int | None = setting(
        None,
        help="Maximum number of tokens per batch and GPU, instead of `batch_size` rows: batches of "
        "short texts have more rows, and memory is bounded however long texts are.",
        level="expert",
        ge=1,
    )
    automatically_adjust_batch_size: bool = setting(
        False,
        help="When out of memory, restart with half the batch size, down to 1.",
        level="expert",
    )
    drop_last_batch: bool = setting(
        True, help="Drop the last batch of an epoch if it is not full.", level="master"
    )
    epochs: float = setting(
        5, help="Number of passes over the training rows; 0 only evaluates.", grid=True, ge=0
    )
    schedule: str = setting(
        "Cosine",
        help="Learning rate schedule.",
        level="intermediate",
        grid=True,
        component="schedule",
    )
    warmup_epochs: float = setting(
        0,
        help="Epochs of linear learning rate warmup from 0.",
        level="intermediate",
        ge=0,
    )
    weight_decay: float = setting(0.0, help="Weight decay coefficient.", level="intermediate", ge=0)
    gradient_clip: float = setting(
        0.0,
        help="Maximum L2 norm of the gradients; 0 disables clipping.",
        level="expert",
        ge=0,
    )
    grad_accumulation: int = setting(
        1, help="Batches per optimizer step; their gradients are averaged.", level="expert", ge=1
    )
    save_best_checkpoint: bool = setting(
        False,
        help="Keep the weights of the best validation metric instead of the last ones.",
        level="expert",
    )
    checkpoint_minutes: float = setting(
        10,
        help="Minutes between checkpoints, from which an interrupted run resumes; 0 writes one "
        "only when the run is stopped. They are deleted once it has finished.",
        level="intermediate",
        ge=0,
    )
    evaluation_epochs: float = setting(
        1, help="Epochs between validations.", level="expert", gt=0, conflicts_with=SAVES_BEST
    )
    calculate_train_metric: bool = setting(
        False, help="Also compute the metrics on the training rows, after training.", level="expert"
    )
    train_validation_data: bool = setting(
        False,
        help="Also train on the validation rows; their metric is then marked as overstated.",
        level="master",
        conflicts_with=SAVES_BEST,
    )
    build_scoring_pipelines: bool = setting(
        True,
        help="Export the trained model in all formats after training; `hydro export` does so "
        "later.",
        level="intermediate",
    )
