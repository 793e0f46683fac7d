"""The cross entropy of a linear classifier against its formula."""

import numpy as np
import pytest
import torch

from hydro_text_metric_learning.losses.cross_entropy import CrossEntropy


def test_the_loss_is_cross_entropy_of_a_linear_layer_with_bias() -> None:
    torch.manual_seed(0)
    loss, embeddings, targets = CrossEntropy(4, 3), torch.randn(5, 4), [2, 0, 1, 1, 2]
    weight, bias = (part.detach().numpy() for part in (loss.class_weights.weight, loss.bias))
    logits = embeddings.numpy() @ weight.T + bias
    assert np.abs(bias).min() > 0
    own = np.exp(logits)[np.arange(5), targets] / np.exp(logits).sum(axis=1)
    assert loss(embeddings, torch.tensor(targets)).item() == pytest.approx(-np.log(own).mean())


def test_the_length_of_an_embedding_counts() -> None:
    torch.manual_seed(0)
    loss, embedding = CrossEntropy(4, 3), torch.randn(1, 4)
    assert loss(embedding, torch.tensor([0])) != loss(9 * embedding, torch.tensor([0]))


def test_the_loss_comes_in_full_precision_under_autocast() -> None:
    loss = CrossEntropy(4, 3)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert loss(torch.randn(5, 4), torch.tensor([0, 1, 2, 0, 1])).dtype == torch.float32
