"""Experiments are found by name, summed up and deleted, whatever state they are in."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hydro.artifacts.experiments import (
    best_run,
    best_runs,
    delete,
    find_experiment,
    list_experiments,
    settings_of,
    summarize,
)
from hydro.artifacts.files import write_text
from hydro.artifacts.results import write_leaderboard, write_scores
from hydro.artifacts.run_folder import RunFolder
from hydro.artifacts.status import Status, write_status
from hydro.errors import ResourceError, SettingsError
from hydro.settings.fields import Section, section, setting
from hydro.settings.schema import Schema


def made(output: Path, name: str, status: Status | None = None, after: float = 0.5) -> RunFolder:
    """Make the folder of an experiment in some state."""
    folder = RunFolder.create(output, name)
    write_text(folder.config, "problem_type: linear_regression\nprediction: {metric: MAE}\n")
    if status:
        write_status(folder, status)
        write_scores(folder, {"validation": {"before": 2.0, "after": after}})
    return folder


def searched(output: Path) -> RunFolder:
    """Make an experiment of three runs, the first two of the best combination."""
    folder = made(output, "grid", Status("finished"))
    for name, score in (("000", 0.4), ("001", 0.6), ("002", 0.1)):
        run = made(folder.path / "runs", name, Status("finished"), score)
        write_text(
            run.config, f"dataset: {{folds: ['{name}']}}\ntraining: {{batch_size: {int(name)}}}\n"
        )
    write_leaderboard(folder, [{"runs": ["000", "001"]}, {"runs": ["002"]}])
    return folder


def test_an_experiment_is_found_by_its_name_its_folder_and_one_run_of_it(tmp_path: Path) -> None:
    folder = searched(tmp_path)
    assert find_experiment("grid", tmp_path).path == folder.path
    assert find_experiment(str(folder.path), Path("elsewhere")).path == folder.path
    assert find_experiment("grid/runs/001", tmp_path).path == folder.path / "runs/001"


def test_an_unknown_name_is_told_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="Nothing was run into that folder yet"):
        find_experiment("one", tmp_path)
    made(tmp_path, "two", Status("queued"))
    with pytest.raises(SettingsError, match=r"no experiment 'one'.* Available there: two"):
        find_experiment("one", tmp_path)
    with pytest.raises(SettingsError, match="no experiment"):
        find_experiment("x" * 5000, tmp_path)


def test_the_latest_experiment_comes_first_and_other_folders_are_left_out(tmp_path: Path) -> None:
    for age, name in enumerate(("old", "new")):
        status = made(tmp_path, name, Status("finished")).path / "status.json"
        os.utime(status, (age, age))
    made(tmp_path, "foreign")
    (tmp_path / "notes").mkdir()
    (tmp_path / ".deleted").mkdir()
    (tmp_path / ".deleted/config.yaml").touch()
    assert [each.name for each in list_experiments(tmp_path)] == ["new", "old"]
    assert list_experiments(tmp_path / "nowhere") == []


def test_a_summary_says_state_and_score(tmp_path: Path) -> None:
    told = summarize(made(tmp_path, "one", Status("finished", seconds=3.0)))
    assert (told.name, told.state, told.problem, told.metric) == (
        "one",
        "finished",
        "linear_regression",
        "MAE",
    )
    assert (told.before, told.after, told.runs, told.seconds) == (2.0, 0.5, 1, 3.0)


def test_the_score_of_several_runs_is_the_mean_over_the_best_combination(tmp_path: Path) -> None:
    told = summarize(searched(tmp_path))
    assert (told.before, told.after, told.runs) == (2.0, 0.5, 3)


def test_an_experiment_that_failed_or_never_began_has_no_score(tmp_path: Path) -> None:
    failed = summarize(made(tmp_path, "failed", Status("failed", "data", "no rows")))
    assert (failed.state, failed.message, failed.after) == ("failed", "no rows", None)
    assert summarize(made(tmp_path, "queued")).state == "queued"


def test_one_whose_process_is_gone_has_stopped_whatever_has_its_number_now(tmp_path: Path) -> None:
    folder = made(tmp_path, "one", Status("running"))
    path = folder.path / "status.json"
    # The first process of every container has this number, and of this machine as well.
    path.write_text(json.dumps(json.loads(path.read_text()) | {"pid": 1}))
    assert (summarize(folder).state, summarize(folder).message) == (
        "stopped",
        "its process is gone",
    )
    delete(folder, tmp_path)
    assert not folder.path.exists()


def test_the_best_run_depends_on_the_direction_of_the_metric(tmp_path: Path) -> None:
    folder = searched(tmp_path)
    assert best_run(folder, higher_is_better=True).name == "001"
    assert best_run(folder, higher_is_better=False).name == "000"
    single = made(tmp_path, "one", Status("finished"))
    assert best_run(single, higher_is_better=True) is single


def test_all_runs_that_have_finished_speak_where_there_is_no_leaderboard(tmp_path: Path) -> None:
    folder = searched(tmp_path)
    (folder.path / "leaderboard.json").unlink()
    write_status(RunFolder(folder.path / "runs/001"), Status("failed", "model"))
    assert [each.name for each in best_runs(folder)] == ["000", "002"]


def test_there_is_no_best_run_before_one_has_finished(tmp_path: Path) -> None:
    folder = made(tmp_path, "one", Status("failed", "data", "no rows"))
    with pytest.raises(ResourceError, match=r"failed \(no rows\); no run of it has finished"):
        best_run(folder, higher_is_better=True)


def test_settings_are_those_of_the_best_combination_on_all_folds(tmp_path: Path) -> None:
    folder = searched(tmp_path)
    write_text(
        folder.config, "experiment_name: x\ndataset: {folds: [a, b]}\ntraining: {batch_size: 9}\n"
    )
    assert settings_of(folder) == {"dataset.folds": "[a, b]", "training.batch_size": "0"}


def test_settings_stored_under_an_earlier_name_have_the_present_one(tmp_path: Path) -> None:
    class Loss(Section):
        init: str = setting("a", help="Initialization.", alias="centres")

    class Model(Section):
        training: Loss = section()

    schema = Schema.of(Model)
    for name, key in (("old", "centres"), ("new", "init")):
        folder = RunFolder.create(tmp_path, name)
        write_text(folder.config, f"training: {{{key}: b}}\n")
        assert settings_of(folder, schema) == {"training.init": "b"}


def test_an_experiment_is_deleted_whole_and_others_stay(tmp_path: Path) -> None:
    gone, kept = searched(tmp_path), made(tmp_path, "kept")
    delete(gone, tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == [kept.name]


def test_nothing_is_deleted_outside_the_output_folder(tmp_path: Path) -> None:
    folder = searched(tmp_path / "elsewhere")
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs/link").symlink_to(folder.path)
    for path in (folder.path, folder.path / "runs/000", tmp_path / "runs/link"):
        with pytest.raises(ResourceError, match="not an experiment right in"):
            delete(RunFolder(path), tmp_path / "runs")
    assert (folder.path / "runs/000/scores.json").exists()


HOLDER = """
import fcntl, sys
file = open(sys.argv[1], "a")
fcntl.flock(file, fcntl.LOCK_SH if sys.argv[1].endswith("tuning.lock") else fcntl.LOCK_EX)
print("held", flush=True)
input()
"""


@pytest.mark.parametrize("lock", [".lock", ".training.lock", ".tuning.lock"])
@pytest.mark.parametrize("apart", [False, True], ids=["here", "in a container"])
def test_what_a_process_works_on_is_not_deleted(apart: bool, lock: str, tmp_path: Path) -> None:
    unshare = ["unshare", "--pid", "--fork"] if apart else []
    if apart and (not shutil.which("unshare") or subprocess.run([*unshare, "true"]).returncode):
        pytest.skip("no other namespace of processes is permitted here")
    folder = searched(tmp_path)
    write_status(RunFolder(folder.path / "runs/002"), Status("running"))
    path = folder.path / "runs/002" / lock
    command = [*unshare, sys.executable, "-S", "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"held\n"
        assert summarize(RunFolder(path.parent)).state == "running"
        with pytest.raises(ResourceError, match=r"002: still running \(process \d+ on .+\)"):
            delete(folder, tmp_path)
        process.communicate(b"\n")
    assert summarize(RunFolder(path.parent)).state == "stopped"
    delete(folder, tmp_path)
    assert not folder.path.exists()
