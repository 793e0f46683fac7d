"""The file that Weights & Biases keeps offline holds the metrics, the settings and the ending."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hydro.trackers.wandb import WeightsAndBiases

READ = """
import json, struct, sys
from wandb.proto.wandb_internal_pb2 import Record

# A log as LevelDB writes it: blocks of 32 KiB, records in pieces, each with its length and type.
text, place, found, piece = open(sys.argv[1], "rb").read(), 7, [], b""
while place < len(text):
    left = 32768 - place % 32768
    if left < 7:
        place += left
        continue
    _, length, kind = struct.unpack("<IHB", text[place : place + 7])
    piece += text[place + 7 : place + 7 + length]
    place += 7 + length
    if kind in (1, 4):
        record = Record()
        record.ParseFromString(piece)
        found.append(record)
        piece = b""
config, history, named, ended = {}, [], [], []
for record in found:
    for each in (*record.config.update, *record.run.config.update):
        config[each.key] = json.loads(each.value_json)
    if record.HasField("history"):
        history.append({
            each.key or "/".join(each.nested_key): json.loads(each.value_json)
            for each in record.history.item
        })
    if record.HasField("run"):
        named.append([record.run.project, record.run.display_name])
    if record.HasField("exit"):
        ended.append(record.exit.exit_code)
print(json.dumps([config, history, named[0], ended]))
"""


def read(folder: Path) -> Any:
    """Read the one run with the client's own records."""
    (log,) = (folder / "wandb").glob("offline-run-*/run-*.wandb")
    command = [sys.executable, "-c", READ, str(log)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_metrics_and_settings_are_in_the_offline_file_under_the_project_that_is_set(
    log_run: Any,
) -> None:
    folder = log_run("Weights & Biases", "wandb", "logging.wandb_project=mine")
    config, history, named, ended = read(folder)
    losses = [(row["_step"], row["samples"], row.get("training/loss")) for row in history]
    assert losses == [(0, 0, None), (16, 16, 2.5), (32, 32, 1.5)]
    # Metrics of one step are one row of the history.
    assert history[-1]["scores/validation/Precision@1/after"] == 0.75
    assert config["training.epochs"] == 5
    assert named == ["mine", "calm"]
    assert ended == [0]


@pytest.mark.parametrize("failed", [False, True])
def test_a_run_is_ended_with_its_exit_code(failed: bool) -> None:
    tracker, codes = WeightsAndBiases("calm", ".", "hydro"), []
    tracker.run = SimpleNamespace(finish=lambda exit_code: codes.append(exit_code))
    tracker.close(failed=failed)
    assert codes == [int(failed)]
