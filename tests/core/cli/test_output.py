"""What commands print moves no cursor and sets no title, whatever texts it quotes."""

import io
import json
import logging
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.table import Table
from rich.text import Text

from hydro.artifacts.files import write_text
from hydro.artifacts.results import write_leaderboard, write_scores
from hydro.artifacts.run_folder import RunFolder
from hydro.artifacts.status import Status, write_status
from hydro.cli.console import SafeConsole
from hydro.cli.output import SYMBOLS, echo, echo_json, printable, show_traceback
from hydro.cli.terminal import TerminalProgress

Cli = Callable[..., tuple[int, str, str]]

EVIL = "\x1b]0;title\x07\x1b[2J\x9b31m\r\x08\u202eevil"
"""Sets the title, clears the screen, goes back and writes backwards."""

QUOTED = r"\e]0;title\a\e[2J\x9b31m\r\b\u202eevil"
"""The same in YAML, between double quotes."""


def unsafe(text: str) -> list[str]:
    """List the characters of a text that a terminal would obey."""
    return [each for each in text if ord(each) in SYMBOLS]


def test_every_control_character_but_those_of_layout_has_a_symbol() -> None:
    controls = "".join(map(chr, [*range(0x20), *range(0x7F, 0xA0), 0x202E, 0x2066, 0xD800]))
    assert printable("a\n\tb \u00e9 \U0001f468\u200d\U0001f469") == (
        "a\n\tb \u00e9 \U0001f468\u200d\U0001f469"
    )
    shown = printable(controls)
    assert len(shown) == len(controls)
    assert [each for each in shown if not each.isprintable()] == ["\t", "\n"]
    assert printable("\x1b[2J") == "\N{SYMBOL FOR ESCAPE}[2J"


def test_json_means_what_it_meant(capsys: pytest.CaptureFixture[str]) -> None:
    value = {"text": EVIL, "half": "\ud800", "word": "na\u00efve"}
    for ensure_ascii in (True, False):
        echo_json(value, ensure_ascii=ensure_ascii)
        out = capsys.readouterr().out
        assert unsafe(out) == []
        assert json.loads(out) == value
        assert ("na\u00efve" in out) is not ensure_ascii


def test_a_table_on_a_terminal_has_only_the_codes_of_its_style() -> None:
    file = io.StringIO()
    console = SafeConsole(file=file, force_terminal=True, markup=False, width=200)
    table = Table(EVIL, title=EVIL, caption=EVIL)
    table.add_row(f"a{EVIL}", style="bold")
    console.print(table)
    console.print(EVIL)
    console.print(Text(EVIL))
    assert file.getvalue().count("evil") == 6
    for code in ("\x1b]", "\x07", "\x1b[2J", "\x9b", "\r", "\x08", "\u202e"):
        assert code not in file.getvalue()
    assert "\x1b[1m" in file.getvalue()


def test_what_is_shown_while_work_goes_on_is_printable(monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.StringIO()
    file.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stderr", file)
    monkeypatch.setenv("TERM", "xterm-256color")
    with TerminalProgress() as progress, progress.task(f"[red]{EVIL}", 2, "rows") as task:
        task.advance(1, loss=1.0)
        progress.bars.refresh()
        assert "[red]" in file.getvalue()
        progress.print(EVIL)
        progress.handler.handle(logging_record(EVIL))
    shown = file.getvalue()
    assert shown.count("evil") >= 3
    assert "[red]" in shown
    for code in ("\x1b]", "\x07", "\x1b[2J", "\x9b", "\u202e"):
        assert code not in shown


def logging_record(message: str) -> logging.LogRecord:
    """Make what a logger hands to its handlers."""
    return logging.LogRecord("hydro", logging.WARNING, "", 0, message, None, None)


def test_a_bug_is_shown_with_a_printable_message(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise ValueError(EVIL)
    except ValueError as error:
        show_traceback(type(error), error, error.__traceback__)
    shown = capsys.readouterr().err
    assert unsafe(shown) == []
    assert shown.startswith("Traceback")
    assert "evil" in shown


@pytest.fixture
def evil(config: Path) -> Path:
    """Settings and tables whose every name and text is hostile."""
    rows = "".join(f"{EVIL} {row},{EVIL}{row % 3}\n".replace("\r", "") for row in range(30))
    folder = config.parent
    (folder / "rows.csv").write_text(f"text,label,{EVIL}\n{rows}".replace("\r", ""), "utf-8")
    with zipfile.ZipFile(folder / "rows.zip", "w") as file:
        file.writestr(f"{EVIL}.csv", b"text,label\n\xff,a\n")
        file.writestr(f"{EVIL}.exe", b"")
    return config


@pytest.mark.parametrize(
    "arguments",
    [
        ["--problem", EVIL],
        ["--set", f"architecture.pool={EVIL}"],
        ["--set", f"{EVIL}=1"],
        ["--set", f"training.{EVIL}=1"],
        ["--set", f'architecture.pool="{QUOTED}"'],
        ["--set", f'"{QUOTED}"=1'],
        ["--set", f'dataset.text_column="{QUOTED}"'],
        ["--set", f'dataset.train_dataframe="{QUOTED}"'],
        ["--set", f'experiment_name="{QUOTED}"'],
        ["--set", f'from_experiment="{QUOTED}"'],
        ["--set", f'problem_type="{QUOTED}"'],
        ["--set", f'grid_search={{"{QUOTED}": ["{QUOTED}"]}}'],
        ["--set", f'grid_search={{pool: ["{QUOTED}"]}}'],
        ["--set", f'architecture.backbone="{QUOTED}"'],
        ["--set", f'dataset.folds="{QUOTED}"'],
        ["--set", "dataset.train_dataframe=ZIP"],
        [f"--{EVIL}"],
        [],
    ],
    ids=lambda given: ascii(" ".join(given))[:30],
)
def test_validate_prints_no_control_character(arguments: list[str], evil: Path, hydro: Cli) -> None:
    given = [each.replace("ZIP", str(evil.parent / "rows.zip")) for each in arguments]
    _, out, err = hydro("validate", str(evil), *given)
    assert out + err != ""
    assert unsafe(out + err) == []


@pytest.mark.parametrize("command", ["validate", "run", "resume", "predict", "search", EVIL])
def test_a_name_that_is_not_there_is_quoted_printably(command: str, hydro: Cli) -> None:
    code, out, err = hydro(command, f"gone{EVIL}", f"{EVIL}")
    assert code != 0
    assert unsafe(out + err) == []


def test_a_hostile_experiment_is_listed_shown_and_compared_printably(
    tmp_path: Path, hydro: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYDRO_OUTPUT", str(tmp_path))
    for name in ("one", f"two{EVIL}"):
        folder = RunFolder.create(tmp_path, name)
        write_text(folder.config, f'problem_type: "{QUOTED}"\nprediction: {{metric: "{QUOTED}"}}\n')
        scores = {"metric": EVIL, "before": 0.0, "after": 0.5, "change": 0.5, "rows": 20}
        told = {"verdict": EVIL, "change_interval": [0.1, 0.9], "rows_left_out": 3}
        more = {"left_out_because": EVIL, "overstated": EVIL, "decision": {"summary": EVIL}}
        write_scores(
            folder,
            {EVIL: {**scores, **told, **more, "metrics": {EVIL: {"before": 0.0, "after": 0.5}}},
             "validation": {**scores, **told, **more, "metrics": {}}},
        )  # fmt: skip
        write_leaderboard(folder, [])
        write_status(folder, Status("finished", EVIL, seconds=1.0))
    for command in (["list"], ["show", f"two{EVIL}"], ["compare", "one", f"two{EVIL}"],
                    ["delete", f"two{EVIL}", "--yes"]):  # fmt: skip
        _, out, err = hydro("experiments", *command)
        assert out + err != ""
        assert unsafe(out + err) == [], command


def test_a_text_is_printed_to_the_stream_that_was_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    echo("one")
    echo(2, err=True, nl=False)
    assert capsys.readouterr() == ("one\n", "2")
