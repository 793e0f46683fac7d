"""What is drawn is escaped, and labeled."""

from hydro.report.axes import Axis
from hydro.report.picture import dot, path, plot, vertical_rule


def test_labels_of_a_plot_are_escaped() -> None:
    axis = Axis("<x>", 0, 1, 0, 1)
    drawn = plot("it's <b>", axis, axis, [dot(0, 0, "dot", "<i>"), vertical_rule(1, "<u>")])
    assert not [tag for tag in ("<x>", "<b>", "<i>", "<u>", "it's") if tag in drawn]
    assert drawn.count("&lt;") == 5
    assert drawn.startswith("<svg ")
    assert "role='img' aria-label='it&#39;s &lt;b&gt;'" in drawn


def test_a_line_of_one_point_is_a_dot() -> None:
    assert path([(1, 2)], "line c3").startswith("<circle class='dot c3' cx='1.0' cy='2.0'")
    assert (
        path([(1, 2), (3, 4)], "line c3") == "<polyline class='line c3' points='1.0,2.0 3.0,4.0'/>"
    )
