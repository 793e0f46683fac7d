"""Who may ask: who has the token, this machine only, or the web pages of some origins."""

import hmac
import ipaddress
import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from hydro.errors import SettingsError

VARIABLE = "HYDRO_SERVE_TOKEN"
MIN_LENGTH = 16
"""Minimum number of characters of a token."""

HOST_HEADER = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[\w.-]+)(:\d{1,5})?", re.ASCII)
"""A name or address, with a port or without."""


def read_token(file: Path | None, environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the token from a file, else from the environment; None if neither is given.

    Raises:
        SettingsError: the file cannot be read, or the token is malformed.
    """
    source = str(file or f"${VARIABLE}")
    try:
        text = environment.get(VARIABLE) if file is None else file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file"
        msg = f"--token-file {source}: cannot be read ({reason})"
        raise SettingsError(msg) from None
    if text is None:
        return None
    token = text.strip()
    if len(token) < MIN_LENGTH or not token.isascii() or not token.isprintable() or " " in token:
        msg = (
            f"{source}: a token is {MIN_LENGTH} or more letters, digits and signs without a space. "
            "Make one by: openssl rand -hex 32"
        )
        raise SettingsError(msg)
    return token


def read_origin(text: str) -> str:
    """Return an origin as browsers send it.

    Raises:
        SettingsError: it is none.
    """
    origin = text.strip().rstrip("/").lower()
    try:
        parts = urlsplit(origin)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https") or origin != f"{parts[0]}://{parts[1]}":
        msg = f"--allow-origin {text}: an origin is https://HOST or https://HOST:PORT, one each"
        raise SettingsError(msg)
    if "@" in origin or "*" in origin:
        msg = f"--allow-origin {text}: name each origin in full, without * and @"
        raise SettingsError(msg)
    return origin


def is_loopback(host: str) -> bool:
    """Return whether a host is reachable from this machine only."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_loopback_host_header(host: str) -> bool:
    """Return whether a ``Host`` header names this machine.

    A web page can resolve a name of its own to 127.0.0.1 (DNS rebinding); it gets no response.
    """
    found = HOST_HEADER.fullmatch(host)
    return found is not None and is_loopback(found["name"].strip("[]"))


def is_authorized(token: str, authorization: str) -> bool:
    """Return whether an ``Authorization`` header has the token, compared in constant time."""
    scheme, _, given = authorization.partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(
        given.strip().encode("latin-1", "replace"), token.encode()
    )
