"""Neptune's offline folder holds the metrics, the settings and how the run ended."""

import json
from pathlib import Path
from typing import Any


def read(folder: Path) -> dict[str, list[Any]]:
    """List what was written to each field, in the order of the operations."""
    (log,) = (folder / "neptune" / ".neptune" / "offline").glob("run__*/data-*.log")
    fields: dict[str, list[Any]] = {}
    text, place = log.read_text(), 0
    while place < len(text):
        entry, place = json.JSONDecoder().raw_decode(text, place)
        place = len(text) - len(text[place:].lstrip())
        done = entry["obj"]
        written = done.get("values", [done.get("value")])
        fields.setdefault("/".join(done["path"]), []).extend(written)
    return fields


def test_metrics_and_settings_are_in_the_offline_folder(log_run: Any) -> None:
    found = read(log_run("Neptune", "neptune"))
    losses = [(each["step"], each["value"]) for each in found["training/loss"]]
    assert losses == [(16, 2.5), (32, 1.5)]
    assert found["scores/validation/Precision@1/after"][0]["value"] == 0.75
    assert found["parameters/training/epochs"] == [5]
    assert found["sys/name"] == ["calm"]
    assert found["sys/failed"][-1] is False
    assert "project" not in found


def test_a_failed_run_names_its_project(log_run: Any) -> None:
    found = read(log_run("Neptune", "neptune", "logging.neptune_project=me/mine", failed=True))
    assert found["sys/failed"][-1] is True
    assert found["project"] == ["me/mine"]
