"""Tests of the words that code and documentation use."""

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

FIRST = re.compile(
    r"(gives?|says?|tells?|hands?|takes?|lets?|has|have|puts?|sees?|offers?|go(es)?)\b"
)
"""Verbs that no docstring begins with: they say less than Return, Write or Check."""

BRITISH = (
    "neighbour|colour|behaviour|favour|honour|artefact|centre|labelled|labelling|cancelled|licence"
    "|catalogue|analyse|grey|(normal|token|serial|initial|optim|recogn|organ|summar|random|general"
    "|minim|maxim|vector)is(e|ing|ation)"
)
METAPHORS = r"houses?|rooms?(?! for)|doors?|gates?|boards?|company(?!'s)"
PRIVATE = "anew|so-manieth|begun"
BANNED = re.compile(rf"\b(\w*({BRITISH})\w*|{METAPHORS}|{PRIVATE})\b", re.IGNORECASE)

KEYS = {"neighbour", "neighbours", "neighbour_label", "neighbour_labels", "arcface_centres"}
"""Names in files that users have."""


def docstrings(source: str) -> Iterator[str]:
    """List the strings that stand by themselves: of modules, classes, functions and fields."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            if isinstance(node.value.value, str):
                yield node.value.value


@pytest.fixture(scope="module")
def texts(root: Path, files: Sequence[Path]) -> dict[str, str]:
    """Every file of the core, of plugins and of the documentation that is text, with its text."""
    names = {path.relative_to(root).as_posix(): path for path in files}
    found = {
        name: path.read_text(encoding="utf-8")
        for name, path in names.items()
        if name.startswith(("core/", "plugins/", "docs/", "README"))
        if path.suffix in {".py", ".md", ".html", ".css", ".yml"}
    }
    assert found
    return found


def test_a_docstring_begins_with_a_verb_of_the_field(texts: dict[str, str]) -> None:
    found = [
        (name, docstring.splitlines()[0])
        for name, source in texts.items()
        if name.endswith(".py")
        for docstring in docstrings(source)
        if FIRST.match(docstring.lower())
    ]
    assert found == []


def test_words_are_american_standard_and_no_metaphors(texts: dict[str, str]) -> None:
    found = [
        (name, number, match[0])
        for name, text in texts.items()
        for number, line in enumerate(text.splitlines(), start=1)
        for match in BANNED.finditer(line)
        if match[0] not in KEYS
    ]
    assert found == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Normalised colours of two neighbours", ["Normalised", "colours", "neighbours"]),
        ("room for a leaderboard of tokens", []),
        (
            "The door of a ROOM in the company, begun anew",
            ["door", "ROOM", "company", "begun", "anew"],
        ),
        ("raises, promised, exercise, the company's name", []),
    ],
)
def test_words_are_found_whole(text: str, words: list[str]) -> None:
    assert [match[0] for match in BANNED.finditer(text)] == words


def test_docstrings_of_fields_are_found() -> None:
    source = '"""a"""\nclass C:\n    """b"""\n    x = 1\n    """c"""\n    def f(self): "d"\n'
    assert sorted(docstrings(source)) == ["a", "b", "c", "d"]
