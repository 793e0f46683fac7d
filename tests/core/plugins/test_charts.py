"""Charts are plain records, so that they can be kept as JSON."""

import dataclasses
import json

from hydro.plugins.charts import CHARTS, Histogram


def test_a_chart_is_kept_as_json() -> None:
    chart = Histogram("cosine", ("same", "different"), rule="best")
    assert json.loads(json.dumps(dataclasses.asdict(chart))) == {
        "x": "cosine",
        "series": ["same", "different"],
        "y": "",
        "facet": "",
        "rule": "best",
    }
    assert all(dataclasses.is_dataclass(each) for each in CHARTS)
