"""A restricted gateway, as a Powerwall 3 is: four paths, and 404 or 403 for the rest (clients.md)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from tests import asked
from tests.emulator.conftest import Asked

from forebay.emulator.home import GatewayTable, Home
from forebay.wire import catalogue

MakeGateway = Callable[..., Asked]
KEPT = {"/api/login/Basic", "/api/meters/aggregates", "/api/system_status/soe", "/api/system_status/grid_status"}


def restricted(make: MakeGateway, firmware: str, **table: Any) -> Asked:
    return make(firmware, home=Home(gateway=GatewayTable(**table)))


@pytest.mark.parametrize(
    ("firmware", "table", "status"),
    [
        ("restricted", {}, 404),
        ("restricted", {"restricted": 403}, 403),
        ("23.44", {"restricted": 404}, 404),
        ("21.44", {"restricted": 403}, 403),
    ],
)
async def test_only_login_aggregates_charge_and_grid_answer(
    gateway: MakeGateway, firmware: str, table: dict[str, Any], status: int
) -> None:
    home = restricted(gateway, firmware, **table)
    login = msgspec.json.encode({"username": "customer", "password": home.device.password})
    whole = gateway("21.44" if firmware == "21.44" else "23.44")
    for row in catalogue.ALL:
        body, path = login if row is catalogue.LOGIN else asked.BODIES.get(row.name, b""), asked.path(row)
        answer = await home.ask(row.method, path, home.token(), body)
        if row is catalogue.LOCAL_DEVICE:  # what scanners know a Powerwall 3 by
            since = firmware != "21.44"
            assert answer.status == (403 if since else 404), row
        elif row.path in KEPT:
            assert answer.status == 200, row
        elif (await whole.ask(row.method, path, whole.token(), body)).status in (404, 405):
            assert answer.status in (404, status), row
        else:
            assert answer.status == status, row
    for path in ("/", "/wizard", "/page.json", "/index.html"):
        assert (await home.ask("GET", path)).status in (404, status)
    assert (await home.ask("POST", "/api/meters/aggregates", home.token())).status == 405
    assert (await home.ask("GET", "/api/nothing", home.token())).status == 404


async def test_an_owner_logs_in_and_reads_the_meters(gateway: MakeGateway) -> None:
    home = gateway("restricted")
    for path in KEPT - {"/api/login/Basic"}:
        assert (await home.ask("GET", path)).status == 403
    body = msgspec.json.encode({"username": "customer", "password": home.device.password})

    session = await home.ask("POST", "/api/login/Basic", body=body)

    headers = [("authorization", f"Bearer {session.json['token']}")]
    for path in KEPT - {"/api/login/Basic"}:
        assert (await home.ask("GET", path, headers)).status == 200


async def test_the_403_is_the_known_one(gateway: MakeGateway) -> None:
    home = restricted(gateway, "restricted", restricted=403)

    answer = await home.ask("GET", "/api/status")

    assert answer.json["error"] == "Unable to GET to resource"
