"""The errors a user can fix, and the exit code and reason each one ends with.

HydroError
├── SettingsError   a setting is unknown, malformed or contradicts another        exit 3
├── DataError       a table is missing, damaged or does not fit the settings      exit 4
├── PluginError     a plugin does not load, clashes or hands over something wrong exit 5
├── ModelError      a backbone cannot be found, read or used as asked             exit 5
├── ResourceError   memory, disk space or a folder is unavailable                 exit 6
│   ├── OutOfMemoryError   smaller batches may fit                                exit 6
│   ├── DiskFullError   the disk is full                                          exit 6
│   └── FolderError     a folder cannot be made, read or written, or is in use    exit 6
├── TrainingError   the loss or a gradient is not finite                          exit 7
└── MetricError     there is nothing that the metric could be computed on         exit 8

A message says what is wrong, where, and what to do. The command line prints it without a traceback;
every other exception is a bug in hydro or in a plugin and keeps its traceback.
"""

from typing import ClassVar


class HydroError(Exception):
    """Something the user can fix."""

    exit_code: ClassVar[int] = 1
    reason: ClassVar[str] = "error"


class SettingsError(HydroError):
    """A setting is unknown, malformed or contradicts another."""

    exit_code = 3
    reason = "settings"


class DataError(HydroError):
    """A table is missing, damaged or does not fit the settings."""

    exit_code = 4
    reason = "data"


class PluginError(HydroError):
    """A plugin does not load, clashes with another or hands over something unusable.

    ``component`` is the kind and the name of what is at fault, where that is known.
    """

    def __init__(self, message: str, component: tuple[str, str] | None = None) -> None:
        super().__init__(message)
        self.component = component

    exit_code = 5
    reason = "plugin"


class ModelError(HydroError):
    """A backbone cannot be found, read or used in the way that the settings ask for."""

    exit_code = 5
    reason = "model"


class ResourceError(HydroError):
    """Memory, disk space or a folder is unavailable."""

    exit_code = 6
    reason = "resources"


class OutOfMemoryError(ResourceError):
    """A run needs more memory than there is; smaller batches may fit."""


class DiskFullError(ResourceError):
    """The disk is full, or a quota is used up."""


class FolderError(ResourceError):
    """A folder cannot be made or written, or another process works in it."""


class TrainingError(HydroError):
    """Training went wrong in a way that settings can change, such as a loss that is not finite."""

    exit_code = 7
    reason = "training"


class MetricError(HydroError):
    """There is no row that the metric is defined on."""

    exit_code = 8
    reason = "metric"
