"""``hydro predict``: predict the rows of a table with a trained model."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table

from hydro.artifacts.experiments import find_experiment
from hydro.artifacts.files import JsonObject, require_writable
from hydro.cli.console import plain_console
from hydro.cli.options import experiment_argument, installed_catalog, json_option
from hydro.cli.output import echo, echo_json
from hydro.cli.terminal import TerminalProgress
from hydro.errors import DataError
from hydro.evaluation.predictions_file import PREDICTION_FILES, write_predictions
from hydro.paths import default_output
from hydro.training.signals import StopSignal

if TYPE_CHECKING:
    from hydro.inference.trained_model import TrainedModel
    from hydro.plugins.predictions import Predictions


@click.command()
@experiment_argument
@click.argument("data")
@click.option(
    "--gallery",
    metavar="train|validation|FILE",
    help="Rows to search for neighbors.  [default: DATA, each row without itself]",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=".",
    help="Output folder.  [default: the working folder]",
)
@json_option
def predict(experiment: str, data: str, gallery: str | None, output: Path, as_json: bool) -> None:
    """Predict the rows of DATA, a table as in training, or `-` for CSV on standard input.

    EXPERIMENT is the folder of an experiment, or its name below `runs` ($HYDRO_OUTPUT). Of several
    runs the best is used, unless one is named as in NAME/runs/003.

    Writes DATA_predictions.csv and .parquet, the columns of DATA with predictions, and
    DATA_raw_predictions.npz, the arrays. Labels are optional; metrics need them, and a label is
    predicted where the gallery has some.
    """
    folder = find_experiment(experiment, default_output())
    registry = installed_catalog()

    # Loads torch, for which help and wrong usage need not wait.
    from hydro.data.tables import table_name
    from hydro.inference.gallery import read_rows
    from hydro.inference.trained_model import open_trained

    StopSignal.on_signals()
    with TerminalProgress() as progress, TemporaryDirectory() as temporary:
        trained = open_trained(folder, registry)
        path = Path(data)
        if data == "-":
            path = Path(temporary, "stdin.csv")
            path.write_bytes(sys.stdin.buffer.read())
        searched, doubts = trained.gallery(gallery).read() if gallery else (None, [])
        try:
            frame, notes = read_rows(path, trained.columns)
        except DataError as error:
            raise DataError(str(error).replace(str(path), data)) from None
        for note in (*notes, *doubts):
            progress.print(f"warning: {note}")
        require_writable(output, [f"{table_name(path)}{end}" for end in PREDICTION_FILES])
        total = len(frame) + (0 if searched is None else len(searched))
        name = table_name(path)
        with progress.task(name, total, "rows") as task:
            predictions = trained.predict(frame, searched, task.advance)
        files = write_predictions(output, name, frame, predictions, parquet=True)
    metrics = _scores(trained, predictions)
    if as_json:
        told = {"run": str(trained.folder.path), "rows": len(frame), "metrics": metrics}
        echo_json({**told, "files": [str(each) for each in files]})
        return
    if trained.calibration:
        echo(trained.calibration["summary"], err=True)
    _show(name, len(frame), metrics)
    for each in files:
        echo(each)


def _scores(trained: "TrainedModel", predictions: "Predictions") -> dict[str, dict[str, Any]]:
    """Compute every score that is defined on one of the rows."""
    from hydro.evaluation.scores import score
    from hydro.plugins.predictions import defined_rows

    scores = {
        name: {
            "score": score(name, trained.metrics[name], values),
            "rows": int(predictions.defined(name).sum()),
        }
        for name, values in predictions.values.items()
        if predictions.defined(name).any()
    }
    for name, values in predictions.more_scores().items():
        defined = defined_rows(values)
        if defined.any() and name not in scores:
            scores[name] = {"score": float(values[defined].mean()), "rows": int(defined.sum())}
    return scores


def _show(name: str, rows: int, metrics: JsonObject) -> None:
    if not metrics:
        echo(f"{name}, {rows:,} rows; none that a metric is defined on")
        return
    table = Table("metric", title=f"{name}, {rows:,} rows", title_justify="left")
    table.add_column("score", justify="right")
    table.add_column("rows", justify="right")
    for metric, each in metrics.items():
        table.add_row(metric, f"{each['score']:.4f}", f"{each['rows']:,}")
    plain_console().print(table)
