"""Small files and settings for the tests of tables."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from hydro.settings.sections import DatasetSection


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write text or bytes to a file of this name."""

    def write_file(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write_file


@pytest.fixture
def write_table(tmp_path: Path) -> Callable[..., Path]:
    """Write columns to a CSV of this name; None is an empty field."""

    def write_columns(name: str, **columns: list[str | None]) -> Path:
        path = tmp_path / name
        pd.DataFrame(columns).to_csv(path, index=False)
        return path

    return write_columns


@pytest.fixture
def dataset(tmp_path: Path) -> Callable[..., DatasetSection]:
    """Return dataset settings for train.csv, with these changes."""

    def change(**changes: Any) -> DatasetSection:
        return DatasetSection(**{"train_dataframe": tmp_path / "train.csv", **changes})

    return change
