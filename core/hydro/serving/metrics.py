"""Metrics of a server, in Prometheus' format."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
TEXTS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """The metrics of one server."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "hydro_requests", "Requests that were answered.", ("path", "status"), registry=registry
        )
        self._seconds = Histogram(
            "hydro_request_seconds",
            "From the headers of a request to the end of its response.",
            ("path",),
            buckets=SECONDS,
            registry=registry,
        )
        self._texts = Histogram(
            "hydro_batch_texts", "Texts computed together.", buckets=TEXTS, registry=registry
        )
        self._batches = Histogram(
            "hydro_batch_seconds", "Time of the model.", buckets=SECONDS, registry=registry
        )
        self._waiting = Gauge(
            "hydro_waiting_texts", "Texts that wait for the model.", registry=registry
        )

    def follow(self, waiting: Callable[[], float]) -> None:
        """Set the function that returns the number of waiting texts."""
        self._waiting.set_function(waiting)

    def request(self, path: str, status: int, seconds: float) -> None:
        """Count a request; ``path`` is that of a route, of which there are few."""
        self._requests.labels(path, str(status)).inc()
        self._seconds.labels(path).observe(seconds)

    def batch(self, texts: int, seconds: float) -> None:
        """Count a batch."""
        self._texts.observe(texts)
        self._batches.observe(seconds)

    def text(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(self._registry)
