"""Two experiments are compared on the rows that both held out."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hydro.artifacts.files import write_text
from hydro.artifacts.results import write_leaderboard, write_scores
from hydro.artifacts.run_folder import RunFolder
from hydro.artifacts.status import Status, write_status
from hydro.errors import DataError, ResourceError, SettingsError
from hydro.evaluation.comparison import compare_experiments
from hydro.evaluation.held_out import read_held_out
from hydro.evaluation.intervals import change_interval
from hydro.evaluation.predictions_file import write_predictions
from hydro.plugins.metrics import MeanMetric, Metrics
from hydro.plugins.predictions import Predictions
from hydro.similarity.metrics import QueryMean

ERROR = {"MAE": False}
METRICS: Metrics = {"MAE": MeanMetric(np.asarray)}
ROWS = 30


def made(
    output: Path,
    name: str,
    values: np.ndarray,
    rows: range = range(ROWS),
    *,
    problem: str = "linear_regression",
    config: str = "",
    texts: str = "text",
    leave_one_out: np.ndarray | None = None,
) -> RunFolder:
    """Make a finished experiment whose held-out rows have these values."""
    folder = RunFolder.create(output, name)
    write_text(folder.config, f"problem_type: {problem}\nprediction: {{metric: MAE}}\n{config}")
    columns = {"text": [f"{texts} {row}" for row in rows], "row": [f"r{row}" for row in rows]}
    frame = pd.DataFrame(columns, index=pd.Index(rows), dtype="str")
    owed = {} if leave_one_out is None else {"MAE": leave_one_out}
    predictions = Predictions({"MAE": values, "Other": values}, leave_one_out=owed)
    write_predictions(folder.predictions, "validation", frame, predictions)
    write_scores(folder, {"validation": {"before": 1.0, "after": float(np.nanmean(values))}})
    write_status(folder, Status("finished"))
    return folder


@pytest.fixture
def values() -> np.ndarray:
    """An error for each row."""
    return np.random.default_rng(1).random(ROWS)


def test_the_change_is_paired_over_rows(tmp_path: Path, values: np.ndarray) -> None:
    change = np.random.default_rng(2).normal(-0.1, 0.05, ROWS)
    folders = made(tmp_path, "a", values), made(tmp_path, "b", values + change)
    (found,) = compare_experiments(*folders, METRICS, ERROR).changes
    assert (found.metric, found.rows, found.verdict) == ("MAE", ROWS, "better")
    assert (found.first, found.second) == pytest.approx((values.mean(), (values + change).mean()))
    assert found.interval == pytest.approx(change_interval(METRICS["MAE"], np.zeros(ROWS), change))
    (other,) = compare_experiments(*folders, METRICS, {"MAE": True}).changes
    assert other.verdict == "worse"


def test_an_experiment_does_not_differ_from_itself(tmp_path: Path, values: np.ndarray) -> None:
    folder = made(tmp_path, "a", values)
    found = compare_experiments(folder, folder, METRICS, ERROR)
    assert (found.settings, found.warnings, found.rows) == ({}, (), ROWS)
    assert found.changes[0].interval == (0, 0)
    assert found.changes[0].verdict == "not clearly different"


def test_settings_that_differ_are_listed(tmp_path: Path, values: np.ndarray) -> None:
    first = made(tmp_path, "a", values, config="training: {epochs: 1, margin: 2}\nx: [1, 2]\n")
    second = made(tmp_path, "b", values, config="training: {epochs: 3}\nx: [1, 2]\n")
    assert compare_experiments(first, second, METRICS, ERROR).settings == {
        "training.epochs": ("1", "3"),
        "training.margin": ("2", None),
    }


def test_rows_are_matched_by_number_and_content(tmp_path: Path, values: np.ndarray) -> None:
    first = made(tmp_path, "a", values)
    second = made(tmp_path, "b", np.zeros(20), range(20, 40))
    found = compare_experiments(first, second, METRICS, ERROR)
    assert found.rows == found.changes[0].rows == 10
    assert found.changes[0].first == pytest.approx(values[20:].mean())
    assert "compared on the 10 rows that both held out, of 30 and 20" in found.warnings[0]
    assert found.changes[0].interval is None
    assert found.changes[0].verdict == "too few rows for a verdict"
    assert "no interval: 10 rows are scored, and below 20" in found.warnings[1]


def test_rows_of_other_texts_are_other_rows(tmp_path: Path, values: np.ndarray) -> None:
    first, second = made(tmp_path, "a", values), made(tmp_path, "b", values, texts="other")
    with pytest.raises(DataError, match="a and b held out no row in common"):
        compare_experiments(first, second, METRICS, ERROR)


def test_a_row_counts_where_both_have_a_value(tmp_path: Path, values: np.ndarray) -> None:
    gap = values.copy()
    gap[:5] = np.nan
    found = compare_experiments(
        made(tmp_path, "a", values), made(tmp_path, "b", gap), METRICS, ERROR
    )
    assert found.changes[0].rows == ROWS - 5
    assert found.changes[0].first == found.changes[0].second == pytest.approx(values[5:].mean())


def test_the_folds_of_an_experiment_are_taken_together(tmp_path: Path, values: np.ndarray) -> None:
    both = made(tmp_path, "both", values)
    folds = made(tmp_path, "folds", values)
    for number, rows in enumerate((range(15), range(15, 30))):
        made(folds.path / "runs", f"00{number}", values[list(rows)] - 1, rows)
    made(folds.path / "runs", "002", values)
    with pytest.raises(ResourceError, match="its search has not finished"):
        compare_experiments(both, folds, METRICS, ERROR)
    write_leaderboard(folds, [{"runs": ["000", "001"]}, {"runs": ["002"]}])
    found = compare_experiments(both, folds, METRICS, ERROR)
    assert found.rows == ROWS
    assert found.changes[0].interval == pytest.approx((-1, -1))


def test_other_predictions_may_mean_other_metrics(tmp_path: Path, values: np.ndarray) -> None:
    first = made(tmp_path, "a", values)
    second = made(tmp_path, "b", values)
    write_text(
        second.config,
        "problem_type: linear_regression\nprediction: {metric: MAE, tolerance: 2}\n",
    )
    (note,) = compare_experiments(first, second, METRICS, ERROR).warnings
    assert "a metric may not mean the same" in note


def test_what_cannot_be_compared_is_an_error(tmp_path: Path, values: np.ndarray) -> None:
    first = made(tmp_path, "a", values)
    with pytest.raises(SettingsError, match="a is of linear_regression, b of another"):
        compare_experiments(first, made(tmp_path, "b", values, problem="another"), METRICS, ERROR)
    failed = made(tmp_path, "c", values)
    write_status(failed, Status("failed"))
    with pytest.raises(ResourceError, match="failed; no run of it has finished"):
        compare_experiments(first, failed, METRICS, ERROR)
    (first.path / "predictions/validation_raw_predictions.npz").unlink()
    with pytest.raises(ResourceError, match="no validation predictions to read"):
        compare_experiments(first, made(tmp_path, "d", values), METRICS, ERROR)


DEPENDENT: Metrics = {"MAE": QueryMean(np.asarray)}


def test_rows_that_are_compared_have_the_interval_of_what_both_stored(
    tmp_path: Path, values: np.ndarray
) -> None:
    others = np.random.default_rng(3).random(ROWS)
    owed = np.random.default_rng(4).normal(0, 0.01, (2, ROWS, 2)) * [1, 0.1]
    first = made(tmp_path, "a", values, leave_one_out=owed[0])
    second = made(tmp_path, "b", others, leave_one_out=owed[1])
    found = compare_experiments(first, second, DEPENDENT, ERROR)
    expected = change_interval(DEPENDENT["MAE"], values, others, owed[1] - owed[0])
    assert found.changes[0].interval == pytest.approx(expected)
    assert found.warnings == ()


@pytest.mark.parametrize("stored", [(False, False), (True, False), (False, True)])
def test_an_experiment_that_did_not_store_it_has_a_wider_interval_and_a_note(
    tmp_path: Path, values: np.ndarray, stored: tuple[bool, bool]
) -> None:
    others, owed = np.random.default_rng(3).random(ROWS), np.ones((ROWS, 2))
    first, second = (
        made(tmp_path, name, each, leave_one_out=owed if has else None)
        for name, each, has in zip("ab", (values, others), stored, strict=True)
    )
    found = compare_experiments(first, second, DEPENDENT, ERROR)
    assert found.changes[0].interval == pytest.approx(
        change_interval(DEPENDENT["MAE"], values, others)
    )
    assert "MAE: rows are searched for among each other" in found.warnings[0]


def test_what_rows_are_owed_holds_for_one_split_only(tmp_path: Path, values: np.ndarray) -> None:
    owed = np.ones((ROWS, 2))
    first = made(tmp_path, "a", values, leave_one_out=owed)
    second = made(tmp_path, "b", values + 1, range(1, ROWS + 1), leave_one_out=owed)
    found = compare_experiments(first, second, DEPENDENT, ERROR)
    assert any("twice as wide" in each for each in found.warnings)


def test_a_row_of_a_fold_moves_the_score_of_all_folds_less(
    tmp_path: Path, values: np.ndarray
) -> None:
    owed = np.random.default_rng(4).normal(0, 0.01, (ROWS, 2))
    folds = made(tmp_path, "folds", values)
    for number, rows in enumerate((range(10), range(10, 30))):
        made(
            folds.path / "runs",
            f"00{number}",
            values[list(rows)],
            rows,
            leave_one_out=owed[list(rows)],
        )
    write_leaderboard(folds, [{"runs": ["000", "001"]}])
    found = read_held_out(folds, "validation")
    assert found.sizes == (10, 20)
    np.testing.assert_allclose(
        found.leave_one_out["MAE"], owed * np.repeat([1 / 3, 2 / 3], (10, 20))[:, None]
    )


@pytest.mark.parametrize("mark", ["overstated", "selected"])
def test_a_score_that_is_too_good_is_said_to_be(
    tmp_path: Path, values: np.ndarray, mark: str
) -> None:
    first, second = made(tmp_path, "a", values), made(tmp_path, "b", values)
    scores = {"before": 1.0, "after": 0.5, mark: "trained on these very rows"}
    write_scores(second, {"validation": scores})
    (note,) = compare_experiments(first, second, METRICS, ERROR).warnings
    assert note == f"b is {mark}: trained on these very rows"


def test_the_best_of_several_combinations_is_selected(tmp_path: Path, values: np.ndarray) -> None:
    one, grid = made(tmp_path, "one", values), made(tmp_path, "grid", values)
    for name in ("000", "001"):
        made(grid.path / "runs", name, values)
    write_leaderboard(grid, [{"runs": ["000"]}, {"runs": ["001"]}])
    (note,) = compare_experiments(one, grid, METRICS, ERROR).warnings
    assert note.startswith("grid is selected: the best of 2 combinations")
