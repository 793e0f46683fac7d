"""The settings that every problem type shares, one module a topic."""

from hydro.settings.sections.dataset import DatasetSection
from hydro.settings.sections.environment import EnvironmentSection, LoggingSection
from hydro.settings.sections.experiment import Settings
from hydro.settings.sections.model import (
    ArchitectureSection,
    PredictionSection,
    TokenizerSection,
)
from hydro.settings.sections.training import TrainingSection
from hydro.settings.sections.tuning import SearchSection
from hydro.settings.sections.types import Ids, Names

__all__ = [
    "ArchitectureSection",
    "DatasetSection",
    "EnvironmentSection",
    "Ids",
    "LoggingSection",
    "Names",
    "PredictionSection",
    "SearchSection",
    "Settings",
    "TokenizerSection",
    "TrainingSection",
]
