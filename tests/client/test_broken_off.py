"""A change that breaks off at any request: the error tells the truth about the house, and doing it again gets there.

Somebody stands between client and emulator, whose home is looked at directly.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.client import between
from tests.client.between import Between, Trouble
from tests.client.conftest import Begin, Fresh
from tests.client.test_reconfigure import ERAS, WANTED

from forebay.client.reconfigure import POWER_WORDS, STATE_WORDS, WAY_BACK
from forebay.clock import SimClock
from forebay.errors import NotPermitted, NotReconfigured
from forebay.wire import catalogue
from forebay.wire.firmware import LOGIN_STOPS_SYSTEM, parse_version
from forebay.wire.percent import AppPercent

TROUBLES = (
    between.refused_500,
    between.refused_503,
    between.refused_403,
    between.lost,
    between.never_arrived,
    between.garbled,
)


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.__name__)
@pytest.mark.parametrize("firmware", ERAS)
async def test_whichever_request_fails_the_error_tells_the_truth_and_doing_it_again_gets_there(
    begin: Begin, fresh: Fresh, firmware: str, trouble: Trouble
) -> None:
    clean = await begin(firmware)
    async with clean.gateway(fresh()) as gw:
        await gw.reconfigure(mode="backup", reserve=AppPercent(50), confirm=True)
    told = set()
    for number, line in enumerate(clean.seen):
        home, state = await begin(firmware), fresh()
        before = home.state
        home.at, home.trouble = number, trouble
        async with home.gateway(state) as gw:
            try:
                await gw.reconfigure(mode="backup", reserve=AppPercent(50), confirm=True)
            except NotReconfigured as exc:
                _is_true(exc, home, before, f"{firmware} {trouble.__name__} at {number}, {line}")
                told.add((exc.step, exc.setting))
            else:
                assert home.state == (WANTED, None), line
                assert home.device.running, line
        home.at, later = -1, SimClock(between.START + timedelta(hours=1))  # when a refused password has rested
        async with home.gateway(state, clock=later) as gw:
            await gw.reconfigure(mode="backup", reserve=AppPercent(50), confirm=True)
        assert home.state == (WANTED, None), line
        assert home.device.running, line

    assert told
    if trouble is between.refused_503:
        assert {("SET_OPERATION", "unchanged"), ("CONFIG_COMPLETED", "staged"), ("OPERATION", "committed")} <= told


@pytest.mark.parametrize("firmware", ERAS)
async def test_a_gateway_that_is_gone_in_the_middle_is_told_as_far_as_it_is_known(
    begin: Begin, fresh: Fresh, firmware: str
) -> None:
    clean = await begin(firmware)
    async with clean.gateway(fresh()) as gw:
        await gw.reconfigure(mode="backup", reserve=AppPercent(50), confirm=True)
    for number, line in enumerate(clean.seen):
        home = await begin(firmware)
        before = home.state
        home.at, home.trouble, home.for_good = number, between.never_arrived, True
        async with home.gateway(fresh()) as gw:
            with pytest.raises(NotReconfigured) as caught:
                await gw.reconfigure(mode="backup", reserve=AppPercent(50), confirm=True)
        _is_true(caught.value, home, before, f"{firmware} gone at {number}, {line}")
        assert caught.value.power == "unknown"


def _is_true(exc: NotReconfigured, home: Between, before: tuple[Any, Any], where: str) -> None:
    setting, staged = home.state
    truths = {
        "unchanged": (setting, staged) == before,
        "staged": (setting, staged) == (before[0], WANTED),
        "committed": (setting, staged) == (WANTED, None),
        "perhaps staged": setting == before[0] and staged in (None, WANTED),
        "perhaps committed": WANTED in (setting, staged),
    }
    assert truths[exc.setting], (where, exc.setting, setting, staged)
    assert exc.power == "unknown" or (exc.power == "running") == home.device.running, (where, exc.power)
    assert exc.way_back, where
    assert exc.path, where
    text = str(exc)
    for sentence in (STATE_WORDS[exc.setting], POWER_WORDS[exc.power], *exc.way_back):
        assert sentence in text, (where, sentence)
    assert home.device.password not in text
    assert isinstance(exc.__cause__, Exception), where


def test_every_state_has_words_and_a_way_back() -> None:
    assert set(STATE_WORDS) == set(WAY_BACK)
    assert set(POWER_WORDS) == {"running", "stopped", "unknown"}


@pytest.mark.parametrize("firmware", [era for era in ERAS if LOGIN_STOPS_SYSTEM.at(parse_version(era))])
async def test_a_status_that_is_refused_once_does_not_make_a_login_leave_the_house_stopped(
    begin: Begin, fresh: Fresh, firmware: str
) -> None:
    """A gateway is not taken for a newer one on a guess when it comes to a login."""
    home = await begin(firmware)
    home.at, home.trouble = 0, between.refused_403
    async with home.gateway(fresh()) as gw:
        with pytest.raises(NotPermitted, match="it told its firmware only now"):
            await gw.call(catalogue.OPERATION)
        assert "POST /api/login/Basic" not in home.seen
        await gw.call(catalogue.OPERATION)

    assert home.device.running
    assert home.seen[-3:] == ["POST /api/login/Basic", "GET /api/sitemaster/run", "GET /api/operation"]
