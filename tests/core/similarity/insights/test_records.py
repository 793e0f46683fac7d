"""Tests of the insights that are offered."""

from hydro.data.columns import Columns
from hydro.similarity.insights.records import neighbor_insights


def test_every_insight_has_a_title_and_a_caption() -> None:
    insights = neighbor_insights("images", lambda settings: Columns(("path",), ("label",)))
    assert all(each.title and each.caption.endswith((".", "?")) for each in insights)
    assert len({each.name for each in insights}) == len(insights) == 7
    assert {each.problems for each in insights} == {("images",)}
