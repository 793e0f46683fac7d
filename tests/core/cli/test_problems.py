"""Tests of ``hydro problems``."""

import json
from collections.abc import Callable

Cli = Callable[..., tuple[int, str, str]]


def test_problem_types_are_listed_with_their_titles(hydro: Cli) -> None:
    code, out, err = hydro("problems")
    assert (code, err) == (0, "")
    lines = [line.split("  ") for line in out.splitlines()]
    assert ["text_metric_learning", "Text metric learning"] in [
        [name.strip(), title.strip()] for name, title in lines
    ]


def test_problem_types_are_listed_for_programs(hydro: Cli) -> None:
    code, out, _ = hydro("problems", "--json")
    assert code == 0
    assert {"name": "text_metric_learning", "title": "Text metric learning"} in json.loads(out)


def test_a_broken_plugin_is_said_beside_the_result(hydro: Cli, broken: str) -> None:
    code, out, err = hydro("problems", "--json")
    assert code == 0
    assert json.loads(out)
    assert "noise\n" in err
    assert f"hydro: plugin '{broken}' (hydro_broken) does not load: ModuleNotFoundError" in err
