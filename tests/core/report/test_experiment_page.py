"""The page of an experiment of several runs."""

from typing import Any

from hydro.artifacts.files import write_text
from hydro.artifacts.results import write_leaderboard
from hydro.artifacts.run_folder import RunFolder
from hydro.artifacts.status import Status, write_status
from hydro.report.experiment_page import experiment_page


def search(folder: RunFolder) -> None:
    """Leave three combinations on two folds, the last of them failed."""
    rows: list[dict[str, Any]] = []
    for number, (rate, scores) in enumerate(((0.1, (0.9, 0.7)), (1e-5, (0.5, 0.5)), (10.0, ()))):
        names = [f"{2 * number + fold:03d}" for fold in range(2)]
        for name in names:
            write_text(folder.run(name).config, "{}")
            write_status(folder.run(name), Status("finished" if scores else "failed"))
        rows.append(
            {
                "training.learning_rate": rate,
                "state": "finished" if scores else "failed",
                "mean": sum(scores) / 2 if scores else None,
                "spread": 0.1 if scores else None,
                "scores": list(scores) or [None, None],
                "folds": ["0", "1"],
                "runs": names,
                "seconds": 4.0,
            }
        )
    write_leaderboard(folder, rows)


def test_every_run_is_linked_from_the_leaderboard(folder: RunFolder) -> None:
    search(folder)
    page = experiment_page(folder)
    assert page["places"][0]["runs"] == ["000", "001"]
    assert page["runs"][5]["link"] == "runs/005/report.html"
    assert page["names"] == ["training.learning_rate"]


def test_the_metric_is_drawn_by_fold_and_by_setting_in_the_order_of_values(
    folder: RunFolder,
) -> None:
    search(folder)
    by_fold, by_rate = experiment_page(folder)["figures"]
    assert by_fold.title == "MAE by fold"
    assert by_fold.picture.drawing.count("<circle") == 4
    drawn = by_rate.picture.drawing
    assert drawn.index(">1.0e-05<") < drawn.index(">0.1<")
    assert "<title>mean 0.8000</title>" in drawn
    assert ">10.0<" not in drawn


def test_a_search_that_has_not_ended_lists_its_runs(folder: RunFolder) -> None:
    write_text(folder.run("000").config, "{}")
    write_status(folder.run("000"), Status("queued"))
    page = experiment_page(folder)
    assert (page["places"], page["figures"], len(page["runs"])) == ([], [], 1)
