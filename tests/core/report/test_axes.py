"""Axes put values in their places."""

import pytest

from hydro.report.axes import Axis


def test_values_lie_between_the_ends_in_proportion() -> None:
    axis = Axis("x", 0, 10, 100, 300)
    assert [axis.at(value) for value in (0, 5, 10)] == [100, 200, 300]


def test_a_logarithmic_axis_spaces_powers_evenly() -> None:
    axis = Axis("x", 1e-4, 1, 400, 0, log=True)
    assert [axis.at(value) for value in (1e-4, 1e-2, 1)] == pytest.approx([400, 200, 0])
    assert [axis.holds(value) for value in (0.5, 0, float("nan"))] == [True, False, False]
    assert [label for _, label in axis.ticks] == ["1e-4", "0.001", "0.01", "0.1", "1"]


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0, 1, ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        (0, 4096, ["0", "1,000", "2,000", "3,000", "4,000"]),
        (0.46, 0.84, ["0.5", "0.6", "0.7", "0.8"]),
    ],
)
def test_ticks_are_round_numbers(low: float, high: float, labels: list[str]) -> None:
    assert [label for _, label in Axis("x", low, high, 0, 100).ticks] == labels


@pytest.mark.parametrize("values", [[], [3.0], [0.0, 0.0], [float("nan")]])
@pytest.mark.parametrize("log", [False, True])
def test_an_axis_has_a_positive_length_for_any_values(values: list[float], log: bool) -> None:
    axis = Axis.over("x", values, (0, 100), log=log)
    assert axis.low < axis.high
    assert all(0 <= axis.at(v) <= 100 for v in values if axis.holds(v))


def test_an_axis_of_names_has_a_tick_for_each() -> None:
    axis = Axis("x", -0.5, 1.5, 0, 100, names=("a", "b"))
    assert axis.ticks == [(25, "a"), (75, "b")]
