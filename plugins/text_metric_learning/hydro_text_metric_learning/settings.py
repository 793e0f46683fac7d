"""The settings of text metric learning, beyond those that every problem type shares."""

from typing import Literal

from hydro.api import (
    ArchitectureSection,
    DatasetSection,
    EnvironmentSection,
    Names,
    PredictionSection,
    Section,
    Settings,
    SettingsError,
    TokenizerSection,
    TrainingSection,
    only_if,
    section,
    setting,
    unless,
)


class TextDatasetSection(DatasetSection):
    """Where the rows come from, which are held out, and which columns hold what."""

    label_columns: Names = setting(
        help="The column, or columns, whose value makes two rows the same class.", min_length=1
    )
    text_column: Names = setting(
        help="The column that holds the text; several are joined.", min_length=1
    )
    separator: str = setting(
        "",
        help="What stands between joined text columns; '' is the tokenizer's own separator token.",
        level="expert",
    )


class TextTokenizerSection(TokenizerSection):
    """How a text becomes tokens."""

    tokenizer: str = setting(
        "Backbone", help="What cuts a text into tokens.", level="master", component="tokenizer"
    )
    lowercase: bool = setting(
        False,
        help="Lower-case texts before training and before every later prediction.",
        level="expert",
        grid=True,
    )
    max_length: int = setting(128, help="Tokens a text; longer texts are cut.", grid=True, ge=1)
    padding_quantile: float = setting(
        1.0,
        help="In training, cut the texts of a batch at this quantile of their lengths.",
        level="master",
        ge=0,
        le=1,
    )


class TextArchitectureSection(ArchitectureSection):
    """What turns tokens into one vector."""

    model: str = setting(
        "Encoder", help="What turns tokens into vectors.", level="master", component="model"
    )
    backbone: str = setting(
        "sentence-transformers/all-MiniLM-L6-v2",
        help="The encoder: a local folder, the name of a packaged model, or a hub name.",
        grid=True,
    )
    pretrained: bool = setting(
        True, help="Start from the backbone's weights; else from random ones.", level="expert"
    )
    pool: Literal["Average", "[CLS] token", "Max", "Last token"] = setting(
        "Average", help="How the vectors of tokens become one.", level="expert", grid=True
    )
    embedding_size: int | None = setting(
        None,
        help="Length of the embedding; nothing, or the backbone's own width, adds no projection.",
        level="intermediate",
        grid=True,
        ge=1,
    )
    batch_normalization: bool = setting(
        False,
        help="Normalize the embedding over the batch, after the projection if there is one.",
        level="expert",
    )
    dropout: float = setting(
        0.0,
        help="Share of values dropped between backbone and neck.",
        level="intermediate",
        grid=True,
        ge=0,
        lt=1,
    )
    intermediate_dropout: float = setting(
        0.0,
        help="The backbone's own hidden and attention dropout.",
        level="expert",
        ge=0,
        lt=1,
    )
    gradient_checkpointing: bool = setting(
        False, help="Recompute activations to save memory.", level="expert"
    )


SAMPLING_OPTIMIZERS = ("AdamW", "Adam")
"""Those that can update some rows of a matrix alone."""


class TextTrainingSection(TrainingSection):
    """How the model is trained."""

    sampled_classes: int | None = setting(
        None,
        help="Classes that a batch is compared with: its own, and others drawn by the seed; "
        "nothing compares with all. Saves time and memory where there are very many.",
        level="expert",
        applies_if=only_if("training.loss_function", "ArcFace", "CrossEntropy"),
        conflicts_with=unless("environment.number_of_gpus_per_run", 1),
        ge=1,
    )

    def num_sampled(self) -> int | None:
        """Return how many classes a batch is compared with, None for all.

        Raises:
            SettingsError: the optimizer cannot update the sampled classes alone.
        """
        if self.sampled_classes is not None and self.optimizer not in SAMPLING_OPTIMIZERS:
            msg = (
                f"training.sampled_classes: not with training.optimizer: {self.optimizer}, which "
                f"updates all classes. Change the optimizer to {' or '.join(SAMPLING_OPTIMIZERS)}, "
                "or leave sampled_classes out"
            )
            raise SettingsError(msg)
        return self.sampled_classes


class TextPredictionSection(PredictionSection):
    """How neighbors are predicted and scored."""

    top_k_similar: int = setting(
        50,
        help="Neighbors kept for each row, and the K of the metrics.",
        level="intermediate",
        ge=1,
    )
    threshold_precision: float = setting(
        0.95,
        help="Share of the pairs taken for the same class that have to be, on held-out rows; the "
        "similarity from which on two texts count as the same is chosen by it.",
        level="intermediate",
        gt=0,
        le=1,
    )


class TextEnvironmentSection(EnvironmentSection):
    """What the run may use of the machine."""

    sync_batch_normalization: bool = setting(
        False,
        help="Normalize with the statistics of the batches of all GPUs of a run together.",
        level="master",
        applies_if=only_if("architecture.batch_normalization", True),
    )


class TextSettings(Settings):
    """All that a text metric learning experiment can be told."""

    dataset: TextDatasetSection = section()
    tokenizer: TextTokenizerSection = section()
    architecture: TextArchitectureSection = section()
    training: TextTrainingSection = section()
    prediction: TextPredictionSection = section()
    environment: TextEnvironmentSection = section()


class ArcFaceSettings(Section):
    """The settings of ArcFace."""

    arcface_margin: float = setting(
        0.1,
        help="Angle in radians added between an embedding and its own class.",
        level="intermediate",
        grid=True,
        ge=0,
        lt=1.5708,
    )
    arcface_scale: float = setting(
        45.0, help="Factor on the cosines.", level="intermediate", grid=True, gt=0
    )
    arcface_centres: Literal["Class means", "Random"] = setting(
        "Class means",
        help="Where class centers start: at the mean of the untrained embeddings of each class, "
        "or anywhere.",
        level="expert",
    )
