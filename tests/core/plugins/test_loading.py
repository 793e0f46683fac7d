"""Tests of finding plugins and of naming the one that is at fault."""

import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import Distribution, EntryPoint
from pathlib import Path

import pytest

from hydro.plugins.components import KINDS
from hydro.plugins.hookspecs import GROUP
from hydro.plugins.loading import DISABLED, Plugin, kind_of, load_plugins

GOOD = """
from hydro.api import Loss, hookimpl

@hookimpl
def hydro_losses():
    return [Loss("Good", print)]
"""

Load = Callable[..., list[Plugin]]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """Load plugins from their sources, given as ``name="source"``; each lives in ``of_<name>``."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)

    def load_sources(**sources: str) -> list[Plugin]:
        for name, source in sources.items():
            (tmp_path / f"of_{name}.py").write_text(source, encoding="utf-8")
        points = [EntryPoint(name, f"of_{name}", GROUP) for name in sources]
        return load_plugins(points)

    yield load_sources
    for name in set(sys.modules) - before:
        if name.startswith("of_"):
            del sys.modules[name]


def test_hydros_own_components_come_first_and_the_others_by_name(load: Load) -> None:
    rename = GOOD.replace("Good", "{}")
    found = load(zebra=rename.format("Z"), ant=rename.format("A"), mole=rename.format("M"))
    assert [each.name for each in found] == ["builtin", "ant", "mole", "zebra"]
    assert not any(each.failure for each in found)


def test_a_plugin_is_told_with_its_module_and_records(load: Load) -> None:
    plugin = load(good=GOOD)[1]
    assert (plugin.name, plugin.module) == ("good", "of_good")
    assert [(kind_of(each), each.name) for each in plugin.records] == [("loss", "Good")]


def test_a_disabled_plugin_is_not_even_imported(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(DISABLED, "bad, other ,")
    found = load(bad="raise RuntimeError", good=GOOD, other="raise RuntimeError")
    assert [each.name for each in found] == ["builtin", "good"]
    assert "of_bad" not in sys.modules


HOOK = "from hydro.api import Loss, Metric, hookimpl\n@hookimpl\n"

EVERYTHING = """
from hydro import api
from hydro.api import hookimpl

@hookimpl
def hydro_problems():
    class Plain(api.Problem):
        name, title, settings = "p", "A problem", api.Settings
        columns = predict = save = print
    return [Plain()]

@hookimpl
def hydro_tokenizers(): return [api.Tokenizer("tokenizer", print)]

@hookimpl
def hydro_datasets(): return [api.Dataset("dataset", print)]

@hookimpl
def hydro_models(): return [api.Model("model", print)]

@hookimpl
def hydro_losses(): return (api.Loss(name, print) for name in ["loss"])

@hookimpl
def hydro_metrics(): return [api.Metric("metric", print, higher_is_better=False)]

@hookimpl
def hydro_optimizers(): return [api.Optimizer("optimizer", print)]

@hookimpl
def hydro_schedules(): return [api.Schedule("schedule", print)]

@hookimpl
def hydro_samplers(): return [api.Sampler("sampler", print)]

@hookimpl
def hydro_loggers(): return [api.Logger("logger", print)]

@hookimpl
def hydro_exporters(): return [api.Exporter("exporter", print)]

@hookimpl
def hydro_insights(): return [api.Insight("insight", print)]
"""


def test_every_hook_brings_its_kind_of_record(load: Load) -> None:
    problem, *components = load(every=EVERYTHING)[1].records
    assert (kind_of(problem), problem.name) == ("problem type", "p")
    assert [each.name for each in components] == [kind_of(each) for each in components]
    assert [type(each) for each in components] == [*KINDS]


FAULTS = {
    "import nothing_of_that_name": "ModuleNotFoundError: No module named 'nothing_of_that_name'",
    "import sys; sys.exit(3)": "SystemExit: 3",
    "raise SystemExit": "SystemExit",
    "1 / 0": "ZeroDivisionError: division by zero",
    "def broken(": "SyntaxError: '(' was never closed",
    HOOK + "def hydro_losses(): raise ValueError('no\\n  luck')": "ValueError: no luck",
    HOOK + "def hydro_losses(): raise SystemExit(1)": "SystemExit: 1",
    HOOK + "def hydro_lossess(): return []": "unknown hook 'hydro_lossess'",
    HOOK + "def hydro_losses(settings): return []": "Argument(s) {'settings'} are declared",
    HOOK + "def hydro_losses(): return ['Good']": (
        "TypeError: hydro_losses returned 'Good', which is no record of hydro.api"
    ),
    HOOK + "def hydro_losses(): return Loss('Good', print)": "TypeError: 'Loss' object is not",
    HOOK + "def hydro_losses(): return [Loss('Good')]": "TypeError: Loss.__init__() missing",
    HOOK + "def hydro_losses(): return [Loss('Good', print, settings={'a': 1})]": (
        "TypeError: the settings of 'Good' are {'a': 1}, which is no Section"
    ),
    HOOK + "def hydro_losses(): return [Loss('Good', print, settings=int)]": (
        "TypeError: the settings of 'Good' are <class 'int'>, which is no Section"
    ),
}


@pytest.mark.parametrize("source", FAULTS)
def test_a_faulty_plugin_is_named_and_takes_nothing_else_down(source: str, load: Load) -> None:
    found = {each.name: each for each in load(after=GOOD, bad=source, before=rename(GOOD))}
    bad = found.pop("bad")
    assert bad.records == ()
    assert bad.failure.startswith("plugin 'bad' (of_bad) does not load: ")
    assert FAULTS[source] in bad.failure
    assert bad.failure.endswith(f". Uninstall unknown, or set {DISABLED}=bad")
    assert "\n" not in bad.failure
    assert [each.name for each in found.values() if each.failure] == []
    assert [len(each.records) for each in found.values()][1:] == [1, 1]


def rename(source: str) -> str:
    """Offer the same under another name."""
    return source.replace("Good", "Other")


def test_a_component_may_share_its_name_with_one_of_another_kind_or_problem(load: Load) -> None:
    limited = HOOK + "def hydro_losses(): return [Loss('Good', print, problems=('{}',))]"
    metric = HOOK + "def hydro_metrics(): return [Metric('Good', print)]"
    found = load(one=limited.format("a"), two=limited.format("b"), three=metric)
    assert not any(each.failure for each in found)


@pytest.mark.parametrize("problems", ["('a',)", "('b', 'a')", "()"])
def test_a_name_that_is_taken_is_an_error_that_names_both_modules(
    problems: str, load: Load
) -> None:
    limited = HOOK + "def hydro_losses(): return [Loss('Good', print, problems={})]"
    found = load(one=limited.format("('a',)"), two=limited.format(problems))
    assert not found[1].failure
    assert found[2].failure.startswith(
        "plugin 'two' (of_two) claims the loss 'Good', which of_one has already"
    )
    assert found[2].records == ()


def test_a_plugin_cannot_replace_a_component_of_hydro(load: Load) -> None:
    source = "from hydro.api import Optimizer, hookimpl\n@hookimpl\n"
    found = load(sgd=source + "def hydro_optimizers(): return [Optimizer('SGD', print)]")
    said = "claims the optimizer 'SGD', which hydro.plugins.builtin has already"
    assert said in found[1].failure


def test_a_plugin_cannot_claim_a_name_twice(load: Load) -> None:
    twice = GOOD.replace("print)", "print), Loss('Good', id)")
    assert "claims the loss 'Good', which of_one has already" in load(one=twice)[1].failure


def test_two_problem_types_of_one_name_clash_whatever_they_hold() -> None:
    points = [EntryPoint(name, "hydro_linear_regression", GROUP) for name in ("one", "two")]
    failure = load_plugins(points)[2].failure
    assert (
        "claims the problem type 'linear_regression', which hydro_linear_regression has already"
        in failure
    )


def test_what_a_plugin_prints_does_not_stand_in_results(
    load: Load, capsys: pytest.CaptureFixture[str]
) -> None:
    load(loud="print('hello')\n" + GOOD.replace("    return", "    print('again'); return"))
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "hello\nagain\n")


def installed(folder: Path, *requires: str) -> Sequence[EntryPoint]:
    """Write what pip leaves of a plugin that requires something, and find its entry points."""
    facts = folder / "hydro_good-1.2.dist-info"
    facts.mkdir()
    lines = ["Metadata-Version: 2.1", "Name: hydro-good", "Version: 1.2"]
    lines += [f"Requires-Dist: {each}" for each in requires]
    (facts / "METADATA").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (facts / "entry_points.txt").write_text(f"[{GROUP}]\ngood = hydro_linear_regression\n")
    return list(Distribution.at(facts).entry_points)


def test_a_plugin_is_told_with_its_distribution(tmp_path: Path) -> None:
    assert load_plugins(installed(tmp_path))[1].distribution == "hydro-good 1.2"


def test_a_plugin_that_wants_another_hydro_is_not_loaded(tmp_path: Path) -> None:
    failure = load_plugins(installed(tmp_path, "torch", "hydro_experiments[x] >= 99"))[1].failure
    assert failure.startswith(
        "plugin 'good' (hydro_linear_regression) wants hydro_experiments>=99, and"
    )
    assert failure.endswith(f"Uninstall hydro-good, or set {DISABLED}=good")


@pytest.mark.parametrize("wanted", ["", ">=0.1", ">=99; extra == 'far'", "<99"])
def test_a_plugin_that_wants_this_hydro_is_loaded(wanted: str, tmp_path: Path) -> None:
    assert not load_plugins(installed(tmp_path, f"hydro-experiments{wanted}"))[1].failure


def test_kinds_are_said_in_words() -> None:
    found = load_plugins([EntryPoint("linear_regression", "hydro_linear_regression", GROUP)])[
        1
    ].records
    kinds = {kind_of(each) for each in found}
    assert {"problem type", "loss"} <= kinds
