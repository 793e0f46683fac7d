"""Tests of the log of a run."""

import logging

import pytest

from hydro.artifacts.log import open_log, read_warnings
from hydro.artifacts.run_folder import RunFolder
from hydro.errors import ResourceError


def test_what_hydro_logs_is_kept_while_the_log_is_open(folder: RunFolder) -> None:
    logger = logging.getLogger("hydro.somewhere")
    with open_log(folder):
        logger.debug("a detail")
        logger.info("rows: %d", 3)
        logger.warning("look")
    logger.warning("too late")
    lines = (folder.path / "log.txt").read_text().splitlines()
    assert [line.split(" ", 2)[2] for line in lines] == [
        "DEBUG a detail",
        "INFO rows: 3",
        "WARNING look",
    ]


def test_warnings_are_the_first_lines_of_warnings_and_errors(folder: RunFolder) -> None:
    assert read_warnings(folder) == []
    logger = logging.getLogger("hydro.test")
    with open_log(folder):
        logger.info("no")
        logger.warning("first line\nsecond line")
        logger.error("worse\u2028and\x0bmore")
    assert read_warnings(folder) == ["first line", "worse\u2028and\x0bmore"]


def test_a_log_in_a_folder_that_is_gone_is_an_error(folder: RunFolder) -> None:
    folder.path.rmdir()
    with pytest.raises(ResourceError, match="No such file or directory"), open_log(folder):
        pass
