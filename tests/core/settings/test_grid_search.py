"""What is searched over is checked before anything runs."""

from collections.abc import Callable, Sequence

import pytest

from hydro.settings.grid_search import with_values
from hydro.settings.loading import LoadedSettings
from hydro.settings.yaml_writer import dump

Read = Callable[..., LoadedSettings]


def test_keys_may_be_bare_or_dotted_and_values_get_the_type_of_their_setting(read: Read) -> None:
    searched = read(
        "grid_search: {learning_rate: [1e-5, 1e-4], architecture.pool: [Max, '[CLS] token']}\n"
    ).settings.grid_search
    assert searched == {
        "training.learning_rate": [1e-5, 1e-4],
        "architecture.pool": ["Max", "[CLS] token"],
    }


def test_a_value_of_a_combination_takes_the_place_of_the_setting(read: Read) -> None:
    given = "grid_search: {batch_size: [3, 4]}\nsearch: {strategy: TPE, trials: 1}\n"
    changed = with_values(read(given).settings, {"training.batch_size": 4})
    assert changed.training.batch_size == 4
    assert (changed.grid_search, changed.search.strategy) == ({}, "Grid")


def test_a_search_that_is_stored_is_read_back_as_it_was(read: Read, tmp_path: object) -> None:
    settings = read("grid_search: {learning_rate: [1e-5, 0.1], lowercase: [true, off]}\n").settings
    again = read(dump(settings), head="").settings
    assert again.grid_search == settings.grid_search
    assert again.grid_search["tokenizer.lowercase"] == [True, False]


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("{seed: [1]}", "FILE:2:15: grid_search.seed: cannot be searched over. Available:"),
        ("{lr: [1]}", "FILE:2:15: grid_search.lr: cannot be searched over. Did you mean 'learning"),
        ("{batch_size: [8, 0]}", "FILE:2:31: grid_search: training.batch_size: must be greater"),
        ("{pool: [Avg]}", "FILE:2:22: grid_search: architecture.pool: no choice 'Avg'"),
        ("{batch_size: []}", "FILE:2:27: grid_search.batch_size: has no values to try"),
        (
            "{batch_size: [1], training.batch_size: [2]}",
            "FILE:2:53: grid_search.training.batch_size: is searched twice",
        ),
        ("{batch_size: 8}", "FILE:2:27: grid_search.batch_size: must be a list"),
    ],
)
def test_what_cannot_be_searched_is_said_with_its_place(
    search: str, expected: str, refusal: Callable[..., Sequence[str]]
) -> None:
    assert refusal(f"grid_search: {search}\n")[1].startswith(expected)


def test_mistakes_in_a_search_are_shown_with_the_others(
    refusal: Callable[..., Sequence[str]],
) -> None:
    said = refusal(
        "training: {epochs: -1}\ntokenizer: 3\n"
        "grid_search: {batch_size: [0, 8], learning_rte: [1], max_length: [0]}\n"
    )
    assert said[0] == "FILE: 4 problems with the settings"
    places = [line.partition(" ")[0] for line in said if line.startswith("FILE:")][1:]
    assert places == ["FILE:2:20:", "FILE:3:12:", "FILE:4:28:", "FILE:4:35:"]


def test_a_search_on_the_command_line_is_named_as_such(
    refusal: Callable[..., Sequence[str]],
) -> None:
    said = refusal("", "grid_search={batch_size: [0]}")[1]
    assert said.startswith("--set grid_search={batch_size: [0]}: grid_search: training.batch_size")
