"""What Optuna is told of a list stands for its values, in order where they are numbers."""

from typing import Any

import optuna

from hydro.settings.search_space import SearchSpace
from hydro.tuning.optuna_parameters import OptunaParameters

LISTS: dict[str, list[Any]] = {
    "rate": [0.3, 0.1, 0.2],
    "size": [8, 16],
    "lower": [True, False],
    "width": [None, 64, 128],
    "columns": [("a",), ("a", "b")],
}


def test_numbers_are_places_in_their_order_and_all_else_names() -> None:
    choices = OptunaParameters(SearchSpace(LISTS, {}, {}))
    trial = optuna.create_study().ask()
    values = choices.suggest(trial)
    assert trial.distributions == {
        "rate": optuna.distributions.IntDistribution(0, 2),
        "size": optuna.distributions.CategoricalDistribution([8, 16]),
        "lower": optuna.distributions.CategoricalDistribution([True, False]),
        "width": optuna.distributions.CategoricalDistribution([None, 64, 128]),
        "columns": optuna.distributions.CategoricalDistribution(["('a',)", "('a', 'b')"]),
    }
    assert choices.read(trial.params) == values
    assert choices.write(values) == trial.params


def test_the_lowest_number_is_the_first_place() -> None:
    choices = OptunaParameters(SearchSpace(LISTS, {}, {}))
    assert choices.write({"rate": 0.1, "lower": False}) == {"rate": 0, "lower": False}
