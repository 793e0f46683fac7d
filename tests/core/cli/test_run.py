"""``hydro run`` as people and programs meet it: exit codes, streams, signals."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from hydro.plugins.metrics import MeanMetric
from hydro.plugins.registry import Registry
from hydro.settings.loading import load
from hydro.settings.yaml_writer import dump
from hydro.supervised.metrics import METRICS, NumberOutputs

ENDLESS = ("--set", "training.epochs=1000000", "--set", "training.evaluation_epochs=1000000")

Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cli(
    site: Path,
    wordcount_yml: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: Cli,
) -> Cli:
    """Run a command line in the folder of an experiment: exit code, stdout, stderr."""
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.chdir(wordcount_yml.parent)
    for name in ("FORCE_COLOR", "HYDRO_OUTPUT"):
        monkeypatch.delenv(name, raising=False)
    return command


@pytest.fixture
def process(site: Path, wordcount_yml: Path) -> Callable[..., subprocess.Popen[bytes]]:
    """Start ``hydro run`` on an experiment in a process of its own."""

    def start(*arguments: str, **streams: Any) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "PYTHONPATH": str(site), "TERM": "xterm"}
        return subprocess.Popen(
            [sys.executable, "-c", "from hydro.cli import main; main()", *run(*arguments)],
            cwd=wordcount_yml.parent,
            env=environment,
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams},
        )

    return start


def run(*arguments: str) -> list[str]:
    """Give the arguments that run the experiment on the CPU."""
    return ["run", "linear_regression.yml", "--set", "environment.gpus=[]", *arguments]


def status(folder: Path) -> Any:
    """Read the status of an experiment."""
    return json.loads((folder / "status.json").read_text())


def test_the_result_goes_to_stdout_and_all_else_to_stderr(cli: Cli) -> None:
    code, out, err = cli(*run("--set", "experiment_name=calm"))
    assert code == 0
    assert re.search(r"│ MAE +│  2\.5333 │  2\.4784 │ -0\.0549 │", out)
    assert "MAE -0.0549: too few rows for a verdict (no interval: 10 rows are scored" in out
    assert out.endswith(
        "model   runs/calm/model\nreport  runs/calm/report.html\nfolder  runs/calm\n"
    )
    assert "epoch" not in out
    assert "epoch 5/5" in err
    assert "loss 8.689" in err
    assert "│" not in err


def test_what_is_no_terminal_gets_no_escape_codes(cli: Cli) -> None:
    _, out, err = cli(*run())
    assert "\x1b" not in out + err
    assert "\r" not in out + err


def test_json_is_one_object(cli: Cli) -> None:
    code, out, _ = cli(*run("--json", "--set", "experiment_name=calm"))
    told = json.loads(out)
    assert code == 0
    assert out.count("\n") == 1
    assert told["folder"] == "runs/calm"
    assert told["scores"] == json.loads(Path("runs/calm/scores.json").read_text())


def test_paths_are_printed_as_they_are(cli: Cli) -> None:
    _, out, _ = cli(*run("--output", "[red]out :car:", "--set", "experiment_name=calm"))
    assert "folder  [red]out :car:/calm\n" in out


def test_the_output_folder_comes_from_the_environment_too(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYDRO_OUTPUT", "elsewhere")
    cli(*run("--set", "experiment_name=calm"))
    assert status(Path("elsewhere/calm"))["state"] == "finished"


@pytest.mark.parametrize("json_too", [False, True])
def test_a_dry_run_prints_settings_that_load_again_and_writes_nothing(
    json_too: bool, cli: Cli, tmp_path: Path
) -> None:
    before = set(tmp_path.rglob("*"))
    code, out, err = cli(*run("--dry-run", *(["--json"] if json_too else [])))
    assert code == 0
    assert set(tmp_path.rglob("*")) == before
    assert "warning: " in err
    printed = json.loads(out) if json_too else yaml.safe_load(out)
    assert (printed["dataset"]["folds"], printed["dataset"]["split_seed"]) == ([], 3)
    assert printed["environment"]["seed"] == 3
    Path("again.yml").write_text(out)
    registry = Registry.installed()
    loaded = load(Path("again.yml"), registry.schema(registry.problem("linear_regression")))
    again = json.dumps(loaded.settings.model_dump(mode="json")) + "\n"
    assert (again if json_too else dump(loaded.settings) + "\n") == out


def test_the_problem_may_be_named_on_the_command_line(cli: Cli) -> None:
    code, _, err = cli(*run("--problem", "text_metric_learning", "--dry-run"))
    assert code == 3
    assert "problem_type is 'linear_regression', but --problem says 'text_metric_learning'" in err
    text = (
        Path("linear_regression.yml").read_text().replace("problem_type: linear_regression\n", "")
    )
    Path("linear_regression.yml").write_text(text)
    code, _, err = cli(*run("--dry-run"))
    assert (code, "Add --problem NAME" in err) == (3, True)
    assert cli(*run("--problem", "linear_regression", "--dry-run"))[0] == 0
    code, _, err = cli(*run("--problem", "linear_regresion", "--dry-run"))
    assert (code, "Did you mean 'linear_regression'?" in err) == (3, True)


def test_a_setting_on_the_command_line_is_stronger_than_the_file(cli: Cli) -> None:
    _, out, _ = cli(*run("--dry-run", "--set", "environment.seed=8", "--set", "training.epochs=2"))
    printed = yaml.safe_load(out)
    assert (printed["environment"]["seed"], printed["training"]["epochs"]) == (8, 2)


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("training.epochs=many", "--set training.epochs=many: training.epochs: must be a number"),
        ("training.epohcs=3", "training.epohcs: unknown setting. Did you mean 'epochs'?"),
        ("nonsense", "--set nonsense: write section.key=value"),
        ("training.batch_size=0", "--set training.batch_size=0: training.batch_size: must be"),
    ],
)
def test_a_wrong_override_is_shown_as_it_was_typed(override: str, said: str, cli: Cli) -> None:
    code, out, err = cli(*run("--set", override))
    assert (code, out) == (3, "")
    assert said in err
    assert "Traceback" not in err


FAILURES = {
    "an unknown option": (2, ["--nonsense"], "No such option"),
    "an output that is a file": (2, ["--output", "rows.csv"], "is a file"),
    "an unknown setting": (3, ["--set", "training.lr=1"], "Did you mean 'learning_rate'?"),
    "a missing GPU": (3, ["--set", "environment.gpus=[77]"], "no GPU '77'"),
    "a missing column": (4, ["--set", "dataset.label_columns=wrods"], "no column 'wrods'"),
    "a missing folder": (6, ["--output", "rows.csv/runs"], "rows.csv/runs"),
    "a loss that explodes": (7, ["--set", "training.learning_rate=1e30"], "the loss of update 2"),
}


@pytest.mark.parametrize(("code", "arguments", "said"), FAILURES.values(), ids=FAILURES.keys())
def test_each_kind_of_failure_has_its_exit_code_and_one_message(
    code: int, arguments: list[str], said: str, cli: Cli
) -> None:
    found, out, err = cli(*run(*arguments))
    assert (found, out) == (code, "")
    assert said in err
    assert "Traceback" not in err


def test_a_backbone_that_is_not_to_be_had_is_a_model_error(cli: Cli) -> None:
    Path("texts.csv").write_text("text,label\n" + "a b,x\nc d,y\ne f,x\ng h,y\ni j,x\n" * 2)
    Path("text.yml").write_text(
        "problem_type: text_metric_learning\n"
        "dataset: {train_dataframe: texts.csv, text_column: text, label_columns: label}\n"
        "architecture: {backbone: no/such-backbone}\n"
        "environment: {gpus: []}\n"
        "experiment_name: calm\n"
    )
    code, out, err = cli("run", "text.yml")
    assert (code, out) == (5, "")
    assert "hydro: backbone 'no/such-backbone' is no local folder" in err
    assert status(Path("runs/calm"))["reason"] == "model"


def test_a_metric_that_is_defined_on_no_row_has_an_exit_code_of_its_own(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    undefined = MeanMetric[NumberOutputs](lambda outputs: np.full(len(outputs.targets), np.nan))
    monkeypatch.setitem(METRICS, "MAE", undefined)
    code, out, err = cli(*run("--set", "experiment_name=calm"))
    assert (code, out) == (8, "")
    assert "MAE is not defined on any of the 10 rows" in err
    assert status(Path("runs/calm"))["reason"] == "metric"


def test_a_missing_settings_file_is_a_settings_error(cli: Cli) -> None:
    code, _, err = cli("run", "no.yml")
    assert (code, err.count("\n")) == (3, 1)
    assert "no.yml: cannot be read: No such file" in err


def test_a_bug_of_a_plugin_is_named_and_keeps_its_traceback_in_the_log(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hydro_linear_regression.letters.LETTERS", None)
    code, out, err = cli(*run("--set", "experiment_name=calm"))
    assert (code, out) == (5, "")
    assert "hydro: the model 'Linear' of the plugin 'linear_regression' (hydro_linear_" in err
    assert "failed: TypeError: object of type 'NoneType' has no len() (__init__.py" in err
    assert "Traceback" not in err
    assert status(Path("runs/calm"))["reason"] == "plugin"
    assert "in build_model" in Path("runs/calm/log.txt").read_text()


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)], ids=["term", "interrupt"]
)
def test_a_signal_stops_a_run_in_good_order(
    number: signal.Signals, code: int, process: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "runs/calm"
    with process("--set", "experiment_name=calm", *ENDLESS) as running:
        wait_until(lambda: '"training"' in read(folder / "history.jsonl"), running)
        assert status(folder)["state"] == "running"
        running.send_signal(number)
        out, err = running.communicate(timeout=60)
    assert running.returncode == code
    assert (status(folder)["state"], status(folder)["reason"]) == ("stopped", "interrupted")
    assert out == b""
    assert b"Traceback" not in err
    assert b"stopped. To resume: hydro resume runs/calm\n" in err
    assert len(list(folder.glob("checkpoints/step-*"))) == 1


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["kill", "term"])
def test_whatever_ended_a_run_it_goes_on_as_if_nothing_had(
    number: signal.Signals, process: Any, cli: Cli, tmp_path: Path
) -> None:
    longer = ("--set", "training.epochs=30", "--set", "training.save_best_checkpoint=true")
    often = ("--set", "training.checkpoint_minutes=1e-9")
    assert cli(*run("--set", "experiment_name=quiet", *longer))[0] == 0
    named = ("--set", "experiment_name=calm", *longer)
    folder = tmp_path / "runs/calm"
    with process(*named, *often) as running:
        wait_until(lambda: any(folder.glob("checkpoints/step-*/MANIFEST.json")), running)
        running.send_signal(number)
        running.communicate(timeout=60)
    assert running.returncode == (143 if number == signal.SIGTERM else -9)

    code, _, said = cli(*run(*named, "--resume"))
    assert (code, "resuming from checkpoint step-" in said) == (0, True)
    for name in ("model/model.safetensors", "scores.json"):
        assert (folder / name).read_bytes() == (tmp_path / "runs/quiet" / name).read_bytes()
    events = [read(tmp_path / "runs" / name / "history.jsonl") for name in ("calm", "quiet")]
    assert len({re.sub('"time": "[^"]*"', "", each) for each in events}) == 1
    assert not (folder / "checkpoints").exists()


def test_without_anything_to_resume_it_starts_from_the_beginning(cli: Cli) -> None:
    code, _, said = cli(*run("--resume"))
    assert (code, "--resume finds an experiment by its name" in said) == (3, True)
    code, _, said = cli(*run("--resume", "--set", "experiment_name=calm"))
    assert (
        code,
        "no interrupted experiment calm in runs: starting a new one" in said,
    ) == (0, True)
    assert status(Path("runs/calm"))["state"] == "finished"


def test_on_a_terminal_a_bar_is_drawn_and_a_closed_pipe_ends_quietly(
    process: Any, tmp_path: Path
) -> None:
    reader, writer = pty.openpty()
    with process("--set", "experiment_name=calm", stderr=writer) as running:
        os.close(writer)
        running.stdout.close()
        shown = b"".join(chunks(reader)).decode()
    os.close(reader)
    assert status(tmp_path / "runs/calm")["state"] == "finished"
    assert "\x1b[" in shown
    assert "━" in shown
    assert "100%" in shown
    assert "Traceback" not in shown
    assert "BrokenPipe" not in shown


def read(path: Path) -> str:
    """Read a file that may not be there yet."""
    return path.read_text() if path.exists() else ""


def wait_until(happened: Callable[[], bool], running: subprocess.Popen[bytes]) -> None:
    """Wait for something that a process does, for as long as it lives."""
    end = time.monotonic() + 60
    while not happened():
        assert running.poll() is None, running.communicate()
        assert time.monotonic() < end
        time.sleep(0.05)


def chunks(terminal: int) -> Iterator[bytes]:
    """Read a terminal until the process at its other end is gone."""
    while True:
        try:
            content = os.read(terminal, 65536)
        except OSError:
            return
        if not content:
            return
        yield content
