"""Every row of the catalogue through both faces of the client, against the emulated gateway of every profile.

What comes back is of the row's own type, or the error of the tree that the catalogue promises.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from tests.asked import BODIES, PARTS, REFUSED
from tests.client.between import START
from tests.conformance.test_reads import is_model

from forebay.client.blocking import BlockingGateway
from forebay.clock import SimClock
from forebay.errors import ConfigError, GatewayError, NotConfirmed
from forebay.wire import catalogue, codec
from forebay.wire.endpoint import Access, Effect, Endpoint, Needs
from forebay.wire.faults import BY_KEY, error_for
from forebay.wire.firmware import INSTALLER_NEEDS_TOGGLE, LOGIN_NEEDS_USER, PROFILES, Version

if TYPE_CHECKING:
    from tests.client.between import Between
    from tests.client.conftest import Begin, Fresh

FIRST = ("TOGGLE_LOGIN", "TOGGLE_CANCEL", "CHANGE_PASSWORD")
"""Rows that answer otherwise once others were asked."""

LAST = ("LOGOUT", "INSTALL_UPDATE", "SITEMASTER_STOP", "SITEMASTER_STOP_POST", "RESET_PASSWORD")
"""Rows after which others answer otherwise."""

READS = [row for row in catalogue.ALL if row.effect is Effect.READS]
OTHERS = [row for row in catalogue.ALL if row.effect is not Effect.READS and row is not catalogue.LOGIN]
ORDER = [
    *READS,
    *(catalogue.BY_NAME[name] for name in FIRST),
    *(row for row in OTHERS if row.name not in (*FIRST, *LAST)),
    *(catalogue.BY_NAME[name] for name in LAST),
]

every_profile = pytest.mark.parametrize("firmware", [profile.name for profile in PROFILES])


def promised(row: Endpoint[Any, Any], version: Version) -> int:
    """The status that the catalogue promises to an installer while the house runs."""
    if not row.offered_by(version):
        known = any(other.offered_by(version) and other.path == row.path for other in catalogue.ALL)
        return 405 if known else 404
    if row.access.at(version) > Access.INSTALLER:
        return 403
    if row.needs.at(version) is Needs.STOPPED:
        return BY_KEY[row.refusal].status
    return REFUSED.get(row.name, row.status.at(version))


def body_for(row: Endpoint[Any, Any]) -> Any:
    """A typed body where the row takes one, bytes where it takes anything."""
    raw = {**BODIES, "SITEMASTER_STOP_POST": b'{"force": true}'}.get(row.name)
    return None if raw is None else raw if row.body is type(None) else codec.decode_body(row.body, raw)


def check(row: Endpoint[Any, Any], version: Version, answer: Any) -> None:
    """Hold an answer, or the error that came instead, to the row."""
    status = promised(row, version)
    if isinstance(answer, GatewayError):
        needs = status == BY_KEY[row.refusal].status and row.needs.at(version) is Needs.STOPPED
        kind = BY_KEY[row.refusal].raises if needs else error_for(status)
        assert type(answer) is kind, (row, answer)
        assert answer.status == status, (row, answer)
        assert answer.path.startswith("/"), row
        assert answer.advice, row
        return
    assert status < 300, (row, status)
    if answer is None:
        assert row.reply is type(None) or status in (202, 204), row
    else:
        assert is_model(answer, row.reply), (row, type(answer))


@every_profile
async def test_every_row_gives_its_own_type_or_the_error_that_the_catalogue_promises(
    begin: Begin, fresh: Fresh, firmware: str
) -> None:
    home = await begin(firmware)
    version = home.device.version
    asked = 0
    broken: list[str] = []
    async with home.gateway(fresh()) as gw:
        await gw.login()
        for row in ORDER:
            parts = PARTS.get(row.name, dict.fromkeys(row.placeholders, "x"))
            home.device.set_charge_pct(60)
            answer: Any
            try:
                answer = await gw.call(row, body_for(row), confirm=row.writes, **parts)
            except GatewayError as exc:
                answer = exc
            try:
                check(row, version, answer)
            except AssertionError as wrong:
                broken.append(str(wrong).partition("\n")[0])
            asked += 1
            if not home.device.running:
                home.device.run()
    assert not broken
    assert asked == len(catalogue.ALL) - 1


@pytest.mark.parametrize("firmware", ["1.15", "1.40.2", "21.44", "23.44"])
async def test_the_blocking_face_gives_the_same(begin: Begin, fresh: Fresh, firmware: str) -> None:
    home = await begin(firmware)
    options = _options(home)

    def script() -> int:
        asked = 0
        with BlockingGateway("127.0.0.1", state_dir=fresh(), **options) as gw:
            gw.login()
            for row in READS:
                parts = PARTS.get(row.name, dict.fromkeys(row.placeholders, "x"))
                answer: Any
                call: Any = gw.call
                try:
                    answer = call(row, **parts)
                except GatewayError as exc:
                    answer = exc
                check(row, home.device.version, answer)
                asked += 1
            for row in OTHERS:
                if row.writes:
                    with pytest.raises(NotConfirmed):
                        gw.request_raw(row)
            with pytest.raises(ConfigError, match="log in with"):
                gw.request_raw(catalogue.LOGIN)
        return asked

    assert await asyncio.to_thread(script) == len(READS)
    assert home.device.running


def _options(home: Between) -> dict[str, Any]:
    version = home.device.version
    password = home.device.installer_password if LOGIN_NEEDS_USER.at(version) else home.device.serial
    if INSTALLER_NEEDS_TOGGLE.at(version):
        home.device.toggle_switch()
    return {"password": password, "username": "installer", "port": home.port, "clock": SimClock(START)}
