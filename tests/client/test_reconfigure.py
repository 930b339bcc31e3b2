"""Mode and reserve as one transaction: done, refused, or broken off with the truth about the house.

Proves S096, S098, S104, S113, S114, S117, S119–S122, S124, S125 for the client, in every era, against
the emulated home, whose real state is compared with what the error says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web
from tests.client.conftest import Begin, Fresh

from forebay.client.wish import mode_member
from forebay.emulator.levers import Setting
from forebay.errors import ConfigError, MayNotReconfigure, NotConfirmed, NotReconfigured
from forebay.wire import catalogue
from forebay.wire.firmware import LOGIN_STOPS_SYSTEM, PROFILES, Version, parse_version
from forebay.wire.percent import AppPercent, WirePercent
from forebay.wire.site import OperationMode

ERAS = ("1.15", "1.40.2", "1.50", "21.44")
WANTED = Setting(OperationMode.BACKUP, AppPercent(50).wire)


@pytest.mark.parametrize("firmware", ERAS)
async def test_a_change_is_committed_read_back_and_leaves_the_house_running(
    begin: Begin, fresh: Fresh, firmware: str
) -> None:
    home = await begin(firmware)
    async with home.gateway(fresh()) as gw:
        done = await gw.reconfigure(mode="backup", reserve=AppPercent(50), confirm=True)

    assert home.state == (WANTED, None)
    assert home.device.running
    assert (done.is_done, done.is_running, done.keeps) == (True, True, ("export limit",))
    assert done.after is not None
    assert (done.after.present_mode, done.after.backup_reserve_percent) == (WANTED.mode, WANTED.reserve)
    paths = [line for line in home.seen if "operation" in line or "config" in line or "run" in line]
    old = LOGIN_STOPS_SYSTEM.at(parse_version(firmware))
    login = ["GET /api/sitemaster/run"] if old else []
    assert paths == [
        *login,
        "GET /api/operation",
        "POST /api/operation",
        "GET /api/config/completed",
        *login,
        "GET /api/operation",
    ]


@pytest.mark.parametrize("firmware", ERAS)
async def test_the_plan_names_the_requests_that_are_then_made_and_sends_none_that_writes(
    begin: Begin, fresh: Fresh, firmware: str
) -> None:
    home, state = await begin(firmware), fresh()
    before = home.state
    async with home.gateway(state) as gw:
        plan = await gw.reconfigure(reserve=AppPercent(50), dry_run=True)
        assert home.state == before
        assert not [line for line in home.seen if (row := _row(line)) is None or row.writes]
        assert home.device.running
        home.seen.clear()
        done = await gw.reconfigure(reserve=AppPercent(50), confirm=True)

    assert not plan.is_done
    assert plan.keeps == ("mode", "export limit")
    assert [step.row for step in plan.steps] == [step.row for step in done.steps]
    assert [f"{step.row.method} {step.row.path}" for step in plan.steps] == home.seen
    bodies = [step.body for step in plan.steps if step.body is not None]
    assert [body.backup_reserve_percent for body in bodies] == [WirePercent(52.5)]
    if not LOGIN_STOPS_SYSTEM.at(parse_version(firmware)):
        assert plan.steps == done.steps


def _row(line: str) -> Any:
    method, path = line.split(" ")
    return catalogue.find(method, path)


@pytest.mark.parametrize("reserve", [5.000019999999999, 24.6, 24.95, 33.333333333333336, 100.0, 0.0])
@pytest.mark.parametrize("firmware", ERAS)
async def test_a_reserve_survives_any_number_of_mode_changes_to_the_last_digit(
    begin: Begin, fresh: Fresh, firmware: str, reserve: float
) -> None:
    """Other clients write it back in the other scale, or cut it off."""
    home = await begin(firmware)
    home.device.setting = Setting(OperationMode.SELF_CONSUMPTION, WirePercent(reserve), 3.3)
    async with home.gateway(fresh()) as gw:
        for mode in ("backup", OperationMode.TIME_OF_USE, "self_consumption", OperationMode.BACKUP):
            await gw.reconfigure(mode=mode, confirm=True)
            assert home.state == (Setting(OperationMode(mode), WirePercent(reserve), 3.3), None)


async def test_a_mode_survives_a_change_of_the_reserve_and_a_limit_can_be_set_and_taken_back(
    begin: Begin, fresh: Fresh
) -> None:
    """S124."""
    home = await begin("21.44")
    home.device.setting = Setting(OperationMode.TIME_OF_USE, WirePercent(24))
    async with home.gateway(fresh()) as gw:
        await gw.reconfigure(reserve=WirePercent(24.6), export_limit_kw=5, confirm=True)
        assert home.device.setting == Setting(OperationMode.TIME_OF_USE, WirePercent(24.6), 5.0)
        await gw.reconfigure(reserve=AppPercent(20), confirm=True)
        assert home.device.setting == Setting(OperationMode.TIME_OF_USE, WirePercent(24), 5.0)
        await gw.reconfigure(export_limit_kw=None, confirm=True)
        assert home.device.setting == Setting(OperationMode.TIME_OF_USE, WirePercent(24), None)


@pytest.mark.parametrize("firmware", ERAS)
async def test_doing_it_again_only_commits_and_so_puts_into_force_what_another_client_left_staged(
    begin: Begin, fresh: Fresh, firmware: str
) -> None:
    """A gateway shows what is staged, so that what it shows proves nothing; pypowerwall never commits."""
    home = await begin(firmware)
    async with home.gateway(fresh()) as gw:
        home.device.stage(WANTED)
        home.seen.clear()
        done = await gw.reconfigure(mode="backup", reserve=AppPercent(50), confirm=True)
        assert home.state == (WANTED, None)
        assert "POST /api/operation" not in home.seen
        assert done.changes == ()

        await gw.reconfigure(mode="backup", reserve=AppPercent(50), confirm=True)
        assert home.state == (WANTED, None)


@pytest.mark.parametrize("firmware", ERAS[1:])  # 1.15 knows one user only
async def test_an_owner_may_not_and_is_told_so_with_the_house_as_it_was(
    begin: Begin, fresh: Fresh, firmware: str
) -> None:
    home = await begin(firmware)
    before = home.state
    async with home.gateway(fresh(), username="customer", password=home.device.password) as gw:
        with pytest.raises(MayNotReconfigure, match=r"Mode and reserve are as before\. The power system runs\.") as no:
            await gw.reconfigure(mode="backup", confirm=True)

    assert (no.value.step, no.value.setting, no.value.power) == ("SET_OPERATION", "unchanged", "running")
    assert (no.value.path, no.value.status, no.value.advice) == ("/api/operation", 403, "stop")
    assert home.state == before
    assert home.device.running


async def test_nothing_is_sent_without_a_yes(begin: Begin, fresh: Fresh) -> None:
    home = await begin("21.44")
    async with home.gateway(fresh()) as gw:
        with pytest.raises(NotConfirmed, match="SET_OPERATION"):
            await gw.reconfigure(mode="backup")

    assert home.seen == []


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({}, "nothing to change"),
        ({"mode": "dream"}, "'dream' is not known; modes are self_consumption, autonomous, backup"),
        ({"reserve": 20}, r"AppPercent\(20\).*WirePercent\(20\)"),
        ({"reserve": AppPercent(101)}, "app percentage must be a number from 0 to 100"),
        ({"reserve": WirePercent(-1)}, "wire percentage must be"),
        ({"export_limit_kw": -1}, "export_limit_kw must be a number of kW"),
        ({"export_limit_kw": float("nan")}, "export_limit_kw must be a number of kW"),
    ],
)
async def test_a_wish_that_makes_no_sense_is_refused_before_anything_is_sent(
    begin: Begin, fresh: Fresh, wish: dict[str, Any], words: str
) -> None:
    home = await begin("21.44")
    async with home.gateway(fresh()) as gw:
        with pytest.raises(ConfigError, match=words):
            await gw.reconfigure(**wish, confirm=True)

    assert home.seen == []


@pytest.mark.parametrize(
    ("told", "wish", "lost"),
    [
        ({"backup_reserve_percent": 24}, {"reserve": AppPercent(30)}, "mode"),
        ({"real_mode": "autonomous"}, {"mode": "backup"}, "reserve"),
    ],
)
async def test_what_the_gateway_does_not_tell_cannot_be_kept_and_is_not_lost(
    begin: Begin, fresh: Fresh, told: dict[str, Any], wish: dict[str, Any], lost: str
) -> None:
    """A post replaces both members."""
    home = await begin("21.44")
    before = home.state

    async def says_less(_: Any, __: Any) -> Any:
        return web.json_response(told)

    async with home.gateway(fresh()) as gw:
        await gw.login()
        home.at, home.trouble = len(home.seen) + 2, says_less
        with pytest.raises(NotReconfigured, match=f"does not tell its {lost}") as no:
            await gw.reconfigure(**wish, confirm=True)

    assert (no.value.step, no.value.setting, no.value.power) == ("OPERATION", "unchanged", "running")
    assert home.state == before
    assert "POST /api/operation" not in home.seen


async def test_a_mode_that_the_gateway_refuses_changes_nothing(begin: Begin, fresh: Fresh) -> None:
    """S122."""
    home = await begin("21.44")
    before = home.state
    async with home.gateway(fresh()) as gw:
        with pytest.raises(NotReconfigured, match="Unsupported mode") as no:
            await gw.reconfigure(mode=OperationMode.AGGREGATION, confirm=True)

    assert (no.value.step, no.value.setting, no.value.power) == ("SET_OPERATION", "unchanged", "running")
    assert home.state == before


async def test_a_busy_house_of_1_40_refuses_the_login_and_goes_on(begin: Begin, fresh: Fresh) -> None:
    home = await begin("1.40.2")
    home.device.set_load_w(4000)
    before = home.state
    async with home.gateway(fresh()) as gw:
        with pytest.raises(NotReconfigured, match="Unable to stop sitemaster") as no:
            await gw.reconfigure(mode="backup", confirm=True)

    assert (no.value.step, no.value.setting, no.value.power) == ("LOGIN", "unchanged", "running")
    assert home.state == before
    assert home.device.running


async def test_a_house_stopped_on_purpose_is_not_started_by_a_change(begin: Begin, fresh: Fresh) -> None:
    home = await begin("21.44")
    home.device.stop(force=True)
    async with home.gateway(fresh()) as gw:
        done = await gw.reconfigure(mode="backup", confirm=True)

    assert done.is_running is False
    assert not home.device.running


async def test_a_caller_who_gives_up_does_not_leave_a_change_half_done(begin: Begin, fresh: Fresh) -> None:
    home = await begin("21.44")
    posted = asyncio.Event()
    gate = asyncio.Event()

    async def held(_: Any, forward: Callable[[], Any]) -> Any:
        reply = await forward()
        posted.set()
        await gate.wait()
        return reply

    async with home.gateway(fresh()) as gw:
        await gw.login()
        home.at, home.trouble = len(home.seen) + 3, held
        change = asyncio.create_task(gw.reconfigure(mode="backup", confirm=True))
        await asyncio.wait_for(posted.wait(), 5)
        assert home.seen[-1] == "POST /api/operation"
        change.cancel()
        with pytest.raises(asyncio.CancelledError):
            await change
        gate.set()

    assert home.device.setting.mode is OperationMode.BACKUP
    assert home.device.staged is None


async def test_two_changes_at_once_are_made_one_after_the_other(begin: Begin, fresh: Fresh) -> None:
    home = await begin("21.44")
    async with home.gateway(fresh()) as gw:
        await gw.login()
        home.seen.clear()
        await asyncio.gather(
            gw.reconfigure(mode="backup", confirm=True), gw.reconfigure(reserve=AppPercent(80), confirm=True)
        )

    assert home.state == (Setting(OperationMode.BACKUP, AppPercent(80).wire), None)
    writes = [line for line in home.seen if (row := _row(line)) is not None and row.writes]
    assert writes == ["POST /api/operation", "GET /api/config/completed"] * 2


def test_every_profile_is_an_era_of_these_tests_or_like_one() -> None:
    def rules(version: Version) -> tuple[object, ...]:
        rows = (catalogue.SET_OPERATION, catalogue.CONFIG_COMPLETED, catalogue.SITEMASTER_RUN, catalogue.SITEMASTER)
        access = [row.access.at(version) for row in rows]
        return LOGIN_STOPS_SYSTEM.at(version), mode_member(version), *access

    tested = {rules(parse_version(era)) for era in ERAS}
    assert {profile.name for profile in PROFILES if rules(profile.version) not in tested} == {"1.20"}
    assert rules((1, 20, 0))[0]  # stops, as 1.40.2 does, but lets the owner set the operation


async def test_on_1_20_the_owner_may_post_and_an_installer_commits(begin: Begin, fresh: Fresh) -> None:
    home = await begin("1.20")
    before = home.state
    async with home.gateway(fresh(), username="customer", password=home.device.password) as gw:
        with pytest.raises(MayNotReconfigure) as no:
            await gw.reconfigure(mode="backup", reserve=AppPercent(50), confirm=True)
    assert (no.value.step, no.value.setting, no.value.power) == ("CONFIG_COMPLETED", "staged", "running")
    assert home.state == (before[0], WANTED)

    async with home.gateway(fresh()) as gw:
        await gw.reconfigure(mode="backup", reserve=AppPercent(50), confirm=True)
    assert (home.device.setting, home.device.staged) == (WANTED, None)


@pytest.mark.parametrize("user", ["customer", "installer"])
async def test_a_restricted_gateway_cannot_be_set_and_stays_as_it_is(begin: Begin, fresh: Fresh, user: str) -> None:
    home = await begin("restricted")
    before = home.state
    async with home.gateway(fresh(), username=user) as gw:
        with pytest.raises(NotReconfigured) as no:
            await gw.reconfigure(mode="backup", confirm=True)

    assert (no.value.setting, no.value.power, no.value.status) == ("unchanged", "unknown", 404)
    assert home.state == before
