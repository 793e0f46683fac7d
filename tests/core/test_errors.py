"""Every reason to fail has an exit code, and the help tells what each of them means."""

import re

import click

from hydro import errors
from hydro.cli import EPILOG
from hydro.errors import HydroError


def test_every_exit_code_is_in_the_help_and_in_the_tree() -> None:
    kinds = HydroError.__subclasses__()
    told = {int(code) for code in re.findall(r"(\d+) [a-z]", EPILOG)}
    # 130 and 143 are those of the signals that stop a run.
    others = {0, HydroError.exit_code, click.UsageError.exit_code, 130, 143}
    assert told == others | {kind.exit_code for kind in kinds}
    for kind in kinds:
        assert re.search(rf"{kind.__name__} .* exit {kind.exit_code}\n", errors.__doc__ or "")
        assert kind.reason != HydroError.reason


def test_reasons_name_one_kind_each() -> None:
    reasons = [kind.reason for kind in HydroError.__subclasses__()]
    assert len(set(reasons)) == len(reasons)
