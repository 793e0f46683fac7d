"""The settings of text metric learning, beyond those of the libraries that it builds on."""

from hydro.api import (
    Names,
    Section,
    SettingsError,
    TrainingSection,
    only_if,
    section,
    setting,
    unless,
)
from hydro.similarity.settings import RetrievalPredictionSection, RetrievalSettings
from hydro.text import (
    TextArchitectureSection,
    TextDatasetSection,
    TextSettings,
    TextTokenizerSection,
)

HAS_CLASS_WEIGHTS = only_if(
    "training.loss_function", "ArcFace", "CrossEntropy", "NormalizedSoftmax"
)
"""Whether the loss has a weight vector for each class, with which a sample can be compared."""


PAIR_LOSSES = ("SupCon", "NTXent", "MultiSimilarity", "Circle", "Triplet")
"""Losses of pairs of rows of a batch, which need several rows of a class in it."""


class LabeledTextsSection(TextDatasetSection):
    """Where the rows come from, which are held out, and which columns hold what."""

    label_columns: Names = setting(
        help="Label column, or columns: rows of equal values are of the same class.", min_length=1
    )
    normalize_labels: bool = setting(
        False,
        help="Take labels for the same that differ only in blanks, capitals, composed letters, or "
        "as 1 and 1.0 do.",
        level="intermediate",
    )


class BackboneTokenizerSection(TextTokenizerSection):
    """How a text is tokenized."""

    tokenizer: str = setting("Backbone", help="Tokenizer.", level="master", component="tokenizer")


class EncoderSection(TextArchitectureSection):
    """The model: backbone, pooling, dropout, neck."""

    model: str = setting("Encoder", help="Model.", level="master", component="model")


SAMPLING_OPTIMIZERS = ("AdamW", "Adam")
"""Those that can update some rows of a matrix alone."""


class ClassWeightsTrainingSection(TrainingSection):
    """How the model is trained."""

    sampler: str = setting(
        "Shuffled",
        help="Which rows make a batch; losses of pairs need Balanced.",
        level="intermediate",
        grid=True,
        component="sampler",
    )
    sampled_classes: int | None = setting(
        None,
        help="Sampled softmax: number of classes per step, those of the batch and random "
        "negatives. Saves time and memory with very many classes. Default: all classes.",
        level="expert",
        applies_if=HAS_CLASS_WEIGHTS,
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


class TextMetricLearningSettings(TextSettings, RetrievalSettings):
    """Settings of a text metric learning experiment."""

    dataset: LabeledTextsSection = section()
    tokenizer: BackboneTokenizerSection = section()
    architecture: EncoderSection = section()
    training: ClassWeightsTrainingSection = section()
    # Of two bases, pydantic takes the field of the first, which is the one that all problems have.
    prediction: RetrievalPredictionSection = section()


class BalancedSettings(Section):
    """The settings of the sampler Balanced."""

    rows_per_class: int = setting(
        2,
        help="Rows of a class that come together in a batch.",
        level="intermediate",
        grid=True,
        ge=1,
    )
