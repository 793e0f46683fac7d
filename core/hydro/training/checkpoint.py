"""Checkpoints on disk: folders that are whole or not there, each with a hash of every file."""

import hashlib
import json
import logging
import os
import secrets
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from hydro.errors import ResourceError

logger = logging.getLogger(__name__)

MAX_CHECKPOINTS = 2
MANIFEST = "MANIFEST.json"
FACTS = "state.json"
HISTORY = "history.jsonl"

Tensors = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Checkpoint:
    """One checkpoint whose files are what its manifest says."""

    path: Path

    @property
    def facts(self) -> dict[str, Any]:
        """All that is no tensor."""
        facts: dict[str, Any] = json.loads((self.path / FACTS).read_text(encoding="utf-8"))
        return facts

    @property
    def history(self) -> bytes:
        """The history of the run so far."""
        return (self.path / HISTORY).read_bytes()

    def tensors(self, name: str) -> Tensors:
        """Load the tensors of one file into the CPU's memory."""
        tensors: Tensors = load_file(self.path / f"{name}.safetensors")
        return tensors


@dataclass(frozen=True)
class Checkpoints:
    """The checkpoints of a run, of which the last two are kept."""

    folder: Path

    def save(
        self,
        name: str,
        tensors: Mapping[str, Callable[[], Tensors]],
        facts: Mapping[str, Any],
        history: bytes,
    ) -> None:
        """Write a checkpoint that appears under its name once it is whole and on the disk.

        Args:
            name: ``step-`` and a number; of two, the higher number is the newer.
            tensors: By the name of a file, what gives its tensors when that file is written.
            facts: All that is no tensor, for JSON.
            history: The history of the run so far.

        Raises:
            ResourceError: the disk is full, or cannot be written; older ones are as they were.
        """
        new = self.folder / f".{name}.{secrets.token_hex(4)}.partial"
        try:
            new.mkdir(parents=True)
            for file, give in tensors.items():
                save_file(give(), new / f"{file}.safetensors")
            text = json.dumps(facts, allow_nan=False)
            (new / FACTS).write_text(text, encoding="utf-8")
            (new / HISTORY).write_bytes(history)
            files = {each.name: _checksum(each) for each in sorted(new.iterdir())}
            (new / MANIFEST).write_text(json.dumps({"files": files}, indent=1), encoding="utf-8")
            for each in (*new.iterdir(), new):
                _fsync(each)
            self._discard(self.folder / name)
            new.rename(self.folder / name)
            _fsync(self.folder)
        except (OSError, SafetensorError) as error:
            shutil.rmtree(new, ignore_errors=True)
            why = getattr(error, "strerror", None) or error
            msg = f"{self.folder / name}: cannot be written: {why}. Free some space there"
            raise ResourceError(msg) from error
        self._prune(name)

    def newest(self) -> Checkpoint | None:
        """Find the newest checkpoint that is as it was written; None where none ever was.

        Raises:
            ResourceError: there are some, all of them damaged.
        """
        damages = []
        for path in reversed(self._all()):
            damage = _find_damage(path)
            if damage is None:
                return Checkpoint(path)
            logger.warning("checkpoint %s is damaged: %s", path.name, damage)
            damages.append(f"{path.name}: {damage}")
        if damages:
            msg = (
                f"{self.folder}: no checkpoint is whole ({'; '.join(damages)}). Restore one, or "
                "delete that folder to train from the beginning"
            )
            raise ResourceError(msg)
        return None

    def clear(self) -> None:
        """Take all of them away."""
        if self.folder.exists():
            self._discard(self.folder)

    def _all(self) -> list[Path]:
        """List the checkpoints, the oldest first."""
        return sorted(self.folder.glob("step-*"), key=_age)

    def _prune(self, newest: str) -> None:
        """Take away all but the newest and the one before it, and what was never finished."""
        age = _age(self.folder / newest)
        kept = [path for path in self._all() if _age(path) <= age][-MAX_CHECKPOINTS:]
        for path in self.folder.iterdir():
            if path not in kept:
                self._discard(path)

    def _discard(self, path: Path) -> None:
        """Take a folder away under another name, so that no half of it is ever seen."""
        if not path.exists():
            return
        trash = path.with_name(f".trash-{secrets.token_hex(4)}")
        try:
            path.rename(trash)
        except OSError as error:
            logger.warning("%s cannot be taken away: %s", path, error.strerror)
        shutil.rmtree(trash, ignore_errors=True)


def _age(path: Path) -> tuple[int, str]:
    """Return what checkpoints are ordered by: the number of updates, then the name."""
    digits = path.name.removeprefix("step-").partition("-")[0]
    return int(digits) if digits.isdecimal() else -1, path.name


def _find_damage(path: Path) -> str | None:
    """Describe which file of a checkpoint is not as its manifest says; None if all are."""
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        proofs = {str(name): dict(proof) for name, proof in manifest["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return f"{MANIFEST} is missing or cannot be read"
    if not {FACTS, HISTORY} <= proofs.keys():
        return f"{MANIFEST} lists too few files"
    for name, proof in proofs.items():
        try:
            if _checksum(path / name) != proof:
                return f"{name} has changed"
        except (OSError, ValueError) as error:
            return f"{name} cannot be read: {getattr(error, 'strerror', None) or error}"
    return None


def _checksum(path: Path) -> dict[str, str | int]:
    """Return the size and the hash of a file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"bytes": path.stat().st_size, "sha256": digest}


def _fsync(path: Path) -> None:
    """Wait until a file or the entries of a folder are on the disk."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
