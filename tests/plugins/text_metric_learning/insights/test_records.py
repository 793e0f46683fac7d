"""What is offered has all that a report says of it."""

from hydro_text_metric_learning.insights.records import INSIGHTS


def test_every_insight_says_what_to_look_at() -> None:
    assert all(each.title and each.caption.endswith((".", "?")) for each in INSIGHTS)
    assert len({each.name for each in INSIGHTS}) == len(INSIGHTS)
