"""What a gateway tells, and refuses, somebody who shares no code with it or with our client.

Which resources are open is written out here, not read from the catalogue: a
wrong row would be wrong on both sides.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from tests.asked import HOME
from tests.conformance.conftest import Target

from forebay.wire import catalogue
from forebay.wire.endpoint import Effect, Endpoint
from forebay.wire.firmware import LOGIN_STOPS_SYSTEM

pytestmark = pytest.mark.asyncio(loop_scope="session")

ALWAYS_OPEN = {"/", "/api/status", "/api/customer/registration", "/api/login/Basic", "/api/logout"}
OPEN_SINCE_2020 = ALWAYS_OPEN | {
    "/api/legal/radio",
    "/api/auth/toggle/supported",
    "/api/auth/toggle/start",
    "/api/auth/toggle/login",
    "/api/password/change",
    "/api/password/reset",
}
OPEN_ON_1_40 = ALWAYS_OPEN | {
    "/api/meters/aggregates",
    "/api/meters/site",
    "/api/meters/solar",
    "/api/system_status/soe",
    "/api/system_status/grid_status",
    "/api/system_status/grid_faults",
    "/api/sitemaster",
    "/api/powerwalls",
    "/api/site_info",
    "/api/site_info/site_name",
}
"""Source: behaviour A21 and A20."""

RIGHTS = "User does not have adequate access rights"

http_versions = pytest.mark.parametrize("http2", [False, True], ids=["HTTP/1.1", "HTTP/2"])


def is_open(target: Target, path: str) -> bool:
    return path in (OPEN_SINCE_2020 if target.version >= (20, 49, 0) else OPEN_ON_1_40)


def askable(target: Target) -> Iterator[Endpoint[Any, Any]]:
    """The rows of this release, without those that would change a real house if they were let through."""
    for row in catalogue.ALL:
        is_harmless = row.effect is Effect.READS or not target.is_real or target.writable
        if row.offered_by(target.version) and is_harmless and row not in (catalogue.LOGIN, catalogue.LOGOUT):
            yield row


def assert_refused(answer: httpx.Response, method: str) -> None:
    """The refusal of 21.x to the letter (E04, T16)."""
    assert answer.status_code == 403
    assert answer.text == f'{{"code":403,"error":"Unable to {method} to resource","message":"{RIGHTS}"}}'
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-cache, no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


@http_versions
async def test_without_a_login_only_what_is_open_answers(target: Target, http2: bool) -> None:
    async with target.stranger(http2) as http:
        for row in askable(target):
            answer = await http.request(row.method, row.path)
            assert answer.http_version == ("HTTP/2" if http2 else "HTTP/1.1")
            if is_open(target, row.path) and row.effect is not Effect.READS:
                assert answer.status_code not in (401, 403), row
            elif is_open(target, row.path):
                assert answer.status_code == 200, row
                assert answer.headers["content-length"] == str(len(answer.content))
                assert row.is_binary or json.loads(answer.content) is not None
            else:
                assert_refused(answer, row.method)


@pytest.mark.parametrize("carrier", ["bearer", "cookie"])
async def test_a_forged_token_opens_nothing(target: Target, carrier: str) -> None:
    forged = "A" * 86 + "=="
    headers = {"Authorization": f"Bearer {forged}"} if carrier == "bearer" else {"Cookie": f"AuthCookie={forged}"}
    async with target.stranger() as http:
        for row in askable(target):
            if not is_open(target, row.path):
                assert_refused(await http.request(row.method, row.path, headers=headers), row.method)


@pytest.mark.usefixtures("needs_control")
async def test_a_token_opens_nothing_after_a_day(house: Target) -> None:
    token = await house.token()
    async with house.stranger(token=token) as http:
        assert (await http.get("/api/operation")).status_code == 200
        await house.move("/time", advance_s=25 * 3600)
        for row in askable(house):
            if not is_open(house, row.path):
                assert_refused(await http.request(row.method, row.path), row.method)


@pytest.mark.usefixtures("needs_control")
async def test_our_client_gets_a_new_token_when_the_old_one_has_expired(house: Target) -> None:
    await house.calm()
    await house.move("/time", advance_s=25 * 3600)

    async with house.gateway() as gateway:
        operation = await gateway.call(catalogue.OPERATION)
    assert operation.present_mode == "self_consumption"


@pytest.mark.parametrize("username", ["customer", "installer"])
async def test_a_wrong_password_is_a_401_of_the_known_words(target: Target, username: str) -> None:
    if target.is_real and not target.writable:
        pytest.skip("wrong passwords are counted: needs --allow-writes")
    async with target.stranger() as http:
        answer = await http.post("/api/login/Basic", json={"username": username, "password": "not-it"})

    assert answer.status_code == 401
    assert answer.json() == {"code": 401, "error": "bad credentials", "message": "Login Error"}
    assert "set-cookie" not in answer.headers


@http_versions
async def test_logging_out_without_a_login_is_accepted_and_says_nothing(target: Target, http2: bool) -> None:
    async with target.stranger(http2) as http:
        answer = await http.get("/api/logout")

    assert (answer.status_code, answer.content) == (204, b"")
    assert "content-type" not in answer.headers
    if not target.is_fast:
        assert set(answer.headers) <= {"date"}


@http_versions
async def test_logging_out_ends_the_session_at_the_gateway(target: Target, http2: bool) -> None:
    if target.is_real and LOGIN_STOPS_SYSTEM.at(target.version):
        pytest.skip("a log-in stops this gateway's house")
    ended, kept = await target.token(), await target.token()
    async with target.stranger(http2, token=ended) as http:
        assert (await http.get("/api/operation")).status_code == 200
        assert (await http.get("/api/logout")).status_code == 204
        assert_refused(await http.get("/api/operation"), "GET")
    async with target.stranger(http2, token=kept) as http:
        assert (await http.get("/api/operation")).status_code == 200
        await http.get("/api/logout")


@pytest.mark.usefixtures("needs_control")
async def test_our_client_leaves_no_open_session_behind_when_it_logs_out(house: Target) -> None:
    await house.calm()
    async with house.gateway() as gateway:
        await gateway.login()
        (kept,) = house.state_dir.glob("session-*.json")
        token = json.loads(kept.read_text())["credentials"]["token"]
        await gateway.logout()

    assert token not in kept.read_text()
    async with house.stranger(token=token) as http:
        assert_refused(await http.get("/api/operation"), "GET")


@pytest.mark.usefixtures("needs_control")
@http_versions
async def test_a_method_that_a_path_does_not_take_is_a_405_that_names_those_it_takes(
    target: Target, http2: bool
) -> None:
    offered: dict[str, set[str]] = {}
    for row in catalogue.ALL:
        if row.offered_by(target.version):
            reads = row.effect is Effect.READS
            offered.setdefault(row.path, set()).update({row.method, "HEAD"} if reads else {row.method})
    async with target.stranger(http2) as http:
        for path, methods in offered.items():
            for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} - methods:
                answer = await http.request(method, path)
                assert answer.status_code == 405, (method, path)
                assert set(answer.headers["allow"].split(", ")) == methods
    stops = {"POST"} if target.version >= (20, 49, 0) else {"GET"}  # X01
    assert offered["/api/sitemaster/stop"] == stops


@http_versions
@pytest.mark.parametrize("path", ["/api/nothing", "/api/", "/api/status/", "/api/meter", "/metrics"])
async def test_an_unknown_path_is_a_404(target: Target, path: str, http2: bool) -> None:
    if target.is_real:
        pytest.skip("real firmware knows more paths than the catalogue")
    async with target.stranger(http2) as http:
        answer = await http.get(path)

    assert answer.status_code == 404
    assert answer.json() == {"code": 404, "error": "File Not Found", "message": path}


async def test_what_another_release_offers_is_a_404_or_a_405_here(target: Target) -> None:
    absent = [row for row in catalogue.ALL if not row.offered_by(target.version)]
    here = {row.path for row in catalogue.ALL if row.offered_by(target.version)}
    async with target.stranger() as http:
        for row in absent:
            if not (target.is_real and row.effect is not Effect.READS):
                answer = await http.request(row.method, row.path)
                assert answer.status_code == (405 if row.path in here else 404), row
    assert target.is_real or absent


@pytest.mark.usefixtures("needs_control")
@pytest.mark.evidence
async def test_a_stopped_house_answers_as_the_captured_one(house: Target, evidence: Any) -> None:
    token = await house.token()
    captured = sorted((evidence / "21.44/stopped").glob("*.err"))
    asked = 0
    async with house.stranger(http2=True, token=token) as http:
        if house.version < (20, 49, 0):
            serial = (await house.state())["serial"]
            await http.post("/api/login/Basic", json={"password": f"S{serial}", "force_sm_off": True})
        else:
            await http.post("/api/sitemaster/stop", json={"force": True})
        for file in captured:
            path = "/api/" + file.stem.replace(".", "/")
            row = catalogue.find("GET", path)
            if row is None or not row.offered_by(house.version):
                continue
            head, _, body = file.read_text().partition("\n\n")
            first, *lines = head.splitlines()
            answer = await http.get(path.replace("METER_SERIAL", HOME.sync_serial))
            asked += 1
            assert answer.status_code == int(first.split()[1]), row
            assert answer.content == body.strip().encode(), row
            assert set(answer.headers) == {line.partition(":")[0].strip() for line in lines}, row
    assert asked >= 3
