"""Whatever a gateway does wrong: recorded through, told in one sentence, never hammered, and over when it is over."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.recorder.faults import FAULTS, Fault
from tests.recorder.living import NAME, House, later, recorded
from tests.recorder.virtual import virtually

from forebay.cli import doctor
from forebay.client.gateway import Gateway
from forebay.config import FirstGatewaySettings, Settings
from forebay.views.web.answers import Answers

BEFORE_S = 600.0


def spent(house: House, before: Counter[str]) -> Counter[str]:
    return house.asked - before


def page_of(house: House) -> dict[str, Any]:
    """What the page says of the connection."""
    told: dict[str, Any] = Answers(house.store, house.clock, NAME).now()["connection"]
    return told


async def findings_of(house: House) -> list[doctor.Finding]:
    """What `forebay doctor` finds; it exits with 1 when something is wrong."""
    gateway = FirstGatewaySettings(host=NAME, port=house.port, password=house.password)
    settings = Settings(gateway=gateway, state_dir=house.folder)

    def opened(*_: object, **how: Any) -> Gateway:
        return Gateway(NAME, house.password, port=house.port, state_dir=house.folder, clock=house.clock, **how)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(doctor, "open_gateway", opened)
        return [*await doctor._gateway(settings, gateway), *doctor._record(house.store.database.path, {NAME: gateway})]


async def live_through(fault: Fault, folder: Path, hours: int) -> None:
    async with recorded(folder) as house:
        await later(seconds=BEFORE_S)
        assert house.connection.state == "live", house.connection
        mark, asked, began = len(house.heard.lines), house.asked.copy(), house.clock.true
        fault.begin(house)
        await later(hours=1)
        at_first = spent(house, asked)
        told = house.connection
        await later(hours=hours - 1)
        while_it_lasted, stood = spent(house, asked), house.connection
        page, findings = page_of(house), await findings_of(house)
        over, asked = house.clock.true, house.asked.copy()
        fault.end(house)
        await later(seconds=fault.back_s)
        state, latest = house.connection.state, house.store.latest(1)
        await later(seconds=BEFORE_S)
        afterwards = spent(house, asked)
        gaps = house.store.gaps(1, began - timedelta(days=1), over + timedelta(days=1))
        lines = house.lines(since=mark)
        known_after = house.connection
        secrets = (house.password, house.device.password)

    assert state == "live"
    assert latest is not None
    assert latest.at > over
    assert known_after.state == "live"
    assert sum(at_first.values()) <= fault.most
    assert sum(while_it_lasted.values()) <= fault.most * hours
    assert at_first["LOGIN"] <= fault.logins[0]
    assert while_it_lasted["LOGIN"] <= fault.logins[0] + fault.logins[1] * (hours - 1)
    assert afterwards["LOGIN"] <= fault.relogins
    if fault.reason is None:
        assert gaps == []
        assert told.state == stood.state == "live"
        return
    (gap,) = gaps
    assert gap.end is not None
    assert gap.reason is fault.reason
    assert began - timedelta(seconds=31) <= gap.start <= began
    assert over <= gap.end <= over + timedelta(seconds=fault.back_s)
    assert (told.state, stood.state, told.reason) == ("down", "down", fault.reason)
    assert told.words == stood.words
    assert fault.words in told.words
    assert fault.advice in (told.advice or "")
    assert told.words.endswith(".")
    assert "\n" not in told.words
    assert "Traceback" not in told.words
    assert (page["state"], page["words"], page["advice"]) == ("down", told.words, told.advice)
    wrong = [(finding.words, finding.advice) for finding in findings if finding.verdict == "wrong"]
    assert (f"{NAME}: {told.words}", told.advice or "") in wrong
    assert fault.seen_by_doctor == (len(wrong) > 1), wrong
    assert not any(secret in finding.words + finding.advice for secret in secrets for finding in findings)
    began_lines = [line for line in lines if line.startswith(f"{NAME}: no readings. ")]
    ended_lines = [line for line in lines if line.startswith(f"{NAME}: readings again")]
    assert (len(began_lines), len(ended_lines)) == (1, 1), lines
    assert len(lines) <= 3, lines
    assert not any(secret in line for secret in secrets for line in [*lines, told.words, told.advice or ""])


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_gateway_that_misbehaves_for_hours_is_recorded_again_without_a_restart(fault: Fault, tmp_path: Path) -> None:
    virtually(live_through(fault, tmp_path, hours=2))


@pytest.mark.slow
@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.most <= 70], ids=lambda fault: fault.name)
def test_days_of_what_only_a_person_can_mend_cost_no_more_than_hours(fault: Fault, tmp_path: Path) -> None:
    # the token of before is over by then
    virtually(live_through(replace(fault, relogins=1, back_s=fault.back_s + fault.rest_s), tmp_path, hours=30))
