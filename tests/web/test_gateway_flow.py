"""The gateway's power flow: true, averaged, in words, in every state. S018, S019, S021, S033–S038, S043, S056–S058."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from tests.web.conftest import Visit

pytestmark = pytest.mark.browser

# Stands in for a house whose powers swing about 2000 W from one reading to the next, until they are told to jump.
SWINGING = """
const asked = window.fetch.bind(window);
window.count = 0;
window.jumpsAt = Infinity;
window.fetch = async (address, options) => {
  const reply = await asked(address, options);
  if (!String(address).endsWith("/api/meters/aggregates")) return reply;
  const body = await reply.json();
  const now = performance.now();
  const watts = now >= window.jumpsAt ? 6000 : window.count++ % 2 ? 3000 : 1000;
  body.load.instant_power = watts;
  body.solar.instant_power = watts;
  body.site.instant_power = 0;
  body.battery.instant_power = 0;
  return new Response(JSON.stringify(body), { status: 200 });
};
"""


def watts_of(page: Page, point: str) -> float:
    """Return the number that stands at a point [W]."""
    text = str(page.inner_text(f"[data-point={point}] strong")).replace("\u00a0", " ")
    number, unit = text.split(" ")
    return float(number) * (1000 if unit == "kW" else 1)


def test_the_flow_agrees_with_the_api(visit: Visit) -> None:
    """S018, S033–S038: four points with their direction in words, the charge on both scales."""
    visitor = visit("1.40.2")
    page = visitor.open()
    page.wait_for_selector("[data-state=live]")
    page.wait_for_selector("text=45.8 % on the gateway")

    meters = visitor.house.ask("/api/meters/aggregates")
    words = visitor.words()

    for point in ("solar", "load", "battery"):
        assert watts_of(page, point) == pytest.approx(abs(meters[point]["instant_power"]), rel=0.02, abs=12)
    assert watts_of(page, "site") == pytest.approx(abs(meters["site"]["instant_power"]), abs=40)
    for part in ("Solar 4.20 kW producing", "Home 1.30 kW using", "Grid is Connected", "System Running"):
        assert part in words
    assert re.search(r"Powerwall 2\.\d\d kW charging", words)
    assert page.inner_text("h1") == "The sun is running the home and charging the Powerwall."
    assert {flow.get_attribute("data-flow") for flow in page.locator(".stream").all()} == {
        "solar_to_home",
        "solar_to_battery",
    }


def test_what_is_shown_is_a_mean_over_250_to_500_ms(visit: Visit) -> None:
    """S019: a swing within the span disappears, and a jump is fully shown soon after."""
    visitor = visit("1.40.2")
    visitor.page.add_init_script(SWINGING)
    page = visitor.open()
    page.wait_for_selector("[data-fact=mean][data-span-ms]:not([data-span-ms='0'])")
    shown = []

    for _ in range(8):
        page.wait_for_timeout(310)
        shown.append(watts_of(page, "load"))
    span_ms = int(page.get_attribute("[data-fact=mean]", "data-span-ms") or 0)
    samples = int(page.get_attribute("[data-fact=mean]", "data-samples") or 0)
    page.evaluate("window.jumpsAt = performance.now()")
    page.wait_for_selector("[data-point=load] strong:text('6.00')", timeout=1500)

    assert 250 <= span_ms <= 500
    assert samples >= 3
    assert all(1250 <= watts <= 2750 for watts in shown)
    assert sum(shown) / len(shown) == pytest.approx(2000, abs=350)


@pytest.mark.parametrize("firmware", ["20.49", "21.44"])
def test_newer_releases_show_the_flow_only_after_a_login(visit: Visit, firmware: str) -> None:
    """A20, A21: open meters up to 1.40, a customer's login since 20.49; nothing is asked that must be refused."""
    visitor = visit(firmware)
    page = visitor.open()
    page.wait_for_selector("text=Log in to see the power flow.")

    assert ("GET", "/api/meters/aggregates") not in visitor.asked
    page.click("text=Log in as the customer")
    page.fill("[name=password]", visitor.house.device.password)
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-state=live]")
    assert watts_of(page, "solar") == pytest.approx(4200, abs=40)


def test_the_fast_server_shows_the_page_too(visit: Visit) -> None:
    """S021."""
    page = visit("1.40.2", server="fast").open()
    page.wait_for_selector("[data-state=live]")

    assert watts_of(page, "solar") == pytest.approx(4200, abs=40)


def test_a_stopped_system_is_told_and_goes_on_by_itself(visit: Visit) -> None:
    """S043, S047, S093: 502 is no number."""
    visitor = visit("1.40.2", refused=(502,))
    page = visitor.open()
    page.wait_for_selector("[data-state=live]")

    visitor.house.do(lambda device: device.stop(force=True))
    page.wait_for_selector("h1:text('The system is stopped.')")
    told = visitor.words()
    visitor.house.do(lambda device: device.run())
    page.wait_for_selector("[data-state=live]")

    assert "neither charges nor discharges" in told
    assert "System Stopped" in told
    assert "4.20 kW" not in told
    assert page.locator(".stream").count() == 2


def test_an_outage_is_told_first(visit: Visit) -> None:
    """S057."""
    visitor = visit("1.40.2")
    page = visitor.open()
    visitor.house.do(lambda device: device.set_solar_w(0.0))
    visitor.house.do(lambda device: device.set_grid(False))

    page.wait_for_selector("h1:text('The grid is down. The Powerwall is running the home.')")

    assert "Down: the Powerwall carries the home" in visitor.words()
    assert "Grid 0 W disconnected" in visitor.words()
    assert page.locator(".node.islanded").count() == 1


def test_a_dark_house_is_told(visit: Visit) -> None:
    visitor = visit("1.40.2")
    page = visitor.open()
    page.wait_for_selector("[data-state=live]")
    for act in (
        lambda device: device.set_solar_w(0.0),
        lambda device: device.set_charge_pct(0.0),
        lambda device: device.set_grid(False),
    ):
        visitor.house.do(act)

    page.wait_for_selector("h1:text('The home is dark')")

    assert "starts again by itself" in visitor.words()
    assert page.locator(".stream").count() == 0


def test_a_gateway_that_is_gone_is_told_and_its_return_too(visit: Visit) -> None:
    visitor = visit("1.40.2", refused=(0,))
    page = visitor.open()
    page.wait_for_selector("[data-state=live]")

    page.route("**/api/**", lambda route: route.abort())
    page.wait_for_selector("h1:text('The gateway does not answer.')")
    grey = page.evaluate("getComputedStyle(document.querySelector('.flow')).filter")
    moving = page.evaluate("document.getAnimations().filter((a) => a.playState === 'running').length")
    page.unroute("**/api/**")
    page.wait_for_selector("[data-state=live]")

    assert (grey, moving) == ("grayscale(1)", 0)


@pytest.mark.parametrize("status", [429, 503])
def test_a_gateway_that_wants_to_be_left_alone_is(visit: Visit, status: int) -> None:
    """E13: no more requests for half a minute."""
    visitor = visit("1.40.2", refused=(status,))
    visitor.page.route("**/api/meters/aggregates", lambda route: route.fulfill(status=status, body="{}"))
    page = visitor.open()
    page.wait_for_selector("h1:text('wants to be left alone')")

    before = len([path for _, path in visitor.asked if path == "/api/meters/aggregates"])
    page.wait_for_timeout(2500)

    assert len([path for _, path in visitor.asked if path == "/api/meters/aggregates"]) == before == 1


@pytest.mark.parametrize("body", ['{"x": <', "null", "{}"])
@pytest.mark.parametrize("row", ["meters/aggregates", "system_status/soe", "system_status/grid_status"])
def test_an_answer_without_sense_breaks_nothing(visit: Visit, row: str, body: str) -> None:
    """No error in the console, no number made up, and it goes on when the answers make sense again."""
    visitor = visit("1.40.2")
    visitor.page.route(f"**/api/{row}", lambda route: route.fulfill(body=body))
    page = visitor.open()
    page.wait_for_selector("[data-state=lost], [data-state=live]")
    page.wait_for_timeout(600)
    told = visitor.words()
    page.unroute(f"**/api/{row}")
    page.wait_for_selector("[data-state=live]")

    assert "NaN" not in told
    assert "undefined" not in told
    assert ("does not answer" in told) == (row == "meters/aggregates")


def test_readings_do_not_move_the_layout(visit: Visit) -> None:
    visitor = visit("1.40.2")
    page = visitor.open()
    page.wait_for_selector("[data-state=live]")
    page.wait_for_selector("text=on the gateway’s own scale")
    parts = "[...document.querySelectorAll('.flow, .charge, .fact-list > div')]"
    boxes = f"{parts}.map((e) => JSON.stringify(e.getBoundingClientRect()))"
    before = page.evaluate(boxes)

    visitor.house.do(lambda device: device.set_load_w(12345.0))
    page.wait_for_selector("[data-point=load] strong:text('12.3')")

    assert page.evaluate(boxes) == before


def test_reduced_motion_stands_still_and_still_points(visit: Visit) -> None:
    page = visit("1.40.2", reduced_motion="reduce").open()
    page.wait_for_selector("[data-state=live]")

    assert page.evaluate("document.getAnimations().length") == 0
    assert page.locator(".stream .head").count() == 2
