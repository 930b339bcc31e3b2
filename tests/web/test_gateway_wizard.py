"""The gateway's wizard, used as people do. S020, S022–S025, S085, S088, S094–S099, S102–S105, S116, S136–S163."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from forebay.emulator.device import Device
from forebay.emulator.home import Home, UserTable

if TYPE_CHECKING:
    from tests.web.conftest import Visit
    from tests.web.gateway_house import Visitor

pytestmark = pytest.mark.browser


def installer_by_switch(visitor: Visitor) -> None:
    """Log in as the installer, by the switch on a Powerwall."""
    page = visitor.open("login")
    page.check("[name=username][value=installer]")
    page.click("text=Start to wait for the switch")
    page.wait_for_selector("text=Waiting for the switch")
    visitor.house.do(Device.toggle_switch)
    page.wait_for_selector("[data-step=welcome]")


def test_the_login_of_1_40_is_by_serial_number_with_a_blank_user_and_stops_the_system(visit: Visit) -> None:
    """S022, S024, S025, S103, S104, S105: and the wizard says so and runs it again."""
    visitor = visit("1.40.2")
    page = visitor.open()
    page.click("text=Login")
    warned = visitor.words()

    visitor.log_in()
    page.wait_for_selector("text=The system is stopped.")
    stopped = not visitor.house.device.running
    page.click("text=Run it now")
    page.wait_for_selector(".stopped", state="detached")

    assert "Logging in stops the system." in warned
    assert stopped
    assert visitor.house.device.running
    assert "Be careful with changes." in visitor.words()
    assert "Do not unscrew any panel" in visitor.words()


@pytest.mark.parametrize("firmware", ["20.49", "21.44"])
def test_the_login_of_newer_releases_is_by_user_and_leaves_the_system_running(visit: Visit, firmware: str) -> None:
    """S102; A05, A15."""
    visitor = visit(firmware)

    page = visitor.log_in("customer")
    page.wait_for_selector("[data-step=welcome]")

    assert "Logged in as customer" in visitor.words()
    assert visitor.house.device.running


def test_users_of_the_home_log_in_by_their_name_and_see_what_their_role_may(visit: Visit) -> None:
    """A18: a kiosk is told that the meters need the customer's login, and nothing is asked that must be refused."""
    home = Home(users=(UserTable(name="hall", password="Abcdefgh1!", role="kiosk"),))
    visitor = visit("21.44", home=home)
    page = visitor.open("login")
    page.check("[name=username][value='']")
    page.fill("[name=other]", "hall")
    page.fill("[name=password]", "Abcdefgh1!")
    page.click("button:text-is('Log in')")
    page.wait_for_selector("[data-step=welcome]")
    visitor.open("")
    page.wait_for_selector("text=Log in to see the power flow.")

    assert "Logged in as hall" in visitor.words()
    assert ("GET", "/api/meters/aggregates") not in visitor.asked


def test_a_wrong_password_is_refused_in_words_and_nothing_typed_is_lost(visit: Visit) -> None:
    """E03."""
    visitor = visit("21.44", refused=(401,))

    page = visitor.log_in("customer", "wrong")
    page.wait_for_selector(".refused")

    assert "does not accept this user with this password" in visitor.words()
    assert "bad credentials" in visitor.words()
    assert page.input_value("[name=password]") == "wrong"


def test_the_site_is_renamed_and_read_back(visit: Visit) -> None:
    """S085, S144: the change is told, shown, and in the API."""
    visitor = visit("21.44")
    page = visitor.log_in()
    page.wait_for_selector("[data-step=welcome]")
    visitor.open("wizard/site")

    form = visitor.act("SET_SITE_NAME")
    assert form.locator("[name=site_name]").input_value() == "Home Energy Gateway"
    form.locator("[name=site_name]").fill("Lake house")
    form.locator("button[type=submit]").click()
    form.locator(".done").wait_for()

    assert "Site name: Home Energy Gateway is now Lake house" in visitor.words()
    assert visitor.house.ask("/api/site_info/site_name", visitor.house.token())["site_name"] == "Lake house"
    assert "Lake house" in page.inner_text("[data-shows=SITE_NAME]")


def test_an_operation_is_staged_applied_and_in_force(visit: Visit) -> None:
    """S098, S099, S116–S128: in the app's percent, staged first, in force by config/completed, system run."""
    visitor = visit("1.40.2")
    page = visitor.log_in()
    page.wait_for_selector("[data-step=welcome]")
    visitor.open("wizard/operation")

    form = visitor.act("SET_OPERATION")
    assert form.locator("[name=reserve]").input_value() == "20"
    form.locator("[name=mode]").select_option(label="Backup-only")
    form.locator("[name=reserve]").fill("30")
    form.locator("button[type=submit]").click()
    form.locator(".done").wait_for()
    staged = visitor.house.do(lambda device: (str(device.setting.mode), device.setting.reserve.value))
    for row in ("CONFIG_COMPLETED", "SITEMASTER_RUN"):
        visitor.act(row).locator("button[type=submit]").click()
        visitor.act(row).locator(".done").wait_for()

    assert staged[0] == "self_consumption"
    assert staged[1] == pytest.approx(24.0)
    assert visitor.house.do(lambda device: str(device.setting.mode)) == "backup"
    assert visitor.house.do(lambda device: device.setting.reserve.value) == pytest.approx(33.5)
    assert visitor.house.device.running
    assert "Backup-only" in page.inner_text("[data-shows=OPERATION], .reading >> nth=0")


def test_a_customer_is_refused_what_is_the_installers_and_told_so(visit: Visit) -> None:
    """A19, E04: 403 in words, the form as it was."""
    visitor = visit("21.44", refused=(403,))
    page = visitor.log_in()
    page.wait_for_selector("[data-step=welcome]")
    visitor.open("wizard/operation")

    form = visitor.act("SET_OPERATION")
    form.locator("[name=reserve]").fill("55")
    form.locator("button[type=submit]").click()
    form.locator(".refused").wait_for()

    assert "Needs the installer’s login." in visitor.words()
    assert "This login may not do that. Nothing was changed." in visitor.words()
    assert form.locator("[name=reserve]").input_value() == "55"
    form.locator("text=Log in as somebody who may").click()
    page.wait_for_selector("h1:text('Log in')")
    visitor.open("wizard/operation")
    page.wait_for_selector("form[data-row=SET_OPERATION] [name=reserve]")
    assert form.locator("[name=reserve]").input_value() == "55"


def test_an_installer_logs_in_by_the_switch_and_may_do_more(visit: Visit) -> None:
    """A16, E055–E058: refused with 401 without, 417 while waiting, cancelled, then let in."""
    visitor = visit("21.44", refused=(401, 417))
    page = visitor.log_in("installer", visitor.house.device.installer_password)
    page.wait_for_selector(".refused")
    assert "require physical access" in visitor.words()

    page.click("text=Start to wait for the switch")
    page.wait_for_selector("text=Waiting for the switch")
    page.click("button:text-is('Cancel')")
    page.wait_for_selector("text=Start to wait for the switch")
    installer_by_switch(visitor)
    visitor.open("wizard/site")
    form = visitor.act("SET_TIMEZONE")
    form.locator("[name=timezone]").select_option("Europe/Berlin")
    form.locator("button[type=submit]").click()
    form.locator(".done").wait_for()

    assert "Time zone: America/Los_Angeles is now Europe/Berlin" in visitor.words()
    assert ("DELETE", "/api/auth/toggle/login") in visitor.asked


def test_a_dangerous_step_asks_first_and_no_means_no(visit: Visit) -> None:
    """S092, S093: nothing is sent before the answer."""
    visitor = visit("21.44")
    page = visitor.log_in()
    page.wait_for_selector("[data-step=welcome]")
    visitor.open("wizard/system")
    visitor.house.do(lambda device: device.set_load_w(900.0))

    form = visitor.act("SITEMASTER_STOP_POST")
    form.locator("[name=force]").check()
    form.locator("button[type=submit]").click()
    page.wait_for_function("() => document.activeElement.innerText.startsWith('Yes, stop')")
    asked = visitor.words()
    page.keyboard.press("Escape")
    form.locator("text=No, leave it as it is").wait_for(state="detached")
    before = ("POST", "/api/sitemaster/stop") in visitor.asked
    form.locator("button[type=submit]").click()
    page.wait_for_function("() => document.activeElement.innerText.startsWith('Yes, stop')")
    page.keyboard.press("Enter")
    form.locator(".done").wait_for()
    page.wait_for_selector("text=The system is stopped.")

    assert "neither charge nor discharge" in asked
    assert not before
    assert not visitor.house.device.running
    assert "The system is stopped." in visitor.words()


def test_a_gateway_that_cannot_stop_says_so_in_words(visit: Visit) -> None:
    """S094: HTTP 500, Cannot Start Wizard."""
    visitor = visit("1.40.2", refused=(500,))
    page = visitor.log_in()
    page.wait_for_selector("[data-step=welcome]")
    visitor.house.do(lambda device: device.run())
    visitor.house.do(lambda device: device.set_load_w(9000.0))
    visitor.open("wizard/system")

    form = visitor.act("SITEMASTER_STOP")
    form.locator("button[type=submit]").click()
    form.locator("button.strong").click()
    form.locator(".refused").wait_for()

    assert "Unable to stop sitemaster: Cannot Start Wizard" in visitor.words()
    assert visitor.house.device.running


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "could not use what it was sent"),
        (409, "Not while the system runs"),
        (429, "asked too often"),
        (503, "busy with something else"),
    ],
)
def test_every_refusal_is_told_in_words_and_can_be_tried_again(visit: Visit, status: int, words: str) -> None:
    visitor = visit("21.44", refused=(status,))
    page = visitor.log_in()
    page.wait_for_selector("[data-step=welcome]")
    visitor.open("wizard/site")
    form = visitor.act("SET_SITE_NAME")
    page.route("**/api/site_info/site_name", lambda route: route.fulfill(status=status, body="{}"), times=1)

    form.locator("[name=site_name]").fill("Lake house")
    form.locator("button[type=submit]").click()
    form.locator(f".refused[data-status='{status}']").wait_for()
    told = visitor.words()
    form.locator("button[type=submit]").click()
    form.locator(".done").wait_for()

    assert words in told
    assert visitor.house.device.site_name == "Lake house"


def test_a_session_that_ended_is_opened_again_and_the_draft_is_kept(visit: Visit) -> None:
    """A12."""
    visitor = visit("21.44", refused=(403,))
    page = visitor.log_in()
    page.wait_for_selector("[data-step=welcome]")
    visitor.open("wizard/site")
    form = visitor.act("SET_SITE_NAME")
    form.locator("[name=site_name]").fill("Lake house")
    visitor.house.do(lambda device: device.clock.jump(90_000))

    form.locator("button[type=submit]").click()
    form.locator(".refused").wait_for()
    form.locator("text=Log in again").click()
    page.fill("[name=password]", visitor.house.device.password)
    page.keyboard.press("Enter")
    page.wait_for_selector("form[data-row=SET_SITE_NAME] [name=site_name]")

    assert form.locator("[name=site_name]").input_value() == "Lake house"


def test_a_login_that_has_ended_is_told_on_every_step(visit: Visit) -> None:
    """A12: on 21.44, where a stranger may read nothing."""
    visitor = visit("21.44", refused=(403,))
    page = visitor.log_in()
    page.wait_for_selector("[data-step=welcome]")

    visitor.house.do(lambda device: device.clock.jump(90_000))
    page.wait_for_selector("text=Your login has ended.")
    page.click("text=Log in again")
    page.fill("[name=password]", visitor.house.device.password)
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-step=welcome]")

    assert "Your login has ended." not in visitor.words()


def test_logging_out_ends_the_session_at_the_gateway(visit: Visit) -> None:
    """S088, S089."""
    visitor = visit("21.44")
    page = visitor.log_in()
    page.wait_for_selector("[data-step=welcome]")
    token = str(page.evaluate("JSON.parse(sessionStorage.getItem('gateway.session')).token"))
    assert visitor.house.ask("/api/operation", token)["real_mode"] == "self_consumption"

    visitor.open("wizard/finish")
    page.click("button:text-is('Log out')")
    page.wait_for_selector("text=Log in to see the power flow.")

    assert visitor.house.ask("/api/operation", token) == 403


def test_the_wizard_is_used_with_the_keyboard_alone(visit: Visit) -> None:
    visitor = visit("21.44")
    page = visitor.open()

    def tab_to(words: str) -> None:
        for _ in range(80):
            page.keyboard.press("Tab")
            name = page.evaluate(
                "((e) => e.getAttribute('name') || (e.matches('a,button,summary') && e.innerText) || '')"
                "(document.activeElement)",
            )
            if words in str(name):
                outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                assert outline != "none", words
                return
        raise AssertionError(f"{words} is not reached by Tab")

    tab_to("Login")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:text('Log in')")
    tab_to("password")
    page.keyboard.type(visitor.house.device.password)
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-step=welcome]")
    tab_to("Site")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-shows=SITE_NAME]")
    tab_to("Rename the site")
    page.keyboard.press("Enter")
    tab_to("site_name")
    page.keyboard.press("Control+A")
    page.keyboard.type("Lake house")
    page.keyboard.press("Enter")
    page.wait_for_selector(".done")

    assert visitor.house.device.site_name == "Lake house"


@pytest.mark.parametrize(("firmware", "steps"), [("1.40.2", 15), ("21.44", 17)])
def test_one_goes_from_the_first_step_to_the_last(visit: Visit, firmware: str, steps: int) -> None:
    """S020: each step with a heading and its readings, none with an error; steps of no use are not there."""
    visitor = visit(firmware, refused=(500,))  # a split-phase home has no phases to tell of
    page = visitor.log_in()
    page.wait_for_selector("[data-step=welcome]")
    seen = []

    while True:
        page.wait_for_selector(".panel")
        seen.append(page.inner_text("h1"))
        assert not re.search(r"undefined|NaN|\[object|\{\"", visitor.words()), seen[-1]
        onward = page.locator(".onward >> text=Next:")
        if not onward.count():
            break
        onward.click()
        page.wait_for_function("(old) => document.querySelector('h1').innerText !== old", arg=seen[-1])

    assert (seen[0], seen[-1], len(seen)) == ("Welcome", "Finish", steps)
    assert ("Clamps" in seen) == (firmware != "1.40.2")
    assert "Passwords" in seen or firmware == "1.40.2"


def test_a_page_that_is_open_learns_of_an_update(visit: Visit) -> None:
    """S075: the rows of the new release are there without loading the page again."""
    visitor = visit("1.40.2", refused=(403,))
    page = visitor.log_in()
    page.wait_for_selector("[data-step=welcome]")
    assert not page.locator("nav.steps a:has-text('Passwords')").count()

    visitor.house.do(lambda device: device.become("21.44"))
    page.wait_for_selector("nav.steps a:has-text('Passwords')", timeout=20_000)

    assert "Firmware 21.44" in visitor.words()
