"""The memory of very many classes is told before training."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from hydro.errors import ModelError
from hydro.testing import tiny_backbone
from hydro_text_metric_learning.memory_note import MANY_CLASSES_THRESHOLD, class_weights_note


def architecture(backbone: Path | str, size: int | None = None) -> SimpleNamespace:
    """Give the settings of an encoder."""
    return SimpleNamespace(backbone=str(backbone), embedding_size=size)


def test_few_classes_are_no_matter() -> None:
    assert class_weights_note(architecture("no such backbone"), MANY_CLASSES_THRESHOLD, None) == []


def test_the_size_is_that_of_the_settings_or_of_the_backbone(tmp_path: Path) -> None:
    backbone = tiny_backbone(tmp_path / "backbone")
    (own,) = class_weights_note(architecture(backbone), 1_000_000, None)
    assert own.startswith("1,000,000 classes of 32 numbers take 0.1 GB, and up to 0.8 GB while")
    assert "training.sampled_classes: 10000" in own
    (given,) = class_weights_note(architecture("any", 384), 1_000_000, None)
    assert given.startswith("1,000,000 classes of 384 numbers take 1.5 GB, and up to 9.2 GB while")


@pytest.mark.parametrize(("sampled", "compared"), [(5000, "5,000"), (10**7, "60,000")])
def test_a_sample_saves_the_dense_gradients(sampled: int, compared: str) -> None:
    (note,) = class_weights_note(architecture("any", 1000), 60_000, sampled)
    assert note == (
        "60,000 classes of 1000 numbers take 0.2 GB, and up to 0.7 GB while they are trained. "
        f"Each batch is compared with {compared} of them"
    )


def test_a_backbone_that_is_not_there_is_said_before_training() -> None:
    with pytest.raises(ModelError):
        class_weights_note(architecture("no/such/backbone"), MANY_CLASSES_THRESHOLD + 1, None)
