"""Tests of what text problems are built of."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from transformers import AutoTokenizer

from hydro.data.labels import Labels
from hydro.errors import ModelError
from hydro.testing import TEXTS, tiny_backbone
from hydro.text import LabeledTexts, TextSettings, text_components
from hydro.text.builders import build_dataset, build_encoder, build_tokenizer

FRAME = pd.DataFrame({"text": TEXTS, "label": ["b", "a", "b", "a", None, "new"]}, dtype="str")
LABELS = Labels(("label",), (("a",), ("b",)))

MakeSettings = Callable[..., TextSettings]


@pytest.fixture
def settings(folder: Callable[[str], Path]) -> MakeSettings:
    """Make settings with these changes, by section."""

    def make(**sections: dict[str, Any]) -> TextSettings:
        given: dict[str, dict[str, Any]] = {
            "dataset": {"train_dataframe": "rows.csv", "text_column": "text"},
            "tokenizer": {"max_length": 32},
            "architecture": {"backbone": str(folder("bert"))},
            "training": {"loss_function": "any"},
            "prediction": {"metric": "any"},
        }
        for name, changes in sections.items():
            given[name] |= changes
        return TextSettings.model_validate(given)

    return make


def build(settings: TextSettings, *, training: bool = False) -> LabeledTexts:
    """Build the dataset of the frame."""
    tokenizer = build_tokenizer(settings)
    return build_dataset(
        settings, frame=FRAME, tokenizer=tokenizer, targets=LABELS, training=training
    )


def test_components_are_offered_to_one_problem() -> None:
    components = text_components("sentiment")
    assert [each.name for each in components] == ["Backbone", "Labeled texts", "Encoder"]
    assert {each.problems for each in components} == {("sentiment",)}


def test_rows_become_tokens_and_targets(settings: MakeSettings) -> None:
    rows = build(settings())
    assert rows.lengths.tolist() == [len(text.split()) + 2 for text in TEXTS]
    assert rows.targets.tolist() == [1, 0, 1, 0, -1, 2]


def test_columns_are_joined_with_the_separator(settings: MakeSettings) -> None:
    plain = build(settings(dataset={"text_column": ["text", "text"]}))
    with_dash = build(settings(dataset={"text_column": ["text", "text"], "separator": " - "}))
    words = np.array([len(text.split()) for text in TEXTS])
    assert plain.lengths.tolist() == with_dash.lengths.tolist()
    assert plain.lengths.tolist() == np.minimum(2 * words + 3, 32).tolist()
    assert not np.array_equal(plain.texts.ids, with_dash.texts.ids)


def test_texts_are_truncated_at_a_quantile_in_training_only(settings: MakeSettings) -> None:
    half = settings(tokenizer={"padding_quantile": 0.5})
    assert build(half, training=True).quantile == 0.5
    assert build(half).quantile == 1.0
    assert build(settings(), training=True).quantile == 1.0


def test_the_encoder_is_built_by_the_settings(settings: MakeSettings) -> None:
    given: Any = {"tokenizer": build_tokenizer(settings()), "targets": LABELS}
    plain: Any = build_encoder(settings(), **given)
    assert (plain.embedding_size, plain.neck, plain.pool) == (32, None, "Average")
    changes = {"embedding_size": 7, "pool": "Max", "dropout": 0.4}
    other: Any = build_encoder(settings(architecture=changes), **given)
    assert (other.embedding_size, other.neck.out_features, other.pool) == (7, 7, "Max")
    assert other.dropout.p == 0.4


@pytest.mark.parametrize("pretrained", [True, False])
def test_a_tokenizer_with_more_tokens_than_the_matrix_has_rows_is_refused(
    pretrained: bool, settings: MakeSettings, tmp_path: Path
) -> None:
    folder = tiny_backbone(tmp_path / "tiny")
    hf = AutoTokenizer.from_pretrained(folder)
    rows = len(hf)
    chosen = settings(architecture={"backbone": str(folder), "pretrained": pretrained})
    build_encoder(chosen, tokenizer=build_tokenizer(chosen), targets=LABELS)
    hf.add_tokens(["<one>"])
    hf.save_pretrained(folder)
    expected = (
        rf"has {rows + 1} tokens, and its embedding matrix {rows} rows\. Save .*\({rows + 1}\)"
    )
    with pytest.raises(ModelError, match=expected):
        build_encoder(chosen, tokenizer=build_tokenizer(chosen), targets=LABELS)
