"""The page reaches every row of the catalogue that people may use. E001, S020."""

from __future__ import annotations

import re
from pathlib import Path

from forebay.wire import catalogue

SOURCES = Path(__file__).parents[2] / "web/gateway/src"
NOT_FOR_PEOPLE = {
    "WEB_PAGE": "it is the page",
    "PLAIN_HTTP": "the browser is sent on by itself",
    "ARTEFACT": "it is no resource",
    "LOCAL_DEVICE": "it belongs to another API with credentials of its own",
}
NAME = re.compile(
    r'\brow: "([A-Z0-9_]+)"|\b(?:call|mayCall|offers|read)\("([A-Z0-9_]+)"|\b(?:shows|needs): \[([^\]]*)\]'
)


def named() -> set[str]:
    """Return the rows that the page's tables and calls name."""
    found: set[str] = set()
    for path in SOURCES.rglob("*.ts*"):
        for row, called, listed in NAME.findall(path.read_text("utf-8")):
            found |= {row, called, *re.findall(r'"([A-Z0-9_]+)"', listed)} - {""}
    return found


def test_the_page_reaches_every_row_that_people_may_use() -> None:
    """A new row fails here until a step of web/gateway/src/steps names it."""
    known = {row.name for row in catalogue.EVERY}

    assert known - named() == set(NOT_FOR_PEOPLE)


def test_the_page_names_no_row_that_there_is_not() -> None:
    assert named() - {row.name for row in catalogue.EVERY} == set()
