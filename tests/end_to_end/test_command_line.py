"""``hydro run`` on texts, as people and programs meet it."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cli(texts: Any, command: Cli) -> Cli:
    """Run the experiment with some settings changed: exit code, stdout, stderr."""
    return lambda *arguments: command("run", texts.config, "--output", texts.output, *arguments)


def test_a_run_says_how_much_better_the_model_became_and_where_it_is(cli: Cli, texts: Any) -> None:
    code, out, err = cli("--set", "experiment_name=calm")
    assert code == 0
    assert re.search(
        r"mAP \+0\.\d{4}: too few rows for a verdict \(no interval: 18 rows are scored", out
    )
    assert f"model   {texts.output / 'calm/model'}\n" in out
    assert "epoch 4/4" in err
    assert "\r" not in err
    assert "\x1b" not in out + err


def test_a_program_gets_the_same_as_json(cli: Cli, trained: Any) -> None:
    code, out, _ = cli("--json", "--set", "prediction.threshold_precision=0.2")
    told = json.loads(out)
    assert (code, told["scores"]) == (0, trained.scores)
    assert (Path(told["folder"]) / "model/model.safetensors").exists()


def test_a_length_above_the_positions_ends_with_5_before_anything_is_trained(
    cli: Cli, texts: Any
) -> None:
    code, out, err = cli("--set", "tokenizer.max_length=67", "--set", "experiment_name=long")
    assert (code, out) == (5, "")
    assert "max_length 67 is more than the 66 positions" in err
    assert "Traceback" not in err
    assert not (texts.output / "long/history.jsonl").exists()


def test_a_dry_run_trains_nothing(cli: Cli, texts: Any) -> None:
    code, out, _ = cli("--dry-run", "--json")
    assert code == 0
    assert json.loads(out)["training"]["arcface_margin"] == 0.1
    assert not texts.output.exists()
