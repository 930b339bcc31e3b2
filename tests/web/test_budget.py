"""What is fetched before the page stands is small, and comes from this host alone."""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from tests.web.conftest import STATIC

if TYPE_CHECKING:
    from tests.web.conftest import Opener

MOST_BYTES = 150_000


def compressed(name: str) -> int:
    return len(gzip.compress((STATIC / name).read_bytes(), 6))


@pytest.mark.browser
@pytest.mark.parametrize("page", ["", "#/energy", "#/energy?span=year"])
def test_the_first_load_of_any_page_is_under_150_kilobytes_compressed(open_page: Opener, page: str) -> None:
    opened = open_page(page)

    fetched = opened.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")

    files = {urlsplit(name).path.lstrip("/") for name in fetched if "/api/" not in name} | {"index.html"}
    assert any(name.endswith(".js") for name in files)
    assert sum(compressed(name) for name in files) < MOST_BYTES


def test_all_pages_together_are_under_the_same_bound() -> None:
    if not (STATIC / "index.html").is_file():
        pytest.skip("the page is not built: python hatch_build.py builds it")
    files = [path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*") if path.is_file()]

    assert sum(compressed(name) for name in files if re.search(r"\.(js|css|html|svg)$", name)) < MOST_BYTES
