"""What problems with given targets share: targets, heads, losses, metrics, predictions.

Importing it is light; what needs torch, pandas or scikit-learn is imported on first use.
"""

from typing import TYPE_CHECKING

from hydro.plugins.lazy import lazy_attributes
from hydro.supervised.components import (
    classification_losses,
    classification_metrics,
    multilabel_losses,
    multilabel_metrics,
    regression_losses,
    regression_metrics,
)

if TYPE_CHECKING:
    from hydro.supervised.heads import ClassHead, NumberHead
    from hydro.supervised.metrics import ClassOutputs, NumberOutputs
    from hydro.supervised.multilabel import MultilabelOutputs
    from hydro.supervised.predictions import (
        ClassPredictions,
        MultilabelPredictions,
        NumberPredictions,
        predict_classes,
        predict_multilabels,
        predict_numbers,
    )
    from hydro.supervised.targets import Multilabels, Numbers

MODULES = {
    "ClassHead": "hydro.supervised.heads",
    "ClassOutputs": "hydro.supervised.metrics",
    "ClassPredictions": "hydro.supervised.predictions",
    "MultilabelOutputs": "hydro.supervised.multilabel",
    "MultilabelPredictions": "hydro.supervised.predictions",
    "Multilabels": "hydro.supervised.targets",
    "NumberHead": "hydro.supervised.heads",
    "NumberOutputs": "hydro.supervised.metrics",
    "NumberPredictions": "hydro.supervised.predictions",
    "Numbers": "hydro.supervised.targets",
    "predict_classes": "hydro.supervised.predictions",
    "predict_multilabels": "hydro.supervised.predictions",
    "predict_numbers": "hydro.supervised.predictions",
}
"""The heavy names, by the module that defines each."""

__all__ = [
    "ClassHead",
    "ClassOutputs",
    "ClassPredictions",
    "MultilabelOutputs",
    "MultilabelPredictions",
    "Multilabels",
    "NumberHead",
    "NumberOutputs",
    "NumberPredictions",
    "Numbers",
    "classification_losses",
    "classification_metrics",
    "multilabel_losses",
    "multilabel_metrics",
    "predict_classes",
    "predict_multilabels",
    "predict_numbers",
    "regression_losses",
    "regression_metrics",
]

__getattr__ = lazy_attributes(__name__, MODULES)
