"""Neptune's offline folder holds the metrics, the settings and how the run ended."""

import json
from pathlib import Path
from typing import Any

import pytest

from hydro.trackers.neptune import Neptune


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


def test_metrics_settings_and_the_project_are_in_the_offline_folder(log_run: Any) -> None:
    found = read(log_run("Neptune", "neptune", "logging.neptune_project=me/mine"))
    losses = [(each["step"], each["value"]) for each in found["training/loss"]]
    assert losses == [(16, 2.5), (32, 1.5)]
    assert found["scores/validation/Precision@1/after"][0]["value"] == 0.75
    assert found["parameters/training/epochs"] == [5]
    assert found["sys/name"] == ["calm"]
    assert found["sys/failed"][-1] is False
    assert found["project"] == ["me/mine"]


class Run(dict[str, object]):
    """A run of the client that only keeps fields."""

    def stop(self) -> None:
        self["stopped"] = True


@pytest.mark.parametrize("failed", [False, True])
def test_a_run_is_ended_with_its_status(failed: bool) -> None:
    tracker = Neptune("calm", ".", "")
    tracker.run = Run()
    tracker.close(failed=failed)
    assert tracker.run == {"sys/failed": failed, "stopped": True}
