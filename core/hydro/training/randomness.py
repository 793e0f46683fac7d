"""Where randomness comes from: one seed for a run, and independent streams drawn from it."""

import secrets

import numpy as np
import torch


def draw_seed(seed: int) -> int:
    """Give the seed itself, or draw one where it is -1."""
    return secrets.randbelow(2**31) if seed == -1 else seed


def seed_torch(seed: int) -> None:
    """Start the generators that weights and dropout are drawn from."""
    torch.manual_seed(seed)


def stream(seed: int, *path: int) -> np.random.Generator:
    """Give the generator of one purpose, such as one epoch's order, computed and not stored."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *path])))
