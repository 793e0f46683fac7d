"""Limits of a server: sizes, numbers and times."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits that bound a server's memory and response time, whatever is sent to it."""

    body: int = 1 << 20
    """Bytes of a request."""
    response: int = 32 << 20
    """Bytes of a response."""
    unread: int = 256 << 20
    """Bytes of all responses that are being sent; a response above that is rejected with 503."""
    texts: int = 256
    """Texts of a request."""
    characters: int = 32_768
    """Of a text."""
    hits: int = 100
    """Neighbors of a text."""
    waiting: int = 512
    """Texts that wait for the model; a request above that is rejected with 503."""
    connections: int = 512
    """Open connections. One more closes the one that has been idle longest; 503 if none is."""
    headers_seconds: float = 10
    """Until the headers of a request have arrived."""
    body_seconds: float = 10
    """Until its body has arrived."""
    answer_seconds: float = 30
    """Until its result is computed, including the time in the queue."""
    reading_seconds: float = 30
    """Until a client reads its response."""
    drain_seconds: float = 10
    """For requests in flight when the server shuts down."""
    batch_texts: int = 128
    """Maximum batch size; a request is never split, so it may be more."""
    max_batch_wait: float = 0.002
    """That an idle server waits for more requests after a first one."""
