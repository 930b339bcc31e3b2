"""The frame leads to every page by mouse, key and address, and to every gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.web.waiting import until

if TYPE_CHECKING:
    from tests.web.conftest import Opener, Stub

pytestmark = pytest.mark.browser
TWO: dict[str, list[dict[str, Any]]] = {
    "gateways": [
        {"name": "house", "site": "Home", "is_recorded": True},
        {"name": "barn", "site": "Home", "is_recorded": True},
        {"name": "old", "site": None, "is_recorded": False},
    ],
    "together": [{"name": "+", "title": "All gateways", "gateways": ["house", "barn"]}],
}


def paths(stub: Stub, name: str) -> list[dict[str, str]]:
    return [params for asked, params in stub.asked if asked == name]


def test_one_gateway_needs_no_choice(open_page: Opener) -> None:
    page = open_page()

    assert page.locator(".gateway-choice").count() == 0
    assert page.inner_text(".site") == "Home Energy Gateway"


def test_another_gateway_is_asked_for_by_name_and_stays_in_the_address(open_page: Opener, stub: Stub) -> None:
    stub.answers["gateways"] = TWO
    page = open_page(wait=".gateway-choice")

    page.select_option(".gateway-choice select", "barn")
    page.wait_for_selector(".chart canvas")
    page.reload()
    page.wait_for_selector(".chart canvas")

    assert page.url.endswith("#/now?gateway=barn")
    assert page.input_value(".gateway-choice select") == "barn"
    assert page.locator(".gateway-choice option").all_inner_texts() == [
        "house (Home)",
        "barn (Home)",
        "old, no longer recorded",
        "All gateways",
    ]
    assert paths(stub, "day")[-1]["gateway"] == "barn"
    assert paths(stub, "events")[-1] == {"gateway": "barn"}
    assert "gateway" not in paths(stub, "day")[0]


def test_the_first_gateway_needs_no_name_in_the_address(open_page: Opener, stub: Stub) -> None:
    stub.answers["gateways"] = TWO
    page = open_page("#/now?gateway=barn", wait=".gateway-choice")

    page.select_option(".gateway-choice select", "house")
    until(page, "!location.hash.includes('gateway')")

    assert page.url == stub.address


def test_an_address_nobody_knows_is_the_first_page(open_page: Opener) -> None:
    page = open_page("#/attic")

    assert page.get_attribute("nav a[aria-current=page]", "href") == "#/now"


def test_the_way_to_the_content_passes_over_the_navigation(open_page: Opener) -> None:
    page = open_page()

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "main"
    assert "#main" not in page.url


def boxes(page: Any) -> list[dict[str, float]]:
    return [link.bounding_box() for link in page.locator("nav a").all()]


@pytest.mark.parametrize("width", [320, 768])
def test_every_page_is_a_finger_wide_in_the_navigation(open_page: Opener, width: int) -> None:
    page = open_page(viewport={"width": width, "height": 700})

    assert all(box["height"] >= 44 and box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes(page))


def test_several_gateways_together_are_named_with_the_way_to_each(open_page: Opener, stub: Stub) -> None:
    words = {"house": "Live, last reading 2 s ago.", "barn": "The gateway does not answer."}
    rows = [{**row, "words": words.get(row["name"], "")} for row in TWO["gateways"]]
    stub.answers["gateways"] = {**TWO, "gateways": rows}
    stub.now |= {"gateways": ["house", "barn"], "missing": ["barn"], "site_name": "All gateways"}

    page = open_page("#/now?gateway=%2B", wait=".gateways li")

    assert page.input_value(".gateway-choice select") == "+"
    assert "barn (Home) The gateway does not answer. Left out of the powers above." in " ".join(
        page.inner_text(".gateways").split()
    )
    page.click(".gateways a >> text=house")
    until(page, "location.hash === '#/now?gateway=house'")


def test_after_an_import_everything_on_the_page_is_asked_anew(open_page: Opener, stub: Stub) -> None:
    asked = "performance.getEntriesByType('resource').filter((entry) => entry.name.includes('/api/{}')).length"
    page = open_page(wait=".chart canvas")
    for name in ("extent", "day", "me"):
        until(page, f"{asked.format(name)} > 0")
    before = {name: page.evaluate(asked.format(name)) for name in ("extent", "day", "me")}

    stub.push(imports="1-1")

    for name, n in before.items():
        until(page, f"{asked.format(name)} > {n}")
