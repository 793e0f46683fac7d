"""Whatever command is run, files, links and folders of other people stay as they are."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hydro.artifacts.run_folder import RunFolder
from hydro.artifacts.status import Status, write_status

Command = Callable[..., tuple[int, str, str]]


def place(folder: Path, aim: Path) -> None:
    """Put one of each kind of foreign thing into a folder."""
    (folder / "mine.txt").write_text("mine")
    (folder / "mine.json").write_text('{"name": "other"}')
    (folder / ".mine").write_text("mine")
    (folder / "mine").mkdir()
    (folder / "my folder/deep").mkdir(parents=True)
    (folder / "my folder/deep/notes.md").write_text("mine")
    (folder / "to file").symlink_to(aim / "kept.txt")
    (folder / "to folder").symlink_to(aim)
    (folder / "dangling").symlink_to(aim / "nothing")


def snapshot(paths: list[Path]) -> dict[Path, str]:
    """Describe what is at some paths: the aim of a link, the content of a file, a folder."""
    found = {}
    for path in paths:
        if path.is_symlink():
            found[path] = f"link to {path.readlink()}"
        elif path.is_dir():
            found[path] = "folder"
        else:
            found[path] = path.read_text() if path.exists() else "gone"
    return found


@pytest.fixture
def output(trained: Any, tmp_path: Path) -> Path:
    """A folder above experiments: a finished one, an interrupted one, and a foreign one."""
    output = tmp_path / "runs"
    for name in ("done", "halted"):
        shutil.copytree(trained.folder, output / name)
        config = output / name / "config.yaml"
        text = config.read_text().replace(f"experiment_name: {trained.folder.name}", "")
        config.write_text(f"experiment_name: {name}\n{text}")
    write_status(RunFolder(output / "halted"), Status("stopped", "interrupted"))
    foreign = output / "project"
    foreign.mkdir()
    (foreign / "config.yaml").write_text("problem_type: text_metric_learning\n")
    (foreign / "status.json").write_text('{"state": "running"}')
    (foreign / "rows.csv").write_text("text,label\na,b\n")
    return output


def test_nothing_that_hydro_did_not_write_is_harmed(
    output: Path, texts: Any, command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    aim, cache = tmp_path / "aim", tmp_path / "cache"
    aim.mkdir()
    (aim / "kept.txt").write_text("kept")
    monkeypatch.setenv("HYDRO_OUTPUT", str(output))
    monkeypatch.setenv("HYDRO_CACHE", str(cache))
    monkeypatch.chdir(tmp_path)
    for name in ("tokens", "tables"):
        (cache / name).mkdir(parents=True)
    foreign_project = [*(output / "project").iterdir()]
    commands: list[tuple[int, tuple[str, ...]]] = [
        (0, ("search", "done", "a card")),
        (0, ("search", "done", "a card", "--gallery", str(texts.table))),
        (0, ("experiments", "list")),
        (0, ("experiments", "show", "done")),
        (0, ("report", "done")),
        (0, ("predict", "done", str(texts.table), "--output", str(output))),
        (0, ("validate", str(texts.config))),
        (0, ("resume", "halted")),
        (0, ("resume", "halted")),
        (3, ("resume", "project")),
        (3, ("resume", ".")),
        (3, ("run", str(output / "project/config.yaml"), "--output", str(output))),
        (3, ("experiments", "delete", "project", "--yes")),
        (0, ("cache", "clear")),
    ]
    # First without, so that the folders in which things are put are all there.
    assert command("search", "done", "a card")[0] == 0
    (output / "done/exports").mkdir(exist_ok=True)
    (output / "halted/exports").mkdir(exist_ok=True)
    folders = [
        each
        for top in (output, cache)
        for each in (top, *top.rglob("*"))
        if each.is_dir() and each != output / "project"
    ]
    for folder in folders:
        place(folder, aim)
    own = ("mine.txt", "mine.json", ".mine", "mine", "my folder", "my folder/deep")
    own += ("my folder/deep/notes.md", "to file", "to folder", "dangling")
    placed = [folder / name for folder in folders for name in own]
    before = snapshot([*placed, *foreign_project, aim, *aim.iterdir()])
    assert len(folders) > 15
    for code, arguments in commands:
        assert command(*arguments)[0] == code, arguments
        assert snapshot([*before]) == before, arguments
    write_status(RunFolder(output / "done"), Status("finished"))
    for name in ("done", "halted"):
        code, _, said = command("experiments", "delete", name, "--yes")
        assert code == 0
        assert "stays, because hydro did not write it" in said
        assert snapshot([*before]) == before, name
        left = [each for each in (output / name).rglob("*") if each not in before]
        assert all(each.is_dir() for each in left), left
        assert not (output / name / "status.json").exists()


def test_a_project_with_settings_of_that_name_is_no_experiment(
    texts: Any, command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    project = tmp_path / "proj"
    project.mkdir()
    settings = json.loads(texts.config.read_text())
    settings["dataset"]["train_dataframe"] = "rows.csv"
    settings["experiment_name"] = "proj"
    settings["training"]["epochs"] = 0
    (project / "config.yaml").write_text(json.dumps(settings))
    shutil.copy(texts.table, project / "rows.csv")
    (project / "train.py").write_text("mine")
    before = snapshot([*project.iterdir()])
    monkeypatch.chdir(project)
    code, _, said = command("resume", ".")
    assert code == 3
    assert "no experiment '.'" in said
    assert snapshot([*project.iterdir()]) == before
    monkeypatch.chdir(tmp_path)
    code, _, said = command("run", "proj/config.yaml", "--output", ".", "--resume")
    assert code == 0
    assert "no interrupted experiment proj in .: starting a new one" in said
    assert (tmp_path / "proj-2/model").is_dir()
    assert snapshot([*project.iterdir()]) == before
