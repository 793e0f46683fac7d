"""Settings of an experiment: all sections that every problem type shares, in display order."""

from typing import TypeVar

from hydro.settings.fields import Section, section, setting
from hydro.settings.sections.dataset import DatasetSection
from hydro.settings.sections.environment import EnvironmentSection, LoggingSection
from hydro.settings.sections.model import (
    ArchitectureSection,
    PredictionSection,
    TokenizerSection,
)
from hydro.settings.sections.training import TrainingSection
from hydro.settings.sections.tuning import SearchSection

Own = TypeVar("Own", bound=Section)


class Settings(Section):
    """Settings of an experiment."""

    experiment_name: str | None = setting(
        None, help="Experiment name, which its folder has too. Default: two random words."
    )
    problem_type: str | None = setting(
        None, help="Problem type; `--problem` on the command line does the same."
    )
    from_experiment: str | None = setting(
        None,
        help="Earlier experiment, by folder or name, whose settings are the defaults.",
    )
    grid_search: dict[str, list[object]] = setting(
        {},
        help="Hyperparameter search space: a list of values for each setting; see `search`.",
        level="intermediate",
    )
    dataset: DatasetSection = section()
    tokenizer: TokenizerSection = section()
    architecture: ArchitectureSection = section()
    training: TrainingSection = section()
    prediction: PredictionSection = section()
    search: SearchSection = section()
    environment: EnvironmentSection = section()
    logging: LoggingSection = section()

    @property
    def split_seed(self) -> int:
        """The seed of folds and samples; it does not change from run to run unless it is given."""
        own = self.dataset.split_seed
        return max(self.environment.seed, 0) if own is None else own

    def of(self, settings: type[Own]) -> Own:
        """Return a component its own settings, which stand flat in the section that selects it."""
        wanted = set(settings.model_fields)
        for name in type(self).model_fields:
            part = getattr(self, name)
            if isinstance(part, Section) and wanted <= set(type(part).model_fields):
                return settings(**{each: getattr(part, each) for each in wanted})
        msg = f"{settings.__name__} is not among the settings; does a record name it?"
        raise LookupError(msg)
