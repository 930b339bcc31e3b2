"""What the founding document asks of a client, one claim for each of its statements, by their ids."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import forebay
from forebay.client.gateway import Gateway
from forebay.client.tls import InsecureWarning, fetch_certificate
from forebay.errors import CertificateChanged, CertificateUnknown, ConfigError
from forebay.wire import catalogue
from forebay.wire.firmware import LOGIN_STOPS_SYSTEM, PROFILES, parse_version
from forebay.wire.percent import AppPercent, WirePercent
from forebay.wire.site import OperationMode
from forebay.wire.system import Sitemaster, Status

if TYPE_CHECKING:
    from tests.client.between import Between
    from tests.client.conftest import Begin, FakeGateway, Fresh, MakeTls, Meet, Serve

PAIRS = (
    ("S126", 5, 10),
    ("S127", 16, 20),
    ("S128", 16, 20.6),
    ("S129", 20, 24),
    ("S130", 21, 24.6),
    ("S131", 30, 33),
    ("S132", 100, 100),
)


async def test_s007_without_trust_tls_fails_and_the_client_says_what_to_do(fake: FakeGateway, meet: Meet) -> None:
    """S006, S007: nobody has signed it, so a client that trusts authorities refuses; ours says how to go on."""
    with pytest.raises(ssl.SSLCertVerificationError, match="self-signed certificate"):
        await asyncio.open_connection(
            "127.0.0.1", fake.port, ssl=ssl.create_default_context(), server_hostname="powerwall"
        )

    async with meet(fake, first_use="ask") as gw:
        with pytest.raises(CertificateUnknown, match="is not known yet") as caught:
            await gw.identify()
    assert caught.value.fingerprint == (await fetch_certificate("127.0.0.1", fake.port)).sha256
    assert f"to accept it: forebay trust 127.0.0.1:{fake.port} --accept {caught.value.fingerprint}" in str(caught.value)
    assert caught.value.advice == "stop"
    assert not fake.seen


async def test_s009_checking_nothing_works_and_warns_that_nobody_is_authenticated(
    fake: FakeGateway, meet: Meet
) -> None:
    """S009."""
    with pytest.warns(InsecureWarning, match="anyone on the network can read along and pretend"):
        gateway = meet(fake, insecure=True)
    async with gateway as gw:
        assert (await gw.identify()).version == "21.44"


async def test_s010_the_exported_certificate_is_trusted_for_one_client_or_for_the_machine(
    fake: FakeGateway, meet: Meet, tmp_path: Path, make_tls: MakeTls
) -> None:
    """S010, S014: fetched by a function, used as a file, or pinned."""
    shown = await fetch_certificate("127.0.0.1", fake.port)
    pem = tmp_path / "cacert.pem"
    pem.write_text(shown.pem)

    async with meet(fake, cacert=pem) as gw:
        await gw.identify()
    async with meet(fake, fingerprint=shown.sha256) as gw:
        await gw.identify()
    async with meet(fake) as gw:  # the pin is kept for every program of this user
        await gw.identify()
    async with meet(fake, cacert=make_tls()[1]) as gw:
        with pytest.raises(CertificateChanged, match="does not vouch for"):
            await gw.identify()


async def test_s014_the_certificate_can_be_fetched_without_sending_anything(fake: FakeGateway) -> None:
    """S011, S014."""
    shown = await fetch_certificate("127.0.0.1", fake.port)

    assert shown.pem.startswith("-----BEGIN CERTIFICATE-----")
    assert set(shown.names) == {"teg", "powerwall", "powerpack"}
    assert not fake.seen


async def test_s016_a_name_that_is_not_in_the_certificate_is_explained(serve: Serve, make_tls: MakeTls) -> None:
    """S016: curl says (51) here; ours says which names there are."""
    context, pem = make_tls("teg")
    fake = await serve(tls=context)

    async with Gateway("127.0.0.1", port=fake.port, cacert=pem, state_dir=pem.parent / "state") as gw:
        with pytest.raises(CertificateUnknown, match="asked for 'powerwall', its certificate is made out for teg"):
            await gw.identify()


@pytest.mark.parametrize("firmware", [p.name for p in PROFILES if LOGIN_STOPS_SYSTEM.at(p.version)])
async def test_s104_a_house_that_the_login_stops_is_started_again_unless_told_otherwise(
    begin: Begin, fresh: Fresh, firmware: str
) -> None:
    """S096, S103, S104."""
    home = await begin(firmware)
    async with home.gateway(fresh()) as gw:
        await gw.login()
    assert _runs(home)
    assert home.seen[-2:] == ["POST /api/login/Basic", "GET /api/sitemaster/run"]

    async with home.gateway(fresh(), run_after_login=False) as gw:
        await gw.login()
        assert not _runs(home)
        await gw.call(catalogue.SITEMASTER_RUN, confirm=True)
    assert _runs(home)


def _runs(home: Between) -> bool:
    return home.device.running


async def test_s108_the_token_is_kept_for_later_calls_and_for_the_next_process(begin: Begin, fresh: Fresh) -> None:
    """S108."""
    home, state = await begin("21.44"), fresh()
    for _ in range(3):
        async with home.gateway(state) as gw:
            await gw.call(catalogue.OPERATION)
            await gw.call(catalogue.SITE_INFO)

    assert home.seen.count("POST /api/login/Basic") == 1


def test_s123_the_modes_have_the_names_of_the_makers_own_constants() -> None:
    """S123."""
    constants = {
        "SELF_CONSUMPTION": "self_consumption",
        "TIME_OF_USE": "autonomous",
        "BACKUP": "backup",
        "AGGREGATION": "scheduler",
    }

    assert {name: str(OperationMode[name]) for name in constants} == constants
    assert forebay.OperationMode is OperationMode


@pytest.mark.parametrize(("number", "app", "wire"), PAIRS, ids=[number for number, _, _ in PAIRS])
def test_s125_the_two_percentages_convert_both_ways_within_what_owners_measured(
    number: str, app: float, wire: float
) -> None:
    """S125–S132: proportional up to 100; half a point apart at most."""
    assert AppPercent(app).wire.value == pytest.approx(wire, abs=0.5), number
    assert WirePercent(wire).app.value == pytest.approx(app, abs=0.55), number
    assert WirePercent(AppPercent(app).wire.value).app.value == pytest.approx(app)


def test_s125_a_percentage_of_one_scale_is_not_taken_for_one_of_the_other() -> None:
    """S125."""
    with pytest.raises(TypeError):
        _ = AppPercent(20) < WirePercent(24)
    assert AppPercent(24) != WirePercent(24)
    with pytest.raises(ConfigError):
        AppPercent.setting(100.5)


@pytest.mark.parametrize("text", ["1.40.2", "1.40.2\n", "1.40.2 14f7c176\n"])
def test_s087_the_version_is_read_whatever_follows_it(text: str) -> None:
    """S086, S087."""
    status = Status(start_time="", up_time_seconds="223h5m51.577762169s", is_new=False, version=text, git_hash="")

    assert status.firmware == parse_version("1.40.2") == (1, 40, 2)
    assert status.uptime_s == pytest.approx(223 * 3600 + 5 * 60 + 51.577762169)


def test_s049_the_uptime_of_the_power_system_is_a_number_of_seconds() -> None:
    """S049, S051."""
    up = Sitemaster(running=True, uptime="802459s,", connected_to_tesla=True)
    down = Sitemaster(running=False, uptime="log:", connected_to_tesla=False)

    assert up.uptime_s == 802459.0
    assert down.uptime_s is None


async def test_s116_the_token_goes_out_as_a_bearer_header(fake: FakeGateway, meet: Meet) -> None:
    """S106, S116."""
    async with meet(fake) as gw:
        await gw.call(catalogue.OPERATION)

    login = next(seen for seen in fake.seen if seen.path == "/api/login/Basic")
    assert login.headers["content-type"] == "application/json"
    assert fake.seen[-1].headers["authorization"] == "Bearer token-1-secret=="


async def test_s088_logging_out_ends_the_token_at_the_gateway(begin: Begin, fresh: Fresh) -> None:
    """S088, S089."""
    home, state = await begin("21.44"), fresh()
    async with home.gateway(state) as gw:
        await gw.call(catalogue.OPERATION)
        await gw.logout()
        assert not gw.has_login
    home.seen.clear()
    async with home.gateway(state, password=None) as gw:
        with contextlib.suppress(forebay.errors.LoginRejected):
            await gw.call(catalogue.OPERATION)

    assert home.seen == ["GET /api/status"]  # nothing was kept that could be sent
