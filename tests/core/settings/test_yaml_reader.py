"""Tests of reading YAML as plain text values with their places."""

import tracemalloc
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from time import process_time

import pytest
import yaml

from hydro.errors import SettingsError
from hydro.settings import yaml_reader
from hydro.settings.yaml_reader import parse_value, parse_yaml, read_yaml

LOADERS = [getattr(yaml, name) for name in ("CSafeLoader", "SafeLoader") if hasattr(yaml, name)]


@pytest.fixture(params=LOADERS, ids=lambda loader: loader.__name__, autouse=True)
def _loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """libyaml is not everywhere, and its events differ from PyYAML's own in small things."""
    monkeypatch.setattr(yaml_reader, "LOADER", request.param)
    yield


def refusal(raw: bytes | str, tmp_path: Path) -> str:
    """Give the message that refuses a file; the file is called FILE."""
    path = tmp_path / "cfg.yml"
    path.write_bytes(raw.encode() if isinstance(raw, str) else raw)
    with pytest.raises(SettingsError) as caught:
        read_yaml(path)
    return str(caught.value).replace(str(path), "FILE")


LIKE_SOMETHING_ELSE = (
    "1e-4 1e4 010 on no 0x1F 1:30 2024-01-01 1.10 true 1_000 .inf = NaN none nil '' \"null\" 'None'"
)


@pytest.mark.parametrize("written", LIKE_SOMETHING_ELSE.split())
def test_a_value_stays_the_text_that_was_written(written: str) -> None:
    values = parse_yaml(f"key: {written}\n", "FILE").values
    assert values == {"key": written.strip("'\"")}


@pytest.mark.parametrize("written", ["", "~", "null", "Null", "NULL", "None", "# only a comment"])
def test_a_plain_empty_value_is_none(written: str) -> None:
    assert parse_yaml(f"key: {written}\n", "FILE").values == {"key": None}


def test_every_key_and_value_knows_its_place() -> None:
    document = parse_yaml("one: 1\ntwo:\n  three: [4, {five: six}]\n", "FILE")
    assert document.values == {"one": "1", "two": {"three": ["4", {"five": "six"}]}}
    assert document.key_positions == {
        ("one",): (1, 1),
        ("two",): (2, 1),
        ("two", "three"): (3, 3),
        ("two", "three", 1, "five"): (3, 15),
    }
    assert document.value_positions["two", "three", 0] == (3, 11)
    assert document.value_positions["two", "three", 1, "five"] == (3, 21)


REFUSED: dict[str, tuple[bytes | str, str]] = {
    "a key twice": ("a: 1\nb: 2\na: 3\n", "FILE:3:1: 'a' is set twice, first on line 1"),
    "a key twice, quoted": ("'a': 1\na: 3\n", "FILE:2:1: 'a' is set twice, first on line 1"),
    "a key twice, deeper": ("a:\n  b: 1\n  b: 1\n", "FILE:3:3: 'b' is set twice, first on line 2"),
    "a key twice, in braces": ("a: {b: 1, b: 2}\n", "FILE:1:11: 'b' is set twice, first on line 1"),
    "an anchor": ("a: &x 1\n", "FILE:1:4: anchors and aliases are not read"),
    "an alias": ("b: *x\n", "FILE:1:4: anchors and aliases are not read"),
    "a merge of an alias": ("a: {<<: *x}\n", "FILE:1:9: anchors and aliases are not read"),
    "an alias as a key": ("a: 1\n*x : 1\n", "FILE:2:1: anchors and aliases are not read"),
    "a tag": ("a: !!str 1\n", "FILE:1:4: the tag tag:yaml.org,2002:str is not read"),
    "an own tag": ("a: 1\nb: !x {}\n", "FILE:2:4: the tag !x is not read"),
    "a tag on a key": ("!!int 1: 1\n", "FILE:1:1: the tag tag:yaml.org,2002:int is not read"),
    "two documents": ("a: 1\n---\nb: 1\n", "FILE:2:1: a second document"),
    "a tab": ("a:\n\tb: 1\n", "FILE:2:1: not valid YAML"),
    "a bracket left open": ("a: [1\n", "FILE:2:1: not valid YAML"),
    "two colons": ("a: b: c\n", "FILE:1:5: not valid YAML: mapping values are not allowed"),
    "a list as a key": ("? [a]\n: 1\n", "FILE:1:3: a key that is not a word"),
    "NUL": ("a: 1\nb: \0\n", "FILE:2:4: the character '\\x00' is not allowed"),
    "NUL, escaped": ('a: "\\0"\n', "FILE:1:4: a NUL character"),
    "an escape character": ("a: \x1b[2J\n", "FILE:1:4: the character '\\x1b' is not allowed"),
    "a byte order mark": ("\ufeffa: 1\n", "FILE:1:1: starts with a byte order mark"),
    "Latin-1": ("a: 1\nb: é\n".encode("latin-1"), "FILE:2: not UTF-8"),
    "UTF-16": ("a: 1\n".encode("utf-16"), "FILE:1: not UTF-8"),
    "UTF-16, unmarked": ("a: 1\n".encode("utf-16-le"), "FILE:1:2: the character '\\x00'"),
    "bytes": (bytes(range(256)), "FILE:2: not UTF-8"),
    "an empty file": ("", "FILE: holds nothing, not settings"),
    "only a comment": ("# nothing\n", "FILE: holds nothing, not settings"),
    "null": ("null\n", "FILE: holds nothing, not settings"),
    "a list": ("- a\n- b\n", "FILE: holds a list, not settings"),
    "a word": ("settings\n", "FILE: holds a single value, not settings"),
    "3000 lists": ("a: " + "[" * 3000, "FILE:1:24: nested deeper than 20 levels"),
    "3000 maps": ("{a: " * 3000, "FILE:1:85: nested deeper than 20 levels"),
    "one byte too many": ("a: " + "x" * (1 << 20), "FILE: larger than 1 MiB"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_settings_file_is_refused_with_its_place(case: str, tmp_path: Path) -> None:
    raw, said = REFUSED[case]
    assert refusal(raw, tmp_path).startswith(said)


def test_a_tab_is_called_by_its_name(tmp_path: Path) -> None:
    assert refusal("a:\n\tb: 1\n", tmp_path).endswith("Indent with spaces, not tabs")


def test_a_tag_runs_nothing(tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    message = refusal(f"a: !!python/object/apply:os.mkdir ['{proof}']\n", tmp_path)
    assert message.startswith("FILE:1:4: the tag tag:yaml.org,2002:python/object/apply:os.mkdir")
    assert not proof.exists()


def test_an_alias_bomb_costs_nothing(tmp_path: Path) -> None:
    names = "abcdefghi"
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n"
    for before, name in pairwise(names):
        bomb += f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    start = process_time()
    assert refusal(bomb, tmp_path).startswith("FILE:1:4: anchors and aliases are not read")
    assert process_time() - start < 0.5


def test_a_file_of_100_mb_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "large.yml"
    with path.open("wb") as file:
        file.truncate(100 << 20)
    tracemalloc.start()
    try:
        with pytest.raises(SettingsError, match=r"larger than 1 MiB\. That is no settings file"):
            read_yaml(path)
        assert tracemalloc.get_traced_memory()[1] < 3 << 20
    finally:
        tracemalloc.stop()


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"gone\.yml: cannot be read: No such file"):
        read_yaml(tmp_path / "gone.yml")
    with pytest.raises(SettingsError, match="cannot be read: Is a directory"):
        read_yaml(tmp_path)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_lines_may_end_as_they_do_anywhere(ending: str, tmp_path: Path) -> None:
    path = tmp_path / "cfg.yml"
    path.write_bytes(ending.join(["a: 1", "b:", "  c: é", ""]).encode())
    document = read_yaml(path)
    assert document.values == {"a": "1", "b": {"c": "é"}}
    assert document.key_positions["b", "c"] == (3, 3)
    assert document.lines[2] == "  c: é"


def test_a_value_of_the_command_line_is_read_as_in_a_file() -> None:
    assert parse_value("1e-4", "--set") == "1e-4"
    assert parse_value("[0, 1]", "--set") == ["0", "1"]
    assert parse_value("", "--set") is None


@pytest.mark.parametrize("text", ["1\nother: 2", "[1", "&a 1", "!!int 1", "a: b", "\udcff", "\0"])
def test_a_value_of_the_command_line_can_be_wrong(text: str) -> None:
    with pytest.raises(SettingsError, match=r"^--set a=1:"):
        parse_value(text, "--set a=1")
