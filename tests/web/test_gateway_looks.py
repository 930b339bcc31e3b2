"""The gateway's page fits every screen, in both colours, for everybody. E001, S018, S020."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.web.conftest import Visit
    from tests.web.gateway_house import Visitor

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"
PLACES = ("", "login", "wizard/networks", "wizard/operation", "wizard/meters", "wizard/powerwalls", "wizard/customer")
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def looked_at(visitor: Visitor, place: str) -> None:
    """Open a place and everything in it that is folded."""
    page = visitor.open(place)
    page.wait_for_selector(".panel, form, [data-state=live]")
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true })")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 360, 768, 1920])
def test_nothing_scrolls_sideways(visit: Visit, width: int, scheme: Any) -> None:
    visitor = visit("21.44", refused=(500,), viewport={"width": width, "height": 800}, color_scheme=scheme)
    visitor.log_in().wait_for_selector("[data-step=welcome]")

    for place in PLACES:
        looked_at(visitor, place)
        assert visitor.page.evaluate(OVERFLOW) == 0, place


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(visit: Visit, scheme: Any) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: npm ci in web/")
    visitor = visit("21.44", refused=(500,), color_scheme=scheme)
    visitor.log_in().wait_for_selector("[data-step=welcome]")
    found = []

    for place in ("wizard/welcome", *PLACES):
        looked_at(visitor, place)
        visitor.page.evaluate(AXE.read_text("utf-8"))
        violations = visitor.page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
        found += [
            (place, rule["id"], rule["nodes"][0]["html"])
            for rule in violations
            if rule["impact"] in {"serious", "critical"}
        ]

    assert found == []


def test_the_page_works_at_twice_the_size(visit: Visit) -> None:
    visitor = visit("1.40.2", viewport={"width": 640, "height": 400}, device_scale_factor=2)
    page = visitor.open()
    page.wait_for_selector("[data-state=live]")
    page.evaluate("document.documentElement.style.fontSize = '200%'")

    assert page.evaluate(OVERFLOW) == 0


def test_the_chosen_colours_are_kept(visit: Visit) -> None:
    visitor = visit("1.40.2", color_scheme="light")
    page = visitor.open()
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)

    page.click(".theme")
    page.click(".theme")
    page.reload()
    page.wait_for_selector("[data-state=live]")

    assert page.evaluate(ground) != light
