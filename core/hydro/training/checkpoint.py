"""Checkpoints on disk: folders written atomically, each with a hash of every file."""

import hashlib
import json
import logging
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from hydro.artifacts.deletion import (
    clear_unfinished,
    delete_folder,
    delete_paths,
    move_folder,
    partial_path,
    warn_of_foreign,
)
from hydro.artifacts.files import writing
from hydro.artifacts.layout import CHECKPOINT_FILES, written_files
from hydro.errors import ResourceError

logger = logging.getLogger(__name__)

MAX_CHECKPOINTS = 2
MANIFEST = "MANIFEST.json"
FACTS = "state.json"
HISTORY = "history.jsonl"
NAME = re.compile(r"step-\d+(-trained)?")

State = Mapping[str, object]
"""What a ``state_dict`` returns: tensors, and values that JSON has."""


@dataclass(frozen=True)
class Checkpoint:
    """One checkpoint whose files match its manifest."""

    path: Path

    @cached_property
    def facts(self) -> dict[str, Any]:
        """Everything but the tensors."""
        facts: dict[str, Any] = json.loads((self.path / FACTS).read_text(encoding="utf-8"))
        return facts

    @property
    def history(self) -> bytes:
        """The history of the run so far."""
        return (self.path / HISTORY).read_bytes()

    def part(self, name: str) -> dict[str, object]:
        """Load one part of the state, its tensors into the CPU's memory."""
        path = self.path / f"{name}.safetensors"
        return {**self.facts.get(name, {}), **(load_file(path) if path.exists() else {})}


@dataclass(frozen=True)
class Checkpoints:
    """The checkpoints of a run, of which the last two are kept."""

    folder: Path

    def save(
        self,
        name: str,
        state: Mapping[str, State],
        facts: Mapping[str, object],
        history: bytes,
    ) -> None:
        """Write a checkpoint atomically.

        Args:
            name: ``step-`` and a number; of two, the higher number is the newer.
            state: By name, the parts of the state; each one's tensors go to a file of its own.
            facts: Further values, for JSON.
            history: The history of the run so far.

        Raises:
            ResourceError: the disk is full, or cannot be written; older ones are as they were.
        """
        new = partial_path(self.folder / name)
        try:
            with writing(self.folder / name):
                new.mkdir(parents=True)
                _write_state(new, state, facts)
                (new / HISTORY).write_bytes(history)
                files = {each.name: _checksum(each) for each in sorted(new.iterdir())}
                manifest = json.dumps({"files": files}, indent=1)
                (new / MANIFEST).write_text(manifest, encoding="utf-8")
                for each in (*new.iterdir(), new):
                    _fsync(each)
                self._discard(self.folder / name)
                move_folder(new, self.folder / name)
                _fsync(self.folder)
        except ResourceError:
            clear_unfinished(self.folder)
            raise
        self._prune(name)

    def newest(self) -> Checkpoint | None:
        """Find the newest checkpoint that matches its manifest; None where there are none.

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
        """Delete all of them, and the folder unless there is something else in it."""
        if not self.folder.is_dir():
            return
        for path in self._all():
            self._discard(path)
        clear_unfinished(self.folder)
        delete_paths(self.folder, {self.folder})

    def _all(self) -> list[Path]:
        """List the checkpoints, the oldest first."""
        return sorted(filter(_is_checkpoint, self.folder.glob("step-*")), key=_age)

    def _prune(self, newest: str) -> None:
        """Delete all but the newest two, and what was never finished."""
        age = _age(self.folder / newest)
        kept = [path for path in self._all() if _age(path) <= age][-MAX_CHECKPOINTS:]
        for path in self._all():
            if path not in kept:
                self._discard(path)
        clear_unfinished(self.folder)

    def _discard(self, path: Path) -> None:
        """Delete a checkpoint, so that no part of it is ever seen."""
        try:
            warn_of_foreign(delete_folder(path, written_files(path, CHECKPOINT_FILES)))
        except OSError as error:
            logger.warning("%s cannot be deleted: %s", path, error.strerror)


def _is_checkpoint(path: Path) -> bool:
    """Return whether a path has the name of a checkpoint, is no link, and has a file of one."""
    return bool(NAME.fullmatch(path.name)) and len(written_files(path, CHECKPOINT_FILES)) > 1


def _write_state(folder: Path, state: Mapping[str, State], facts: Mapping[str, object]) -> None:
    """Write each part's tensors to a file, and all other values to one JSON file."""
    rest = dict(facts)
    for part, values in state.items():
        # A copy each, because safetensors refuses tensors that share memory.
        tensors = {
            name: value.detach().to("cpu", copy=True)
            for name, value in values.items()
            if isinstance(value, torch.Tensor)
        }
        rest[part] = {name: value for name, value in values.items() if name not in tensors}
        if tensors:
            save_file(tensors, folder / f"{part}.safetensors")
    (folder / FACTS).write_text(json.dumps(rest, allow_nan=False), encoding="utf-8")


def _age(path: Path) -> tuple[int, str]:
    """Return what checkpoints are ordered by: the number of updates, then the name."""
    digits = path.name.removeprefix("step-").partition("-")[0]
    return int(digits) if digits.isdecimal() else -1, path.name


def _find_damage(path: Path) -> str | None:
    """Describe the first file of a checkpoint that does not match its manifest; None if all do."""
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
