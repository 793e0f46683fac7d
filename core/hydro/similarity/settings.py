"""The settings that problems share whose rows are compared with each other."""

from hydro.settings.fields import section, setting
from hydro.settings.sections import PredictionSection, Settings


class RetrievalPredictionSection(PredictionSection):
    """How neighbors are predicted and scored."""

    top_k_similar: int = setting(
        50,
        help="Neighbors kept for each row, and the K of the metrics.",
        level="intermediate",
        ge=1,
    )
    threshold_precision: float = setting(
        0.95,
        help="Precision, over pairs of held-out rows, of taking two rows for the same class; the "
        "similarity threshold is the lowest that is shown to have it.",
        level="intermediate",
        gt=0,
        le=1,
    )


class RetrievalSettings(Settings):
    """Settings of a problem whose rows are compared with each other."""

    prediction: RetrievalPredictionSection = section()
