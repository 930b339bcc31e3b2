"""The page Energy: any span, what fed what, how it compares, its peaks; and its way in the address."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from tests.web.axe import axe_of
from tests.web.waiting import until

if TYPE_CHECKING:
    from tests.web.conftest import Opener, Stub

pytestmark = pytest.mark.browser
LABEL = "document.querySelector('.chart')?.getAttribute('aria-label') ?? ''"


def words_of(page: Any) -> str:
    until(page, "!document.querySelector('main').innerText.includes('Fetching')")
    return re.sub(r"\s+", " ", str(page.inner_text("main")).replace("\u00a0", " "))


def asked(stub: Stub, name: str = "energy") -> list[dict[str, str]]:
    return [params for told, params in stub.asked if told == name]


def test_today_is_told_in_a_sentence_numbers_and_curves(open_page: Opener) -> None:
    page = open_page("#/energy")
    until(page, "document.body.innerText.includes('4.32')")

    words = words_of(page)
    assert "The home used 20.0 kWh today, 80 % of it without the grid." in words
    assert "from the sun 30.0 kWh" in words
    assert "Self-sufficiency 80.0 % of the home's use was not drawn from the grid" in words
    assert "Sun 21 Jun 2026, 12:00" in words
    assert page.evaluate(LABEL).startswith("Power by source, Sun 21 Jun 2026.")
    assert "Solar to battery" in page.inner_text(".legend")
    assert page.title() == "Energy – forebay"


def test_month_and_year_are_bars_with_an_address_that_survives_reload(open_page: Opener, stub: Stub) -> None:
    page = open_page("#/energy")

    page.click("text=Month")
    until(page, f"({LABEL}).startsWith('Energy, Mon 1 Jun 2026 to Tue 30 Jun 2026')")
    page.click("[aria-label^='Earlier: May 2026']")
    until(page, "document.querySelector('h2').innerText === 'May 2026'")
    page.reload()
    page.wait_for_selector(".chart canvas")

    assert page.url.endswith("#/energy?span=month&day=2026-05-01")
    assert page.inner_text("h2 >> nth=0") == "May 2026"
    assert "The home used 744 kWh in May 2026" in words_of(page)
    assert {"from": "2026-05-01", "to": "2026-06-01", "by": "day"} in asked(stub)
    page.click("text=Year")
    until(page, f"({LABEL}).startsWith('Energy, Thu 1 Jan 2026')")
    assert asked(stub)[-1]["by"] == "month"
    page.go_back()
    until(page, "document.querySelector('h2').innerText === 'May 2026'")


def test_a_comparison_says_how_much_more_or_less(open_page: Opener) -> None:
    page = open_page("#/energy?span=month&day=2026-05-01")

    page.select_option(".choice-of", "before")
    until(page, "document.body.innerText.includes(' more than')")
    before = words_of(page)
    page.select_option(".choice-of", "year")
    until(page, "document.body.innerText.includes('as much as')")
    year = words_of(page)
    page.select_option(".choice-of", "date")
    page.fill(".against input", "2024-04-10")
    until(page, "document.body.innerText.includes('Compared with April 2024')")

    assert "24 % more than 600 kWh" in before
    assert "Compared with April 2026." in before
    assert "Home, April 2026" in before
    assert "as much as 744 kWh" in year
    assert page.url.endswith("vs=2024-04-10")


def test_a_month_that_is_not_over_is_compared_with_as_many_days(open_page: Opener, stub: Stub) -> None:
    page = open_page("#/energy?span=month&vs=before")

    until(page, "document.body.innerText.includes('Compared with')")

    assert "Compared with 1 to 21 May 2026." in words_of(page)
    assert {"from": "2026-05-01", "to": "2026-05-22", "by": "all"} in asked(stub)


def test_any_dates_can_be_chosen(open_page: Opener, stub: Stub) -> None:
    page = open_page("#/energy?span=month&day=2026-05-01")

    page.click("text=Dates")
    page.fill(".dates input >> nth=0", "2026-05-10")
    page.fill(".dates input >> nth=1", "2026-05-19")
    until(page, "document.querySelector('h2').innerText === '10 to 19 May 2026'")
    page.wait_for_selector(".chart canvas")

    assert page.url.endswith("#/energy?from=2026-05-10&to=2026-05-20")
    assert "240 kWh" in words_of(page)


def test_imported_history_is_marked_as_such(open_page: Opener) -> None:
    page = open_page("#/energy?span=all")

    until(page, "document.body.innerText.includes('imported history')")

    assert re.search(r"\d+ % of the time comes from imported history\.", words_of(page))


def test_the_bars_are_looked_into_down_to_curves_and_back(open_page: Opener, stub: Stub) -> None:
    page = open_page("#/energy?span=year")
    page.focus(".chart")

    for _ in range(3):
        page.keyboard.press("+")
    until(page, f"!({LABEL}).includes('Dec 2026')")
    for _ in range(500):  # the question comes when the machine has time for it
        if "day" in [params["by"] for params in asked(stub)]:
            break
        page.wait_for_timeout(40)
    for _ in range(8):
        page.focus(".chart")
        page.keyboard.press("+")
    until(page, f"({LABEL}).startsWith('Power by source')")
    page.focus(".chart")
    page.keyboard.press("0")

    until(page, f"({LABEL}).startsWith('Energy, Thu 1 Jan 2026 to Thu 31 Dec 2026')")
    assert "day" in [params["by"] for params in asked(stub)]


def test_six_flows_can_be_shown_instead(open_page: Opener) -> None:
    page = open_page("#/energy?span=month")

    page.click("text=Six flows")

    until(page, "document.querySelector('.legend').innerText.includes('From the battery')")
    assert page.url.endswith("&show=flows") or page.url.endswith("?span=month&show=flows")


def test_a_day_before_the_record_says_that_nothing_is_known(open_page: Opener) -> None:
    page = open_page("#/energy?span=month&day=2020-01-01", wait="text=Nothing is known of the energy in January 2020.")

    assert "NaN" not in words_of(page)


def test_a_refusal_is_told_in_the_servers_words(open_page: Opener, stub: Stub) -> None:
    stub.answers["energy"] = (503, {"error": "The disk is away.", "advice": "Put it back."})

    page = open_page("#/energy?span=month", wait="text=The disk is away.")

    assert "Put it back." in words_of(page)


@pytest.mark.parametrize("width", [320, 768, 1920])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_and_axe_finds_nothing(open_page: Opener, width: int, scheme: Any) -> None:
    page = open_page("#/energy?span=month&vs=before", viewport={"width": width, "height": 900}, color_scheme=scheme)
    until(page, "document.body.innerText.includes('Compared with')")
    page.click("text=Show as a table")

    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    assert axe_of(page) == []
