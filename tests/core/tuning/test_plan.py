"""A plan is every combination on every fold, each with settings that repeat it alone."""

from typing import Any

from hydro.tuning.plan import describe_plan, plan


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


def test_the_number_of_runs_is_said_with_where_it_comes_from(word_count: Any) -> None:
    search = "grid_search={learning_rate: [0.1, 0.2, 0.3], batch_size: [4, 8]}"
    settings = word_count.prepare(search).settings
    assert describe_plan(settings, ("0", "2")) == "12 runs to train: 6 combinations on 2 folds"
    settings = word_count.prepare(search, "search.strategy=TPE", "search.trials=4").settings
    expected = "at most 8 runs to train: 4 of up to 6 combinations on 2 folds"
    assert describe_plan(settings, ("0", "2")) == expected
    assert (
        describe_plan(word_count.prepare().settings, ())
        == "1 run to train: 1 combination on 1 fold"
    )


def test_a_run_says_what_is_tried_in_it(word_count: Any) -> None:
    settings = word_count.prepare("grid_search={learning_rate: [0.1, 0.2]}").settings
    assert str(plan(settings, ("2",))[1]) == "run 001  learning_rate=0.2  fold 2"
    assert str(plan(settings, ())[0]) == "run 000  learning_rate=0.1"
