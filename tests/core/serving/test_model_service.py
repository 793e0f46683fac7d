"""Texts become the columns of a model, and are answered in their order."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from starlette.exceptions import HTTPException

from hydro.artifacts.run_folder import RunFolder
from hydro.errors import SettingsError
from hydro.inference.trained_model import open_trained
from hydro.serving.batching import Query
from hydro.serving.model_service import ModelService, open_model_service


def test_a_text_is_the_only_column_there_is(served: ModelService) -> None:
    assert served.rows(["one", {"text": "two"}]) == [{"text": "one"}, {"text": "two"}]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("\u200b", "the text is blank"),
        ("a\0", "line 1, byte 1: a NUL byte"),
        ("a\ud800", "line 1, byte 1: 0xed is not UTF-8"),
    ],
)
def test_a_text_that_is_none_is_refused_by_its_place(
    text: str, says: str, served: ModelService
) -> None:
    with pytest.raises(HTTPException) as caught:
        served.rows(["fine", text], "input")
    assert caught.value.status_code == 422
    assert caught.value.detail.startswith("input[1]: ")
    assert says in caught.value.detail


@pytest.mark.parametrize("text", ["", " \n\t", {"text": ""}, {}])
def test_a_blank_text_is_refused_by_its_place(text: Any, served: ModelService) -> None:
    with pytest.raises(HTTPException, match=r"input\[1\]: the text is blank"):
        served.rows(["fine", text], "input")


def test_an_unknown_column_is_refused_and_not_repeated(served: ModelService) -> None:
    with pytest.raises(HTTPException) as refused:
        served.rows([{"txet": "a"}])
    assert refused.value.detail == "texts[0]: unknown column; available: text"


def test_a_model_of_several_columns_is_asked_by_their_names(
    served: ModelService, change: Any
) -> None:
    columns = dataclasses.replace(served.trained.columns, inputs=("title", "text"))
    problem = change(served.trained.builder.problem, columns=lambda settings: columns)
    builder = dataclasses.replace(served.trained.builder, problem=problem)
    several = dataclasses.replace(
        served, trained=dataclasses.replace(served.trained, builder=builder)
    )
    assert several.rows([{"text": "a"}]) == [{"title": "", "text": "a"}]
    with pytest.raises(HTTPException) as refused:
        several.rows(["a"])
    wanted = 'texts[0]: this model reads columns; send {"title": "…", "text": "…"}'
    assert refused.value.detail == wanted
    for name in ("title", "text"):
        with pytest.raises(HTTPException, match="32,769 characters, where a text has at most"):
            several.rows([{"title": "a", "text": "a", name: "a" * 32_769}])


def test_embeddings_and_neighbors_come_in_order(served: ModelService) -> None:
    rows = served.rows(["tea", "see it"])
    tea, see = served.run(Query(), rows)
    # Letters are counted in the order " etaoinshr".
    np.testing.assert_allclose(tea.values * 3**0.5, [0, 1, 1, 1, 0, 0, 0, 0, 0, 0], atol=1e-6)
    assert (tea.tokens, see.tokens) == (1, 2)
    first, second = served.run(Query(1), rows)
    assert ([hit.text for hit in first], [hit.text for hit in second]) == (["z"], ["z"])


def test_a_problem_without_embeddings_is_not_served(word_count: Any) -> None:
    trained = open_trained(RunFolder(word_count.run().folder), word_count.registry)
    with pytest.raises(SettingsError, match="hydro serve: 'linear_regression' compares no rows"):
        open_model_service("x", trained, None, "exact")
