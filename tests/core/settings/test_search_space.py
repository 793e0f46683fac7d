"""The combinations of a search are those that differ in a setting that applies."""

from collections.abc import Callable, Iterator
from typing import Any

from hydro.settings.loading import LoadedSettings
from hydro.settings.search_space import SearchSpace

Read = Callable[..., LoadedSettings]
LOSSES = "loss_function: [ArcFace, CrossEntropy]"


def space(read: Read, searched: str) -> SearchSpace:
    return SearchSpace.of(read(f"grid_search: {{{searched}}}\n").settings)


def test_every_combination_is_tried_once(read: Read) -> None:
    found = space(read, "learning_rate: [1, 2], batch_size: [3, 4]").combinations()
    assert [tuple(each.values()) for each in found] == [(1.0, 3), (1.0, 4), (2.0, 3), (2.0, 4)]


def test_a_value_that_is_listed_twice_is_tried_once(read: Read) -> None:
    found = space(read, "learning_rate: [1e-4, 0.0001], batch_size: [3, 3]").combinations()
    assert len([*found]) == 1


def test_no_search_is_one_combination_of_nothing(read: Read) -> None:
    assert [*SearchSpace.of(read("").settings).combinations()] == [{}]


def test_what_does_not_apply_is_not_chosen(read: Read) -> None:
    # The margin stands before the loss that it depends on.
    found = [*space(read, f"arcface_margin: [0.1, 0.2], {LOSSES}").combinations()]
    assert [tuple(each.values()) for each in found] == [
        (0.1, "ArcFace"),
        ("CrossEntropy",),
        (0.2, "ArcFace"),
    ]
    assert [*found[0]] == ["training.arcface_margin", "training.loss_function"]


def test_each_number_stands_for_a_combination(read: Read) -> None:
    searched = space(read, f"{LOSSES}, arcface_margin: [0.1, 0.2], batch_size: [8, 16, 32]")
    assert searched.size == 12
    numbered = [searched.combination_at(number) for number in range(12)]
    unlike = {repr(each): each for each in numbered}
    assert [*unlike.values()] == [*searched.combinations()]
    assert len(unlike) == 9


def test_a_list_that_changes_nothing_is_noted(read: Read) -> None:
    def notes(*lines: str) -> Iterator[Any]:
        return (note for note in read("\n".join(lines) + "\n").warnings if "grid_search" in note)

    margins = "arcface_margin: [0.1, 0.2]"
    assert [*notes(f"grid_search: {{{margins}}}")] == []
    assert [*notes(f"grid_search: {{{margins}, {LOSSES}}}")] == []
    assert [*notes("training: {loss_function: CrossEntropy}", f"grid_search: {{{margins}}}")] == [
        "grid_search.training.arcface_margin does not apply here (only while "
        "training.loss_function is ArcFace); it is kept and ignored"
    ]
