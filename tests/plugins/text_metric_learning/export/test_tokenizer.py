"""Exported tokenizers as transformers loads them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tokenizers import Tokenizer
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from hydro.text import TextTokenizer
from hydro_text_metric_learning.export.tokenizer import write_tokenizer


@pytest.fixture
def bare(tokenizer: PreTrainedTokenizerFast) -> PreTrainedTokenizerFast:
    """A tokenizer of no particular class, with no padding token, that pads on the left."""
    make: Callable[..., PreTrainedTokenizerFast] = PreTrainedTokenizerFast
    return make(
        tokenizer_object=tokenizer.backend_tokenizer,
        sep_token="[SEP]",
        additional_special_tokens=["[MASK]"],
        padding_side="left",
    )


def test_lower_casing_and_length_are_part_of_the_tokenizer(
    tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    TextTokenizer(tokenizer, max_length=6, lowercase=True, separator="")
    write_tokenizer(tmp_path, tokenizer, max_length=6)
    loaded = AutoTokenizer.from_pretrained(tmp_path)
    assert loaded.model_max_length == 6
    tokens = loaded.convert_ids_to_tokens(loaded("HE [SEP] IT IS", truncation=True).input_ids)
    assert tokens == ["[CLS]", "h", "##e", "[SEP]", "i", "[SEP]"]
    alone = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert alone.encode("Ab").tokens == ["[CLS]", "a", "##b", "[SEP]"]


def test_case_is_kept_unless_told_otherwise(
    tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    write_tokenizer(tmp_path, tokenizer, max_length=6)
    assert AutoTokenizer.from_pretrained(tmp_path).tokenize("Ab") == ["A", "##b"]


def test_the_tokenizer_that_is_written_stays_as_it_was(
    tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    tokenizer.padding_side, before = "left", tokenizer.model_max_length
    write_tokenizer(tmp_path, tokenizer, max_length=6)
    assert tokenizer.tokenize("Ab") == ["A", "##b"]
    assert (tokenizer.padding_side, tokenizer.model_max_length) == ("left", before)


def test_a_tokenizer_can_pad_once_written_and_does_so_on_the_right(
    bare: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="padding token"):
        bare(["a", "abc"], padding=True)
    write_tokenizer(tmp_path, bare, max_length=6)
    loaded = AutoTokenizer.from_pretrained(tmp_path)
    assert loaded(["a", "abc"], padding=True).attention_mask[0] == [1, 1, 1, 0, 0]


@pytest.mark.parametrize("kind", ["tokenizer", "bare"])
def test_a_tokenizer_is_named_as_transformers_4_knows_it(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    write_tokenizer(tmp_path, request.getfixturevalue(kind), max_length=6)
    written = json.loads((tmp_path / "tokenizer_config.json").read_text())
    assert written["tokenizer_class"] == "PreTrainedTokenizerFast"
    assert set(AutoTokenizer.from_pretrained(tmp_path)("a")) == {"input_ids", "attention_mask"}


def test_extra_special_tokens_are_named_as_transformers_4_knows_them(
    bare: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    write_tokenizer(tmp_path, bare, max_length=6)
    written = json.loads((tmp_path / "tokenizer_config.json").read_text())
    assert written["additional_special_tokens"] == ["[MASK]"]
    assert "[MASK]" in AutoTokenizer.from_pretrained(tmp_path).all_special_tokens
