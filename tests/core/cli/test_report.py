"""`hydro report` writes the page of an experiment again."""

from collections.abc import Callable
from pathlib import Path

from hydro.artifacts.files import write_text
from hydro.artifacts.run_folder import RunFolder
from hydro.artifacts.status import Status, write_status

Hydro = Callable[..., tuple[int, str, str]]


def test_the_page_is_written_and_its_path_printed(hydro: Hydro, config: Path) -> None:
    config.rename(config.with_name("config.yaml"))
    run = RunFolder(config.parent)
    write_status(run, Status("finished"))
    write_text(run.run("000").config, "problem_type: text_metric_learning\n")
    write_status(run.run("000"), Status("queued"))
    code, shown, said = hydro("report", str(config.parent))
    assert (code, said) == (0, "")
    assert shown == f"{config.parent / 'report.html'}\n"
    assert (config.parent / "report.html").exists()
    assert (config.parent / "runs/000/report.html").exists()


def test_an_experiment_is_found_by_its_name(hydro: Hydro, config: Path) -> None:
    folder = config.parent / "calm-bay"
    folder.mkdir()
    config.rename(folder / "config.yaml")
    write_status(RunFolder(folder), Status("queued"))
    code, shown, _ = hydro("report", "calm-bay", "--output", str(config.parent))
    assert (code, shown) == (0, f"{folder / 'report.html'}\n")


def test_a_problem_type_that_is_gone_is_said(hydro: Hydro, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("problem_type: gone\n")
    write_status(RunFolder(tmp_path), Status("queued"))
    code, _, said = hydro("report", str(tmp_path))
    assert code == 0
    assert "'gone'" in said
    assert "No setting is compared with its default" in said


def test_no_experiment_is_an_error(hydro: Hydro, tmp_path: Path) -> None:
    code, shown, said = hydro("report", "nothing", "--output", str(tmp_path))
    assert (code, shown) == (3, "")
    assert "no experiment 'nothing'" in said
