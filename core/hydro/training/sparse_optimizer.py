"""Adam and AdamW for sparse gradients: only the rows of a matrix that a batch touched are updated.

torch's Adam refuses sparse gradients, and its SparseAdam counts the updates of the whole matrix, so
that the first step of a row that is seldom touched is far too big, and knows no weight decay. Here
a row that was touched ten times is where Adam would have it after ten updates: its averages, its
count and its decay are its own.
"""

from collections.abc import Iterable

import torch
from torch import Tensor

AVERAGES = ("exp_avg", "exp_avg_sq")
STEP = "step"
"""Updates of each row; torch wants every state to have this name."""


def with_dense_gradients(parameters: Iterable[Tensor]) -> list[Tensor]:
    """List the parameters, one with a sparse gradient replaced by its touched rows alone.

    Whatever is done to the gradient of such a stand-in is done to that of the parameter.
    """
    return [
        _touched_rows(each) if each.grad is not None and each.grad.is_sparse else each
        for each in parameters
    ]


def use_sparse_updates(optimizer: torch.optim.Adam) -> None:
    """Make torch's Adam or AdamW accept sparse gradients of matrices, one row an index.

    The averages of all rows are in the optimizer's own state, and are saved and loaded with it.
    """

    def update(optimizer: torch.optim.Optimizer, *_: object) -> None:
        # A fused optimizer is called even when loss scaling has found a gradient to be infinite.
        skipped = getattr(optimizer, "found_inf", None)
        for group in optimizer.param_groups:
            for each in group["params"]:
                if each.grad is None or not each.grad.is_sparse:
                    continue
                if skipped is None or not skipped.item():
                    _update(each, optimizer.state[each], group)
                each.grad = None

    optimizer.register_step_pre_hook(update)


@torch.no_grad()
def _update(matrix: Tensor, state: dict[str, Tensor], group: dict[str, object]) -> None:
    assert matrix.grad is not None
    gradient = matrix.grad.coalesce()
    (indices,) = gradient.indices()
    if not state:
        state |= {name: torch.zeros_like(matrix) for name in AVERAGES}
        state[STEP] = matrix.new_zeros(len(matrix), 1)
    touched = {name: each[indices] for name, each in state.items()}
    rows = matrix[indices]
    _adam(rows, gradient.values(), touched, **group)  # type: ignore[arg-type]
    matrix[indices] = rows
    for name, each in touched.items():
        state[name][indices] = each


def _adam(
    rows: Tensor,
    gradients: Tensor,
    state: dict[str, Tensor],
    *,
    lr: float,
    betas: tuple[float, float],
    eps: float,
    weight_decay: float,
    decoupled_weight_decay: bool,
    **_: object,
) -> None:
    """Update rows in place: Kingma and Ba, arXiv:1412.6980, algorithm 1.

    With decoupled weight decay it is AdamW: Loshchilov and Hutter, arXiv:1711.05101, algorithm 2.
    """
    if decoupled_weight_decay:
        rows.mul_(1 - lr * weight_decay)
    else:
        gradients = gradients.add(rows, alpha=weight_decay)
    first, second = betas
    mean = state["exp_avg"].lerp_(gradients, 1 - first)
    square = state["exp_avg_sq"].mul_(second).addcmul_(gradients, gradients, value=1 - second)
    step = state[STEP].add_(1)
    root = square.div(1 - second**step).sqrt_().add_(eps)
    rows.addcdiv_(mean.mul(lr / (1 - first**step)), root, value=-1)


def _touched_rows(matrix: Tensor) -> Tensor:
    assert matrix.grad is not None
    matrix.grad = matrix.grad.coalesce()
    values = matrix.grad.values()
    rows = torch.empty_like(values)
    rows.grad = values
    return rows
