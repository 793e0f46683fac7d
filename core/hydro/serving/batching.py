"""Dynamic batching: one thread runs the model on many requests at a time."""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from hydro.serving.memory import trim_heap

TRIM_EVERY = 20
"""Batches between two calls of `trim_heap`, which takes some milliseconds."""

Row = dict[str, str]
"""The input columns of one text."""


@dataclass(frozen=True)
class Query:
    """What to compute for a batch of texts."""

    neighbors: int | None = None
    """Number of neighbors of each text; None for embeddings."""


Compute = Callable[[Query, list[Row]], Sequence[object]]
"""``compute(query, rows)`` returns a result for each row."""

OnBatch = Callable[[int, float], object]


class QueueFull(Exception):
    """Too many texts are waiting."""


class BatcherClosed(Exception):
    """The batcher accepts no more requests."""


@dataclass(frozen=True)
class Job:
    """The texts of one request."""

    query: Query
    """Requests with the same query are computed together."""
    rows: list[Row]
    future: Future[Sequence[object]] = field(default_factory=Future)


def _no_callback(texts: int, seconds: float) -> None:
    """Ignore a batch."""


class Batcher:
    """Answers requests in their order, those with the same query together.

    While one batch is computed the next one fills. Only when idle does the thread wait for more
    requests after a first one, for a few milliseconds.
    """

    def __init__(
        self,
        compute: Compute,
        *,
        texts: int,
        waiting: int,
        seconds: float,
        on_batch: OnBatch = _no_callback,
    ) -> None:
        """Start the thread.

        Args:
            compute: runs the model; only ever called by the thread.
            texts: maximum batch size; a request is never split, so it may be more.
            waiting: maximum number of waiting texts.
            seconds: how long an idle thread waits for more requests.
            on_batch: called with the number of texts of each batch and its seconds.
        """
        self._compute, self._on_batch = compute, on_batch
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

    def submit(self, query: Query, rows: list[Row]) -> Future[Sequence[object]]:
        """Queue some texts; the results come in their order.

        A future that is canceled before its batch starts is not computed.

        Raises:
            QueueFull: too many texts are waiting.
            BatcherClosed: the batcher was closed.
        """
        job = Job(query, rows)
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
        """Accept no more requests, answer those that wait, and end the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _work(self) -> None:
        done = 0
        while jobs := self._next():
            # Canceled requests are skipped.
            if wanted := [job for job in jobs if job.future.set_running_or_notify_cancel()]:
                start = time.perf_counter()
                self._answer(wanted)
                self._on_batch(sum(len(job.rows) for job in wanted), time.perf_counter() - start)
                done += 1
                if done % TRIM_EVERY == 0:
                    trim_heap()

    def _next(self) -> list[Job]:
        """Wait for the next batch; empty once the batcher is closed and all is answered."""
        with self._changed:
            idle = not self._jobs
            self._changed.wait_for(lambda: self._jobs or self._closed)
            if idle:
                self._changed.wait_for(self._enough, timeout=self._seconds)
            return self._take()

    def _enough(self) -> bool:
        return self._closed or self._waiting >= self._texts

    def _take(self) -> list[Job]:
        """Remove the first request, and the later ones with the same query that fit."""
        taken: list[Job] = []
        left: deque[Job] = deque()
        capacity = self._texts
        for job in self._jobs:
            first = taken[0] if taken else job
            fits = job is first or (job.query == first.query and len(job.rows) <= capacity)
            (taken if fits else left).append(job)
            capacity -= len(job.rows) if fits else 0
        self._jobs = left
        self._waiting -= sum(len(job.rows) for job in taken)
        return taken

    def _answer(self, jobs: list[Job]) -> None:
        """Answer a batch; after an error each request alone, so that one cannot fail another."""
        rows = [row for job in jobs for row in job.rows]
        try:
            results = self._compute(jobs[0].query, rows)
        except Exception as error:
            if len(jobs) == 1:
                jobs[0].future.set_exception(error)
                return
            for job in jobs:
                self._answer([job])
            return
        start = 0
        for job in jobs:
            job.future.set_result(results[start : start + len(job.rows)])
            start += len(job.rows)
