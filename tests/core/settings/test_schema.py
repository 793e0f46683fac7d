"""Tests of the facts that are told of every setting."""

from pathlib import Path
from typing import Any, Literal

from hydro.settings.fields import Section, section, setting
from hydro.settings.rules import only_if
from hydro.settings.schema import Schema, flatten
from hydro.settings.sections import Ids, Names


class Part(Section):
    """One setting of each type."""

    switch: bool = setting(True, help="A switch.", level="expert")
    whole: int = setting(1, help="A number.", ge=0, lt=9)
    number: float | None = setting(None, help="A number.", gt=0.5, le=2)
    table: Path | None = setting(None, help="A file.")
    choice: Literal["a", "b"] = setting(
        "a", help="A choice.", applies_if=only_if("part.switch", True)
    )
    choices: tuple[Literal["a", "b"], ...] = setting((), help="Several choices.")
    names: Names = setting((), help="Names.")
    ids: Ids | None = setting(None, help="Ids.")
    values: dict[str, list[Any]] = setting({}, help="Lists.")
    needed: str = setting(help="A text.", required_if=only_if("part.whole", 1))
    calm: int = setting(1, help="A number.", conflicts_with=only_if("part.switch", True))


class Whole(Section):
    """A section and a setting beside it."""

    name: str = setting("a", help="A name.")
    part: Part = section()


def test_types_are_said_in_words() -> None:
    kinds = {each.name: each.kind for each in Schema.of(Whole)}
    assert kinds == {
        "name": "text",
        "needed": "text",
        "switch": "true or false",
        "whole": "whole number",
        "number": "number or nothing",
        "table": "path or nothing",
        "choice": "choice",
        "choices": "list of choices",
        "names": "list of texts",
        "ids": "list of texts or nothing",
        "values": "map of key to list",
        "calm": "whole number",
    }


def test_bounds_choices_and_defaults_are_told() -> None:
    described = {each.path: each for each in Schema.of(Whole)}
    assert described["part.whole"].bounds == "≥ 0, < 9"
    assert described["part.number"].bounds == "> 0.5, ≤ 2"
    assert described["part.choice"].choices == described["part.choices"].choices == ("a", "b")
    assert described["part.whole"].default == 1
    assert described["part.needed"].required
    assert described["part.needed"].default is None


def test_a_setting_knows_its_section_and_name() -> None:
    described = {each.path: each for each in Schema.of(Whole)}
    assert (described["name"].section, described["name"].name) == ("", "name")
    assert (described["part.whole"].section, described["part.whole"].name) == ("part", "whole")


def test_what_must_be_given_comes_first_in_its_section() -> None:
    assert [each.path for each in Schema.of(Whole)][:3] == [
        "name",
        "part.needed",
        "part.switch",
    ]


def test_rules_are_said_in_sentences() -> None:
    described = {each.name: each for each in Schema.of(Whole)}
    assert described["choice"].rules == ("Only while part.switch is true.",)
    assert described["needed"].rules == ("Must be given while part.whole is 1.",)
    assert described["calm"].rules == ("Must keep its default while part.switch is true.",)


def test_a_level_shows_what_is_at_it_or_below() -> None:
    described = {each.name: each for each in Schema.of(Whole)}
    assert described["switch"].shown_at("expert")
    assert described["switch"].shown_at("master")
    assert not described["switch"].shown_at("intermediate")
    assert described["whole"].shown_at("novice")


def test_values_are_given_by_dotted_name() -> None:
    values = flatten(Whole(part=Part(needed="x", ids=("0",))))
    assert values["name"] == "a"
    assert values["part.needed"] == "x"
    assert values["part.ids"] == ("0",)
    assert "part" not in values
