"""Durations and sizes as people read them."""

import pytest

from hydro.formatting import format_bytes, format_duration


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0 s"),
        (0.42, "0.4 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (119, "119 s"),
        (120, "2 min"),
        (150, "2.5 min"),
        (7199, "120 min"),
        (9000, "2.5 h"),
        (3 * 86400, "3 d"),
    ],
)
def test_a_duration_has_the_unit_that_suits_it(seconds: float, expected: str) -> None:
    assert format_duration(seconds) == expected


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (0, "0 B"),
        (1023, "1,023 B"),
        (1024, "1 KiB"),
        (1.5 * 2**20, "1.5 MiB"),
        (12.34 * 2**20, "12 MiB"),
        (3 * 2**30, "3 GiB"),
        (2**34, "16 GiB"),
        (2**45, "32,768 GiB"),
    ],
)
def test_a_size_has_the_unit_that_suits_it(size: float, expected: str) -> None:
    assert format_bytes(size) == expected
