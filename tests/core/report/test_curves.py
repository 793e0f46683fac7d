"""What a history has is drawn, and nothing else."""

import re

from hydro.artifacts.run_folder import RunFolder
from hydro.report.curves import curves


def test_a_history_gives_four_pictures(folder: RunFolder) -> None:
    figures = list(curves(folder.history.read()[0], "MAE", 2.0))
    assert [each.title for each in figures] == [
        "Training loss",
        "Validation",
        "Learning rate",
        "Gradient norm",
    ]
    loss, validation, _, norm = [each.picture.drawing for each in figures if each.picture]
    assert "goes from 4 to 0.5" in loss.replace("loss, smoothed goes", "goes")
    assert "goes from 2 to 0.5" in validation
    assert "clipped at 2" in norm


def test_a_run_that_trained_nothing_has_no_curve() -> None:
    events = [{"event": "before training", "samples": 0, "MAE": 2.0}]
    assert list(curves(events, "MAE", 0)) == []
    assert list(curves([], "MAE", 0)) == []


def test_a_gradient_that_was_not_finite_is_a_gap() -> None:
    events = [
        {"event": "training", "samples": 8 * each, "gradient_norm": None if each == 2 else 1.0}
        for each in (1, 2, 3)
    ]
    (norm,) = curves(events, "MAE", 0)
    assert norm.picture is not None
    (points,) = re.findall("points='([^']*)'", norm.picture.drawing)
    assert len(points.split()) == 2
