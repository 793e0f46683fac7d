"""Tiny backbones, written once for all tests of this folder."""

from collections.abc import Callable
from pathlib import Path

import pytest
from transformers import PreTrainedModel

from hydro.testing import tiny_backbone
from hydro.text import TextTokenizer, load_backbone, load_tokenizer


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Give the folder of a tiny backbone, by its architecture."""
    root = tmp_path_factory.mktemp("backbones")

    def find(architecture: str = "bert") -> Path:
        if not (root / architecture).exists():
            tiny_backbone(root / architecture, architecture)
        return root / architecture

    return find


@pytest.fixture
def backbone(folder: Callable[[str], Path]) -> Callable[[str], PreTrainedModel]:
    """Load a tiny backbone, by its architecture."""

    def load(architecture: str = "bert", dropout: float = 0.0) -> PreTrainedModel:
        return load_backbone(
            folder(architecture), pretrained=True, dropout=dropout, gradient_checkpointing=False
        )

    return load


@pytest.fixture
def tokenizer(folder: Callable[[str], Path]) -> TextTokenizer:
    """Load the tokenizer of the tiny BERT."""
    return load_tokenizer(folder("bert"), max_length=16, lowercase=False, separator="")
