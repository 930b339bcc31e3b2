"""When the client logs in, how, and when it does not."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from forebay.errors import (
    GatewayFailed,
    LoginRejected,
    MalformedReply,
    NotPermitted,
    SiteStopped,
)
from forebay.wire import catalogue

if TYPE_CHECKING:
    from pathlib import Path

    from tests.client.conftest import FakeGateway, Meet, Serve

    from forebay.clock import SimClock

LOGIN = "/api/login/Basic"
RUN = "/api/sitemaster/run"


async def test_ten_concurrent_calls_make_one_login(fake: FakeGateway, meet: Meet) -> None:
    fake.delay_s = 0.01
    rows = (catalogue.AGGREGATES, catalogue.STATE_OF_ENERGY, catalogue.GRID_STATUS, catalogue.OPERATION)

    async with meet(fake) as gw:
        await asyncio.gather(*(gw.call(rows[n % 4]) for n in range(10)))

    assert fake.logins == 1


async def test_ten_concurrent_calls_with_a_wrong_password_make_one_login(fake: FakeGateway, meet: Meet) -> None:
    async with meet(fake, "wrong") as gw:
        outcomes = await asyncio.gather(
            *(gw.call(catalogue.OPERATION) for _ in range(5)),
            *(gw.call(catalogue.SITE_INFO) for _ in range(5)),
            return_exceptions=True,
        )

    assert [type(outcome) for outcome in outcomes] == [LoginRejected] * 10
    assert fake.logins == 1


@pytest.mark.parametrize(("firmware", "path"), [("1.40.2", "/api/meters/aggregates"), ("21.44", "/api/status")])
async def test_a_public_row_needs_no_login_and_gets_no_credentials(
    serve: Serve, meet: Meet, firmware: str, path: str
) -> None:
    fake = await serve(firmware=firmware)
    row = catalogue.find("GET", path)
    assert row is not None

    async with meet(fake) as gw:
        await gw.call(row)

    assert fake.logins == 0
    assert not any(seen.has_credentials for seen in fake.seen)


async def test_a_public_row_that_refuses_is_not_answered_with_a_login(fake: FakeGateway, meet: Meet) -> None:
    fake.always("/api/customer/registration", 403, {"code": 403, "error": "no", "message": "rights"})

    async with meet(fake) as gw:
        with pytest.raises(NotPermitted):
            await gw.call(catalogue.REGISTRATION)

    assert fake.logins == 0


async def test_a_public_row_that_refuses_is_tried_with_the_credentials_at_hand(fake: FakeGateway, meet: Meet) -> None:
    async def wants_token(request: web.Request) -> web.StreamResponse:
        return fake.usual(fake.seen[-1]) if "Authorization" in request.headers else web.Response(status=403)

    fake.answers["/api/customer/registration"] = wants_token

    async with meet(fake) as gw:
        await gw.login()
        assert (await gw.call(catalogue.REGISTRATION)).registered

    assert fake.logins == 1


async def test_the_version_is_asked_once(fake: FakeGateway, meet: Meet) -> None:
    async with meet(fake) as gw:
        await gw.call(catalogue.OPERATION)
        await gw.call(catalogue.SITE_INFO)
        assert gw.firmware == (21, 44, 0)

    assert fake.count("/api/status") == 1


async def test_new_firmware_is_told_user_password_and_blank_email(fake: FakeGateway, meet: Meet) -> None:
    async with meet(fake, username="installer") as gw:
        await gw.login()

    assert fake.seen[-1].json == {"username": "installer", "password": "56789", "email": ""}
    assert fake.seen[-1].headers["content-type"] == "application/json"
    assert fake.count(RUN) == 0


@pytest.mark.parametrize("given", ["T123", "ST123"])
async def test_firmware_1_15_is_told_no_user_and_the_serial_with_an_s(serve: Serve, meet: Meet, given: str) -> None:
    fake = await serve(firmware="1.15.0\n", password="ST123")

    async with meet(fake, given) as gw:
        await gw.login()

    login = next(seen for seen in fake.seen if seen.path == LOGIN)
    assert login.json == {"username": "", "password": "ST123", "force_sm_off": False}


async def test_where_a_login_stops_the_system_it_is_started_again_at_once(serve: Serve, meet: Meet) -> None:
    fake = await serve(firmware="1.40.2")

    async with meet(fake) as gw:
        await gw.call(catalogue.OPERATION)

    assert [seen.path for seen in fake.seen] == ["/api/status", LOGIN, RUN, "/api/operation"]
    assert fake.seen[1].json["username"] == "customer"


async def test_the_system_is_left_stopped_only_when_told_so(serve: Serve, meet: Meet) -> None:
    fake = await serve(firmware="1.40.2")

    async with meet(fake, run_after_login=False) as gw:
        await gw.login()

    assert fake.count(RUN) == 0


async def test_a_system_that_did_not_start_again_is_reported_and_owed_by_the_next_process(
    serve: Serve, meet: Meet, caplog: pytest.LogCaptureFixture
) -> None:
    fake = await serve(firmware="1.40.2")
    fake.always(RUN, 503)
    async with meet(fake) as gw:
        with pytest.raises(GatewayFailed, match="login stopped the power system, and it could not be started"):
            await gw.login()
    assert fake.count(RUN) == 3
    assert "could not be started again" in caplog.text

    del fake.answers[RUN]
    async with meet(fake) as gw:
        await gw.call(catalogue.OPERATION)
        await gw.call(catalogue.OPERATION)

    assert fake.count(RUN) == 4
    assert fake.logins == 1


async def test_a_gateway_that_gives_only_cookies_gets_them_back(serve: Serve, meet: Meet) -> None:
    fake = await serve(cookies_only=True)

    async with meet(fake) as gw:
        await gw.call(catalogue.OPERATION)

    assert fake.seen[-1].headers["cookie"] == "AuthCookie=token-1-secret==; UserRecord=record-secret"
    assert "authorization" not in fake.seen[-1].headers


async def test_a_login_that_gives_neither_token_nor_cookie_is_malformed_and_left_alone_for_a_minute(
    fake: FakeGateway, meet: Meet, clock: SimClock
) -> None:
    fake.always(LOGIN, 200, {"roles": []})

    async with meet(fake) as gw:
        for _ in range(3):
            with pytest.raises(MalformedReply, match=r"/api/login/Basic: .*neither a token nor a cookie"):
                await gw.call(catalogue.OPERATION)
        assert fake.count(LOGIN) == 1
        clock.advance(61)
        with pytest.raises(MalformedReply):
            await gw.call(catalogue.OPERATION)

    assert fake.count(LOGIN) == 2


async def test_the_session_is_kept_in_a_private_file_and_used_by_the_next_process(
    fake: FakeGateway, meet: Meet, state_dir: Path
) -> None:
    for _ in range(2):
        async with meet(fake) as gw:
            await gw.call(catalogue.OPERATION)

    (session,) = state_dir.glob("session-*.json")
    assert fake.logins == 1
    assert session.stat().st_mode & 0o777 == 0o600
    assert "56789" not in session.name
    assert "secret" in session.read_text()
    assert "56789" not in session.read_text()


async def test_a_kept_session_needs_no_password(fake: FakeGateway, meet: Meet) -> None:
    async with meet(fake) as gw:
        await gw.login()

    async with meet(fake, None) as gw:
        await gw.call(catalogue.OPERATION)

    assert fake.logins == 1


async def test_without_password_or_session_nothing_is_asked(fake: FakeGateway, meet: Meet) -> None:
    async with meet(fake, None) as gw:
        with pytest.raises(LoginRejected, match="no password was given"):
            await gw.call(catalogue.OPERATION)

    assert [seen.path for seen in fake.seen] == ["/api/status"]


async def test_an_ended_session_leads_to_one_login_and_one_retry(
    fake: FakeGateway, meet: Meet, clock: SimClock
) -> None:
    async with meet(fake) as gw:
        await gw.call(catalogue.OPERATION)
        fake.tokens.clear()
        clock.advance(3600)
        await asyncio.gather(gw.call(catalogue.OPERATION), gw.call(catalogue.SITE_INFO))

    assert fake.logins == 2
    assert fake.count("/api/operation") <= 3


async def test_a_session_that_ends_early_is_renewed_for_rows_it_has_served(
    fake: FakeGateway, meet: Meet, clock: SimClock
) -> None:
    async with meet(fake) as gw:
        for _ in range(3):
            await gw.call(catalogue.OPERATION)
            clock.advance(20)
            fake.tokens.clear()
        await gw.call(catalogue.OPERATION)

    assert fake.logins == 4


async def test_a_house_that_a_login_would_stop_can_be_spared(serve: Serve, meet: Meet) -> None:
    fake = await serve(firmware="1.40.2")

    async with meet(fake, login_may_stop=False) as gw:
        await gw.call(catalogue.AGGREGATES)
        with pytest.raises(NotPermitted, match="stops the power system"):
            await gw.call(catalogue.OPERATION)
        await gw.snapshot(allow_login=True)

    assert fake.logins == 0


async def test_a_session_lost_right_after_its_login_is_renewed(fake: FakeGateway, meet: Meet) -> None:
    async with meet(fake) as gw:
        await gw.call(catalogue.OPERATION)
        fake.tokens.clear()  # as a gateway that restarts
        await asyncio.gather(gw.call(catalogue.OPERATION), gw.call(catalogue.OPERATION))

    assert fake.logins == 2


async def test_a_row_that_wavers_does_not_cause_a_storm_of_logins(
    fake: FakeGateway, meet: Meet, clock: SimClock
) -> None:
    async with meet(fake) as gw:
        for _ in range(30):
            fake.tokens.clear()
            with contextlib.suppress(NotPermitted):
                await gw.call(catalogue.OPERATION)
            clock.advance(1)

    assert fake.logins <= 8


@pytest.mark.parametrize(("status", "kind"), [(401, LoginRejected), (403, NotPermitted)])
async def test_a_row_refused_even_after_a_new_login_is_an_error_and_costs_no_further_login(
    fake: FakeGateway, meet: Meet, clock: SimClock, status: int, kind: type[Exception]
) -> None:
    fake.always("/api/operation", status, {"code": status, "error": "no", "message": "rights"})

    async with meet(fake) as gw:
        await gw.login()
        clock.advance(3600)
        for _ in range(3):
            with pytest.raises(kind):
                await gw.call(catalogue.OPERATION)
            clock.advance(3600)

    assert fake.logins == 2
    assert fake.count("/api/operation") == 4


async def test_a_refusal_right_after_a_login_is_not_answered_with_another(fake: FakeGateway, meet: Meet) -> None:
    fake.always("/api/operation", 403, {"code": 403, "error": "no", "message": "rights"})

    async with meet(fake) as gw:
        with pytest.raises(NotPermitted):
            await gw.call(catalogue.OPERATION)

    assert fake.logins == 1
    assert fake.count("/api/operation") == 1


async def test_a_login_by_another_process_is_adopted_instead_of_repeated(
    fake: FakeGateway, meet: Meet, clock: SimClock
) -> None:
    async with meet(fake) as first:
        await first.call(catalogue.OPERATION)
        fake.tokens.clear()
        clock.advance(3600)
        async with meet(fake) as second:
            await second.login()
        await first.call(catalogue.OPERATION)

    assert fake.logins == 2


async def test_a_cancelled_caller_does_not_leave_a_login_half_done(serve: Serve, meet: Meet) -> None:
    fake = await serve(firmware="1.40.2")
    async with meet(fake) as gw:
        await gw.identify()
        fake.delay_s = 0.05
        caller = asyncio.create_task(gw.login())
        await asyncio.sleep(0.02)
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller

    assert fake.count(RUN) == 1


async def test_logging_out_ends_the_session_here_and_there(fake: FakeGateway, meet: Meet) -> None:
    async with meet(fake) as gw:
        await gw.login()
        await gw.call(catalogue.LOGOUT)
        assert not fake.tokens

    async with meet(fake, None) as gw:
        await gw.logout()
        with pytest.raises(LoginRejected):
            await gw.call(catalogue.OPERATION)

    assert fake.count("/api/logout") == 1


async def test_a_gateway_without_status_is_taken_for_a_restricted_one(fake: FakeGateway, meet: Meet) -> None:
    fake.always("/api/status", 404)

    async with meet(fake) as gw:
        assert (await gw.call(catalogue.STATE_OF_ENERGY)).percentage.value == 42.5
        assert gw.firmware == (23, 44, 0)

    assert fake.count("/api/status") == 2  # once more before the login, which may stop a house


async def test_nothing_secret_is_logged_shown_or_raised(
    fake: FakeGateway, meet: Meet, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    fake.always("/api/operation", 500, {"code": 500, "error": "token-1-secret==", "message": "56789\x1b[31m"})

    async with meet(fake) as gw:
        with pytest.raises(GatewayFailed) as caught:
            await gw.call(catalogue.OPERATION)
        seen = f"{caught.value!r} {caught.value} {gw!r} {gw._session!r} {caplog.text}"
    fake.always(LOGIN, 502)
    async with meet(fake, "other-secret", username="installer") as gw:
        with pytest.raises(SiteStopped) as late:
            await gw.login()

    for secret in ("56789", "secret==", "\x1b", "other-secret"):
        assert secret not in seen + str(late.value) + caplog.text


async def test_an_unusable_state_directory_costs_only_the_memory(
    fake: FakeGateway, meet: Meet, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a directory")

    async with meet(fake, state_dir=blocked / "state", insecure=False, fingerprint=await _shown(fake, meet)) as gw:
        await gw.call(catalogue.OPERATION)
        await gw.call(catalogue.SITE_INFO)

    assert fake.logins == 1
    assert "cannot be" in caplog.text


async def _shown(fake: FakeGateway, meet: Meet) -> str:
    async with meet(fake) as gw:
        return await gw.fingerprint()
