"""Tests of how a setting is declared, and what its section reads."""

from typing import Literal

import pytest
from pydantic import ValidationError

from hydro.settings.fields import Section, SettingMetadata, choices_of, setting
from hydro.settings.rules import only_if, unless


class Example(Section):
    """One setting of each kind."""

    count: int = setting(1, help="How many.", ge=0, le=10_000)
    width: int | None = setting(4, help="How wide.")
    share: float = setting(0.5, help="How much.", le=1)
    name: str = setting("a", help="Which.")
    remark: str | None = setting("b", help="What else.")
    tracker: Literal["None", "Some"] = setting("Some", help="Where to.", level="expert", grid=True)
    on: bool = setting(True, help="Whether.")


def test_the_facts_of_a_setting_are_read_back() -> None:
    assert SettingMetadata.of(Example.model_fields["tracker"]) == SettingMetadata(
        level="expert", grid=True
    )
    assert SettingMetadata.of(Example.model_fields["count"]) == SettingMetadata()
    assert choices_of(Example.model_fields["tracker"]) == ("None", "Some")
    assert choices_of(Example.model_fields["name"]) == ()


def test_nothing_is_none_where_none_is_a_value_and_the_default_elsewhere() -> None:
    for nothing in (None, "None"):
        read = Example.model_validate(dict.fromkeys(Example.model_fields, nothing))
        assert read == Example(width=None, remark=None, tracker="None")


def test_a_section_that_is_nothing_has_its_defaults() -> None:
    assert Example.model_validate(None) == Example()


@pytest.mark.parametrize(
    ("written", "meant"),
    [("010", 10), ("1e3", 1000), ("1E+3", 1000), ("1.5e1", 15), ("16.0", 16), ("1_000", 1000)],
)
def test_a_whole_number_may_be_written_in_other_ways(written: str, meant: int) -> None:
    assert Example.model_validate({"count": written, "width": written}).count == meant
    assert Example.model_validate({"width": written}).width == meant


@pytest.mark.parametrize("written", ["1.5", "1.25e1", "1e-3", "1e30", "0x1F", "1:30", "true", ""])
def test_what_is_no_whole_number_is_refused(written: str) -> None:
    with pytest.raises(ValidationError):
        Example.model_validate({"count": written})


@pytest.mark.parametrize(
    ("written", "meant"), [("1e-4", 1e-4), ("1E-4", 1e-4), (".5", 0.5), ("0", 0.0), ("-1", -1.0)]
)
def test_a_number_is_read_however_it_is_written(written: str, meant: float) -> None:
    read = Example.model_validate({"share": written}).share
    assert read == meant
    assert isinstance(read, float)


@pytest.mark.parametrize("written", ["nan", "inf", "-inf", ".inf", "1e999", "half", "1,5"])
def test_what_is_no_finite_number_is_refused(written: str) -> None:
    with pytest.raises(ValidationError):
        Example.model_validate({"share": written})


@pytest.mark.parametrize("written", ["on", "On", "yes", "true", "TRUE", "1"])
def test_a_switch_is_on_in_many_words(written: str) -> None:
    assert Example.model_validate({"on": written}).on is True
    assert Example.model_validate({"name": written}).name == written


@pytest.mark.parametrize("written", ["off", "no", "False", "0"])
def test_a_switch_is_off_in_many_words(written: str) -> None:
    assert Example.model_validate({"on": written}).on is False
    assert Example.model_validate({"name": written}).name == written


def test_a_section_is_frozen_and_closed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Example().count = 2
    with pytest.raises(ValidationError, match="extra"):
        Example.model_validate({"cuont": 2})


def test_a_default_is_checked_too() -> None:
    class Broken(Section):
        """A default that its own bound refuses."""

        count: int = setting(0, help="How many.", ge=1)

    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        Broken()


def test_a_rule_is_evaluated_and_said() -> None:
    values = {"training.loss": "ArcFace", "training.best": True, "training.layers": ("Neck",)}
    chosen = only_if("training.loss", "ArcFace", "CosFace")
    assert chosen.holds(values)
    assert not chosen.holds({"training.loss": "Triplet"})
    assert str(chosen) == "training.loss is ArcFace or CosFace"
    not_best = unless("training.best", True)
    assert not not_best.holds(values)
    assert not_best.holds({"training.best": False})
    assert str(not_best) == "training.best is not true"


def test_a_rule_on_a_list_asks_for_one_of_its_members() -> None:
    neck = only_if("layers", "Neck")
    assert neck.holds({"layers": ("Loss", "Neck")})
    assert not neck.holds({"layers": ("Loss",)})
    assert unless("layers", ()).holds({"layers": ("Loss",)})
    assert not unless("layers", ()).holds({"layers": ()})
