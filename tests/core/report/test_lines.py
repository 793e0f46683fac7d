"""Curves over the samples seen."""

import re

import pytest

from hydro.report.lines import Line, draw_lines, smoothed, thinned


def test_smoothing_averages_over_a_tenth_of_the_points() -> None:
    points = [(float(x), float(x % 2)) for x in range(40)]
    found = dict(smoothed(points))
    assert found[20] == pytest.approx(2 / 5)  # 18 to 22: 0 1 0 1 0
    assert found[0] == pytest.approx(1 / 3)
    assert smoothed([(0.0, 3.0)]) == [(0.0, 3.0)]


@pytest.mark.parametrize("count", [0, 1, 600, 601, 10_000])
def test_no_more_points_are_drawn_than_are_seen(count: int) -> None:
    points = [(float(x), 0.0) for x in range(count)]
    kept = thinned(points)
    assert len(kept) <= 601
    assert kept[:1] == points[:1]
    assert kept[-1:] == points[-1:]


def test_a_curve_begins_and_ends_at_the_ends_of_its_axis() -> None:
    picture = draw_lines([Line("loss", [(0, 1.0), (100, 3.0)])])
    (points,) = re.findall(r"<polyline class='line c0' points='([^']*)'", picture.drawing)
    assert [place.split(",")[0] for place in points.split()] == ["58.0", "618.0"]
    assert "aria-label='loss over samples seen. loss goes from 1 to 3.'" in picture.drawing
    assert picture.legend == (("c0", "loss"),)


def test_a_level_and_what_cannot_be_on_a_logarithmic_axis() -> None:
    picture = draw_lines([Line("norm", [(1, 0.0), (2, 1.0)])], log=True, level=(2.0, "clipped"))
    assert ">clipped</text>" in picture.drawing
    assert "<circle class='dot c0'" in picture.drawing  # one point is left
