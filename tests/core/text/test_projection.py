"""The neck projects and normalizes, and is one linear layer after training."""

import pytest
import torch
from torch import nn

from hydro.text.projection import BatchNorm, as_linear, build_projection


@pytest.mark.parametrize("size", [4, 6])
def test_a_trained_neck_is_one_linear_layer(size: int) -> None:
    torch.manual_seed(0)
    neck = build_projection(6, size, batch_normalization=True)
    assert neck is not None
    for _ in range(20):
        neck(torch.randn(16, 6) * 3 + 1)
    for each in neck.parameters():
        nn.init.normal_(each)
    vectors = torch.randn(5, 6)
    folded = as_linear(neck.eval())
    assert folded is not None
    assert (folded.in_features, folded.out_features) == (6, size)
    torch.testing.assert_close(folded(vectors), neck(vectors), rtol=1e-5, atol=1e-5)


def test_a_neck_without_batch_norm_is_its_projection_or_nothing() -> None:
    projection = build_projection(6, 4, batch_normalization=False)
    assert isinstance(projection, nn.Linear)
    assert as_linear(projection) is projection
    assert as_linear(build_projection(6, 6, batch_normalization=False)) is None


def test_several_texts_are_normalized_over_the_batch_and_one_by_what_was_before() -> None:
    torch.manual_seed(0)
    norm = BatchNorm(3)
    found = norm(torch.randn(50, 3) * 4 + 9)
    torch.testing.assert_close(found.mean(0), torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(found.var(0, unbiased=False), torch.ones(3), atol=1e-4, rtol=0)
    text = torch.randn(1, 3)
    before = norm.running_mean.clone()
    torch.testing.assert_close(norm(text), norm.eval()(text))
    assert torch.equal(norm.running_mean, before)
