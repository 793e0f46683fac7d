"""Which settings are not at their defaults."""

from typing import Any

import yaml

from hydro.report.settings import Changed, changed, flat_values, value_text
from hydro.settings.yaml_writer import dump


def test_a_changed_setting_is_listed_with_its_default(word_count: Any) -> None:
    settings = word_count.prepare("training.learning_rate=0.5", "experiment_name=x").settings
    found = changed(yaml.safe_load(dump(settings)), type(settings))
    assert Changed("training.learning_rate", "0.5", "0.05") in found
    assert Changed("dataset.text_column", "text", "") in found  # must be given
    names = {each.name for each in found}
    assert not names & {"experiment_name", "training.optimizer", "training.warmup_epochs"}


def test_values_have_dotted_names_and_a_grid_is_one_value() -> None:
    config = {"a": 1, "b": {"c": [2]}, "grid_search": {"d": [3]}}
    assert flat_values(config) == {"a": 1, "b.c": [2], "grid_search": {"d": [3]}}


def test_a_value_reads_as_in_the_file() -> None:
    assert [value_text(each) for each in (None, [1], "a", 1e-5)] == ["null", "[1]", "a", "1.0e-05"]
