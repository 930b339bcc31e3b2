"""The client spares the account: refused passwords wait, and silence is kept."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from forebay.errors import (
    Advice,
    ConfigError,
    LoginRejected,
    Throttled,
)
from forebay.wire import catalogue
from forebay.wire.site import Login

if TYPE_CHECKING:
    from pathlib import Path

    from tests.client.conftest import FakeGateway, Meet

    from forebay.clock import SimClock


LOGIN = "/api/login/Basic"


async def test_a_rejected_password_is_not_tried_by_a_second_process(
    fake: FakeGateway, meet: Meet, state_dir: Path
) -> None:
    for _ in range(2):
        async with meet(fake, "wrong-password") as gw:
            with pytest.raises(LoginRejected) as caught:
                await gw.call(catalogue.OPERATION)

    assert fake.logins == 1
    assert "not tried again for 300 s" in str(caught.value)
    assert caught.value.advice is Advice.STOP
    assert "wrong-password" not in "".join(file.read_text() for file in state_dir.iterdir())


async def test_another_password_is_tried_at_once(fake: FakeGateway, meet: Meet) -> None:
    async with meet(fake, "wrong") as gw:
        with pytest.raises(LoginRejected):
            await gw.login()

    async with meet(fake) as gw:
        await gw.login()

    assert fake.logins == 2


async def test_two_wrong_passwords_in_turn_are_each_tried_once(fake: FakeGateway, meet: Meet) -> None:
    for password in ("wrong", "worse", "wrong", "worse"):
        async with meet(fake, password) as gw:
            with pytest.raises(LoginRejected):
                await gw.login()

    assert fake.logins == 2


async def test_the_wait_after_a_rejection_doubles_up_to_an_hour(fake: FakeGateway, meet: Meet, clock: SimClock) -> None:
    async with meet(fake, "wrong") as gw:
        for attempt, wait_s in enumerate((300, 600, 1200, 2400, 3600, 3600), start=1):
            with pytest.raises(LoginRejected):
                await gw.login()
            clock.advance(wait_s - 1)
            with pytest.raises(LoginRejected, match="for 1 s"):
                await gw.login()
            assert fake.logins == attempt
            clock.advance(1)


async def test_a_person_may_insist_on_a_rejected_password(fake: FakeGateway, meet: Meet) -> None:
    async with meet(fake, "late") as gw:
        with pytest.raises(LoginRejected):
            await gw.login()
        fake.password = "late"

        await gw.login(anyway=True)
        await gw.call(catalogue.OPERATION)

    assert fake.logins == 2


async def test_a_success_forgives_earlier_rejections(fake: FakeGateway, meet: Meet, state_dir: Path) -> None:
    async with meet(fake, "wrong") as gw:
        with pytest.raises(LoginRejected):
            await gw.login()
    async with meet(fake) as gw:
        await gw.login()

    async with meet(fake, "wrong") as gw:
        with pytest.raises(LoginRejected):
            await gw.login()

    assert fake.logins == 3


async def test_the_login_row_itself_cannot_be_called_past_the_budget(fake: FakeGateway, meet: Meet) -> None:
    async with meet(fake) as gw:
        with pytest.raises(ConfigError, match=r"Gateway\.login"):
            await gw.call(catalogue.LOGIN, Login(username="customer", password="x"))

    assert not fake.seen


@pytest.mark.parametrize(("header", "wait_s"), [("30", 30), (None, 300), ("Sun, 21 Jun 2026 06:02:00 GMT", 120)])
async def test_after_429_nothing_is_sent_to_that_gateway_by_any_process(
    fake: FakeGateway, meet: Meet, clock: SimClock, header: str | None, wait_s: int
) -> None:
    told = {"Retry-After": header} if header else {}
    fake.always("/api/operation", 429, {"code": 429, "error": "Api Limit reached", "message": "Slow"}, **told)
    async with meet(fake) as gw:
        with pytest.raises(Throttled, match="Api Limit reached") as caught:
            await gw.call(catalogue.OPERATION)
    assert caught.value.retry_after_s == wait_s
    sent = len(fake.seen)

    for username in ("customer", "installer"):
        async with meet(fake, username=username) as gw:
            with pytest.raises(Throttled, match=rf"nothing is sent for another {wait_s} s") as caught:
                await gw.call(catalogue.STATUS)
    assert caught.value.status is None
    assert caught.value.retry_after_s == wait_s
    assert len(fake.seen) == sent

    clock.advance(wait_s)
    async with meet(fake) as gw:
        await gw.call(catalogue.STATUS)


async def test_an_upside_down_clock_does_not_make_silence_last(fake: FakeGateway, meet: Meet, clock: SimClock) -> None:
    fake.always("/api/status", 429)
    async with meet(fake) as gw:
        with pytest.raises(Throttled):
            await gw.identify()
    del fake.answers["/api/status"]

    clock.advance(-86_400)

    async with meet(fake) as gw:
        await gw.identify()


async def test_what_waits_behind_a_429_is_not_sent(fake: FakeGateway, meet: Meet) -> None:
    async with meet(fake, concurrency=1) as gw:
        await gw.login()
        fake.always("/api/operation", 429)
        outcomes = await asyncio.gather(
            gw.call(catalogue.OPERATION), gw.call(catalogue.SITE_INFO), return_exceptions=True
        )

    assert [type(outcome) for outcome in outcomes] == [Throttled, Throttled]
    assert fake.count("/api/site_info") == 0


async def test_a_right_password_that_waits_for_a_switch_is_not_held_for_wrong(
    fake: FakeGateway, meet: Meet, clock: SimClock
) -> None:
    error = "roles [Provider_Engineer] require physical access"
    fake.always(LOGIN, 401, {"code": 401, "error": error, "message": "Login Error"})

    async with meet(fake, username="installer") as gw:
        for _ in range(2):
            with pytest.raises(LoginRejected, match="require physical access"):
                await gw.login()
        assert fake.count(LOGIN) == 1
        del fake.answers[LOGIN]
        clock.advance(61)

        await gw.login()


async def test_many_processes_with_one_wrong_password_make_one_login(fake: FakeGateway, meet: Meet) -> None:
    async def one() -> None:
        async with meet(fake, "wrong") as gw:
            with pytest.raises(LoginRejected):
                await gw.call(catalogue.OPERATION)

    await asyncio.gather(*(one() for _ in range(6)))

    assert fake.logins == 1


async def test_many_processes_with_the_right_password_share_one_login(fake: FakeGateway, meet: Meet) -> None:
    fake.delay_s = 0.02

    async def one() -> None:
        async with meet(fake) as gw:
            await gw.call(catalogue.OPERATION)

    await asyncio.gather(*(one() for _ in range(6)))

    assert fake.logins == 1
