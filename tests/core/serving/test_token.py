"""A token comes from a file or the environment, is long enough, and is never told."""

from pathlib import Path

import pytest

from hydro.errors import SettingsError
from hydro.serving.token import (
    VARIABLE,
    is_authorized,
    is_loopback,
    is_loopback_host_header,
    read_token,
)

GOOD = "0123456789abcdef"


def test_a_token_is_read_from_a_file_before_the_environment(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f" {GOOD}-of-the-file \n")
    environment = {VARIABLE: f"{GOOD}\n"}
    assert read_token(None, {}) is None
    assert read_token(None, environment) == GOOD
    assert read_token(tmp_path / "token", environment) == f"{GOOD}-of-the-file"


@pytest.mark.parametrize("token", ["", "short", "0123456789abcde", "0123456789 abcdef", "é" * 20])
def test_a_bad_token_is_refused_and_not_repeated(token: str, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(token, encoding="utf-8")
    for file, environment in ((tmp_path / "token", {}), (None, {VARIABLE: token})):
        with pytest.raises(SettingsError, match="openssl rand -hex 32") as refused:
            read_token(file, environment)
        assert not token or token not in str(refused.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"--token-file .*none: cannot be read \(No such file"):
        read_token(tmp_path / "none", {})
    (tmp_path / "binary").write_bytes(b"\xff" * 40)
    with pytest.raises(SettingsError, match="not a text file"):
        read_token(tmp_path / "binary", {})


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", "LOCALHOST"])
def test_loopback_is_known(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.1", "example.org", "", "127.0.0.1x"])
def test_all_else_can_be_reached(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("127.0.0.1", True),
        ("127.0.0.1:8000", True),
        ("localhost:80", True),
        ("[::1]:8000", True),
        ("rebound.example:8000", False),
        ("localhost.evil.com", False),
        ("localhost.evil.com:8000", False),
        ("evil-localhost", False),
        ("xlocalhost", False),
        ("localhost.", False),
        ("localhost@evil.com", False),
        ("evil.com@localhost", False),
        ("127.0.0.1.evil.com:80", False),
        ("127.0.0.1x", False),
        ("127.1", False),
        ("2130706433", False),
        ("0.0.0.0:8000", False),
        ("[::]:8000", False),
        ("[::1].evil.com", False),
        ("128.0.0.1", False),
        ("localhost/.evil.com", False),
        ("127.0.0.1.example", False),
        ("", False),
        ("[::1", False),
        ("::1", False),
        ("[localhost]", False),
        ("localhost:80:90", False),
        ("localhost:", False),
    ],
)
def test_a_host_header_names_this_machine_or_not(host: str, here: bool) -> None:
    assert is_loopback_host_header(host) == here


@pytest.mark.parametrize(
    ("header", "known"),
    [
        (f"Bearer {GOOD}", True),
        (f"bearer  {GOOD} ", True),
        (f"Bearer {GOOD}0", False),
        (f"Bearer {GOOD[:-1]}", False),
        (f"Basic {GOOD}", False),
        (GOOD, False),
        ("Bearer ", False),
        ("", False),
        ("Bearer é€", False),
    ],
)
def test_who_knows_the_token_is_let_in(header: str, known: bool) -> None:
    assert is_authorized(GOOD, header) == known
