"""Cache of tokenized texts on disk, so that texts are tokenized once."""

import hashlib
import logging
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from hydro.artifacts.cache import FILES, mark_used, tokens_folder
from hydro.artifacts.deletion import delete_folder, new_folder
from hydro.text.corpus import TokenizedTexts
from hydro.text.tokenizer import BLOCK, TextTokenizer

log = logging.getLogger(__name__)


def cached_token_ids(
    texts: Sequence[str], tokenizer: TextTokenizer, folder: Path
) -> TokenizedTexts:
    """Tokenize texts, or memory-map the cached result for the same texts and tokenizer.

    Several processes may ask for the same entry at once. A damaged entry is rewritten; where the
    folder cannot be written the tokens stay in memory, with a warning in the log. Otherwise memory
    holds one block of the texts and their tokens at a time.

    Args:
        texts: from `TextTokenizer.join`.
        tokenizer: tokenizes them.
        folder: such as `default_cache`; created if missing.
    """
    entry = tokens_folder(folder) / _key(texts, tokenizer)
    corpus = _read(entry)
    if corpus is None:
        try:
            _write(tokenizer.encode_blocks(texts), tokenizer.num_suffix_tokens, entry)
        except OSError as reason:
            log.warning("tokens are not kept for the next run: %s", reason)
            return tokenizer.encode(texts)
        corpus = _read(entry)
    mark_used(entry)
    return corpus or tokenizer.encode(texts)


def _key(texts: Sequence[str], tokenizer: TextTokenizer) -> str:
    """Return a hash of all that the tokens depend on."""
    key = hashlib.sha256(tokenizer.fingerprint.encode())
    for start in range(0, len(texts), BLOCK):
        block = texts[start : start + BLOCK]
        key.update(np.fromiter(map(len, block), np.int64, len(block)).tobytes())
        key.update("".join(block).encode("utf-8", "surrogatepass"))
    return key.hexdigest()


def _read(entry: Path) -> TokenizedTexts | None:
    """Memory-map an entry; None if it is missing or damaged."""
    try:
        ids, offsets = _map(entry)
        num_suffix_tokens, checksum = map(int, (entry / "facts.txt").read_text().split())
    except (OSError, ValueError, EOFError):
        return None
    corpus = TokenizedTexts(ids, offsets, num_suffix_tokens)
    return corpus if _checksum(corpus) == checksum else None


def _write(
    blocks: Iterable[tuple[NDArray[np.int32], NDArray[np.int64]]],
    num_suffix_tokens: int,
    entry: Path,
) -> None:
    """Write an entry atomically, unless another process was first."""
    entry.parent.mkdir(parents=True, exist_ok=True)
    if entry.exists() and _read(entry) is None:
        delete_folder(entry, [entry / name for name in FILES])
    with new_folder(entry, replace=False) as new:
        new.mkdir()
        with (new / "ids.npy").open("wb") as ids, (new / "offsets.npy").open("wb") as offsets:
            tokens, texts = _GrowingArray(ids, np.int32), _GrowingArray(offsets, np.int64)
            texts.add(np.zeros(1, np.int64))
            for block, lengths in blocks:
                texts.add(tokens.count + np.cumsum(lengths))
                tokens.add(block)
            tokens.finish()
            texts.finish()
        corpus = TokenizedTexts(*_map(new), num_suffix_tokens)
        (new / "facts.txt").write_text(f"{num_suffix_tokens} {_checksum(corpus)}")


class _GrowingArray:
    """A ``.npy`` file of one dimension that is written block by block."""

    def __init__(self, file: BinaryIO, dtype: type[np.generic]) -> None:
        self._file = file
        self._dtype = np.dtype(dtype)
        self.count = 0
        self._write_header()

    def add(self, values: NDArray[np.integer]) -> None:
        """Append values."""
        self._file.write(values.astype(self._dtype, copy=False).data)
        self.count += len(values)

    def finish(self) -> None:
        """Write the final count into the header; numpy leaves space there for any number."""
        self._file.seek(0)
        self._write_header()

    def _write_header(self) -> None:
        descr = np.lib.format.dtype_to_descr(self._dtype)
        facts = {"descr": descr, "fortran_order": False, "shape": (self.count,)}
        np.lib.format.write_array_header_1_0(self._file, facts)


def _map(entry: Path) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Memory-map ids and offsets."""
    ids, offsets = (
        np.load(entry / f"{name}.npy", mmap_mode="r", allow_pickle=False)
        for name in ("ids", "offsets")
    )
    return ids, offsets


def _checksum(corpus: TokenizedTexts) -> int:
    return zlib.crc32(corpus.offsets.data, zlib.crc32(corpus.ids.data))
