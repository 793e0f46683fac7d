"""The door for plugins: everything a plugin may import from the core stands here."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from hydro.data.columns import Columns
from hydro.errors import (
    DataError,
    HydroError,
    MetricError,
    ModelError,
    PluginError,
    ResourceError,
    SettingsError,
    TrainingError,
)
from hydro.plugins.charts import Bars, Cards, Chart, Finding, Histogram, Matrix, Scatter
from hydro.plugins.components import (
    Component,
    Dataset,
    Exporter,
    Inference,
    Insight,
    Logger,
    Loss,
    Metric,
    Model,
    Optimizer,
    Problem,
    Schedule,
    Tokenizer,
)
from hydro.plugins.hookspecs import hookimpl
from hydro.plugins.predictions import Predictions, check_values
from hydro.plugins.retrieval import Hit
from hydro.settings.fields import Section, section, setting
from hydro.settings.rules import only_if, unless
from hydro.settings.sections import (
    ArchitectureSection,
    DatasetSection,
    EnvironmentSection,
    LoggingSection,
    Names,
    PredictionSection,
    Settings,
    TokenizerSection,
    TrainingSection,
)
from hydro.trackers.tracker import Tracker

if TYPE_CHECKING:
    from hydro.data.labels import Labels
    from hydro.data.memory_map import sample_rows
    from hydro.training.dataset import Batch
    from hydro.training.precision import Precision

HEAVY = {
    "Batch": "hydro.training.dataset",
    "Labels": "hydro.data.labels",
    "Precision": "hydro.training.precision",
    "sample_rows": "hydro.data.memory_map",
}
"""What loads torch or pandas is fetched when it is asked for: importing the door is light."""

__all__ = [
    "ArchitectureSection",
    "Bars",
    "Batch",
    "Cards",
    "Chart",
    "Columns",
    "Component",
    "DataError",
    "Dataset",
    "DatasetSection",
    "EnvironmentSection",
    "Exporter",
    "Finding",
    "Histogram",
    "Hit",
    "HydroError",
    "Inference",
    "Insight",
    "Labels",
    "Logger",
    "LoggingSection",
    "Loss",
    "Matrix",
    "Metric",
    "MetricError",
    "Model",
    "ModelError",
    "Names",
    "Optimizer",
    "PluginError",
    "Precision",
    "PredictionSection",
    "Predictions",
    "Problem",
    "ResourceError",
    "Scatter",
    "Schedule",
    "Section",
    "Settings",
    "SettingsError",
    "Tokenizer",
    "TokenizerSection",
    "Tracker",
    "TrainingError",
    "TrainingSection",
    "check_values",
    "hookimpl",
    "only_if",
    "sample_rows",
    "section",
    "setting",
    "unless",
]


def __getattr__(name: str) -> Any:
    """Import what is heavy on first use."""
    if name not in HEAVY:
        msg = f"module 'hydro.api' has no attribute '{name}'"
        raise AttributeError(msg)
    return getattr(import_module(HEAVY[name]), name)
