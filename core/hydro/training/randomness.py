"""Random generators: independent streams from the one seed of a run, and the global ones."""

import random
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from hydro.data.memory_map import BLOCK, empty_memmap


def draw_seed(seed: int) -> int:
    """Return the seed, or draw one where it is -1."""
    return secrets.randbelow(2**31) if seed == -1 else seed


def seed_torch(seed: int) -> None:
    """Seed the generators of weights and dropout."""
    torch.manual_seed(seed)


def random_generator(seed: int, *path: int) -> np.random.Generator:
    """Return the generator of one purpose, such as the order of an epoch."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *path])))


@dataclass(frozen=True)
class Draw:
    """Where the randomness of one batch comes from, whichever process prepares it and when."""

    seed: int
    """Of the run."""
    epoch: int
    batch: int
    """Number of the batch in its epoch."""
    rank: int = 0
    """Of the process that trains on these rows of the batch."""

    def generator(self) -> np.random.Generator:
        """Return a generator, the same at each call."""
        # numpy takes a missing number for 0, and the order of the epoch has no third one.
        return random_generator(self.seed, self.epoch, self.batch + 1, self.rank)


def permutation(count: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """Compute ``generator.permutation(count)``, on disk where it is large."""
    order = empty_memmap(count, np.int64)
    for start in range(0, count, BLOCK):
        order[start : start + BLOCK] = np.arange(start, min(start + BLOCK, count))
    generator.shuffle(order)
    return order


def get_rng_state() -> dict[str, object]:
    """Return the states of the global generators of Python, numpy and torch, for JSON."""
    drawn: dict[str, Any] = dict(np.random.get_state(legacy=False))
    drawn["state"] = {name: np.asarray(each).tolist() for name, each in drawn["state"].items()}
    states = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []
    return {
        "python": random.getstate(),
        "numpy": drawn,
        "torch": _encode_state(torch.get_rng_state()),
        "cuda": [_encode_state(each) for each in states],
    }


def set_rng_state(states: Mapping[str, Any]) -> None:
    """Set the states of the global generators; those of missing GPUs are ignored."""
    torch.set_rng_state(_decode_state(states["torch"]))
    for number, state in enumerate(states["cuda"][: torch.cuda.device_count()]):
        torch.cuda.set_rng_state(_decode_state(state), number)
    np.random.set_state(dict(states["numpy"]))
    version, numbers, spare = states["python"]
    random.setstate((version, tuple(numbers), spare))


def _encode_state(state: torch.Tensor) -> str:
    return bytes(state.tolist()).hex()


def _decode_state(state: str) -> torch.Tensor:
    return torch.tensor([*bytes.fromhex(state)], dtype=torch.uint8)
