"""A file that the reference system exported runs as it is, but for its paths."""

from pathlib import Path
from typing import Any

EXPORT = Path(__file__).with_name("hydrogen_export.yml")


def test_an_exported_file_runs_but_for_its_paths(texts: Any, tmp_path: Path) -> None:
    text = EXPORT.read_text(encoding="utf-8")
    config = tmp_path / "export.yml"
    text = text.replace("BACKBONE", str(texts.backbone)).replace("TABLE", str(texts.table))
    config.write_text(text, encoding="utf-8")
    outcome = texts.run(config=config)
    assert outcome.folder.name == "macho-manatee"
    assert outcome.settings.environment.seed == 77
    scores = outcome.scores["validation"]
    assert scores["rows"] == 18
    assert scores["after"] != scores["before"]
