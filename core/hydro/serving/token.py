"""Who may ask: anybody on this machine, or whoever knows a token."""

import hmac
import ipaddress
import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from hydro.errors import SettingsError

VARIABLE = "HYDRO_SERVE_TOKEN"
MIN_LENGTH = 16
"""Characters of a token."""


def read_token(file: Path | None, environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the token of a file, else of the environment; None where there is neither.

    Raises:
        SettingsError: the file cannot be read, or what it says is no good token.
    """
    place = str(file or f"${VARIABLE}")
    try:
        said = environment.get(VARIABLE) if file is None else file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        msg = f"--token-file {place}: cannot be read ({reason})"
        raise SettingsError(msg) from None
    if said is None:
        return None
    token = said.strip()
    if len(token) < MIN_LENGTH or not token.isascii() or not token.isprintable() or " " in token:
        msg = (
            f"{place}: a token is {MIN_LENGTH} or more letters, digits and signs without a space. "
            "Make one by: openssl rand -hex 32"
        )
        raise SettingsError(msg)
    return token


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach what listens on a host."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_loopback_host_header(host: str) -> bool:
    """Return whether a ``Host`` header names this machine.

    A page in a browser can make a name of its own stand for 127.0.0.1, and would else be answered.
    """
    try:
        return is_loopback(urlsplit(f"//{host}").hostname or "")
    except ValueError:
        return False


def is_authorized(token: str, authorization: str) -> bool:
    """Return whether an ``Authorization`` header has the token; the time it takes tells nothing."""
    scheme, _, given = authorization.partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(
        given.strip().encode("latin-1", "replace"), token.encode()
    )
