"""Linear heads."""

import torch

from hydro.supervised.heads import ClassHead, NumberHead
from hydro.supervised.targets import Numbers


def test_classes_are_equally_probable_before_training() -> None:
    assert ClassHead(4, 3)(torch.randn(2, 4)).softmax(1).allclose(torch.full((2, 3), 1 / 3))


def test_a_head_of_numbers_predicts_the_mean_before_training() -> None:
    vectors = torch.randn(3, 4)
    one = NumberHead(4, Numbers(("a",), (7.0,), (2.0,)))
    assert one(vectors).tolist() == [7.0] * 3
    two = NumberHead(4, Numbers(("a", "b"), (7.0, -1.0), (2.0, 10.0)))
    assert two(vectors).tolist() == [[7.0, -1.0]] * 3


def test_a_head_of_numbers_scales_what_it_learns() -> None:
    head = NumberHead(1, Numbers(("a",), (7.0,), (2.0,)))
    torch.nn.init.ones_(head.weight)
    assert head(torch.tensor([[3.0]])).tolist() == [13.0]
