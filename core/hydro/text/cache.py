"""Tokens on disk, so that a corpus is tokenized once."""

import hashlib
import logging
import shutil
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hydro.artifacts.cache import mark_used, tokens_folder
from hydro.text.corpus import TokenizedTexts
from hydro.text.tokenizer import BLOCK, TextTokenizer

log = logging.getLogger(__name__)


def cached_token_ids(
    texts: Sequence[str], tokenizer: TextTokenizer, folder: Path
) -> TokenizedTexts:
    """Tokenize texts, or map into memory what the same texts and tokenizer gave before.

    Any number of processes may want the same corpus at once. A damaged entry is made anew, and
    where the folder cannot be written the corpus stays in memory, with a warning in the log. Else
    memory holds a block of the texts and their tokens at a time.

    Args:
        texts: from `TextTokenizer.join`.
        tokenizer: what to tokenize them with.
        folder: such as `default_cache`; made if it is not there.
    """
    entry = tokens_folder(folder) / _key(texts, tokenizer)
    corpus = _read(entry)
    if corpus is None:
        try:
            _write(tokenizer.encode_blocks(texts), tokenizer.closing, entry)
        except OSError as reason:
            log.warning("tokens are not kept for the next run: %s", reason)
            return tokenizer.encode(texts)
        corpus = _read(entry)
    mark_used(entry)
    return corpus or tokenizer.encode(texts)


def _key(texts: Sequence[str], tokenizer: TextTokenizer) -> str:
    """Name a corpus by all that it depends on."""
    key = hashlib.sha256(tokenizer.fingerprint.encode())
    for start in range(0, len(texts), BLOCK):
        block = texts[start : start + BLOCK]
        key.update(np.fromiter(map(len, block), np.int64, len(block)).tobytes())
        key.update("".join(block).encode("utf-8", "surrogatepass"))
    return key.hexdigest()


def _read(entry: Path) -> TokenizedTexts | None:
    """Map a corpus into memory; None if it is not there or not as it was written."""
    try:
        ids, offsets = _map(entry)
        closing, checksum = map(int, (entry / "facts.txt").read_text().split())
    except (OSError, ValueError, EOFError):
        return None
    corpus = TokenizedTexts(ids, offsets, closing)
    return corpus if _checksum(corpus) == checksum else None


def _write(
    blocks: Iterable[tuple[NDArray[np.int32], NDArray[np.int64]]], closing: int, entry: Path
) -> None:
    """Write tokens beside their place and move them there, unless another process was first."""
    entry.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=entry.parent, ignore_cleanup_errors=True) as name:
        new = Path(name)
        with (new / "ids.npy").open("wb") as ids, (new / "offsets.npy").open("wb") as offsets:
            tokens, texts = _GrowingArray(ids, np.int32), _GrowingArray(offsets, np.int64)
            texts.add(np.zeros(1, np.int64))
            for block, lengths in blocks:
                texts.add(tokens.count + np.cumsum(lengths))
                tokens.add(block)
            tokens.finish()
            texts.finish()
        corpus = TokenizedTexts(*_map(new), closing)
        (new / "facts.txt").write_text(f"{closing} {_checksum(corpus)}")
        if entry.exists() and _read(entry) is None:
            shutil.rmtree(entry, ignore_errors=True)
        try:
            new.rename(entry)
        except OSError:
            if not entry.is_dir():
                raise


class _GrowingArray:
    """A ``.npy`` file of one dimension that is written block by block."""

    def __init__(self, file: Any, kind: type[np.generic]) -> None:
        self._file = file
        self._kind = np.dtype(kind)
        self.count = 0
        self._write_header()

    def add(self, values: NDArray[Any]) -> None:
        """Add some values."""
        self._file.write(values.astype(self._kind, copy=False).data)
        self.count += len(values)

    def finish(self) -> None:
        """Describe in the header how many there are; numpy leaves room there for any number."""
        self._file.seek(0)
        self._write_header()

    def _write_header(self) -> None:
        kind = np.lib.format.dtype_to_descr(self._kind)
        facts = {"descr": kind, "fortran_order": False, "shape": (self.count,)}
        np.lib.format.write_array_header_1_0(self._file, facts)


def _map(entry: Path) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Map ids and offsets into memory."""
    ids, offsets = (
        np.load(entry / f"{name}.npy", mmap_mode="r", allow_pickle=False)
        for name in ("ids", "offsets")
    )
    return ids, offsets


def _checksum(corpus: TokenizedTexts) -> int:
    return zlib.crc32(corpus.offsets.data, zlib.crc32(corpus.ids.data))
