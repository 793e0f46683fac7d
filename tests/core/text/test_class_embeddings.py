"""Tests of mean embeddings of classes."""

from pathlib import Path

import numpy as np
import pytest
import torch

from hydro.testing import tiny_backbone
from hydro.text import Encoder, LabeledTexts, embed, load_backbone, load_tokenizer
from hydro.text.class_embeddings import ROWS_PER_CLASS, class_means
from hydro.training.precision import Precision

CPU = Precision(torch.device("cpu"), None, None)


@pytest.fixture(scope="module")
def backbone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny backbone."""
    return tiny_backbone(tmp_path_factory.mktemp("backbone"))


@pytest.fixture
def encoder(backbone: Path) -> Encoder:
    """A tiny encoder, in training as it would be."""
    loaded = load_backbone(backbone, pretrained=True, dropout=0.5, gradient_checkpointing=False)
    return Encoder(loaded, pool="Average", dropout=0.5, embedding_size=None).train()


def texts(backbone: Path, sentences: list[str], classes: list[int]) -> LabeledTexts:
    """Tokenize texts of these classes."""
    tokenizer = load_tokenizer(backbone, max_length=16, lowercase=False, separator="")
    return LabeledTexts(tokenizer.encode(sentences), np.array(classes))


def test_class_means_point_at_the_means_of_embeddings(encoder: Encoder, backbone: Path) -> None:
    classes = [2, 0, 1, 0, 1, 2, 0]
    rows = texts(backbone, ["card", "pin", "fee", "my pin", "a fee", "my card", "a pin"], classes)
    found = torch.nn.functional.normalize(class_means(encoder, rows, CPU, 3))
    embeddings = torch.from_numpy(embed(encoder, rows.texts))
    for number in range(3):
        mean = embeddings[torch.tensor(classes) == number].mean(dim=0)
        expected = torch.nn.functional.normalize(mean, dim=0)
        torch.testing.assert_close(found[number], expected, atol=1e-6, rtol=0)
    assert encoder.training


@pytest.mark.parametrize("block", [7, 65_536])
def test_the_first_rows_of_a_class_do_for_many(
    block: int, encoder: Encoder, backbone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hydro.text.class_embeddings.BLOCK", block)
    early, late = ["pin", "card"] * ROWS_PER_CLASS, ["fee", "rate"] * 40
    short = texts(backbone, early, [0, 1] * ROWS_PER_CLASS)
    long = texts(backbone, early + late, [0, 1] * (ROWS_PER_CLASS + 40))
    expected = class_means(encoder, short, CPU, 2)
    torch.testing.assert_close(class_means(encoder, long, CPU, 2), expected)


def test_many_rows_are_embedded_some_at_a_time(
    encoder: Encoder, backbone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = texts(backbone, ["card", "pin", "fee", "my pin", "a fee", "my card"], [2, 0, 1, 0, 1, 2])
    expected = class_means(encoder, rows, CPU, 3)
    monkeypatch.setattr("hydro.text.class_embeddings.BLOCK", 4)
    torch.testing.assert_close(class_means(encoder, rows, CPU, 3), expected)
