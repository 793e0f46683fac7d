"""Tests of turning columns of text into tokens."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tokenizers import Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from hydro.errors import DataError, ModelError
from hydro.text import TextTokenizer, TokenizedTexts, load_tokenizer
from hydro.text.tokenizer import ConcatenatedColumns


def rows_of(corpus: TokenizedTexts) -> list[list[int]]:
    return [part.tolist() for part in np.split(corpus.ids, corpus.offsets[1:-1])]


def load(
    folder: Path, max_length: int = 16, lowercase: bool = False, separator: str = ""
) -> TextTokenizer:
    return load_tokenizer(folder, max_length=max_length, lowercase=lowercase, separator=separator)


@pytest.mark.parametrize("architecture", ["bert", "roberta", "qwen3"])
def test_tokens_are_those_that_transformers_gives(
    folder: Callable[[str], Path], architecture: str
) -> None:
    tokenizer = load(folder(architecture))
    texts = ["my card has not arrived", "an unknown word, ok?", "the rate " * 50]
    expected = tokenizer.hf(texts, truncation=True, max_length=16)["input_ids"]
    corpus = tokenizer.encode(texts)
    assert rows_of(corpus) == expected
    assert corpus.ids.dtype == np.int32
    assert corpus.num_suffix_tokens == (0 if architecture == "qwen3" else 1)


def test_a_text_is_cut_to_max_length_with_its_special_tokens(tokenizer: TextTokenizer) -> None:
    (row,) = rows_of(tokenizer.encode(["the rate " * 50]))
    assert len(row) == 16
    assert row[0] == tokenizer.hf.cls_token_id
    assert row[-1] == tokenizer.hf.sep_token_id


def test_padding_and_cutting_that_the_file_asks_for_are_not_done(
    folder: Callable[[str], Path],
) -> None:
    tokenizer = load(folder("bert"))
    tokenizer.hf.backend_tokenizer.enable_padding(length=50)
    tokenizer.hf.backend_tokenizer.enable_truncation(3)
    assert tokenizer.encode(["my card has not arrived"]).lengths.tolist() == [7]


@pytest.mark.parametrize(
    "text",
    [
        "the exchange rate " * 5000,
        "x" * 100_000,
        "a" + " " * 5000 + "my card",
        "my " + "x" * 90 + " " + "card" * 50_000,
        ("unknownwordwithoutend" * 4 + " ") * 2000,
        "?" * 100_000,
    ],
)
def test_a_long_text_has_the_tokens_it_would_have_if_all_of_it_was_read(
    tokenizer: TextTokenizer, text: str
) -> None:
    expected = tokenizer.hf(text, truncation=True, max_length=16)["input_ids"]
    assert rows_of(tokenizer.encode([text])) == [expected]


def test_every_text_has_a_token(folder: Callable[[str], Path]) -> None:
    assert load(folder("qwen3")).encode(["", "my card", " "]).lengths.tolist() == [1, 2, 1]
    assert load(folder("bert")).encode(["", "my card", " "]).lengths.tolist() == [2, 4, 2]
    assert len(load(folder("bert")).encode([])) == 0


@pytest.mark.parametrize("text", ["half \ud83d a face", None, 3.5, b"bytes"])
def test_what_is_no_text_is_an_error_that_names_its_place(
    tokenizer: TextTokenizer, text: str
) -> None:
    with pytest.raises(DataError, match="text 1 cannot be tokenized"):
        tokenizer.encode(["my card", text])


@pytest.mark.parametrize(
    "text", ["مرحبا بالعالم", "👩🏽‍💻 ok", "e\u0301 a\u200bb", "\x00", "。。。"]
)
def test_any_script_has_tokens(tokenizer: TextTokenizer, text: str) -> None:
    assert tokenizer.encode([text]).lengths[0] >= 2


@pytest.mark.parametrize(("architecture", "token"), [("bert", "[SEP]"), ("roberta", "</s>")])
def test_columns_are_joined_with_the_separator_token(
    folder: Callable[[str], Path], architecture: str, token: str
) -> None:
    tokenizer = load(folder(architecture))
    joined = tokenizer.join([["my card", "the fee"], ["new pin", "a cheque"]])
    pair = rows_of(tokenizer.encode(joined))[0]
    words = tokenizer.hf.convert_ids_to_tokens(pair)
    assert words[1:-1] == ["my", "card", token, "new", "pin"]
    assert pair[3] == tokenizer.hf.sep_token_id


def test_the_separator_token_brings_no_space_along_in_byte_level_vocabularies() -> None:
    signs = [*ByteLevel.alphabet(), "<s>"]
    backend = Tokenizer(BPE({sign: place for place, sign in enumerate(signs)}, []))
    backend.pre_tokenizer = ByteLevel(add_prefix_space=False)
    hf = PreTrainedTokenizerFast(tokenizer_object=backend, sep_token="<s>")
    tokenizer = TextTokenizer(hf, max_length=9, lowercase=False, separator="")
    ids = rows_of(tokenizer.encode(tokenizer.join([["a"], ["b"]])))[0]
    assert hf.convert_ids_to_tokens(ids) == ["a", "<s>", "Ġ", "b"]


def test_columns_are_joined_with_a_separator_of_ones_own_or_a_space(
    folder: Callable[[str], Path],
) -> None:
    columns = [["my card"], ["new pin"]]
    assert list(load(folder("bert"), separator=" | ").join(columns)) == ["my card | new pin"]
    assert list(load(folder("qwen3")).join(columns)) == ["my card new pin"]
    assert list(load(folder("bert")).join([["my card"]])) == ["my card"]


def test_lower_case_is_for_texts_not_for_the_separator(folder: Callable[[str], Path]) -> None:
    columns = [["My CARD"], ["NEW pin"]]
    lower = load(folder("bert"), lowercase=True)
    cased = load(folder("bert"))
    written = cased.encode(["my card[SEP] new pin"]).ids.tolist()
    assert lower.encode(lower.join(columns)).ids.tolist() == written
    assert cased.encode(cased.join(columns)).ids.tolist() != written


@pytest.mark.parametrize(
    ("architecture", "limit"), [("bert", 66), ("roberta", 64), ("mpnet", 64), ("qwen3", 66)]
)
def test_more_tokens_than_positions_are_an_error_that_names_the_limit(
    folder: Callable[[str], Path], architecture: str, limit: int
) -> None:
    assert load(folder(architecture), max_length=limit).max_length == limit
    with pytest.raises(ModelError, match=f"max_length {limit + 1} is more than the {limit} pos"):
        load(folder(architecture), max_length=limit + 1)


def test_no_room_beside_the_special_tokens_is_an_error(folder: Callable[[str], Path]) -> None:
    with pytest.raises(ModelError, match=r"max_length 2 leaves no room .* Set it to 3 or more"):
        load(folder("bert"), max_length=2)
    assert load(folder("qwen3"), max_length=1).encode(["my card"]).lengths.tolist() == [1]


def test_a_folder_without_a_tokenizer_is_an_error(
    backbone: Callable[..., PreTrainedModel], tmp_path: Path
) -> None:
    backbone("bert").save_pretrained(tmp_path)
    with pytest.raises(ModelError, match=r"has no tokenizer\.json"):
        load(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelError, match="cannot be loaded from its tokenizer files"):
        load(tmp_path)


def test_the_fingerprint_changes_with_what_changes_the_tokens(
    folder: Callable[[str], Path],
) -> None:
    same = load(folder("bert"))
    same.encode(["my card"])
    same.hf("my card", padding="max_length", max_length=3, truncation=True)
    assert same.fingerprint == load(folder("bert")).fingerprint
    others = [load(folder("bert"), max_length=8), load(folder("roberta"))]
    assert len({same.fingerprint, *(other.fingerprint for other in others)}) == 3


FORK = """
import os, sys
from pathlib import Path
from hydro.text import load_tokenizer
tokenizer = load_tokenizer(Path(sys.argv[1]), max_length=8, lowercase=False, separator="")
tokenizer.encode(["my card"] * 1000)
child = os.fork()
if child == 0:
    tokenizer.encode(["my card"] * 1000)
    os._exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), "TOKENIZERS_PARALLELISM" in os.environ)
"""


def test_a_forked_process_tokenizes_without_a_warning(folder: Callable[[str], Path]) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "TOKENIZERS_PARALLELISM"}
    done = subprocess.run(
        [sys.executable, "-c", FORK, folder("bert")],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout == "7 False\n"
    assert "parallelism" not in done.stderr


def test_a_slice_is_a_list_of_joined_texts() -> None:
    frame = pd.DataFrame({"a": ["one", "two", "three"], "b": ["x", "", "z"]}, index=[5, 7, 9])
    texts = ConcatenatedColumns([frame["a"].array, frame["b"].array], " | ")
    assert len(texts) == 3
    assert texts[1:] == ["two | ", "three | z"]
    assert (texts[0], texts[-1]) == ("one | x", "three | z")
    assert list(texts) == ["one | x", "two | ", "three | z"]


def test_one_column_is_left_as_it_is() -> None:
    texts = ConcatenatedColumns([["one", "two"]], " | ")
    assert texts[0:1] == ["one"]
    assert texts[5:] == []


def test_columns_of_different_lengths_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="zip"):
        ConcatenatedColumns([["one", "two"], ["x"]], " ")[0:2]
