"""TensorBoard reads back the metrics, the settings and how the run ended."""

from typing import Any

import pytest


@pytest.mark.parametrize("failed", [False, True])
def test_metrics_and_settings_are_in_an_event_file(log_run: Any, failed: bool) -> None:
    folder = log_run("TensorBoard", "tensorboard", failed=failed)
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.hparams import api_pb2, metadata

    read = EventAccumulator(str(folder / "tensorboard"))
    read.Reload()
    assert [(each.step, each.value) for each in read.Scalars("training/loss")] == [
        (16, 2.5),
        (32, 1.5),
    ]
    assert read.Scalars("scores/validation/Precision@1/after")[0].value == 0.75
    start = read.SummaryMetadata(metadata.SESSION_START_INFO_TAG).plugin_data.content
    settings = metadata.parse_session_start_info_plugin_data(start).hparams
    assert settings["training.epochs"].number_value == 5
    assert settings["training.drop_last_batch"].bool_value is True
    assert settings["folds"].string_value == "['0']"
    end = read.SummaryMetadata(metadata.SESSION_END_INFO_TAG).plugin_data.content
    status = metadata.parse_session_end_info_plugin_data(end).status
    assert status == (api_pb2.STATUS_FAILURE if failed else api_pb2.STATUS_SUCCESS)
