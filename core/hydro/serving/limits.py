"""What a server takes from one client, and from all of them together."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds that keep a server in memory and in time, whatever is sent to it."""

    body: int = 1 << 20
    """Bytes of a request."""
    texts: int = 256
    """Texts of a request."""
    characters: int = 32_768
    """Of a text."""
    hits: int = 100
    """Neighbors of a text."""
    waiting: int = 512
    """Texts that wait for the model; a request that would make them more is turned away."""
    connections: int = 512
    """Open at a time."""
    headers_seconds: float = 10
    """Until the first line and the headers of a request are there."""
    body_seconds: float = 10
    """Until its body is there."""
    answer_seconds: float = 30
    """Until the model has answered, waiting included."""
    reading_seconds: float = 30
    """For which a client may leave its answer unread."""
    drain_seconds: float = 10
    """For requests in flight, once the server is told to stop."""
    batch_texts: int = 128
    """Texts that are computed together; a request is never cut, so it may be more."""
    max_batch_wait: float = 0.002
    """That an idle server waits for company after a first request."""
