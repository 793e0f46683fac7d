"""mypy accepts the plugins of tests/support, and refuses those that are wrong in one way."""

import re
from collections import defaultdict
from pathlib import Path

import pytest
from mypy import api

RIGHT = ("cosface/hydro_cosface", "text_classifier/hydro_text_classifier")
RIGHT += ("text_regression/hydro_text_regression", "linear_regression/hydro_linear_regression")

WRONG = {
    # file: the line that is refused, and why
    "loss_without_targets": ("LOSSES = ", "arg-type"),
    "loss_that_is_no_module": ("LOSSES = ", "arg-type"),
    "loss_with_another_keyword": ("LOSSES = ", "arg-type"),
    "loss_with_one_argument_more": ("LOSSES = ", "arg-type"),
    "metric_that_is_a_function": ("METRICS = ", "arg-type"),
    "model_without_targets": ("MODELS = ", "arg-type"),
    "problem_without_save": ("PROBLEM = ", "abstract"),
    "problem_with_a_list_of_columns": ("    def columns", "override"),
    "problem_that_predicts_a_dict": ("    def predict", "override"),
    "schedule_that_is_a_number": ("SCHEDULES = ", "arg-type"),
    "insight_that_is_a_text": ("INSIGHTS = ", "arg-type"),
}


@pytest.fixture(scope="module")
def errors(root: Path) -> dict[str, list[tuple[str, str]]]:
    """Return what mypy refuses: by file, the text of the line and the code of the error."""
    support = root / "tests/support"
    files = [str(support / name) for name in RIGHT]
    files += [str(support / "wrong_plugins" / f"{name}.py") for name in WRONG]
    # Its cache is the one of the check of types, where there is one.
    found, said, _ = api.run([*files, "--config-file", str(root / "pyproject.toml"), "--no-pretty"])
    assert not said
    refused = defaultdict(list)
    for path, line, code in re.findall(r"(?m)^(.+?):(\d+): error: .*\[([\w-]+)\]$", found):
        text = Path(path).read_text(encoding="utf-8").splitlines()[int(line) - 1]
        refused[Path(path).parent.name if "hydro_" in path else Path(path).stem].append(
            (text, code)
        )
    return refused


def test_the_plugins_of_the_tests_are_accepted(errors: dict[str, list[tuple[str, str]]]) -> None:
    assert {name: each for name, each in errors.items() if name not in WRONG} == {}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_plugin_is_refused_where_it_is_wrong(
    name: str, errors: dict[str, list[tuple[str, str]]]
) -> None:
    begins, code = WRONG[name]
    assert [(text.startswith(begins), found) for text, found in errors[name]] == [(True, code)]


def test_every_wrong_plugin_is_checked(root: Path) -> None:
    there = {path.stem for path in (root / "tests/support/wrong_plugins").glob("*.py")}
    assert there == set(WRONG)
