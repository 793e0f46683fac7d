"""Tokens on disk, so that a corpus is tokenised once."""

import hashlib
import logging
import os
import shutil
import zlib
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from hydro.text.corpus import Corpus
from hydro.text.tokenizer import TextTokenizer

log = logging.getLogger(__name__)


def default_cache() -> Path:
    """Give the folder for what can be computed again: $HYDRO_CACHE, else the user's cache."""
    if own := os.environ.get("HYDRO_CACHE"):
        return Path(own)
    if users := os.environ.get("XDG_CACHE_HOME"):
        return Path(users) / "hydro"
    return Path.home() / ".cache" / "hydro"


def cached_corpus(texts: Sequence[str], tokenizer: TextTokenizer, folder: Path) -> Corpus:
    """Tokenise texts, or map into memory what the same texts and tokenizer gave before.

    Any number of processes may want the same corpus at once. A damaged entry is made anew, and
    where the folder cannot be written the corpus stays in memory, with a warning in the log.

    Args:
        texts: from `TextTokenizer.join`.
        tokenizer: what to tokenise them with.
        folder: such as `default_cache`; made if it is not there.
    """
    entry = folder / "tokens" / _key(texts, tokenizer)
    corpus = _read(entry)
    if corpus is not None:
        return corpus
    corpus = tokenizer.encode(texts)
    try:
        _write(corpus, entry)
    except OSError as reason:
        log.warning("tokens are not kept for the next run: %s", reason)
        return corpus
    return _read(entry) or corpus


def _key(texts: Sequence[str], tokenizer: TextTokenizer) -> str:
    """Name a corpus by all that it depends on."""
    key = hashlib.sha256(tokenizer.fingerprint.encode())
    key.update(np.fromiter(map(len, texts), np.int64, len(texts)).tobytes())
    for text in texts:
        key.update(text.encode("utf-8", "surrogatepass"))
    return key.hexdigest()


def _read(entry: Path) -> Corpus | None:
    """Map a corpus into memory; None if it is not there or not as it was written."""
    try:
        ids = np.load(entry / "ids.npy", mmap_mode="r")
        offsets = np.load(entry / "offsets.npy", mmap_mode="r")
        closing, checksum = map(int, (entry / "facts.txt").read_text().split())
    except (OSError, ValueError, EOFError):
        return None
    corpus = Corpus(ids, offsets, closing)
    return corpus if _checksum(corpus) == checksum else None


def _write(corpus: Corpus, entry: Path) -> None:
    """Write a corpus beside its place and move it there, unless another process was first."""
    entry.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=entry.parent, ignore_cleanup_errors=True) as name:
        new = Path(name)
        np.save(new / "ids.npy", corpus.ids)
        np.save(new / "offsets.npy", corpus.offsets)
        (new / "facts.txt").write_text(f"{corpus.closing} {_checksum(corpus)}")
        if entry.exists() and _read(entry) is None:
            shutil.rmtree(entry, ignore_errors=True)
        try:
            new.rename(entry)
        except OSError:
            if not entry.is_dir():
                raise


def _checksum(corpus: Corpus) -> int:
    return zlib.crc32(corpus.offsets.data, zlib.crc32(corpus.ids.data))
