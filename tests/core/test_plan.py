"""A plan is every combination on every fold, each with settings that repeat it alone."""

from typing import Any

from hydro.plan import plan


def test_runs_are_combinations_times_folds(word_count: Any) -> None:
    search = "grid_search={learning_rate: [0.1, 0.2]}"
    settings = word_count.prepare(search, "experiment_name=x").settings
    runs = plan(settings, ("0", "2"))
    assert [(run.name, run.values["training.learning_rate"], run.fold) for run in runs] == [
        ("000", 0.1, "0"),
        ("001", 0.1, "2"),
        ("002", 0.2, "0"),
        ("003", 0.2, "2"),
    ]


def test_a_run_has_settings_of_its_own_that_search_nothing(word_count: Any) -> None:
    search = "grid_search={learning_rate: [0.1, 0.2]}"
    settings = word_count.prepare(search, "experiment_name=x").settings
    last = plan(settings, ("0", "2"))[-1].settings
    assert last.grid_search == {}
    assert last.training.learning_rate == 0.2
    assert last.dataset.folds == ("2",)
    assert last.environment.seed == settings.environment.seed
    assert last.environment.gpus == ()


def test_a_strategy_without_folds_has_one_run(word_count: Any) -> None:
    (only,) = plan(word_count.prepare().settings, ())
    assert only.fold is None


def test_a_fold_that_is_named_twice_is_held_out_once(word_count: Any) -> None:
    assert [run.fold for run in plan(word_count.prepare().settings, ("1", "1", "0"))] == ["1", "0"]
