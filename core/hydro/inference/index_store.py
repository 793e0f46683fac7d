"""An index in the folder of an experiment, with what it was made of."""

import json
import zlib
from collections.abc import Mapping
from pathlib import Path

from hydro.artifacts.deletion import new_folder
from hydro.artifacts.files import writing
from hydro.plugins.retrieval import Index

METADATA = "about.json"
"""What an index was made of, so that it is built again when that changes."""


def save_index(
    index: Index, folder: Path, made_of: Mapping[str, object], record: Path | None = None
) -> None:
    """Write an index into a folder that appears once it is whole, in the place of an older one.

    Raises:
        ResourceError: the folder cannot be written.
    """
    with writing(folder), new_folder(folder, record=record) as new:
        new.mkdir()
        index.save(new)
        (new / METADATA).write_text(json.dumps(made_of, indent=2) + "\n", encoding="utf-8")


def read_metadata(folder: Path) -> dict[str, object] | None:
    """Describe what an index was made of; None where there is none that is whole."""
    try:
        told: dict[str, object] = json.loads((folder / METADATA).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return told


def checksum(model: Path) -> int:
    """Sum up the weights in a folder, so that an index is not searched with another model."""
    total = 0
    for path in sorted(model.rglob("*.safetensors")):
        with path.open("rb") as file:
            while block := file.read(1 << 22):
                total = zlib.crc32(block, total)
    return total
