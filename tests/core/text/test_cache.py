"""Tests of tokens on disk."""

import logging
import multiprocessing
import os
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from pathlib import Path

import numpy as np
import pytest

from hydro.text import TextTokenizer, TokenizedTexts, cached_token_ids, load_tokenizer

TEXTS = ["my card has not arrived", "", "the exchange rate " * 20]


def assert_same(found: TokenizedTexts, expected: TokenizedTexts) -> None:
    np.testing.assert_array_equal(found.ids, expected.ids)
    np.testing.assert_array_equal(found.offsets, expected.offsets)
    assert found.num_suffix_tokens == expected.num_suffix_tokens


def entries(folder: Path) -> list[Path]:
    return sorted((folder / "tokens").iterdir())


def test_a_corpus_is_tokenized_once_and_then_mapped_from_disk(
    tokenizer: TextTokenizer, tmp_path: Path
) -> None:
    first = cached_token_ids(TEXTS, tokenizer, tmp_path)
    assert_same(first, tokenizer.encode(TEXTS))
    (entry,) = entries(tmp_path)
    written = (entry / "ids.npy").stat().st_mtime_ns
    again = cached_token_ids(TEXTS, tokenizer, tmp_path)
    assert_same(again, first)
    assert isinstance(again.ids, np.memmap)
    assert (entry / "ids.npy").stat().st_mtime_ns == written
    assert entries(tmp_path) == [entry]


def test_other_texts_settings_or_tokenizers_have_a_corpus_of_their_own(
    tokenizer: TextTokenizer, folder: Callable[[str], Path], tmp_path: Path
) -> None:
    asked = [
        (TEXTS, tokenizer),
        ([*TEXTS[1:], TEXTS[0]], tokenizer),
        (["".join(TEXTS)], tokenizer),
        (["my card has not", " arrived", TEXTS[2]], tokenizer),
        (TEXTS, load_tokenizer(folder("bert"), max_length=8, lowercase=False, separator="")),
        (TEXTS, load_tokenizer(folder("roberta"), max_length=16, lowercase=False, separator="")),
    ]
    for texts, other in asked:
        assert_same(cached_token_ids(texts, other, tmp_path), other.encode(texts))
    assert len(entries(tmp_path)) == len(asked)


@pytest.mark.parametrize("name", ["ids.npy", "offsets.npy", "facts.txt"])
@pytest.mark.parametrize("damage", ["gone", "empty", "cut", "flipped"])
def test_a_damaged_corpus_is_made_anew(
    tokenizer: TextTokenizer, tmp_path: Path, name: str, damage: str
) -> None:
    cached_token_ids(TEXTS, tokenizer, tmp_path)
    path = entries(tmp_path)[0] / name
    content = path.read_bytes()
    flipped = content[:-1] + bytes([content[-1] ^ 1])
    path.unlink()
    if damage != "gone":
        path.write_bytes({"empty": b"", "cut": content[:-1], "flipped": flipped}[damage])
    assert_same(cached_token_ids(TEXTS, tokenizer, tmp_path), tokenizer.encode(TEXTS))
    assert path.read_bytes() == content
    assert len(entries(tmp_path)) == 1


def test_a_folder_that_cannot_be_written_costs_no_more_than_a_warning(
    tokenizer: TextTokenizer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    with caplog.at_level(logging.WARNING):
        found = cached_token_ids(TEXTS, tokenizer, tmp_path / "cache")
    assert_same(found, tokenizer.encode(TEXTS))
    assert "not kept" in caplog.text


def fill(folder: Path, backbone: Path, barrier: Barrier) -> None:
    tokenizer = load_tokenizer(backbone, max_length=16, lowercase=False, separator="")
    barrier.wait()
    assert_same(cached_token_ids(TEXTS, tokenizer, folder), tokenizer.encode(TEXTS))


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # Python 3.12 on fork
def test_processes_that_want_one_corpus_at_once_all_get_it(
    folder: Callable[[str], Path], tmp_path: Path
) -> None:
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(4)
    processes = [
        context.Process(target=fill, args=(tmp_path, folder("bert"), barrier)) for _ in range(4)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 4
    assert len(entries(tmp_path)) == 1


def test_tokens_are_written_block_by_block_and_read_as_if_at_once(
    tokenizer: TextTokenizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [f"{text} {number}" for number in range(7) for text in TEXTS]
    at_once = tokenizer.encode(many)
    monkeypatch.setattr("hydro.text.tokenizer.BLOCK", 4)
    assert len(list(tokenizer.encode_blocks(many))) == 6
    assert_same(cached_token_ids(many, tokenizer, tmp_path), at_once)


def test_no_texts_are_a_corpus_too(tokenizer: TextTokenizer, tmp_path: Path) -> None:
    assert len(cached_token_ids([], tokenizer, tmp_path)) == 0


def test_an_entry_that_is_used_again_is_young_again(
    tokenizer: TextTokenizer, tmp_path: Path
) -> None:
    cached_token_ids(TEXTS, tokenizer, tmp_path)
    (entry,) = entries(tmp_path)
    os.utime(entry, (0, 0))
    cached_token_ids(TEXTS, tokenizer, tmp_path)
    assert entry.stat().st_mtime > 0
