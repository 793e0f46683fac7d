"""All randomness of a run comes from one seed."""

import json
import random

import numpy as np
import pytest
import torch

from hydro.training.randomness import (
    Draw,
    draw_seed,
    get_rng_state,
    permutation,
    random_generator,
    seed_torch,
    set_rng_state,
)


def test_a_seed_that_is_given_is_taken() -> None:
    assert draw_seed(0) == 0
    assert draw_seed(17) == 17


def test_each_batch_draws_from_a_generator_of_its_own() -> None:
    draws = [Draw(*path) for path in ((1, 0, 0), (2, 0, 0), (1, 1, 0), (1, 0, 1), (1, 0, 0, 1))]
    numbers = [each.generator().random() for each in draws]
    assert numbers == [each.generator().random() for each in draws]
    # Nor is it that of the order of the epoch.
    assert len({*numbers, random_generator(1, 0).random(), random_generator(1, 1).random()}) == 7


def test_minus_one_draws_a_seed_that_can_be_given() -> None:
    drawn = {draw_seed(-1) for _ in range(20)}
    assert len(drawn) > 1
    assert all(0 <= each < 2**31 for each in drawn)


def test_torch_starts_at_the_seed() -> None:
    seed_torch(4)
    first = torch.rand(3)
    seed_torch(4)
    assert torch.equal(first, torch.rand(3))


def test_a_stream_is_computed_from_its_seed_and_path() -> None:
    def draw(seed: int, *path: int) -> list[int]:
        return [int(each) for each in random_generator(seed, *path).integers(0, 1000, 5)]

    assert draw(1, 2) == draw(1, 2)
    draws = [draw(1), draw(1, 2), draw(1, 3), draw(2, 2), draw(2, 1), draw(1, 2, 1)]
    assert len(set(map(tuple, draws))) == len(draws)


def test_every_global_generator_continues_from_its_restored_state() -> None:
    def draw() -> list[float]:
        # A normal number keeps a second one for the next time.
        return [
            *(random.random(), random.gauss(0, 1)),
            *(float(np.random.rand()), float(np.random.randn())),
            *torch.randn(3).tolist(),
        ]

    draw()
    written = json.dumps(get_rng_state())
    first = draw()
    assert draw() != first
    set_rng_state(json.loads(written))
    assert draw() == first


@pytest.mark.parametrize("count", [0, 1, 2, 1000, 100_000])
@pytest.mark.parametrize("held", [1, 10**9])
def test_shuffled_numbers_are_a_permutation_in_memory_and_on_disk(
    held: int, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hydro.data.memory_map.MAX_ARRAY_IN_MEMORY", held)
    found = permutation(count, random_generator(3, 1))
    assert np.array_equal(found, random_generator(3, 1).permutation(count))
