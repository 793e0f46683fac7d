"""The API for plugins: everything that a plugin may import from the core."""

from typing import TYPE_CHECKING

import hydro.plugins.lazy
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
    Insight,
    Logger,
    Loss,
    Metric,
    Model,
    Optimizer,
    Sampler,
    Schedule,
    Tokenizer,
)
from hydro.plugins.hookspecs import hookimpl
from hydro.plugins.inference import Inference, Retrieval
from hydro.plugins.metrics import MeanMetric, Metrics, RowMetric
from hydro.plugins.predictions import Predictions, check_values
from hydro.plugins.problem import Calibration, Problem, TrainedArtifacts
from hydro.plugins.retrieval import Hit, Index, Kind
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
    from hydro.data.frames import Frames
    from hydro.data.labels import Labels
    from hydro.data.memory_map import sample_rows
    from hydro.data.quality_checks import check_leakage, count_conflicts, hash_inputs
    from hydro.data.targets import Targets
    from hydro.training.dataset import Batch
    from hydro.training.precision import Precision
    from hydro.training.randomness import Draw
    from hydro.training.samplers import BatchSampler

HEAVY = {
    "Batch": "hydro.training.dataset",
    "BatchSampler": "hydro.training.samplers",
    "Draw": "hydro.training.randomness",
    "Frames": "hydro.data.frames",
    "Labels": "hydro.data.labels",
    "Precision": "hydro.training.precision",
    "Targets": "hydro.data.targets",
    "check_leakage": "hydro.data.quality_checks",
    "count_conflicts": "hydro.data.quality_checks",
    "hash_inputs": "hydro.data.quality_checks",
    "sample_rows": "hydro.data.memory_map",
}
"""What loads torch or pandas is fetched when it is asked for: importing the API is light."""

__all__ = [
    "ArchitectureSection",
    "Bars",
    "Batch",
    "BatchSampler",
    "Calibration",
    "Cards",
    "Chart",
    "Columns",
    "Component",
    "DataError",
    "Dataset",
    "DatasetSection",
    "Draw",
    "EnvironmentSection",
    "Exporter",
    "Finding",
    "Frames",
    "Histogram",
    "Hit",
    "HydroError",
    "Index",
    "Inference",
    "Insight",
    "Kind",
    "Labels",
    "Logger",
    "LoggingSection",
    "Loss",
    "Matrix",
    "MeanMetric",
    "Metric",
    "MetricError",
    "Metrics",
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
    "Retrieval",
    "RowMetric",
    "Sampler",
    "Scatter",
    "Schedule",
    "Section",
    "Settings",
    "SettingsError",
    "Targets",
    "Tokenizer",
    "TokenizerSection",
    "Tracker",
    "TrainedArtifacts",
    "TrainingError",
    "TrainingSection",
    "check_leakage",
    "check_values",
    "count_conflicts",
    "hash_inputs",
    "hookimpl",
    "only_if",
    "sample_rows",
    "section",
    "setting",
    "unless",
]

__getattr__ = hydro.plugins.lazy.lazy_attributes(__name__, HEAVY)
