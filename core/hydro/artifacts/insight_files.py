"""Insights on disk: for each a table, and JSON on how it is drawn and what it says."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from hydro.artifacts.files import JsonObject, make_folder, write_csv, write_json
from hydro.artifacts.layout import read_insight
from hydro.artifacts.run_folder import RunFolder

if TYPE_CHECKING:
    import pandas as pd


def write_insight(
    folder: RunFolder, name: str, table: "pd.DataFrame", metadata: Mapping[str, object]
) -> None:
    """Write the table of an insight, unless it is empty, and its metadata."""
    stem = make_folder(folder.path / "insights") / name
    if not table.empty:
        write_csv(stem.with_name(f"{name}.csv"), table)
    write_json(stem.with_name(f"{name}.json"), metadata)


def read_insights(folder: RunFolder) -> "Iterator[tuple[JsonObject, pd.DataFrame]]":
    """Yield the metadata of each insight with its table, whose values are texts, in order."""
    import pandas as pd

    paths = list((folder.path / "insights").glob("*.json"))
    metadata = [each for each in map(read_insight, paths) if each is not None]
    for each in sorted(metadata, key=lambda each: int(each["place"])):
        path = folder.path / "insights" / f"{each['name']}.csv"
        # An empty table is not written.
        exists = path.exists()
        table = pd.read_csv(path, dtype=str, keep_default_na=False) if exists else pd.DataFrame()
        yield each, table
