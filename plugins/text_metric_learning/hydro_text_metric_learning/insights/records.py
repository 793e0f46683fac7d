"""The insights that are offered, and how each is built; what is heavy is imported in a builder."""

from typing import TYPE_CHECKING

from hydro.api import Bars, Cards, Finding, Histogram, Insight, Matrix, Scatter
from hydro_text_metric_learning.settings import TextSettings

if TYPE_CHECKING:
    import pandas as pd

    from hydro.api import Labels
    from hydro.similarity.predictions import RetrievalPredictions
    from hydro.text import TextTokenizer

FITS = ("text_metric_learning",)


def build_neighbors(
    settings: TextSettings, *, predictions: "RetrievalPredictions", frame: "pd.DataFrame"
) -> "pd.DataFrame":
    """Build the table of texts with their nearest neighbors."""
    from hydro.similarity.insights.neighbors import neighbors_table
    from hydro_text_metric_learning.insights.texts import described

    return neighbors_table(
        predictions,
        described(settings, frame),
        metric=settings.prediction.metric,
        count=settings.logging.number_of_texts,
        seed=settings.environment.seed,
    )


def build_cosines(
    settings: TextSettings,
    *,
    predictions: "RetrievalPredictions",
    frame: "pd.DataFrame",
    before: "RetrievalPredictions",
) -> Finding:
    """Build the histograms of cosines."""
    from hydro.similarity.insights.cosines import cosines

    return cosines(before, predictions, settings.environment.seed)


def build_landscape(
    settings: TextSettings, *, predictions: "RetrievalPredictions", frame: "pd.DataFrame"
) -> Finding:
    """Build the map."""
    from hydro.similarity.insights.pca_map import pca_map
    from hydro_text_metric_learning.insights.texts import described

    shown = described(settings, frame)
    return pca_map(predictions.embeddings, shown, settings.environment.seed)


def build_classes(
    settings: TextSettings,
    *,
    predictions: "RetrievalPredictions",
    frame: "pd.DataFrame",
    labels: "Labels",
) -> Finding:
    """Build the scores of classes."""
    from hydro.similarity.insights.classes import class_scores
    from hydro_text_metric_learning.insights.texts import described

    return class_scores(predictions, described(settings, frame), len(labels))


def build_confusion(
    settings: TextSettings, *, predictions: "RetrievalPredictions", frame: "pd.DataFrame"
) -> Finding:
    """Build the pairs of classes that are mixed up."""
    from hydro.similarity.insights.confusion import confusion
    from hydro_text_metric_learning.insights.texts import described

    return confusion(predictions, described(settings, frame))


def build_suspects(
    settings: TextSettings, *, predictions: "RetrievalPredictions", frame: "pd.DataFrame"
) -> Finding:
    """Build the list of rows whose label may be wrong."""
    from hydro.similarity.insights.label_errors import label_errors
    from hydro_text_metric_learning.insights.texts import described

    return label_errors(predictions, described(settings, frame))


def build_duplicates(
    settings: TextSettings,
    *,
    predictions: "RetrievalPredictions",
    frame: "pd.DataFrame",
    before: "RetrievalPredictions",
    train: "pd.DataFrame",
) -> Finding:
    """Build the list of texts that are there twice."""
    from hydro.similarity.insights.duplicates import TRAIN, duplicates
    from hydro_text_metric_learning.insights.texts import described

    # With train_validation_data, every validation row is a training row by itself.
    train = train.iloc[: 0 if settings.training.train_validation_data else TRAIN]
    return duplicates(before, described(settings, frame), described(settings, train))


def build_lengths(
    settings: TextSettings,
    *,
    predictions: "RetrievalPredictions",
    frame: "pd.DataFrame",
    train: "pd.DataFrame",
    tokenizer: "TextTokenizer",
) -> Finding:
    """Build the histograms of token lengths."""
    from hydro.api import sample_rows
    from hydro_text_metric_learning.insights.lengths import TEXTS, token_lengths

    drawn = {
        name: sample_rows(rows, TEXTS, settings.environment.seed)
        for name, rows in (("training", train), ("validation", frame))
    }
    texts = {
        name: tokenizer.join([rows[each].tolist() for each in settings.dataset.text_column])
        for name, rows in drawn.items()
    }
    return token_lengths(tokenizer, texts)


INSIGHTS = (
    Insight(
        "cosines",
        build_cosines,
        FITS,
        title="Cosines of pairs",
        caption="The less the two areas overlap, the better one threshold tells same from "
        "different.",
        chart=Histogram(
            "cosine",
            ("same_class", "different_class"),
            y="share of pairs",
            facet="when",
            rule="best_threshold",
        ),
        inputs=("before",),
    ),
    Insight(
        "classes",
        build_classes,
        FITS,
        title="Classes",
        caption="The worst come first. Few rows make a figure a matter of chance.",
        chart=Bars("class", ("mAP", "Precision@1")),
        inputs=("labels",),
    ),
    Insight(
        "confusion",
        build_confusion,
        FITS,
        title="Classes taken for each other",
        caption="A row is a class, a column the class of the nearest neighbor, a cell the share of "
        "the row's texts. Two classes in each other's column may be one need with two names.",
        chart=Matrix("class", "nearest_class", "share"),
    ),
    Insight(
        "neighbours",
        build_neighbors,
        FITS,
        title="Texts and their nearest neighbors",
        caption="Are the wrong neighbors of the worst texts wrong to you, too?",
        chart=Cards(
            section="shown_as",
            key="row",
            text="text",
            tag="label",
            other="neighbour",
            other_tag="neighbour_label",
            value="similarity",
            match="match",
        ),
    ),
    Insight(
        "label_suspects",
        build_suspects,
        FITS,
        title="Labels that may be wrong",
        caption="All five nearest neighbors are of other classes. Correct the table, or see what "
        "the model misses.",
    ),
    Insight(
        "duplicates",
        build_duplicates,
        FITS,
        title="Texts that are there twice",
        caption="A text on both sides of the split makes the score look better than it is; one "
        "with two labels cannot be learned.",
        inputs=("before", "train"),
    ),
    Insight(
        "map",
        build_landscape,
        FITS,
        title="Map of the embeddings",
        caption="Two of many directions: what is apart here is apart, what is close may not be.",
        chart=Scatter("first_component", "second_component", "label", "text"),
    ),
    Insight(
        "token_lengths",
        build_lengths,
        FITS,
        title="Tokens of a text",
        caption="A limit that cuts many texts loses their ends; one far to the right costs "
        "nothing.",
        chart=Histogram(
            "tokens", ("training", "validation"), y="share of texts", rule="max_length"
        ),
        inputs=("train", "tokenizer"),
    ),
)
