"""The components of a text problem, and how each is built from settings.

What is heavy is imported inside the builders.
"""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hydro.plugins.components import Dataset, Model, Tokenizer
from hydro.text.settings import TextSettings

if TYPE_CHECKING:
    import pandas as pd

    from hydro.data.targets import Targets
    from hydro.text.dataset import LabeledTexts
    from hydro.text.encoder import Encoder
    from hydro.text.tokenizer import TextTokenizer


class TextComponents(NamedTuple):
    """What turns texts into vectors, for the hooks of a plugin."""

    tokenizer: Tokenizer
    dataset: Dataset
    model: Model


def text_components(problem: str) -> TextComponents:
    """Return the components that text problems share, registered for one problem type."""
    problems = (problem,)
    return TextComponents(
        Tokenizer("Backbone", build_tokenizer, problems),
        Dataset("Labeled texts", build_dataset, problems),
        Model("Encoder", build_encoder, problems),
    )


def build_tokenizer(settings: TextSettings) -> "TextTokenizer":
    """Build the backbone's own tokenizer."""
    from hydro.text.backbones import find_backbone
    from hydro.text.tokenizer import load_tokenizer

    return load_tokenizer(
        find_backbone(settings.architecture.backbone),
        max_length=settings.tokenizer.max_length,
        lowercase=settings.tokenizer.lowercase,
        separator=settings.dataset.separator,
    )


def build_dataset(
    settings: TextSettings,
    *,
    frame: "pd.DataFrame",
    tokenizer: "TextTokenizer",
    targets: "Targets",
    training: bool,
) -> "LabeledTexts":
    """Build the dataset of a split, whose texts are tokenized once."""
    from hydro.artifacts.cache import default_cache
    from hydro.text.cache import cached_token_ids
    from hydro.text.dataset import LabeledTexts

    joined = tokenizer.join([frame[name].array for name in settings.dataset.text_column])
    quantile = settings.tokenizer.padding_quantile if training else 1.0
    texts = cached_token_ids(joined, tokenizer, default_cache())
    return LabeledTexts(texts, targets.encode(frame), quantile)


def build_encoder(
    settings: TextSettings, *, tokenizer: "TextTokenizer", targets: "Targets"
) -> "Encoder":
    """Build the encoder: backbone, pooling, dropout, neck."""
    from hydro.text.backbones import find_backbone
    from hydro.text.encoder import Encoder
    from hydro.text.loading import check_vocabulary, load_backbone
    from hydro.text.saved_modules import load_projection, read_modules

    architecture = settings.architecture
    backbone = load_backbone(
        find_backbone(architecture.backbone),
        pretrained=architecture.pretrained,
        dropout=architecture.intermediate_dropout,
        gradient_checkpointing=architecture.gradient_checkpointing,
    )
    check_vocabulary(backbone, tokenizer.hf)
    encoder = Encoder(
        backbone,
        pool=architecture.pool,
        dropout=architecture.dropout,
        embedding_size=architecture.embedding_size,
        batch_normalization=architecture.batch_normalization,
    )
    log = logging.getLogger("hydro.text")
    modules = read_modules(Path(architecture.backbone).expanduser())
    if modules and architecture.pretrained and modules.projection:
        if architecture.embedding_size == modules.embedding_size:
            encoder.start_with(load_projection(modules))
            log.info("the projection starts with the weights in %s", modules.projection)
    if encoder.note:
        log.info(encoder.note)
    return encoder
