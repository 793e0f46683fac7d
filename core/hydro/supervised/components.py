"""The losses and metrics that a problem type with given targets can offer."""

from importlib import import_module
from typing import TYPE_CHECKING

from hydro.plugins.components import Loss, Metric
from hydro.plugins.protocols import LossBuilder, MetricBuilder
from hydro.settings.sections import Settings

if TYPE_CHECKING:
    from torch import nn

    from hydro.plugins.metrics import RowMetric


def classification_losses(problem: str) -> list[Loss]:
    """Return the losses of one class a row."""
    return [Loss("CrossEntropy", _loss("CrossEntropyLoss"), problems=(problem,))]


def multilabel_losses(problem: str) -> list[Loss]:
    """Return the losses of several labels a row: binary cross entropy, the mean over labels."""
    return [Loss("BCE", _loss("BCEWithLogitsLoss"), problems=(problem,))]


def regression_losses(problem: str) -> list[Loss]:
    """Return the losses of numbers, in their own units."""
    torch_names = {"MSE": "MSELoss", "MAE": "L1Loss"}
    return [Loss(name, _loss(each), problems=(problem,)) for name, each in torch_names.items()]


def classification_metrics(problem: str) -> list[Metric]:
    """Return the metrics of one class a row."""
    names = ("Accuracy", "F1 macro", "F1 micro", "ROC AUC", "Log loss")
    return [_metric(name, problem, higher_is_better=name != "Log loss") for name in names]


def multilabel_metrics(problem: str) -> list[Metric]:
    """Return the metrics of several labels a row."""
    names = ("F1 macro", "F1 micro", "ROC AUC", "Average precision", "Log loss")
    return [
        _metric(name, problem, higher_is_better=name != "Log loss", module="multilabel")
        for name in names
    ]


def regression_metrics(problem: str) -> list[Metric]:
    """Return the metrics of numbers."""
    names = ("RMSE", "MAE", "R2")
    return [_metric(name, problem, higher_is_better=name == "R2") for name in names]


def _metric(name: str, problem: str, *, higher_is_better: bool, module: str = "metrics") -> Metric:
    build = _metric_builder(name, module)
    return Metric(name, build, problems=(problem,), higher_is_better=higher_is_better)


def _metric_builder(name: str, module: str) -> MetricBuilder:
    def build(settings: Settings) -> "RowMetric":
        metrics: dict[str, RowMetric] = import_module(f"hydro.supervised.{module}").METRICS
        return metrics[name]

    return build


def _loss(name: str) -> LossBuilder:
    def build(settings: Settings, *, model: object, targets: object) -> "nn.Module":
        from torch import nn

        loss: nn.Module = getattr(nn, name)()
        return loss

    return build
