"""The settings that text problems share."""

from typing import Literal

from hydro.settings.fields import section, setting
from hydro.settings.rules import only_if
from hydro.settings.sections import (
    ArchitectureSection,
    DatasetSection,
    EnvironmentSection,
    Names,
    Settings,
    TokenizerSection,
)


class TextDatasetSection(DatasetSection):
    """Where the rows come from, which are held out, and which columns hold the text."""

    text_column: Names = setting(help="Text column; several are concatenated.", min_length=1)
    separator: str = setting(
        "",
        help="Separator between concatenated text columns; '' is the tokenizer's separator token.",
        level="expert",
    )


class TextTokenizerSection(TokenizerSection):
    """How a text is tokenized."""

    lowercase: bool = setting(
        False,
        help="Lowercase texts, in training and in inference.",
        level="expert",
        grid=True,
    )
    max_length: int = setting(
        128, help="Tokens per text; longer texts are truncated.", grid=True, ge=1
    )
    padding_quantile: float = setting(
        1.0,
        help="In training, truncate the texts of a batch at this quantile of their lengths.",
        level="master",
        ge=0,
        le=1,
    )


class TextArchitectureSection(ArchitectureSection):
    """The encoder: backbone, pooling, dropout, neck."""

    backbone: str = setting(
        "sentence-transformers/all-MiniLM-L6-v2",
        help="Pretrained encoder: a local folder, the name of a packaged model, or a hub name.",
        grid=True,
        folder_or_name=True,
    )
    pretrained: bool = setting(
        True, help="Load the pretrained weights; else initialize randomly.", level="expert"
    )
    pool: Literal["Average", "[CLS] token", "Max", "Last token"] = setting(
        "Average", help="Pooling of token embeddings.", level="expert", grid=True
    )
    embedding_size: int | None = setting(
        None,
        help="Size of the embedding; nothing, or the backbone's own width, adds no projection.",
        level="intermediate",
        grid=True,
        ge=1,
    )
    batch_normalization: bool = setting(
        False,
        help="Batch normalization of the embedding, after the projection if there is one.",
        level="expert",
    )
    dropout: float = setting(
        0.0,
        help="Dropout before the projection.",
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
        False, help="Recompute activations in the backward pass to save memory.", level="expert"
    )


class TextEnvironmentSection(EnvironmentSection):
    """Hardware, precision and seed of a run."""

    sync_batch_normalization: bool = setting(
        False,
        help="Compute batch statistics over all GPUs of a run.",
        level="master",
        applies_if=only_if("architecture.batch_normalization", True),
    )


class TextSettings(Settings):
    """Settings of a text problem."""

    dataset: TextDatasetSection = section()
    tokenizer: TextTokenizerSection = section()
    architecture: TextArchitectureSection = section()
    environment: TextEnvironmentSection = section()
