"""Settings of the model and its predictions; problem types add their own."""

from hydro.settings.fields import Section, setting


class TokenizerSection(Section):
    """Tokenization."""


class ArchitectureSection(Section):
    """Model architecture."""


class PredictionSection(Section):
    """Prediction and scoring."""

    metric: str = setting(
        help="Metric that selects the best checkpoint and the best run.",
        level="intermediate",
        component="metric",
    )
