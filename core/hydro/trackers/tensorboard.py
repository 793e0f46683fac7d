"""TensorBoard: logs to an event file in the run's folder."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from hydro.settings.sections import Settings
from hydro.trackers.subprocess_tracker import SubprocessTracker
from hydro.trackers.tracker import Tracker


def build(settings: Settings, *, name: str, folder: Path) -> Tracker:
    """Build the tracker; ``tensorboard --logdir`` finds all experiments below a folder.

    Raises:
        PluginError: the package is not installed.
    """
    return SubprocessTracker("tensorboard", TensorBoard, folder=folder / "tensorboard")


class TensorBoard(Tracker):
    """Writes scalars, and the settings as hyperparameters for the HPARAMS page."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def start(self, parameters: Mapping[str, object]) -> None:
        """Open an event file and write the settings."""
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
        self._write_hparams(metadata.SESSION_START_INFO_TAG, session_start_info=start)

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Write scalars."""
        self._add([{"tag": tag, "simple_value": value} for tag, value in values.items()], step)
        self.writer.flush()

    def close(self, *, failed: bool) -> None:
        """Write whether the run failed, and close the file."""
        from tensorboard.plugins.hparams import api_pb2, metadata
        from tensorboard.plugins.hparams.plugin_data_pb2 import SessionEndInfo

        status = api_pb2.STATUS_FAILURE if failed else api_pb2.STATUS_SUCCESS
        end = SessionEndInfo(status=status, end_time_secs=time.time())
        self._write_hparams(metadata.SESSION_END_INFO_TAG, session_end_info=end)
        self.writer.close()

    def _write_hparams(self, tag: str, **content: object) -> None:
        """Write what the HPARAMS page reads; TensorBoard's own writer needs TensorFlow."""
        from tensorboard.plugins.hparams import metadata
        from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

        summary = metadata.create_summary_metadata(HParamsPluginData(**content))
        self._add([{"tag": tag, "metadata": summary, "tensor": metadata.NULL_TENSOR}], 0)

    def _add(self, values: Sequence[Mapping[str, object]], step: int) -> None:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary

        summary = Summary(value=[Summary.Value(**value) for value in values])
        self.writer.add_event(Event(wall_time=time.time(), step=step, summary=summary))
