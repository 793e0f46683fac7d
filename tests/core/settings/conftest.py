"""What the tests of settings share: a composed model, and files that are checked against it."""

from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from hydro.errors import SettingsError
from hydro.plugins.hookspecs import GROUP
from hydro.plugins.loading import load_plugins
from hydro.plugins.registry import Registry
from hydro.settings.loading import LoadedSettings, load
from hydro.settings.sections import Settings
from hydro_text_metric_learning import loss_settings

HEAD = "dataset: {train_dataframe: rows.csv, text_column: text, label_columns: label}\n"


@pytest.fixture(scope="session")
def own_catalog() -> Registry:
    """hydro's own plugins only, so that choices are the same wherever the tests run."""
    point = EntryPoint("text_metric_learning", "hydro_text_metric_learning.plugin", GROUP)
    return Registry(tuple(load_plugins([point])))


@pytest.fixture(scope="session")
def model(own_catalog: Registry) -> type[Settings]:
    """The schema of text metric learning."""
    return own_catalog.schema(own_catalog.problem("text_metric_learning"))


def of_new_losses() -> Iterator[str]:
    """List the settings of the losses that the reference system has not."""
    for name, each in vars(loss_settings).items():
        if name.endswith("Settings") and name != "ArcFaceSettings":
            yield from each.model_fields


@pytest.fixture(scope="session")
def additions() -> set[str]:
    """The settings that hydro has and the reference system has not."""
    return {
        "dataset.normalize_labels",
        "dataset.split_seed",
        "tokenizer.tokenizer",
        "architecture.model",
        "architecture.batch_normalization",
        "training.arcface_init",
        "training.batch_tokens",
        "training.checkpoint_minutes",
        "training.sampled_classes",
        "training.sampler",
        "training.rows_per_class",
        *(f"training.{name}" for name in of_new_losses()),
        "prediction.threshold_precision",
        *(f"search.{name}" for name in ("strategy", "trials", "hours", "pruning")),
        *(f"logging.{name}" for name in ("mlflow_experiment", "trackio_project", "wandb_project")),
    }


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Where a test's settings file goes, beside a small table."""
    (tmp_path / "rows.csv").write_text("text,label\nhello,a\n", encoding="utf-8")
    return tmp_path / "cfg.yml"


@pytest.fixture
def read(config: Path, model: type[Settings]) -> Callable[..., LoadedSettings]:
    """Load what follows a first line that gives all that must be given."""

    def load_text(text: str, *overrides: str, head: str = HEAD) -> LoadedSettings:
        config.write_text(head + text, encoding="utf-8")
        return load(config, model, overrides)

    return load_text


@pytest.fixture
def refusal(config: Path, read: Callable[..., LoadedSettings]) -> Callable[..., Sequence[str]]:
    """Give the lines of the message that refuses a text; the file is called FILE."""

    def refuse(text: str, *overrides: str, head: str = HEAD) -> Sequence[str]:
        with pytest.raises(SettingsError) as caught:
            read(text, *overrides, head=head)
        return str(caught.value).replace(str(config), "FILE").splitlines()

    return refuse
