"""Gateway and recorder are killed under the page: what is said, what is kept, and what comes back."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from tests.cli.processes import wait_for
from tests.e2e.conftest import CHROMIUM, Recorded, fetch

Record = Callable[..., Recorded]

POWERS = ("site_power_w", "battery_power_w", "load_power_w", "solar_power_w")


def epoch_ms(text: str) -> float:
    return datetime.fromisoformat(text).timestamp() * 1000


def test_a_killed_gateway_is_said_in_words_and_leaves_a_gap_that_ends_when_it_is_back(record: Record) -> None:
    house = record()
    live = house.settle()
    assert all(isinstance(watts, float) for watts in live["power_w"].values())
    assert live["power_w"]["load"] > 0

    house.gateway.end(signal.SIGKILL)
    down = house.wait_until("down")
    assert down["connection"]["words"].startswith("The gateway did not answer: ")
    assert "Check that the gateway has power" in down["connection"]["advice"]
    time.sleep(2)  # the outage itself: time without readings
    house.start_gateway()
    house.wait_until("live", 40)

    assert house.up.process.poll() is None
    (gap,) = wait_for(lambda: house.query("SELECT start_ms, end_ms, reason FROM gaps WHERE end_ms IS NOT NULL"))
    assert gap[2] == "unreachable"
    assert 1500 < gap[1] - gap[0] < 60_000
    assert house.query(f"SELECT 1 FROM samples WHERE at_ms > {gap[0]} AND at_ms < {gap[1]}") == []
    assert house.query("SELECT 1 FROM samples WHERE load_power_w = 0") == []
    assert house.up.end() == 0
    assert "Traceback" not in house.up.err + house.gateway.err


def test_a_killed_recorder_loses_one_flush_at_most_and_the_next_one_marks_the_gap(record: Record) -> None:
    house = record("--speed", "60", "--start", "2026-06-21T12:00:00")
    house.wait_until("live")
    wait_for(lambda: len(house.query("SELECT at_ms FROM samples")) >= 10)
    time.sleep(0.5)  # somewhere between two flushes
    at_ms = epoch_ms(house.now()["at"])
    house.up.end(signal.SIGKILL)

    assert house.query("PRAGMA integrity_check") == [("ok",)]
    ((last_ms,),) = house.query("SELECT max(at_ms) FROM samples")
    assert at_ms - last_ms <= 60 * (house.flush_s + 1.5) * 1000

    time.sleep(4)  # the recorder is off: four minutes of the house
    house.start_up()
    house.wait_until("live")
    (gap,) = wait_for(lambda: house.query("SELECT start_ms, end_ms, reason FROM gaps WHERE end_ms IS NOT NULL"))
    assert gap[2] == "recorder_off"
    assert gap[0] == last_ms
    assert gap[1] - gap[0] >= 3 * 60_000
    assert house.query(f"SELECT 1 FROM samples WHERE at_ms > {gap[0]} AND at_ms < {gap[1]}") == []

    day = fetch(f"{house.page}api/day")
    (told,) = day["gaps"]
    assert (told["reason"], told["words"]) == ("recorder_off", "The recorder was not running.")
    inside = [i for i, t in enumerate(day["t"]) if gap[0] <= t * 1000 and (t + day["step_s"]) * 1000 <= gap[1]]
    assert len(inside) >= 2
    for curve in ("solar_w", "load_w", "site_w", "battery_w", "charge_app_pct"):
        assert {day[curve][i] for i in inside} == {None}, curve


def test_what_was_not_measured_is_null_in_the_record_and_never_0(record: Record) -> None:
    house = record()
    house.wait_until("live")
    wait_for(lambda: len(house.query("SELECT at_ms FROM samples")) >= 3)
    house.gateway.end(signal.SIGKILL)
    house.wait_until("down")
    house.up.end()

    for row in house.query(f"SELECT {', '.join(POWERS)} FROM samples"):
        site, battery, load, solar = row
        assert site + battery + solar == pytest.approx(load, abs=2)
    ((open_gap,),) = house.query("SELECT reason FROM gaps WHERE end_ms IS NULL")
    assert open_gap == "unreachable"


def test_a_stopped_house_is_said_to_be_stopped_and_not_unreachable(
    record: Record, start: Callable[..., Any], tmp_path: Path
) -> None:
    house = record()
    house.wait_until("live")
    call = ("call", "--config", tmp_path / "forebay.toml", "--yes")
    assert start(*call, "POST", "/api/sitemaster/stop", "--body", '{"force":true}').process.wait(15) == 0
    down = house.wait_until("down")
    assert "stopped" in down["connection"]["words"]

    assert start(*call, "GET", "/api/sitemaster/run").process.wait(15) == 0
    house.wait_until("live", 40)
    wait_for(lambda: house.query("SELECT 1 FROM gaps WHERE reason = 'stopped' AND end_ms IS NOT NULL"))


@pytest.mark.browser
def test_the_page_shows_numbers_tells_an_outage_and_recovers_without_a_reload(record: Record, tmp_path: Path) -> None:
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed: apt-get install chromium")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install .[dev]")
    house = record()
    house.settle()
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=flags)
        page = browser.new_page()
        page.set_default_timeout(40_000)
        hosts: set[str] = set()
        page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
        page.goto(house.page)
        page.get_by_text("Live, last reading").first.wait_for()
        body = page.inner_text("body").replace("\u00a0", " ")
        watts = house.now()["power_w"]["load"]
        page.evaluate("window.sameDocument = true")

        house.gateway.end(signal.SIGKILL)
        page.get_by_text("The gateway did not answer: ").first.wait_for()
        page.get_by_text("Check that the gateway has power").first.wait_for()
        page.screenshot(path=tmp_path / "outage.png")
        house.start_gateway()
        page.get_by_text("Live, last reading").first.wait_for()
        page.screenshot(path=tmp_path / "live.png", full_page=True)
        is_same = page.evaluate("window.sameDocument === true")
        browser.close()

    assert is_same
    assert watts > 0
    assert "kWh" in body
    assert " W" in body or " kW" in body
    assert "Grid connected" in body
    assert {host.split(":")[0] for host in hosts} == {"127.0.0.1"}
    assert (tmp_path / "live.png").stat().st_size > 10_000
