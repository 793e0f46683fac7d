"""Subsets of the rows are shown where they say more than the score of all rows."""

from typing import Any

import pytest

from hydro.evaluation.subsets import leaderboard_marks, scored_apart

SOME = {"rows": 3, "before": 0.0, "after": 0.5}
OTHERS = {"rows": 2, "before": 0.0, "after": 0.25}
REST = {"rows": 5, "before": 0.0, "after": 0.4, "metrics": {"mAP": {"before": 0.0, "after": 0.4}}}


@pytest.mark.parametrize("listed", [{"subsets": ["seen_classes", "unseen_classes"]}, {}])
@pytest.mark.parametrize(
    ("subsets", "shown"),
    [
        ((SOME, OTHERS), {"seen classes": SOME, "unseen classes": OTHERS}),
        ((None, OTHERS), {"unseen classes": OTHERS}),
        ((SOME, None), {}),
        ((None, None), {}),
    ],
)
def test_subsets_with_rows_are_shown_unless_all_rows_are_in_the_first(
    subsets: tuple[Any, Any], shown: dict[str, Any], listed: dict[str, Any]
) -> None:
    seen, unseen = subsets
    scores = {**REST, "seen_classes": seen, "unseen_classes": unseen, **listed}
    assert scored_apart(scores) == shown


@pytest.mark.parametrize(
    ("combinations", "trained_on", "shown"),
    [
        (1, False, []),
        (2, False, ["selected: the best of 2 combinations, chosen by the score of these rows"]),
        (1, True, ["overstated: trained on these very rows"]),
    ],
)
def test_a_leaderboard_is_marked_where_its_rows_chose_or_were_seen(
    combinations: int, trained_on: bool, shown: list[str]
) -> None:
    assert leaderboard_marks(combinations, trained_on=trained_on) == shown
