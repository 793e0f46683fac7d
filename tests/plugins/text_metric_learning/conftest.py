"""What tests of finished models share: untrained ones, saved as a run saves a trained one."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from torch import nn

from hydro.testing import TEXTS, tiny_backbone
from hydro.text import Encoder, TextTokenizer, embed, load_backbone, load_tokenizer
from hydro_text_metric_learning.export.sentence_transformers import write_sentence_transformers
from hydro_text_metric_learning.trained import TrainedEncoder

ROWS = pd.DataFrame(
    {"title": [text.split()[0].title() for text in TEXTS] + ["", "b"], "text": [*TEXTS, "zz", ""]},
    dtype="str",
)
"""Texts of several lengths, two of them with an empty column."""

THRESHOLD = 0.9999
"""From which similarity on texts are the same, as a run chooses it."""


@dataclass(frozen=True)
class Saved:
    """A model in a folder, and what it was before it was saved."""

    folder: Path
    encoder: Encoder
    tokenizer: TextTokenizer

    @property
    def rows(self) -> pd.DataFrame:
        """The rows that it is tried on."""
        return ROWS

    @property
    def columns(self) -> list[list[str]]:
        """The values of the text columns."""
        return [ROWS[name].tolist() for name in ("title", "text")]

    @property
    def embeddings(self) -> Any:
        """What the model makes of `ROWS`."""
        return embed(self.encoder, self.tokenizer.encode(self.tokenizer.join(self.columns)))


Save = Callable[..., Saved]


@pytest.fixture(scope="session")
def rows() -> pd.DataFrame:
    """A table with two columns of text."""
    return ROWS


@pytest.fixture(scope="session")
def threshold() -> float:
    """From which similarity on a saved model takes texts for the same."""
    return THRESHOLD


@pytest.fixture(scope="session")
def save(tmp_path_factory: pytest.TempPathFactory) -> Save:
    """Make and save a model that lower-cases and joins two columns."""

    def make(
        architecture: str = "bert",
        *,
        pool: str = "Average",
        size: int | None = None,
        batch_normalization: bool = False,
    ) -> Saved:
        folder = tmp_path_factory.mktemp("saved")
        backbone = tiny_backbone(folder / "backbone", architecture)
        tokenizer = load_tokenizer(backbone, max_length=12, lowercase=True, separator="")
        loaded = load_backbone(backbone, pretrained=True, dropout=0.0, gradient_checkpointing=False)
        encoder = Encoder(
            loaded,
            pool=pool,
            dropout=0.1,
            embedding_size=size,
            batch_normalization=batch_normalization,
        )
        if encoder.neck is not None:
            for each in (*encoder.neck.parameters(), *encoder.neck.buffers()):
                if each.is_floating_point():
                    nn.init.uniform_(each, 0.5, 2)
        write_sentence_transformers(
            folder / "model",
            backbone=encoder.backbone,
            tokenizer=tokenizer.hf,
            max_length=tokenizer.max_length,
            pool=encoder.pool,
            neck=encoder.projection,
            columns=["title", "text"],
            separator=tokenizer.separator,
            threshold=THRESHOLD,
            balanced_threshold=0.5,
            card="# A card\n",
        )
        return Saved(folder / "model", encoder, tokenizer)

    return make


@pytest.fixture(scope="session")
def saved(save: Save) -> Saved:
    """One model for all tests that only read it."""
    return save(size=5)


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> TrainedEncoder:
    """A tiny untrained model of texts made of one column."""
    folder: Path = tiny_backbone(tmp_path_factory.mktemp("trained"), texts=TEXTS)
    backbone = load_backbone(folder, pretrained=True, dropout=None, gradient_checkpointing=False)
    encoder = Encoder(backbone, pool="Average", dropout=0.0, embedding_size=None)
    encoder.eval()
    tokenizer = load_tokenizer(folder, max_length=32, lowercase=False, separator="")
    return TrainedEncoder(encoder, tokenizer, ("text",), threshold=None)
