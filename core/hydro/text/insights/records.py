"""The insights into texts that a problem type can offer, and how each is built."""

from typing import TYPE_CHECKING

from hydro.plugins.charts import Finding, Histogram
from hydro.plugins.components import Insight
from hydro.text.settings import TextSettings

if TYPE_CHECKING:
    import pandas as pd

    from hydro.plugins.predictions import Predictions
    from hydro.text.tokenizer import TextTokenizer


def text_insights(problem: str) -> list[Insight]:
    """Return the insights of a text problem."""
    return [
        Insight(
            "token_lengths",
            build_token_lengths,
            (problem,),
            title="Tokens per text",
            caption="A limit that truncates many texts loses their ends; one far to the right "
            "costs nothing.",
            chart=Histogram(
                "tokens", ("training", "validation"), y="share of texts", rule="max_length"
            ),
            inputs=("train", "tokenizer"),
        )
    ]


def build_token_lengths(
    settings: TextSettings,
    *,
    predictions: "Predictions",
    frame: "pd.DataFrame",
    train: "pd.DataFrame",
    tokenizer: "TextTokenizer",
) -> Finding:
    """Build the histograms of token lengths."""
    from hydro.data.memory_map import sample_rows
    from hydro.text.insights.token_lengths import MAX_TEXTS, token_lengths

    samples = {
        name: sample_rows(rows, MAX_TEXTS, settings.environment.seed)
        for name, rows in (("training", train), ("validation", frame))
    }
    texts = {
        name: tokenizer.join([rows[each].tolist() for each in settings.dataset.text_column])
        for name, rows in samples.items()
    }
    return token_lengths(tokenizer, texts)
