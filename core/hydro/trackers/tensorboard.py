"""TensorBoard: figures go to an event file in the experiment's folder."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hydro.settings.sections import Settings
from hydro.trackers.subprocess_tracker import SubprocessTracker
from hydro.trackers.tracker import Tracker


def build(settings: Settings, *, name: str, folder: Path) -> Tracker:
    """Build the tracker; ``tensorboard --logdir`` finds any number of experiments below a folder.

    Raises:
        PluginError: the package is not installed.
    """
    return SubprocessTracker("tensorboard", TensorBoard, folder=folder / "tensorboard")


class TensorBoard(Tracker):
    """Writes scalars, and the settings as the hyperparameters of its HPARAMS page."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def start(self, parameters: Mapping[str, Any]) -> None:
        """Open an event file with the settings in it."""
        from tensorboard.plugins.hparams import metadata
        from tensorboard.plugins.hparams.plugin_data_pb2 import SessionStartInfo
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        self.writer = EventFileWriter(self.folder)
        start = SessionStartInfo(start_time_secs=time.time())
        for name, value in parameters.items():
            if isinstance(value, bool):
                start.hparams[name].bool_value = value
            elif isinstance(value, int | float):
                start.hparams[name].number_value = value
            else:
                start.hparams[name].string_value = str(value)
        self._tell_hparams(metadata.SESSION_START_INFO_TAG, session_start_info=start)

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Write scalars."""
        self._add([{"tag": tag, "simple_value": value} for tag, value in values.items()], step)
        self.writer.flush()

    def close(self, *, failed: bool) -> None:
        """Write how it ended."""
        from tensorboard.plugins.hparams import api_pb2, metadata
        from tensorboard.plugins.hparams.plugin_data_pb2 import SessionEndInfo

        status = api_pb2.STATUS_FAILURE if failed else api_pb2.STATUS_SUCCESS
        end = SessionEndInfo(status=status, end_time_secs=time.time())
        self._tell_hparams(metadata.SESSION_END_INFO_TAG, session_end_info=end)
        self.writer.close()

    def _tell_hparams(self, tag: str, **told: Any) -> None:
        """Write what the HPARAMS page reads, as its own writer does where TensorFlow is there."""
        from tensorboard.plugins.hparams import metadata
        from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

        about = metadata.create_summary_metadata(HParamsPluginData(**told))
        self._add([{"tag": tag, "metadata": about, "tensor": metadata.NULL_TENSOR}], 0)

    def _add(self, values: Sequence[Mapping[str, Any]], step: int) -> None:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary

        summary = Summary(value=[Summary.Value(**value) for value in values])
        self.writer.add_event(Event(wall_time=time.time(), step=step, summary=summary))
