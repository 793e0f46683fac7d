"""Tests of which names are safe as folders."""

import random
import string
from pathlib import Path

import pytest

from hydro.errors import SettingsError
from hydro.paths import experiment_name, find_url, folder_or_name

SAFE = [
    *["a", "A1", "7", "run.2", "a_b-c.d", "x" * 100, "010", "console", "comet", "nul1", "com10"],
    *[
        "a b",
        "my first run",
        "a  b",
        "é",
        "a\u0301",
        "naïve",
        "日本",
        "हिन्दी 2",
        "é" * 100,
        "日" * 66,
    ],
]

UNSAFE = [
    *["", " ", " a", "a ", ".", "..", "...", ".a", "-rf", "_a", "a.", "a..", "a .", "\u0301a"],
    *["x" * 101, "x" * 300, "x" * 5000],
    *["/", "/abs", "a/b", "a/", "../x", "a/../b", "..\\x", "a\\b", "C:", "C:\\x", "a:b", "%2e%2e"],
    *["~", "~root", "$HOME", "${HOME}", "`id`", "$(id)", "a;b", "a|b", "a&b", "a>b", "a<b", "a*"],
    *["a?", 'a"b', "a'b", "[a]", "{a}", "a,b", "a=b", "a+b", "a@b", "a%2f", "a#b", "a!b"],
    *["\0", "a\0b", "a\n", "\na", "a\nb", "a\rb", "a\tb", "a\x1b[2J", "a\x7f", "a\u200b"],
    *["\u202ea", "a\u2028b", "\ufeffa", "😀", "a😀", "a\xa0b", "a\u3000b", "a\ud800", "日" * 67],
    *["CON", "con", "Con.txt", "con.a.b", "PRN", "aux", "AUX.", "NUL", "nul.csv", "COM1", "lpt9"],
]


@pytest.mark.parametrize("name", SAFE)
def test_a_safe_name_is_kept(name: str) -> None:
    assert experiment_name(name) == name


@pytest.mark.parametrize("name", UNSAFE, ids=lambda name: ascii(name)[:20])
def test_an_unsafe_name_is_refused_on_one_printable_line(name: str) -> None:
    with pytest.raises(SettingsError) as caught:
        experiment_name(name)
    message = str(caught.value)
    assert message.startswith("experiment_name: ")
    assert message.isprintable()
    assert len(message) < 250


def hostile_names() -> list[str]:
    """Make 200 names of pieces that file systems, shells and terminals stumble over."""
    draw = random.Random(11)
    pieces = [
        "../",
        "..",
        "/",
        "\\",
        "\0",
        ".",
        "-",
        "~",
        "con",
        "a",
        "é",
        "\n",
        " ",
        ":",
        "%2e",
        "😀",
    ]
    names: set[str] = set()
    while len(names) < 200:
        names.add("".join(draw.choices(pieces, k=draw.randint(1, 6))))
    return sorted(names)


def test_no_hostile_name_leaves_the_folder_it_is_made_in(tmp_path: Path) -> None:
    inside = tmp_path / "runs"
    inside.mkdir()
    made = 0
    for name in hostile_names():
        try:
            (inside / experiment_name(name)).mkdir(exist_ok=True)
        except SettingsError:
            continue
        made += 1
    assert [each.name for each in tmp_path.iterdir()] == ["runs"]
    assert all(set(each.name) <= {*string.ascii_letters, *" .-é"} for each in inside.iterdir())
    assert made < 20


def test_an_experiment_without_a_name_is_called_by_two_words() -> None:
    drawn = {experiment_name(None) for _ in range(50)}
    assert len(drawn) > 5
    for name in drawn:
        assert experiment_name(name) == name
        assert len(name.split("-")) == 2


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("s3://bucket/a.csv", "s3://bucket/a.csv"),
        ("/folder/https:/example.org/a.csv", "https://example.org/a.csv"),
        ("hdfs+x-1.2:/a", "hdfs+x-1.2://a"),
        ("C:/folder/a.csv", None),
        ("a:b/c.csv", None),
        ("/folder/a.csv", None),
        ("", None),
    ],
)
def test_a_url_is_known_in_a_path(path: str, url: str | None) -> None:
    assert find_url(Path(path)) == url


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("models/tiny", "{file}/models/tiny"),
        ("both", "{file}/both"),
        ("only-here", "{here}/only-here"),
        ("org/model", "org/model"),
        ("table.csv", "table.csv"),
        ("", ""),
        ("./gone", "{file}/gone"),
        ("../gone", "{file}/../gone"),
        ("/gone", "/gone"),
        ("~/tiny", "{home}/tiny"),
    ],
)
def test_a_folder_is_absolute_and_a_mere_name_stays(
    text: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = {name: tmp_path / name for name in ("file", "here", "home")}
    for folder in ("file/models/tiny", "file/both", "here/both", "here/only-here", "home"):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    (places["file"] / "table.csv").touch()
    monkeypatch.chdir(places["here"])
    monkeypatch.setenv("HOME", str(places["home"]))
    assert folder_or_name(text, places["file"]) == expected.format(**places)
