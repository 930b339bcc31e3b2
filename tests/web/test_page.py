"""The page shows the house, stays on this host, survives outages and fits every screen."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page
    from tests.web.conftest import Stub

pytestmark = pytest.mark.browser
NBSP = "\u00a0"
Opener = Callable[..., "Page"]


def words_of(page: Page) -> str:
    """Return what the page says, with ordinary spaces."""
    return re.sub(r"\s+", " ", str(page.inner_text("body")).replace(NBSP, " "))


def overflow_px(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def test_the_page_says_what_the_house_does(open_page: Opener) -> None:
    page = open_page()

    words = words_of(page)

    assert page.inner_text("h1") == "The sun is running the house, charging the battery and feeding the grid."
    assert "Live, last reading 2 s ago." in words
    assert "Battery charging at 1.90 kW." in words
    assert "to the grid." in words
    assert "Grid connected" in words
    assert "Self-powered" in words
    assert "20 % kept for outages" in words
    assert "of 13.5 kWh in the battery" in words
    assert page.locator(".totals dd").count() == 6
    assert page.title().endswith("– forebay")
    assert re.match(r"\d+\s% charging 1\.90\skW", page.title())
    assert "emulated" not in words


def test_flows_differ_in_size_and_show_direction(open_page: Opener) -> None:
    page = open_page()

    widths = {
        flow.get_attribute("data-flow"): float(flow.locator(".band").get_attribute("stroke-width") or 0)
        for flow in page.locator(".stream").all()
    }

    assert set(widths) == {"solar_to_home", "solar_to_battery", "solar_to_grid"}
    assert widths["solar_to_grid"] > widths["solar_to_home"] * 2
    assert page.locator(".stream .head").count() == 3
    assert page.evaluate("document.getAnimations().length") == 3


def test_new_readings_arrive_by_themselves(open_page: Opener, stub: Stub) -> None:
    page = open_page()

    stub.push(
        power_w={"solar": 0.0, "load": 1234.0, "battery": 0.0, "site": 1234.0},
        flow_w=dict.fromkeys(stub.now["flow_w"], 0.0) | {"grid_to_home": 1234.0},
    )

    page.wait_for_selector("text=The grid is running the house.")
    assert "1.23 kW from the grid." in words_of(page)
    assert "Solar not producing." in words_of(page)


def test_an_outage_of_the_server_is_told_and_ends_by_itself(open_page: Opener, stub: Stub) -> None:
    page = open_page()
    page.evaluate("window.mark = 'same page'")

    stub.stop()
    page.wait_for_selector("text=forebay does not answer.")
    told = words_of(page)
    title = page.title()
    stub.now = {**stub.now, "connection": {**stub.now["connection"], "words": "Live again."}}
    stub.start()
    page.wait_for_selector("text=Live again.", timeout=20_000)

    assert "still running on its machine" in told
    assert "The values are those of 11:44:30" in told
    assert title == "No answer – forebay"
    assert page.evaluate("window.mark") == "same page"
    stub.push(connection={**stub.now["connection"], "words": "Live by events."})
    page.wait_for_selector("text=Live by events.")


@pytest.mark.parametrize("state", ["stale", "down"])
def test_old_values_look_old_and_say_their_age(open_page: Opener, stub: Stub, state: str) -> None:
    page = open_page()

    words, advice = "The gateway has not answered for 3 min.", "See whether it has power and is on this network."
    stub.push(connection={"state": state, "since": None, "words": words, "advice": advice})
    page.wait_for_selector(f"[data-state={state}]")

    assert page.inner_text("h1") == words
    assert advice in words_of(page)
    assert "The values are those of 11:44:30" in words_of(page)
    assert page.evaluate("getComputedStyle(document.querySelector('.flow')).filter") == "grayscale(1)"
    assert page.evaluate("document.getAnimations().filter((a) => a.playState === 'running').length") == 0


def test_before_the_first_reading_the_page_waits_in_words(open_page: Opener, stub: Stub) -> None:
    stub.now = {
        **dict.fromkeys(("at", "site_name", "firmware", "power_w", "flow_w", "charge", "grid", "operation", "today")),
        **{key: stub.now[key] for key in ("now", "speed", "timezone")},
        "connection": {"state": "waiting", "since": None, "words": "Waiting for the first reading.", "advice": "5 s."},
    }

    page = open_page(wait="h1")
    page.wait_for_selector("text=Waiting for the first reading.")

    assert "The day's curves begin with the first reading." in words_of(page)
    assert "NaN" not in words_of(page)
    assert "0 W" not in words_of(page)


def test_an_island_is_the_first_thing_said(open_page: Opener, stub: Stub) -> None:
    stub.now |= {
        "grid": {"state": "SystemIslandedActive", "words": "Grid down, the battery carries the home"},
        "power_w": {"solar": 0.0, "load": 640.0, "battery": 640.0, "site": 0.0},
        "flow_w": dict.fromkeys(stub.now["flow_w"], 0.0) | {"battery_to_home": 640.0},
    }

    page = open_page()

    assert page.inner_text("h1") == "The grid is down. The battery is running the house."
    assert page.locator(".node.islanded").count() == 1


def test_an_emulated_clock_is_named(open_page: Opener, stub: Stub) -> None:
    stub.now["speed"] = 60.0

    page = open_page()

    assert "emulated time, 60×" in words_of(page)


def test_other_days_can_be_looked_at_and_have_an_address(open_page: Opener, stub: Stub) -> None:
    page = open_page()

    page.click("[aria-label='Day before']")
    page.wait_for_selector("text=Saturday 20 June 2026")
    page.wait_for_selector(".chart canvas")
    address = page.url
    again = open_page("#2026-06-10", wait="text=Nothing was recorded on this day.")
    page.click("button:text-is('Today')")
    page.wait_for_selector("text=Sunday 21 June 2026")

    assert address.endswith("#2026-06-20")
    assert "Wednesday 10 June 2026" in words_of(again)
    assert page.url == stub.address


def test_a_gap_is_told_with_its_reason(open_page: Opener, stub: Stub) -> None:
    stub.until_min = 20 * 60

    page = open_page()

    assert "No readings from 16:05 to 16:50. The gateway did not answer." in words_of(page)


def test_arrow_keys_read_the_curves(open_page: Opener) -> None:
    page = open_page()

    page.focus(".chart")
    page.keyboard.press("Home")
    first = page.get_attribute(".chart", "aria-valuetext")
    page.keyboard.press("PageUp")
    page.keyboard.press("ArrowRight")
    later = page.get_attribute(".chart", "aria-valuetext")

    assert first is not None
    assert first.startswith("00:00: Solar not producing, Home using")
    assert later is not None
    assert later.startswith("01:05: ")
    assert page.inner_text(".legend-time").split() == ["At", "01:05"]


def test_the_curves_are_also_a_table(open_page: Opener) -> None:
    page = open_page()

    page.click("text=Show as a table")

    assert page.locator("tbody tr").count() == 12
    assert page.get_attribute("[aria-controls$=table]", "aria-expanded") == "true"


def test_every_control_is_reached_by_tab_and_shows_it(open_page: Opener) -> None:
    page = open_page()
    reached = []

    for _ in range(16 + page.locator("nav a").count()):
        page.keyboard.press("Tab")
        name = "document.activeElement.getAttribute('aria-label') || document.activeElement.innerText"
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        reached.append((str(page.evaluate(name)).split("\n")[0].strip(), outline))

    names = " | ".join(name for name, _ in reached)
    order = [
        "Skip to the content",
        "Colours:",
        "Now",
        "Day before",
        "Solar",
        "Home",
        "Battery",
        "Grid",
        "Power of the day",
        "Shorter span",
        "Show as a table",
        "CSV",
        "PNG",
    ]
    place = 0
    for part in order:  # some pages have the name of a curve: each is looked for after the one before
        assert part in names[place:], (part, names)
        place = names.index(part, place) + len(part)
    assert all(outline == "solid" for name, outline in reached if any(part in name for part in order))


def test_the_chosen_colours_are_kept(open_page: Opener) -> None:
    page = open_page(color_scheme="light")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)

    page.click(".theme")
    page.click(".theme")
    page.reload()
    page.wait_for_selector(".chart canvas")

    assert page.evaluate(ground) != light
    assert "dark" in page.inner_text(".theme")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 360, 768, 1280, 2560])
def test_nothing_scrolls_sideways(open_page: Opener, width: int, scheme: str) -> None:
    page = open_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.click("text=Show as a table")

    assert overflow_px(page) == 0


def test_the_page_works_at_twice_the_size(open_page: Opener) -> None:
    page = open_page(viewport={"width": 640, "height": 400}, device_scale_factor=2)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    page.wait_for_timeout(200)

    assert overflow_px(page) == 0


def test_reduced_motion_stands_still_and_still_points(open_page: Opener) -> None:
    page = open_page(reduced_motion="reduce")

    assert page.evaluate("document.getAnimations().length") == 0
    assert page.locator(".stream .head").count() == 3


def test_the_page_works_behind_a_path(browser: Browser, stub: Stub, open_page: Opener) -> None:
    stub.prefix = "/house"

    page = open_page()

    assert "Live, last reading" in words_of(page)


def test_readings_do_not_move_the_layout(open_page: Opener, stub: Stub) -> None:
    page = open_page()
    parts = ".state, .flow, .charge, .fact-list, .totals, .legend, .chart"
    boxes = f"[...document.querySelectorAll('{parts}')].map((e) => JSON.stringify(e.getBoundingClientRect()))"
    before = page.evaluate(boxes)

    stub.push(
        power_w={"solar": 990.0, "load": 12345.0, "battery": -7.0, "site": 11355.0},
        charge={"app_pct": 9.1, "wire_pct": 13.6, "remaining_wh": 1836, "full_wh": 13500},
        connection={**stub.now["connection"], "words": "Live, last reading 12 s ago."},
    )
    page.wait_for_selector("text=12 s ago")

    assert page.evaluate(boxes) == before
