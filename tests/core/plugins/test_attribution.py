"""Whoever's code fails during a run is named, with what of it failed; the rest works."""

import dataclasses
import json
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from hydro.artifacts.run_folder import RunFolder
from hydro.errors import DataError, PluginError, TrainingError
from hydro.inference.gallery import read_rows
from hydro.inference.trained_model import open_trained
from hydro.plugins.attribution import attribute_errors
from hydro.plugins.builder import Builder
from hydro.plugins.hookspecs import GROUP
from hydro.plugins.loading import load_plugins
from hydro.plugins.registry import Registry

SOURCE = """
import sys
from hydro.api import Exporter, Insight, Loss, MeanMetric, Metric, Optimizer, hookimpl

@hookimpl
def hydro_losses(): return [Loss("Bad loss", bad_loss), Loss("Bad build", bad_build)]

@hookimpl
def hydro_{hook}(): return [{kind}("Bad {what}", {build})]

def bad_loss(settings, *, model, targets):
    import torch

    class BadLoss(torch.nn.Module):
        def forward(self, outputs, targets):
            {loss}

    return BadLoss()

def bad_build(settings, *, model, targets):
    {fault}

def bad(settings, **given):
    {fault}

def bad_metric(settings):
    return MeanMetric(score)

def score(outputs):
    errors = outputs.errors()[:, 0]
    {fault}
"""
EMPTY = {
    "hook": "insights",
    "kind": "Insight",
    "what": "insight",
    "build": "lambda s, **g: __import__('pandas').DataFrame()",
}

Install = Callable[..., Any]


@pytest.fixture
def install(word_count: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Give the linear regression where a plugin with this fault is installed beside others."""
    monkeypatch.syspath_prepend(tmp_path)

    def installed(fault: str = "pass", loss: str = "return outputs.sum()", **parts: str) -> Any:
        text = SOURCE.format(fault=fault, loss=loss, **{**EMPTY, **parts})
        (tmp_path / "of_bad.py").write_text(text)
        (found,) = load_plugins([EntryPoint("bad", "of_bad", GROUP)])[1:]
        assert not found.failure
        named = dataclasses.replace(found, distribution="hydro-bad 1.2")
        registry = Registry((*word_count.registry.plugins, named))
        return dataclasses.replace(word_count, registry=registry)

    yield installed
    sys.modules.pop("of_bad", None)


def failed(experiment: Any, kind: type[Exception], *changes: str) -> tuple[str, str]:
    """Run what has to fail; give the message and the log."""
    with pytest.raises(kind) as caught:
        experiment.run("experiment_name=calm", *changes)
    folder = experiment.output / "calm"
    assert json.loads((folder / "status.json").read_text())["state"] == "failed"
    return str(caught.value), (folder / "log.txt").read_text()


@pytest.mark.parametrize("fault", ["raise ValueError('no luck')", "sys.exit(0)", "{}['no luck']"])
def test_a_loss_that_cannot_be_built_is_named(fault: str, install: Install) -> None:
    said, log = failed(install(fault), PluginError, "training.loss_function=Bad build")
    assert said.startswith("the loss 'Bad build' of the plugin 'bad' (hydro-bad 1.2) failed: ")
    assert "(of_bad.py, line 21)" in said
    assert said.endswith("until it is mended, choose another training.loss_function")
    assert "\n" not in said
    assert f"    {fault}\n" in log


def test_a_loss_that_raises_is_named(install: Install) -> None:
    bad = install(loss="raise ValueError('no luck')")
    said, log = failed(bad, PluginError, "training.loss_function=Bad loss")
    assert "the loss 'Bad loss' of the plugin 'bad' (hydro-bad 1.2) failed: ValueError" in said
    assert "in forward\n    raise ValueError('no luck')" in log


def test_a_loss_that_gives_what_torch_refuses_is_named(install: Install) -> None:
    bad = install(loss="return outputs @ outputs[:3]")
    said, _ = failed(bad, PluginError, "training.loss_function=Bad loss")
    assert "the loss 'Bad loss' of the plugin 'bad' (hydro-bad 1.2) failed: RuntimeError" in said


def test_a_loss_that_is_no_number_is_named_with_the_update(install: Install) -> None:
    bad = install(loss="return outputs.sum() * float('nan')")
    said, _ = failed(bad, TrainingError, "training.loss_function=Bad loss")
    assert said.startswith("the loss of update 1 is nan. Try a lower")
    assert said.endswith(". The loss 'Bad loss' is of the plugin 'bad' (hydro-bad 1.2)")


METRIC = {"hook": "metrics", "kind": "Metric", "what": "metric", "build": "bad_metric"}


def test_a_metric_that_raises_is_named(install: Install) -> None:
    said, _ = failed(install("raise ValueError('no luck')", **METRIC), PluginError)
    assert said.startswith("the metric 'Bad metric' of the plugin 'bad' (hydro-bad 1.2) failed")
    assert said.endswith("until it is mended, choose another prediction.metric")


@pytest.mark.parametrize("value", ["errors[1:]", "errors.mean()", "errors[:, None, None]", "None"])
def test_a_metric_of_the_wrong_shape_is_named(value: str, install: Install) -> None:
    said, _ = failed(install(f"return {value}", **METRIC), PluginError)
    assert said.startswith("the metric 'Bad metric' gave ")
    assert "a number for each of 10 rows is wanted: shape (10,) or (10, k)" in said
    assert said.endswith(". The metric 'Bad metric' is of the plugin 'bad' (hydro-bad 1.2)")


@pytest.mark.parametrize(
    ("fault", "told"),
    [("raise ValueError('no luck')", "failed: ValueError: no luck"), ("pass", "gave NoneType")],
)
def test_an_insight_that_fails_is_named_and_the_run_is_finished(
    fault: str, told: str, install: Install
) -> None:
    outcome = install(fault, build="bad").run()
    log = (outcome.folder / "log.txt").read_text()
    assert json.loads((outcome.folder / "status.json").read_text())["state"] == "finished"
    (warned,) = [line for line in log.splitlines() if "insight 'Bad insight' is left out: " in line]
    assert told in warned
    assert "the plugin 'bad' (hydro-bad 1.2)" in warned


def test_an_exporter_that_fails_is_named_and_the_others_are_built(install: Install) -> None:
    kind = {"hook": "exporters", "kind": "Exporter", "what": "format", "build": "bad"}
    outcome = install("raise ValueError('no luck')", **kind).run()
    log = (outcome.folder / "log.txt").read_text()
    assert (outcome.folder / "exports/json/weights.json").exists()
    assert "the exporter 'Bad format' of the plugin 'bad' (hydro-bad 1.2) failed" in log
    assert "Traceback (most recent call last):" in log


def test_a_metric_that_raises_when_a_model_is_used_is_named(
    install: Install, tmp_path: Path
) -> None:
    bad = install("return errors if len(errors) != 3 else {}['no luck']", **METRIC)
    folder = RunFolder(bad.run().folder)
    (tmp_path / "new.csv").write_text("text\na\nb c\nd\n")
    trained = open_trained(folder, bad.registry)
    frame, _ = read_rows(tmp_path / "new.csv", trained.columns)
    with pytest.raises(PluginError, match="the metric 'Bad metric' of the plugin 'bad'"):
        trained.predict(frame)


def test_what_is_not_chosen_fails_nobody(install: Install) -> None:
    bad = install("raise ValueError", loss="raise ValueError")
    assert bad.run().scores["validation"]["after"] < bad.run().scores["validation"]["before"]


@pytest.mark.parametrize(
    "error",
    [
        ValueError("a bug"),
        DataError("a table"),
        MemoryError(),
        SystemExit(143),
        KeyboardInterrupt(),
    ],
    ids=repr,
)
def test_what_no_plugin_raised_stays_as_it_is(error: BaseException, word_count: Any) -> None:
    experiment = word_count.prepare()
    builder = Builder(experiment.settings, experiment.registry, experiment.problem)
    with pytest.raises(type(error)) as caught, attribute_errors(builder):
        raise error
    assert caught.value is error
