"""The map of the embeddings."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from hydro.similarity.insights.pca_map import pca_map


def test_the_map_is_the_two_principal_components(shown: Callable[..., Any]) -> None:
    random = np.random.default_rng(0)
    embeddings = (random.standard_normal((50, 20)) * np.arange(20, 0, -1)).astype(np.float32)
    finding = pca_map(embeddings, shown([0] * 50), seed=0)
    centered = embeddings - embeddings.mean(axis=0)
    left, values, _ = np.linalg.svd(centered, full_matrices=False)
    for place, name in enumerate(("first_component", "second_component")):
        expected = left[:, place] * values[place]
        expected *= np.sign(expected[np.abs(expected).argmax()])
        np.testing.assert_allclose(finding.table[name], expected, atol=1e-3)
    share = (values[:2] ** 2).sum() / (values**2).sum()
    assert f"hold {100 * share:.0f} %" in finding.summary[0]


def test_the_two_components_are_exact_where_all_directions_vary_alike(
    shown: Callable[..., Any],
) -> None:
    embeddings = np.random.default_rng(0).standard_normal((300, 200)).astype(np.float32)
    drawn = pca_map(embeddings, shown([0] * 300), seed=0).table
    values = np.linalg.svd(embeddings - embeddings.mean(axis=0), compute_uv=False)
    variance = (drawn[["first_component", "second_component"]] ** 2).sum()
    np.testing.assert_allclose(variance, values[:2] ** 2, rtol=1e-4)


def test_embeddings_of_two_numbers_are_drawn_without_a_loss(shown: Callable[..., Any]) -> None:
    embeddings = np.random.default_rng(0).standard_normal((9, 2)).astype(np.float32)
    assert "hold 100 %" in pca_map(embeddings, shown([0] * 9), seed=0).summary[0]


def test_a_map_is_reproducible_and_leaves_other_randomness_alone(shown: Callable[..., Any]) -> None:
    embeddings = np.random.default_rng(0).standard_normal((3100, 4)).astype(np.float32)
    torch.manual_seed(5)
    first = pca_map(embeddings, shown([0] * 3100), seed=1)
    drawn = torch.rand(1)
    second = pca_map(embeddings, shown([0] * 3100), seed=1)
    torch.manual_seed(5)
    assert torch.equal(drawn, torch.rand(1))
    assert first.table.equals(second.table)
    assert len(first.table) == 3000
    assert first.summary[0].endswith("3,000 of 3,100 rows are shown.")


def test_rows_that_are_all_the_same_have_no_map(shown: Callable[..., Any]) -> None:
    assert pca_map(np.ones((5, 3), np.float32), shown([0] * 5), seed=0).table.empty
    assert pca_map(np.eye(2, dtype=np.float32), shown([0, 1]), seed=0).table.empty
