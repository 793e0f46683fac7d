"""``hydro search``: find the rows most similar to a text."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from hydro.artifacts.experiments import find_experiment
from hydro.cli.options import experiment_argument, index_option, installed_catalog, json_option
from hydro.cli.output import echo, echo_json
from hydro.cli.terminal import TerminalProgress
from hydro.data.text_input.encoding import check_text, is_blank, read_lines
from hydro.errors import DataError, SettingsError
from hydro.paths import default_output
from hydro.plugins.retrieval import Hit, Kind, vote_of_hits
from hydro.training.signals import StopSignal

if TYPE_CHECKING:
    from hydro.data.columns import Columns
    from hydro.plugins.retrieval import Index


@click.command()
@experiment_argument
@click.argument("text", required=False)
@click.option(
    "--gallery",
    default="train",
    metavar="train|validation|FILE",
    show_default=True,
    help="Rows to search.",
)
@click.option(
    "-k",
    "count",
    metavar="K",
    default=5,
    show_default=True,
    type=click.IntRange(1),
    help="Number of hits per query.",
)
@index_option("exact compares with every row; ivf and hnsw are faster and approximate.")
@click.option(
    "--column",
    "columns",
    metavar="NAME=TEXT",
    multiple=True,
    help="Instead of TEXT, for a model of several text columns. Can be repeated.",
)
@json_option
def search(
    experiment: str,
    text: str | None,
    gallery: str,
    count: int,
    kind: Kind,
    columns: tuple[str, ...],
    as_json: bool,
) -> None:
    """Find the rows most similar to TEXT, or to each line of standard input if TEXT is `-`.

    EXPERIMENT is the folder of an experiment, or its name below `runs` ($HYDRO_OUTPUT). The index
    is stored in its folder, and rebuilt when the rows change.
    """
    if (text is None) is not bool(columns):
        msg = "give either TEXT or --column"
        raise click.UsageError(msg)
    folder = find_experiment(experiment, default_output())
    registry = installed_catalog()

    # These load torch and pandas, for which help and wrong usage need not wait.
    import pandas as pd

    from hydro.data.source import as_data_error
    from hydro.inference.trained_model import open_trained

    StopSignal.on_signals()
    with TerminalProgress():
        trained = open_trained(folder, registry)
        with as_data_error():
            queries = _queries(text, columns, trained.columns)
        index = trained.open_index(trained.gallery(gallery), kind)
        found = index.search(pd.DataFrame(queries, dtype="str"), count)
    _tell(index, trained.calibration)
    if as_json:
        pairs = zip(queries, found, strict=True)
        rows = [
            {"query": query, "hits": [asdict(hit) for hit in hits], **asdict(vote_of_hits(hits))}
            for query, hits in pairs
        ]
        echo_json(rows, ensure_ascii=False)
        return
    for place, (query, hits) in enumerate(zip(queries, found, strict=True)):
        if len(queries) > 1:
            echo(("\n" if place else "") + _line(" | ".join(query.values())))
        _show(hits)
        predicted = vote_of_hits(hits)
        if predicted.label is not None:
            label, confidence = _line(predicted.label), predicted.confidence
            echo(f"predicted label by vote: {label}, confidence {confidence:.2f}", err=True)


def _queries(text: str | None, columns: Sequence[str], wanted: "Columns") -> list[dict[str, str]]:
    """Return a row of the input columns for each query.

    Raises:
        SettingsError: a column is not one of the model's, or a text is made of several.
        DataError: there is nothing to search for.
        InputError: a text is not Unicode.
    """
    names = wanted.inputs
    if columns:
        given = dict(each.partition("=")[::2] for each in columns)
        unknown = [name for name in given if name not in names]
        if unknown:
            msg = f"--column {unknown[0]}: no column of this model; available: {', '.join(names)}"
            raise SettingsError(msg)
        for name, value in given.items():
            check_text(f"--column {name}", value)
        queries = [{name: given.get(name, "") for name in names}]
    elif len(names) > 1:
        asked = " ".join(f"--column {name}=…" for name in names)
        msg = f"a text of this model is made of {', '.join(names)}. Write {asked} instead of TEXT"
        raise SettingsError(msg)
    else:
        queries = [{names[0]: each} for each in _texts(text or "")]
    queries = [query for query in queries if not all(map(is_blank, query.values()))]
    if not queries:
        msg = "there is nothing to search for: the text is blank"
        raise DataError(msg)
    return queries


def _texts(text: str) -> list[str]:
    """Return the text, or the lines of standard input where it is ``-``."""
    if text == "-":
        return read_lines("standard input", sys.stdin.buffer.read())
    return [check_text("TEXT", text)]


def _tell(index: "Index", decision: "Mapping[str, object] | None") -> None:
    """Describe on standard error what the hits rest on."""
    recall = index.facts["recall"]
    if recall is not None:
        kind, rows = index.facts["kind"], index.facts["rows"]
        said = f"{kind} index of {rows:,} rows: finds {recall:.1%} of the 10 nearest rows"
        echo(said, err=True)
    if decision:
        echo(decision["summary"], err=True)


def _show(hits: Sequence[Hit]) -> None:
    width = max((len(_line(hit.label or "")) for hit in hits), default=0)
    for hit in hits:
        mark = "" if hit.same is None else f"{'same' if hit.same else '':4}  "
        label = f"{_line(hit.label or ''):{width}}  " if width else ""
        echo(f"{hit.similarity:.3f}  {mark}{label}{_line(hit.text)}")


def _line(text: str) -> str:
    """Return a text as one line."""
    return " ".join(text.split())
