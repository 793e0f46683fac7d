"""Tests of counting the tokens of texts."""

from pathlib import Path

import pytest

from hydro.testing import TEXTS, tiny_backbone
from hydro.text import TextTokenizer, load_tokenizer
from hydro.text.insights.token_lengths import token_lengths


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> TextTokenizer:
    """One token a word, and two more; cut at 12."""
    folder: Path = tiny_backbone(tmp_path_factory.mktemp("backbone"))
    return load_tokenizer(folder, max_length=12, lowercase=False, separator="")


def test_lengths_are_those_before_the_cut(tokenizer: TextTokenizer) -> None:
    texts = {"training": ["my card"] * 3 + ["my card " * 10], "validation": [TEXTS[0]]}
    finding = token_lengths(tokenizer, texts)
    counts = finding.table.set_index("tokens")
    assert counts["training"][counts["training"] > 0].to_dict() == {4: 0.75, 22: 0.25}
    assert set(counts["max_length"]) == {12}
    assert "25.0 % are longer than max_length, 12" in finding.summary[0]
    assert len(tokenizer.encode(["my card " * 10]).ids) == 12  # it still cuts


def test_no_text_is_no_picture(tokenizer: TextTokenizer) -> None:
    assert token_lengths(tokenizer, {"training": [], "validation": []}).table.empty
