"""Settings of the model and its predictions; problem types add their own."""

from hydro.settings.fields import Section, setting


class TokenizerSection(Section):
    """How a text becomes tokens."""


class ArchitectureSection(Section):
    """What the model is made of."""


class PredictionSection(Section):
    """What is predicted, and how it is scored."""

    metric: str = setting(
        help="The metric that picks the best checkpoint and heads every report.",
        level="intermediate",
        component="metric",
    )
