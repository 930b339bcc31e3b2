"""Every action of the wizard is carried out in Chromium, and what was asked is compared with the catalogue.

S020; E001 and every row that the wizard reaches: S136–S174.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.web.test_gateway_rows import NOT_FOR_PEOPLE

from forebay.emulator.device import Device
from forebay.wire import catalogue

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from tests.web.conftest import Visit
    from tests.web.gateway_house import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TYPED = {
    "text": "1",
    "password": "Abcdefgh1!",
    "email": "owner@example.net",
    "number": "1",
}
REFUSALS = (400, 401, 403, 404, 409, 417, 500, 502, 503)
"""What the gateway may answer to what nobody would type; what matters here is that it was asked."""


def carry_out_everything(visitor: Visitor) -> None:
    """Go through all steps and press every button, answering every question with yes."""
    page = visitor.page
    links = [str(link.get_attribute("href")) for link in page.locator("nav.steps a").all()]
    for link in links:
        page.evaluate("(place) => { location.hash = place }", link)
        page.wait_for_selector(f"[data-step={link.rpartition('/')[2]}] .panel")
        for row in [str(form.get_attribute("data-row")) for form in page.locator("form.act").all()]:
            carry_out(visitor, page, row)


def carry_out(visitor: Visitor, page: Page, row: str) -> None:
    """Fill in one form as it wants and send it."""
    form = visitor.act(row)
    for field in form.locator("input, select").all():
        kind = str(field.get_attribute("type") or "")
        if kind in TYPED and not field.input_value():
            field.fill(TYPED[kind])
    form.locator("button[type=submit]").first.click()
    if form.locator(".question").count():
        form.locator(".question button.strong").click()
    form.locator(".done, .refused").first.wait_for()


def asked_rows(visitor: Visitor) -> set[str]:
    """Return the rows that the page's requests were for."""
    found = (catalogue.find(method, path) for method, path in visitor.asked if path.startswith("/api/"))
    return {row.name for row in found if row is not None}


def expected(visitor: Visitor) -> set[str]:
    """Return the rows of the release, without those for machines."""
    return {row.name for row in catalogue.ALL if row.offered_by(visitor.house.version)} - set(NOT_FOR_PEOPLE)


def toggled_in(visitor: Visitor) -> None:
    page = visitor.page
    page.click("text=Start to wait for the switch")
    page.wait_for_selector("text=Waiting for the switch")
    page.click("button:text-is('Cancel')")
    page.click("text=Start to wait for the switch")
    page.wait_for_selector("text=Waiting for the switch")
    visitor.house.do(Device.toggle_switch)
    page.wait_for_selector("[data-step=welcome]")


@pytest.mark.parametrize("firmware", ["1.15", "1.40.2", "1.50", "20.49", "21.44", "23.44"])
def test_every_row_of_a_release_is_asked_by_somebody_who_tries_everything(visit: Visit, firmware: str) -> None:
    visitor = visit(firmware, refused=REFUSALS)
    has_switch = catalogue.TOGGLE_START.offered_by(visitor.house.version)
    page = visitor.log_in("installer", "wrong" if has_switch else None)
    if has_switch:
        page.wait_for_selector(".refused")
        toggled_in(visitor)
    page.wait_for_selector("[data-step=welcome]")

    carry_out_everything(visitor)
    visitor.house.do(run_again)
    visitor.open("")
    page.wait_for_selector("[data-state=live]")
    visitor.open("wizard/system")
    page.wait_for_selector("[data-shows=GRID_STATUS] dl")
    rest = expected(visitor) - asked_rows(visitor)
    if rest & {"CLAMP_PHASE_OPTIONS", "PACK_STATUS"}:  # told only while the system is stopped
        visitor.house.do(lambda device: device.stop(force=True))
        for step in ("clamps", "powerwalls"):
            visitor.open(f"wizard/{step}")
            page.wait_for_selector(".panel")
    visitor.open("wizard/finish")
    page.click("button:text-is('Log out')")
    page.wait_for_selector("a:text-is('Login')")

    assert expected(visitor) - asked_rows(visitor) == set()


def run_again(device: Any) -> None:
    """Bring back what the buttons took away."""
    device.rejoin_grid()
    device.clock.jump(600)
    device.catch_up()
    if not device.running:
        device.run()
