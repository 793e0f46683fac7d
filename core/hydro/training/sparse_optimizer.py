"""Updates of only those rows of a matrix that a batch touched, by the rule of the optimizer.

torch's optimizers either refuse sparse gradients or give all rows one count of updates, so that a
row that is seldom touched makes far too big a first step. Here a row that was touched ten times is
where the optimizer would have it after ten updates: its averages, its count and its decay know
nothing of the updates it took no part in.
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

Rule = Callable[[Tensor, Tensor, dict[str, Tensor], dict[str, Any]], None]
"""Changes some rows and what is kept of them in place, given their gradients and the options."""


def with_dense_gradients(parameters: Iterable[Tensor]) -> list[Tensor]:
    """List the parameters; in place of one with a sparse gradient, what has just its touched rows.

    Whatever is done to the gradient of such a stand-in is done to that of the parameter.
    """
    return [
        _touched_rows(each) if each.grad is not None and each.grad.is_sparse else each
        for each in parameters
    ]


def use_sparse_updates(optimizer: torch.optim.Optimizer) -> None:
    """Make an optimizer of torch's take sparse gradients of matrices, one row an index.

    The averages of all rows stand in the optimizer's own state, and are saved and loaded with it.
    """
    rule, names = RULES[type(optimizer).__name__]

    def update(optimizer: torch.optim.Optimizer, *_: Any) -> None:
        # A fused optimizer is called even when loss scaling has found a gradient to be infinite.
        skipped = getattr(optimizer, "found_inf", None)
        for group in optimizer.param_groups:
            for each in group["params"]:
                if each.grad is None or not each.grad.is_sparse:
                    continue
                if skipped is None or not skipped.item():
                    _update(each, optimizer.state[each], group, rule, names)
                each.grad = None

    optimizer.register_step_pre_hook(update)


@torch.no_grad()
def _update(
    matrix: Tensor, state: dict[str, Tensor], group: dict[str, Any], rule: Rule, names: list[str]
) -> None:
    gradient = matrix.grad.coalesce()  # type: ignore[union-attr]
    (rows,) = gradient.indices()
    if not state:
        state |= {name: torch.zeros_like(matrix) for name in names if name != UPDATES}
        state[UPDATES] = matrix.new_zeros(len(matrix), 1)
    kept = {name: state[name][rows] for name in names}
    changed = matrix[rows]
    rule(changed, gradient.values(), kept, group)
    matrix[rows] = changed
    for name in names:
        state[name][rows] = kept[name]


def _touched_rows(matrix: Tensor) -> Tensor:
    assert matrix.grad is not None
    matrix.grad = matrix.grad.coalesce()
    values = matrix.grad.values()
    rows = torch.empty_like(values)
    rows.grad = values
    return rows


def _adam(rows: Tensor, gradients: Tensor, kept: dict[str, Tensor], group: dict[str, Any]) -> None:
    """Kingma and Ba, arXiv:1412.6980, algorithm 1."""
    gradients = gradients.add(rows, alpha=group["weight_decay"])
    _adam_step(rows, gradients, kept, group)


def _adamw(rows: Tensor, gradients: Tensor, kept: dict[str, Tensor], group: dict[str, Any]) -> None:
    """Loshchilov and Hutter, arXiv:1711.05101, algorithm 2."""
    rows.mul_(1 - group["lr"] * group["weight_decay"])
    _adam_step(rows, gradients, kept, group)


def _adam_step(
    rows: Tensor, gradients: Tensor, kept: dict[str, Tensor], group: dict[str, Any]
) -> None:
    first, second = group["betas"]
    mean = kept["exp_avg"].lerp_(gradients, 1 - first)
    square = kept["exp_avg_sq"].mul_(second).addcmul_(gradients, gradients, value=1 - second)
    updates = kept[UPDATES].add_(1)
    root = square.div(1 - second**updates).sqrt_().add_(group["eps"])
    rows.addcdiv_(mean.mul(group["lr"] / (1 - first**updates)), root, value=-1)


def _sgd(rows: Tensor, gradients: Tensor, kept: dict[str, Tensor], group: dict[str, Any]) -> None:
    rows.sub_(group["lr"] * gradients.add(rows, alpha=group["weight_decay"]))


def _rmsprop(
    rows: Tensor, gradients: Tensor, kept: dict[str, Tensor], group: dict[str, Any]
) -> None:
    """Hinton, Neural networks for machine learning, lecture 6e."""
    gradients = gradients.add(rows, alpha=group["weight_decay"])
    share = group["alpha"]
    square = kept["square_avg"].mul_(share).addcmul_(gradients, gradients, value=1 - share)
    rows.addcdiv_(gradients, square.sqrt().add_(group["eps"]), value=-group["lr"])


def _adadelta(
    rows: Tensor, gradients: Tensor, kept: dict[str, Tensor], group: dict[str, Any]
) -> None:
    """Zeiler, arXiv:1212.5701, algorithm 1."""
    gradients = gradients.add(rows, alpha=group["weight_decay"])
    share, eps = group["rho"], group["eps"]
    square = kept["square_avg"].mul_(share).addcmul_(gradients, gradients, value=1 - share)
    step = kept["acc_delta"].add(eps).div_(square.add(eps)).sqrt_().mul_(gradients)
    kept["acc_delta"].mul_(share).addcmul_(step, step, value=1 - share)
    rows.sub_(group["lr"] * step)


UPDATES = "step"
"""How often each row was touched; torch wants every state to have it."""

RULES: dict[str, tuple[Rule, list[str]]] = {
    "AdamW": (_adamw, ["exp_avg", "exp_avg_sq", UPDATES]),
    "Adam": (_adam, ["exp_avg", "exp_avg_sq", UPDATES]),
    "SGD": (_sgd, []),
    "RMSprop": (_rmsprop, ["square_avg"]),
    "Adadelta": (_adadelta, ["square_avg", "acc_delta"]),
}
"""The rule of each of torch's optimizers that hydro offers, and what it keeps of every row, under
torch's names."""
