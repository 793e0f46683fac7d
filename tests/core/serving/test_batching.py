"""Requests are computed together, in order, and none is spoiled, lost or kept without end."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hydro.serving.batching import Batcher, BatcherClosed, QueueFull

PATIENCE = 20
"""Seconds that nothing here needs."""


class Slow:
    """Gives texts back with their question, once it may; keeps what it was given together."""

    def __init__(self) -> None:
        self.may, self.began = threading.Event(), threading.Event()
        self.batches: list[tuple[Any, list[str]]] = []

    def __call__(self, question: Any, rows: list[dict[str, str]]) -> list[Any]:
        """Answer a batch."""
        self.batches.append((question, [row["text"] for row in rows]))
        self.began.set()
        assert self.may.wait(PATIENCE)
        if any(row["text"] == "bad" for row in rows):
            msg = "a bad text"
            raise ValueError(msg)
        return [(question, row["text"]) for row in rows]


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def batcher(slow: Slow) -> Iterator[Callable[..., Batcher]]:
    made = []

    def make(texts: int = 4, waiting: int = 10, seconds: float = 0.0, **others: Any) -> Batcher:
        made.append(Batcher(slow, texts=texts, waiting=waiting, seconds=seconds, **others))
        return made[-1]

    yield make
    slow.may.set()
    for each in made:
        each.close()


def rows(*texts: str) -> list[dict[str, str]]:
    return [{"text": text} for text in texts]


def busy(batcher: Batcher, slow: Slow) -> Any:
    """Keep the thread at work on a first request."""
    first = batcher.submit("q", rows("first"))
    assert slow.began.wait(PATIENCE)
    return first


def test_what_comes_in_meanwhile_is_computed_together(batcher: Any, slow: Slow) -> None:
    told: list[int] = []
    made = batcher(on_batch=lambda texts, seconds: told.append(texts))
    busy(made, slow)
    futures = [made.submit("q", rows(*texts)) for texts in ("ab", "c", "de")]
    assert made.waiting == 5
    slow.may.set()
    assert [future.result(PATIENCE) for future in futures] == [
        [("q", "a"), ("q", "b")],
        [("q", "c")],
        [("q", "d"), ("q", "e")],
    ]
    made.close()
    assert [texts for _, texts in slow.batches] == [["first"], ["a", "b", "c"], ["d", "e"]]
    assert (told, made.waiting) == ([1, 3, 2], 0)


def test_only_requests_of_one_question_are_computed_together(batcher: Any, slow: Slow) -> None:
    made = batcher()
    busy(made, slow)
    futures = [made.submit(question, rows(text)) for question, text in ("xa", "yb", "xc")]
    slow.may.set()
    assert [future.result(PATIENCE) for future in futures] == [
        [("x", "a")],
        [("y", "b")],
        [("x", "c")],
    ]
    assert slow.batches[1:] == [("x", ["a", "c"]), ("y", ["b"])]


def test_a_request_of_more_texts_than_a_batch_is_one_batch(batcher: Any, slow: Slow) -> None:
    slow.may.set()
    made = batcher(texts=2)
    assert len(made.submit("q", rows(*"abcde")).result(PATIENCE)) == 5
    assert slow.batches == [("q", list("abcde"))]


def test_an_idle_thread_waits_for_company(batcher: Any, slow: Slow) -> None:
    slow.may.set()
    made = batcher(texts=2, seconds=PATIENCE)
    first = made.submit("q", rows("a"))
    assert made.submit("q", rows("b")).result(PATIENCE / 2) == [("q", "b")]
    assert first.result(PATIENCE) == [("q", "a")]
    assert slow.batches == [("q", ["a", "b"])]


def test_more_than_may_wait_is_turned_away(batcher: Any, slow: Slow) -> None:
    made = batcher(waiting=3)
    busy(made, slow)
    made.submit("q", rows("a", "b"))
    with pytest.raises(QueueFull):
        made.submit("q", rows("c", "d"))
    made.submit("q", rows("e"))
    with pytest.raises(QueueFull):
        made.submit("q", rows("f"))


def test_a_request_that_fails_spoils_no_other(batcher: Any, slow: Slow) -> None:
    made = batcher()
    busy(made, slow)
    good, bad, fine = (made.submit("q", rows(text)) for text in ("good", "bad", "fine"))
    slow.may.set()
    assert good.result(PATIENCE) == [("q", "good")]
    with pytest.raises(ValueError, match="a bad text"):
        bad.result(PATIENCE)
    assert fine.result(PATIENCE) == [("q", "fine")]
    assert made.works


def test_what_nobody_waits_for_is_not_computed(batcher: Any, slow: Slow) -> None:
    made = batcher()
    busy(made, slow)
    gone, there = made.submit("q", rows("gone")), made.submit("q", rows("there"))
    assert gone.cancel()
    slow.may.set()
    assert there.result(PATIENCE) == [("q", "there")]
    assert slow.batches[1:] == [("q", ["there"])]


def test_closing_answers_what_waits_and_takes_no_more(batcher: Any, slow: Slow) -> None:
    made = batcher(texts=1)
    first = busy(made, slow)
    second = made.submit("q", rows("second"))
    closing = threading.Thread(target=made.close)
    closing.start()
    slow.may.set()
    closing.join(PATIENCE)
    assert first.done()
    assert second.result() == [("q", "second")]
    assert not made.works
    with pytest.raises(BatcherClosed):
        made.submit("q", rows("late"))


def test_memory_is_given_back_every_so_many_batches(
    batcher: Any, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[int] = []
    monkeypatch.setattr("hydro.serving.batching.TRIM_EVERY", 2)
    monkeypatch.setattr("hydro.serving.batching.trim_heap", lambda: given.append(len(slow.batches)))
    slow.may.set()
    here = batcher()
    for _ in range(5):
        here.submit("q", rows("a")).result(PATIENCE)
    here.close()
    assert given == [2, 4]
