"""Battery, Solar, Grid, Alerts and System show what was recorded, to everybody, on every screen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from tests.web.axe import axe_of
from tests.web.conftest import STATIC
from tests.web.long_house import WEEKS, served
from tests.web.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
PAGES = ("battery", "solar", "grid", "alerts", "system")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if not (STATIC / "index.html").is_file():
        pytest.skip("the page is not built: python hatch_build.py builds it")
    with served(Path(tmp_path_factory.mktemp("house")) / "weeks.db", WEEKS) as address:
        yield address


@pytest.fixture(scope="module")
def young(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if not (STATIC / "index.html").is_file():
        pytest.skip("the page is not built: python hatch_build.py builds it")
    with served(Path(tmp_path_factory.mktemp("house")) / "young.db", None) as address:
        yield address


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if not (STATIC / "index.html").is_file():
        pytest.skip("the page is not built: python hatch_build.py builds it")
    with served(Path(tmp_path_factory.mktemp("house")) / "empty.db", None, has_reading=False) as address:
        yield address


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open a page; afterwards hold that it complained of nothing and asked nobody else."""
    contexts, complaints, hosts = [], [], set()

    def visited(address: str, name: str, *, wait: str = "main .panel", **options: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda told: complaints.append(told.text) if told.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
        page.goto(f"{address}#/{name}")
        page.wait_for_selector(wait)
        until(page, "!document.querySelector('main').innerText.includes('Fetching')")
        return page

    yield visited
    for context in contexts:
        context.close()
    assert complaints == []
    assert hosts <= {"127.0.0.1", None}


def overflow(page: Page) -> int:
    told: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return told


def text(page: Page) -> str:
    return page.inner_text("main").replace("\u00a0", " ")


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_serious_in_both_colours_with_all_tables_open(visit: Any, house: str, name: str) -> None:
    page = visit(house, name, color_scheme="light")
    while page.get_by_role("button", name="Show as a table").count():
        page.get_by_role("button", name="Show as a table").first.click()

    assert axe_of(page) == []
    page.emulate_media(color_scheme="dark")
    assert axe_of(page) == []


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_wider_than_the_screen(visit: Any, house: str, name: str) -> None:
    page = visit(house, name, viewport={"width": 1920, "height": 900})

    for width in (320, 360, 640, 768, 1280, 1920):  # 640 is what 200 % leaves of 1280
        page.set_viewport_size({"width": width, "height": 900})
        until(page, f"innerWidth === {width}")
        assert overflow(page) == 0, width


def test_the_battery_tells_its_capacity_its_packs_and_what_comes_back(visit: Any, house: str) -> None:
    page = visit(house, "battery", wait="#packs-title")
    told = text(page)

    assert " kWh, 100 % of the nominal." in told
    assert "The trend begins on" in told
    assert "Pack 2" in told
    assert page.locator("caption:has-text('Round trip by month')").count() == 1
    assert "May 2026" in told


def test_the_roof_tells_its_weak_string_and_the_day_without_production(visit: Any, house: str) -> None:
    page = visit(house, "solar", wait="#missing-title")
    told = text(page)

    assert page.inner_text(".headline .advice").startswith("String 3 makes")
    assert "8 Jun 2026" in told
    assert "The inverter told PVAC_x000_NobodyKnows." in told
    assert "Not judged" not in told


def test_the_grid_tells_each_outage_and_how_the_house_came_through(visit: Any, house: str) -> None:
    page = visit(house, "grid", wait="#outages-title")
    rows = page.locator("caption:has-text('newest first') ~ tbody tr").all_inner_texts()

    assert "2 days" in rows[0]
    assert "went dark" in rows[0]
    assert "came through" in rows[1]


def test_alerts_are_told_worst_first_and_can_be_chosen_by_keyboard(visit: Any, house: str) -> None:
    page = visit(house, "alerts", wait=".alerts")
    names = page.locator("#present-title >> xpath=ancestor::section >> .alerts code").all_inner_texts()

    assert names == ["BatteryFault", "POD_w110_SW_EOC"]
    assert page.inner_text(".headline .advice") == "One part does not work as the house needs it."

    page.locator(".filters select").first.focus()
    page.keyboard.press("End")
    until(page, "document.querySelectorAll('.alerts li').length === 1")
    page.reload()
    page.wait_for_selector(".alerts")

    assert "from=fault" in page.url
    assert page.locator(".alerts li").count() == 1
    assert "Nothing of the past fits this choice." in text(page)


def test_the_search_among_alerts_finds_what_they_mean(visit: Any, house: str) -> None:
    page = visit(house, "alerts", wait=".alerts")

    page.get_by_role("searchbox").fill("connected to the grid")
    until(page, "document.querySelectorAll('.alerts li').length === 1")

    assert page.locator(".alerts code").all_inner_texts() == ["SystemConnectedToGrid"]


def test_the_system_tells_gaps_firmware_and_parts_and_says_first_what_is_wrong(visit: Any, house: str) -> None:
    page = visit(house, "system", wait="#gaps-title")
    told = text(page)

    assert page.locator(".health li").first.get_attribute("class") == "is-bad"
    assert "Told now: BatteryFault." in told
    assert "2 h 15 min" in told
    assert "23.44.0" in told
    assert "String 3" in told
    assert "No energy is lost in a gap" in told


def test_a_chart_of_strings_goes_down_to_the_readings_by_keys(visit: Any, house: str) -> None:
    page = visit(house, "solar", wait="#strings-title")
    chart = page.get_by_role("slider", name="Power of the strings")
    chart.focus()
    page.keyboard.press("End")
    until(page, "document.activeElement.getAttribute('aria-valuetext').includes('String 1')")
    before = chart.get_attribute("aria-label")
    for _ in range(4):
        page.keyboard.press("+")
    until(page, "document.activeElement.getAttribute('aria-valuetext').includes('String 1')")

    assert chart.get_attribute("aria-label") != before


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("battery", "The gateway has not told yet what its full packs hold."),
        ("solar", "No solar power has been recorded here."),
        ("grid", "The grid has not been away since the record began."),
        ("alerts", "No device tells anything now."),
        ("system", "Everything is as it should be."),
    ],
)
def test_a_young_record_has_sentences_where_values_will_be(visit: Any, young: str, name: str, words: str) -> None:
    page = visit(young, name, wait="main .headline .advice, main .empty")

    assert words in text(page)
    assert "undefined" not in text(page)
    assert "NaN" not in text(page)
    assert overflow(page) == 0


@pytest.mark.parametrize("name", ["battery", "solar", "grid", "alerts"])
def test_before_the_first_reading_a_page_says_so_and_claims_nothing(visit: Any, empty: str, name: str) -> None:
    page = visit(empty, name, wait="main .empty")
    until(page, "document.querySelector('main').innerText.includes('Nothing is recorded yet.')")

    assert "Start forebay up." in text(page)
    assert page.locator("main .panel").count() == 0
    assert axe_of(page) == []


WIDE = "document.querySelector('.table-box.more-right')"


@pytest.mark.parametrize("name", ["system", "grid", "solar"])
def test_on_a_phone_a_wide_table_shows_that_it_goes_on_and_is_scrolled_by_keys(
    visit: Any, house: str, name: str
) -> None:
    page = visit(house, name, viewport={"width": 360, "height": 740})
    until(page, f"{WIDE} !== null")
    frame = page.locator(".table-box.more-right > .table-frame").first
    named = frame.get_attribute("aria-label")
    caption = frame.locator("caption").inner_text()

    assert frame.get_attribute("role") == "region"
    assert named == f"{caption}, scrolls sideways"
    assert page.evaluate("getComputedStyle(document.querySelector('.more-right'), '::after').content") != "none"
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('aria-label')") == named:
            break
    else:
        pytest.fail("the keyboard does not reach the table")
    for _ in range(40):
        page.keyboard.press("ArrowRight")
    until(page, "document.activeElement.parentElement.className === 'table-box more-left'")
    assert axe_of(page) == []


@pytest.mark.parametrize("name", ["system", "grid"])
def test_a_table_that_fits_is_no_stop_for_the_keyboard(visit: Any, house: str, name: str) -> None:
    page = visit(house, name, viewport={"width": 1440, "height": 900})

    assert page.locator(".table-frame").count() > 0
    assert page.locator(".table-frame[tabindex]").count() == 0
    assert page.locator(".more-right, .more-left").count() == 0


def test_today_beside_a_clear_day_tells_the_last_production_and_not_the_evening_to_come(visit: Any, house: str) -> None:
    page = visit(house, "solar")
    today = page.locator("section[aria-labelledby='today-title']")

    assert "11:45 to 12:00" in today.inner_text().replace("\u00a0", " ")
    assert "– kW" not in today.inner_text().replace("\u00a0", " ")


def test_the_system_says_that_no_backup_was_ever_made(visit: Any, house: str) -> None:
    told = text(visit(house, "system"))

    assert "never" in told
    assert "The command forebay backup makes one." in told
