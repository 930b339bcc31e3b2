"""tesla_powerwall, the library of Home Assistant's integration, against the emulated gateway.

Every public method is in a table below; one that a later release brings fails
the first test until it is in. What the library returns is compared with the
gateway's own reply, read by hand at the same instant.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
from tests.clients.conftest import Served

from forebay.wire import catalogue
from forebay.wire.endpoint import Access

library: Any = pytest.importorskip("tesla_powerwall", reason="tesla_powerwall is not installed")
Powerwall = library.Powerwall
ApiError, AccessDeniedError = library.ApiError, library.AccessDeniedError
MissingAttributeError = library.MissingAttributeError

releases = pytest.mark.parametrize("house", ["21.44", "21.44 fast", "1.40.2"], indirect=True)
all_releases = pytest.mark.parametrize(
    "house", ["21.44", "21.44 fast", "1.40.2", "1.50", "20.49", "22.36", "23.44", "restricted"], indirect=True
)
servers = pytest.mark.parametrize("house", ["21.44", "21.44 fast"], indirect=True)

METERS, CHARGE, GRID = "/api/meters/aggregates", "/api/system_status/soe", "/api/system_status/grid_status"
SYSTEM, STATUS, OPERATION = "/api/system_status", "/api/status", "/api/operation"
NUMBERS = ["instant_power", "last_communication_time", "frequency", "energy_exported", "energy_imported"]
NUMBERS += ["instant_total_current", "instant_average_voltage"]
PHASES = ["real_power_a", "real_power_b", "real_power_c", "i_a_current", "i_b_current", "i_c_current"]
PHASES += ["v_l1n", "v_l2n", "v_l3n"]
MEASURED = ["energy_charged", "energy_discharged", "p_out", "q_out", "v_out", "f_out", "i_out"]
BLOCK = {
    "part_number": "PackagePartNumber",
    "serial_number": "PackageSerialNumber",
    "energy_remaining": "nominal_energy_remaining",
    "capacity": "nominal_full_pack_energy",
    **{name: name for name in (*MEASURED, "wobble_detected", "disabled_reasons")},
}


def member(name: str) -> Callable[[Any, Any], None]:
    """Compare a plain value, or an enumeration's, with one member of the reply."""

    def check(got: Any, body: Any) -> None:
        assert getattr(got, "value", got) == body[name]

    return check


def meters(got: Any, body: Any) -> None:
    assert {meter.value for meter in got.meters} == set(body)
    for name, values in body.items():
        shown = getattr(got, name)
        assert {key: getattr(shown, key) for key in NUMBERS} == {key: values[key] for key in NUMBERS}
        assert shown.get_power(-1) == values["instant_power"] / 1000
        assert shown.get_energy_imported(-1) == values["energy_imported"] / 1000
        assert shown.get_energy_exported(-1) == values["energy_exported"] / 1000
        assert shown.is_active() == (round(values["instant_power"] / 1000, 1) != 0)
    assert got.load.is_sending_to()


def meter(got: Any, body: Any) -> None:
    readings = body[0]["Cached_readings"]
    assert got.location.value == body[0]["location"]
    assert {key: getattr(got.readings, key) for key in NUMBERS} == {key: readings[key] for key in NUMBERS}
    assert {key: getattr(got.readings, key) for key in PHASES} == {key: readings.get(key) for key in PHASES}


def batteries(got: Any, body: Any) -> None:
    assert len(got) == len(body["battery_blocks"]) == 2
    for shown, block in zip(got, body["battery_blocks"], strict=True):
        assert {name: getattr(shown, name) for name in BLOCK} == {name: block[key] for name, key in BLOCK.items()}
        assert shown.grid_state.value == block["pinv_grid_state"]


def sitemaster(got: Any, body: Any) -> None:
    assert [got.status, got.is_running] == [body["status"], body["running"]]
    assert [got.is_connected_to_tesla, got.is_power_supply_mode] == [
        body["connected_to_tesla"],
        body["power_supply_mode"],
    ]


def site_info(got: Any, body: Any) -> None:
    assert got.nominal_system_energy == body["nominal_system_energy_kWh"]
    assert got.nominal_system_power == body["nominal_system_power_kW"]
    assert [got.site_name, got.timezone] == [body["site_name"], body["timezone"]]


def status(got: Any, body: Any) -> None:
    assert got.start_time.strftime("%Y-%m-%d %H:%M:%S %z") == body["start_time"]
    assert got.up_time_seconds.total_seconds() == pytest.approx(223 * 3600 + 300, abs=90)
    assert got.device_type.value == body["device_type"]
    for name in ("version", "commission_count", "sync_type", "git_hash"):
        assert getattr(got, name) == body[name]


def version(got: Any, body: Any) -> None:
    assert got == body["version"].split(" ")[0]


def serials(got: Any, body: Any) -> None:
    assert got == [powerwall["PackageSerialNumber"] for powerwall in body["powerwalls"]]
    assert len(got) == 2


def solars(got: Any, body: Any) -> None:
    assert [(s.brand, s.model, s.power_rating_watts) for s in got] == [
        (s["brand"], s["model"], s["power_rating_watts"]) for s in body
    ]


READS: dict[str, tuple[str, Callable[[Any, Any], None]]] = {
    "get_charge": (CHARGE, member("percentage")),
    "get_energy": (SYSTEM, member("nominal_energy_remaining")),
    "get_sitemaster": ("/api/sitemaster", sitemaster),
    "get_meters": (METERS, meters),
    "get_meter_site": ("/api/meters/site", meter),
    "get_meter_solar": ("/api/meters/solar", meter),
    "get_grid_status": (GRID, member("grid_status")),
    "get_capacity": (SYSTEM, member("nominal_full_pack_energy")),
    "get_instantaneous_max_charge_power": (SYSTEM, member("instantaneous_max_charge_power")),
    "get_instantaneous_max_discharge_power": (SYSTEM, member("instantaneous_max_discharge_power")),
    "get_batteries": (SYSTEM, batteries),
    "is_grid_services_active": (GRID, member("grid_services_active")),
    "get_site_info": ("/api/site_info", site_info),
    "get_status": (STATUS, status),
    "get_device_type": (STATUS, member("device_type")),
    "get_serial_numbers": ("/api/powerwalls", serials),
    "get_gateway_din": ("/api/powerwalls", member("gateway_din")),
    "get_operation_mode": (OPERATION, member("real_mode")),
    "get_backup_reserve_percentage": (OPERATION, member("backup_reserve_percent")),
    "get_solars": ("/api/solars", solars),
    "get_vin": ("/api/config", member("vin")),
    "get_version": (STATUS, version),
}
"""Methods that read, the row they ask, and how what they return follows from its body."""

WRITES: dict[str, tuple[str, str, tuple[Any, ...]]] = {
    "stop": ("GET", "/api/sitemaster/stop", ()),
    "run": ("GET", "/api/sitemaster/run", ()),
    "set_site_name": ("POST", "/api/site_info/site_name", ("Lake house",)),
    "set_island_mode": ("POST", "/api/v2/islanding/mode", (library.IslandMode.OFFGRID,)),
}
"""Methods that change the house, with what they send."""

SESSION = {"login", "login_as", "logout", "is_authenticated", "get_api", "close"}
"""Methods that ask nothing of the house."""

MISSED = {
    "1.40.2": {
        "get_status": (KeyError, "device_type"),
        "get_device_type": (KeyError, "device_type"),
        "get_sitemaster": (KeyError, "status"),
        "get_meters": (ValueError, "'frequency' is not a valid MeterType"),
        "get_gateway_din": (MissingAttributeError, "gateway_din"),
        "get_operation_mode": (MissingAttributeError, "real_mode"),
    },
    "1.50": {"get_meters": (ValueError, "'frequency' is not a valid MeterType")},
}
"""What the library makes of members that a release does not send, or sends besides."""


@pytest_asyncio.fixture
async def client(house: Served) -> AsyncIterator[Any]:
    """The library as its README uses it, logged in; a house that this stops is started again."""
    async with Powerwall(house.host) as powerwall:
        with login_reply_missed(house):
            await powerwall.login(house.password, force_sm_off=True)
        house.log_in()
        yield powerwall


def login_reply_missed(house: Served) -> contextlib.AbstractContextManager[Any]:
    """1.x sends no loginTime, which the library wants; by then it has its cookie and works."""
    return pytest.raises(KeyError, match="loginTime") if house.version < (20, 49) else contextlib.nullcontext()


def public(kind: Any) -> set[str]:
    return {name for name, what in inspect.getmembers(kind, inspect.isfunction) if not name.startswith("_")}


def test_every_public_method_is_considered() -> None:
    assert public(Powerwall) == {*READS, *WRITES, *SESSION}


@all_releases
async def test_every_method_that_reads_says_what_the_gateway_says(house: Served, client: Any) -> None:
    for name, (path, check) in READS.items():
        expected = house.outcome("GET", path)
        if expected == 404:
            with pytest.raises(ApiError, match=f"{path} returned error 404"):
                await getattr(client, name)()
        elif name in MISSED.get(house.firmware, {}):
            error, words = MISSED[house.firmware][name]
            with pytest.raises(error, match=words):
                await getattr(client, name)()
        else:
            check(await getattr(client, name)(), house.body(path))


@releases
async def test_its_lower_part_gets_what_is_there_and_404_for_what_is_not(house: Served, client: Any) -> None:
    api, asked = client.get_api(), set()
    for name in sorted(name for name in public(library.API) if name.startswith("get_")):
        seen: list[str] = []
        path = await _path_of(api, name, seen)
        row = catalogue.find("GET", path)
        if row is not None and row.writes:
            continue
        asked.add(path)
        expected = house.outcome("GET", path)
        if row is catalogue.LOGS and expected == 200:
            with pytest.raises(UnicodeDecodeError):  # it reads every answer as text, and this one is packed
                await getattr(api, name)()
        elif expected == 200:
            assert await getattr(api, name)() == house.body(path), name
        else:
            kind = AccessDeniedError if expected == 403 else ApiError
            with pytest.raises(kind, match="Unable to GET" if expected == 403 else str(expected)):
                await getattr(api, name)()
    assert {METERS, CHARGE, GRID, OPERATION, "/api/powerwalls"} <= asked


async def _path_of(api: Any, name: str, seen: list[str]) -> str:
    """Return the path that one of its methods asks, without asking."""

    class Quiet:
        async def get(self, path: str) -> None:
            seen.append(path)

    await getattr(type(api), name)(Quiet())
    return f"/api/{seen[-1]}"


@releases
@pytest.mark.parametrize("user", ["customer", "installer"])
async def test_every_method_that_writes_does_so_or_says_why_not(house: Served, user: str) -> None:
    role = {"customer": Access.CUSTOMER, "installer": Access.INSTALLER}[user]
    house.move("/switch")
    house.calm()
    async with Powerwall(house.host) as powerwall:
        with login_reply_missed(house):
            session = await powerwall.login_as(user, house.password, "a@b.c", force_sm_off=True)
            assert session.roles == [library.Roles("Home_Owner" if user == "customer" else "Provider_Engineer")]
        await powerwall.run()
        assert house.state()["running"]
        for name, (method, path, sent) in WRITES.items():
            expected = house.outcome(method, path, role)
            if expected == 403:
                with pytest.raises(AccessDeniedError, match=f"{path}: Unable to {method} to resource: User"):
                    await getattr(powerwall, name)(*sent)
            elif expected >= 400:
                with pytest.raises(ApiError, match=str(expected)):
                    await getattr(powerwall, name)(*sent)
            else:
                await getattr(powerwall, name)(*sent)
            if name == "stop":
                assert house.state()["running"] == (expected >= 400)
            elif name == "set_site_name":
                assert (house.state()["site_name"] == sent[0]) == (expected < 400)
        assert house.state()["running"]  # "run" comes after "stop"


@servers
async def test_login_brings_a_cookie_and_logout_ends_it_at_the_gateway(house: Served) -> None:
    async with Powerwall(house.host) as powerwall:
        assert not powerwall.is_authenticated()
        session = await powerwall.login(house.password, "owner@example.org")
        assert powerwall.is_authenticated()
        assert session.roles == [library.Roles.HOME_OWNER]
        assert session.login_time
        kept = [cookie.value for cookie in powerwall.get_api()._http_session.cookie_jar if cookie.key == "AuthCookie"]
        assert kept == [session.token]
        assert await powerwall.get_charge() > 0

        await powerwall.logout()
        assert not powerwall.is_authenticated()
        with pytest.raises(AccessDeniedError, match="Unable to GET to resource: User does not have adequate"):
            await powerwall.get_charge()
        powerwall.get_api()._http_session.cookie_jar.update_cookies({"AuthCookie": session.token})
        with pytest.raises(AccessDeniedError):
            await powerwall.get_charge()
        powerwall.get_api()._http_session.cookie_jar.clear()
        with pytest.raises(ApiError, match="Must be logged in to log out"):
            await powerwall.logout()


@releases
async def test_a_wrong_password_is_refused_in_the_known_words(house: Served) -> None:
    async with Powerwall(house.host) as powerwall:
        with pytest.raises(AccessDeniedError, match="bad credentials: Login Error"):
            await powerwall.login("wrong")
        assert not powerwall.is_authenticated()


@servers
async def test_a_login_that_has_run_out_needs_a_new_one(house: Served, client: Any) -> None:
    house.move("/time", advance_s=25 * 3600)
    with pytest.raises(AccessDeniedError):
        await client.get_charge()
    await client.login(house.password)
    assert await client.get_charge() > 0


async def test_an_outage_has_the_states_it_knows(house: Served, client: Any) -> None:
    house.move("/grid", up=False)
    assert await client.get_grid_status() is library.GridStatus.TRANSITION_TO_ISLAND
    house.move("/time", advance_s=60)
    assert await client.get_grid_status() is library.GridStatus.ISLANDED
    assert {battery.grid_state for battery in await client.get_batteries()} == {library.GridState.UNCOMPLIANT}
    house.move("/grid", up=True)
    assert await client.get_grid_status() is library.GridStatus.TRANSITION_TO_GRID
    house.move("/time", advance_s=61)
    assert await client.get_grid_status() is library.GridStatus.CONNECTED


async def test_a_stopped_house_is_an_error_and_says_so(house: Served, client: Any) -> None:
    await client.get_api().post("sitemaster/stop", {"force": True})
    assert not (await client.get_sitemaster()).is_running
    with pytest.raises(ApiError, match=r"status code '502: Bad Gateway' $"):
        await client.get_meters()
    await client.run()
    await client.get_meters()


@servers
async def test_a_gateway_that_is_gone_is_unreachable(house: Served, client: Any) -> None:
    house.stop()
    with pytest.raises(library.PowerwallUnreachableError):
        await client.get_charge()


BREAKS: list[tuple[str, dict[str, Any], str, type[Exception], str]] = [
    (
        GRID,
        {"body": {"grid_status": "SystemMicroGridFaulted"}},
        "get_grid_status",
        ValueError,
        "not a valid GridStatus",
    ),
    (OPERATION, {"body": {"real_mode": "dream"}}, "get_operation_mode", ValueError, "not a valid OperationMode"),
    (METERS, {"body": {"site": {}}}, "get_meters", KeyError, "instant_power"),
    (METERS, {"body": {"busbar": {}}}, "get_meters", ValueError, "not a valid MeterType"),
    (METERS, {"cut_after": 5}, "get_meters", Exception, "payload"),
    (CHARGE, {"body": {}}, "get_charge", MissingAttributeError, "'percentage' is expected"),
    (CHARGE, {"status": 429}, "get_charge", ApiError, "429: Too Many Requests.*Api Limit reached"),
    (CHARGE, {"status": 503}, "get_charge", ApiError, "503: .*current config mode is busy"),
    ("/api/meters/solar", {"body": []}, "get_meter_solar", ApiError, "no values for the solar meter"),
    ("/api/powerwalls", {"body": {"powerwalls": None}}, "get_serial_numbers", MissingAttributeError, "'powerwalls'"),
    ("/api/powerwalls", {"body": {"powerwalls": [{}]}}, "get_serial_numbers", MissingAttributeError, "SerialNumber"),
    ("/api/powerwalls", {"body": {"powerwalls": []}}, "get_gateway_din", MissingAttributeError, "'gateway_din'"),
]


@pytest.mark.parametrize(("path", "fault", "method", "error", "words"), BREAKS)
async def test_what_breaks_it_can_be_provoked(
    house: Served, client: Any, path: str, fault: dict[str, Any], method: str, error: type[Exception], words: str
) -> None:
    house.move("/faults", path=path, times=1, **fault)
    with pytest.raises(error, match=words):
        await getattr(client, method)()
    await getattr(client, method)()


async def test_a_home_without_powerwalls_and_one_with_a_disabled_pack(house: Served, client: Any) -> None:
    house.move("/faults", path="/api/powerwalls", times=1, body={"powerwalls": [], "gateway_din": "x"})
    assert await client.get_serial_numbers() == []

    system = house.body(SYSTEM)
    silent = dict.fromkeys(MEASURED)
    system["battery_blocks"][1] |= silent | {
        "disabled_reasons": ["DisabledExcessiveVoltageDrop"],
        "pinv_grid_state": "",
    }
    house.move("/faults", path=SYSTEM, times=1, body=system)
    good, disabled = await client.get_batteries()
    assert good.grid_state is library.GridState.COMPLIANT
    assert disabled.grid_state is library.GridState.DISABLED
    assert (disabled.p_out, disabled.disabled_reasons) == (None, ["DisabledExcessiveVoltageDrop"])
