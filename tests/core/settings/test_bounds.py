"""Each bound of a setting lets the last value in, and refuses the next one.

The numbers here are what was meant; they are not taken from the schema, which has only to say for
which settings there must be some.
"""

from collections.abc import Callable

import pytest

from hydro.errors import SettingsError
from hydro.settings.loading import LoadedSettings
from hydro.settings.schema import Schema, flatten
from hydro.settings.sections import Settings

Read = Callable[..., LoadedSettings]

POSITIVE = (["1e-300", "5", "1e300"], ["0", "-1e-300", "-1"])
NOT_NEGATIVE = (["0", "1e-300", "1e300"], ["-1e-300", "-1"])
COUNT = (["1", "2", "100000"], ["0", "-1", "1.5", "many"])
COUNT_OR_NONE = (["0", "1", "100000"], ["-1", "0.5", "none of them"])
SHARE_BELOW_ONE = (["0", "0.5", "0.999999"], ["1", "-1e-9", "1.5"])

UNBOUNDED = (["-1e300", "0", "1e300"], [])

EDGES: dict[str, tuple[list[str], list[str]]] = {
    "dataset.validation_size": (["0.01", "0.95"], ["0.00999", "0.9501", "0", "1"]),
    "dataset.split_seed": (["0", "4294967295"], ["-1", "4294967296", "0.5"]),
    "dataset.data_sample": (["0.01", "1"], ["0.00999", "1.0001", "0"]),
    "tokenizer.max_length": COUNT,
    "tokenizer.padding_quantile": (["0", "1"], ["-0.0001", "1.0001"]),
    "architecture.embedding_size": COUNT,
    "architecture.dropout": SHARE_BELOW_ONE,
    "architecture.intermediate_dropout": SHARE_BELOW_ONE,
    "training.arcface_margin": (["0", "1.5707"], ["-0.0001", "1.5708", "1.571"]),
    "training.arcface_scale": POSITIVE,
    "training.label_smoothing": SHARE_BELOW_ONE,
    "training.normalized_softmax_scale": POSITIVE,
    "training.proxy_anchor_alpha": POSITIVE,
    "training.proxy_anchor_margin": NOT_NEGATIVE,
    "training.soft_triple_centers": COUNT,
    "training.soft_triple_scale": POSITIVE,
    "training.soft_triple_gamma": POSITIVE,
    "training.soft_triple_margin": NOT_NEGATIVE,
    "training.soft_triple_regularization": NOT_NEGATIVE,
    "training.supcon_temperature": POSITIVE,
    "training.ntxent_temperature": POSITIVE,
    "training.multi_similarity_alpha": POSITIVE,
    "training.multi_similarity_beta": POSITIVE,
    "training.multi_similarity_base": UNBOUNDED,
    "training.multi_similarity_epsilon": NOT_NEGATIVE,
    "training.circle_margin": UNBOUNDED,
    "training.circle_gamma": POSITIVE,
    "training.triplet_margin": NOT_NEGATIVE,
    "training.rows_per_class": COUNT,
    "training.learning_rate": POSITIVE,
    "training.differential_learning_rate": POSITIVE,
    "training.batch_size": COUNT,
    "training.batch_tokens": COUNT,
    "training.epochs": NOT_NEGATIVE,
    "training.warmup_epochs": NOT_NEGATIVE,
    "training.weight_decay": NOT_NEGATIVE,
    "training.gradient_clip": NOT_NEGATIVE,
    "training.grad_accumulation": COUNT,
    "training.checkpoint_minutes": NOT_NEGATIVE,
    "training.evaluation_epochs": POSITIVE,
    "training.sampled_classes": COUNT,
    "prediction.top_k_similar": COUNT,
    "prediction.threshold_precision": (["1e-9", "1"], ["0", "1.0001", "-1"]),
    "search.trials": COUNT,
    "search.hours": POSITIVE,
    "environment.number_of_gpus_per_run": COUNT,
    "environment.number_of_workers": COUNT_OR_NONE,
    "environment.seed": (["-1", "0", "4294967295"], ["-2", "4294967296", "0.5"]),
    "logging.number_of_texts": COUNT_OR_NONE,
}
"""What each setting lets in, and what it refuses."""


def test_every_setting_with_a_number_is_tried_at_its_bounds(model: type[Settings]) -> None:
    numbers = {each.path for each in Schema.of(model) if "number" in each.kind}
    assert set(EDGES) == numbers


@pytest.mark.parametrize("path", EDGES)
def test_the_last_value_within_a_bound_is_taken(path: str, read: Read) -> None:
    for value in EDGES[path][0]:
        assert flatten(read("", f"{path}={value}").settings)[path] == float(value)


@pytest.mark.parametrize("path", EDGES)
def test_the_first_value_beyond_a_bound_is_refused(path: str, read: Read) -> None:
    for value in [*EDGES[path][1], "nan", ".inf", "inf", "-inf"]:
        with pytest.raises(SettingsError, match=f"{path}: must be "):
            read("", f"{path}={value}")


@pytest.mark.parametrize("path", EDGES)
def test_a_value_to_try_is_bound_as_the_setting_is(
    path: str, read: Read, model: type[Settings]
) -> None:
    good, bad = EDGES[path]
    if not Schema.of(model).settings[path].metadata.grid:
        with pytest.raises(SettingsError, match="cannot be searched over"):
            read(f"grid_search: {{{path}: [{good[0]}]}}\n")
        return
    grid = read(f"grid_search: {{{path}: [{', '.join(good)}]}}\n").settings.grid_search
    assert grid[path] == [float(each) for each in good]
    for value in bad:
        with pytest.raises(SettingsError, match=f"{path}: must be "):
            read(f"grid_search: {{{path}: [{good[0]}, {value}]}}\n")
