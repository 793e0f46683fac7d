"""One thread runs the model over what has come in, many requests at a time."""

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from hydro.serving.memory import trim_heap

TRIM_EVERY = 20
"""Batches after which memory is given back, which takes some milliseconds."""

Row = dict[str, str]
"""The input columns of one text."""

Compute = Callable[[Any, list[Row]], Sequence[Any]]
"""``compute(question, rows)`` gives an answer for each row."""

OnBatch = Callable[[int, float], object]


class QueueFull(Exception):
    """So many texts are waiting that no more are taken."""


class BatcherClosed(Exception):
    """No more requests are taken."""


@dataclass(frozen=True)
class Job:
    """The texts of one request."""

    query: Hashable
    """What is asked of them; those with one question are computed together."""
    rows: list[Row]
    future: Future[Sequence[Any]] = field(default_factory=Future)


def _no_callback(texts: int, seconds: float) -> None:
    """Take note of nothing."""


class Batcher:
    """Answers requests in the order they came in, those of one question together.

    While one batch is computed the next one gathers by itself. Only where nothing was waiting does
    the thread wait for company, and then a few milliseconds.
    """

    def __init__(
        self,
        compute: Compute,
        *,
        texts: int,
        waiting: int,
        seconds: float,
        watch: OnBatch = _no_callback,
    ) -> None:
        """Start the thread.

        Args:
            compute: runs the model; only ever called by the thread.
            texts: how many are computed together; a request is never cut, so it may be more.
            waiting: how many may wait.
            seconds: how long to wait for company.
            watch: told the texts of each batch, and the seconds it took.
        """
        self._compute, self._watch = compute, watch
        self._texts, self._limit, self._seconds = texts, waiting, seconds
        self._jobs: deque[Job] = deque()
        self._waiting = 0
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="hydro-model", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Return the number of texts that wait for the model."""
        return self._waiting

    @property
    def works(self) -> bool:
        """Return whether requests are taken and answered."""
        return self._thread.is_alive() and not self._closed

    def submit(self, question: Hashable, rows: list[Row]) -> Future[Sequence[Any]]:
        """Ask something of some texts; the answers come in their order.

        What is canceled before its turn is not computed.

        Raises:
            Full: too many texts are waiting.
            Closed: the thread is told to end.
        """
        job = Job(question, rows)
        with self._changed:
            if self._closed:
                raise BatcherClosed
            if self._waiting + len(rows) > self._limit:
                raise QueueFull
            self._jobs.append(job)
            self._waiting += len(rows)
            self._changed.notify()
        return job.future

    def close(self) -> None:
        """Take nothing more, answer what is waiting, and end the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _work(self) -> None:
        done = 0
        while jobs := self._next():
            # A request that nobody waits for any more is left out.
            if wanted := [job for job in jobs if job.future.set_running_or_notify_cancel()]:
                start = time.perf_counter()
                self._answer(wanted)
                self._watch(sum(len(job.rows) for job in wanted), time.perf_counter() - start)
                done += 1
                if done % TRIM_EVERY == 0:
                    trim_heap()

    def _next(self) -> list[Job]:
        """Wait for requests and take a batch of them; none once all is answered and closed."""
        with self._changed:
            idle = not self._jobs
            self._changed.wait_for(lambda: self._jobs or self._closed)
            if idle:
                self._changed.wait_for(self._enough, timeout=self._seconds)
            return self._take()

    def _enough(self) -> bool:
        return self._closed or self._waiting >= self._texts

    def _take(self) -> list[Job]:
        """Take the first request, and of those behind it the ones with its question that fit."""
        taken: list[Job] = []
        left: deque[Job] = deque()
        room = self._texts
        for job in self._jobs:
            first = taken[0] if taken else job
            fits = job is first or (job.query == first.query and len(job.rows) <= room)
            (taken if fits else left).append(job)
            room -= len(job.rows) if fits else 0
        self._jobs = left
        self._waiting -= sum(len(job.rows) for job in taken)
        return taken

    def _answer(self, jobs: list[Job]) -> None:
        """Answer some requests; where that fails each alone, so that one spoils no other."""
        rows = [row for job in jobs for row in job.rows]
        try:
            answers = self._compute(jobs[0].query, rows)
        except Exception as error:
            if len(jobs) == 1:
                jobs[0].future.set_exception(error)
                return
            for job in jobs:
                self._answer([job])
            return
        start = 0
        for job in jobs:
            job.future.set_result(answers[start : start + len(job.rows)])
            start += len(job.rows)
