"""Which members a body has at which release, held against a list written by hand from the collected replies."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from tests.emulator.conftest import Asked

MakeGateway = Callable[..., Asked]
PROFILES = ("1.15", "1.20", "1.40.2", "1.50", "20.49", "21.39", "21.44", "22.36", "23.44")

SPANS: dict[str, dict[str, tuple[str, str]]] = {
    "/api/status": {
        "version": ("1.15", "23.44"),
        "commission_count": ("1.50", "23.44"),
        "device_type": ("1.50", "23.44"),
        "sync_type": ("1.50", "23.44"),
        "din": ("20.49", "23.44"),
        "cellular_disabled": ("20.49", "23.44"),
        "leader": ("20.49", "22.36"),
        "followers": ("20.49", "22.36"),
        "teg_type": ("22.36", "23.44"),
        "can_reboot": ("23.44", "23.44"),
    },
    "/api/sitemaster": {
        "running": ("1.15", "23.44"),
        "uptime": ("1.15", "1.40.2"),
        "status": ("1.50", "23.44"),
        "power_supply_mode": ("1.50", "23.44"),
        "can_reboot": ("20.49", "23.44"),
    },
    "/api/meters/aggregates": {
        "site": ("1.15", "23.44"),
        "busway": ("1.15", "1.50"),
        "frequency": ("1.15", "1.50"),
        "generator": ("1.15", "1.50"),
        "site.instant_total_current": ("1.15", "23.44"),
        "site.timeout": ("1.50", "23.44"),
        "site.instant_average_current": ("20.49", "23.44"),
        "site.num_meters_aggregated": ("20.49", "23.44"),
        "site.last_phase_voltage_communication_time": ("20.49", "23.44"),
        "site.last_phase_energy_communication_time": ("21.44", "23.44"),
    },
    "/api/powerwalls": {
        "powerwalls": ("1.15", "23.44"),
        "has_sync": ("1.15", "1.50"),
        "enumerating": ("1.20", "23.44"),
        "sync": ("1.20", "23.44"),
        "states": ("1.20", "23.44"),
        "phase_detection_attempt": ("1.20", "1.40.2"),
        "phase_detection_not_available": ("1.50", "23.44"),
        "gateway_din": ("1.50", "23.44"),
        "msa": ("21.39", "23.44"),
        "powerwalls.type": ("1.20", "23.44"),
        "powerwalls.Type": ("1.50", "23.44"),
        "powerwalls.bc_type": ("1.50", "23.44"),
        "powerwalls.in_config": ("21.39", "23.44"),
        "powerwalls.commissioning_diagnostic.checks.debug": ("1.50", "23.44"),
        "powerwalls.commissioning_diagnostic.checks.checks": ("20.49", "23.44"),
    },
    "/api/customer/registration": {
        "registered": ("1.15", "23.44"),
        "emailed_registration": ("1.15", "1.15"),
        "skipped_registration": ("1.15", "1.15"),
    },
    "/api/system_status/grid_status": {"grid_status": ("1.15", "23.44"), "grid_services_active": ("1.20", "23.44")},
    "/api/system/update/status": {
        "current_time": ("1.15", "23.44"),
        "last_status_time": ("20.49", "23.44"),
        "version": ("20.49", "23.44"),
        "offline_updating": ("20.49", "23.44"),
        "estimated_bytes_per_second": ("20.49", "23.44"),
    },
    "/api/site_info": {
        "nominal_system_power_kW": ("1.15", "23.44"),
        "max_system_energy_kWh": ("1.50", "23.44"),
        "max_system_power_kW": ("1.50", "23.44"),
        "region": ("1.15", "1.50"),
        "grid_code.region": ("20.49", "23.44"),
        "panel_max_current": ("23.44", "23.44"),
    },
    "/api/operation": {
        "mode": ("1.15", "1.40.2"),
        "real_mode": ("1.50", "23.44"),
        "freq_shift_load_shed_soe": ("20.49", "23.44"),
    },
    "/api/installer": {
        "company": ("1.15", "23.44"),
        "email": ("1.40.2", "23.44"),
        "run_sitemaster": ("1.40.2", "23.44"),
        "verified_config": ("20.49", "23.44"),
        "location": ("21.39", "23.44"),
        "has_cellular_modem_to_wifi": ("21.39", "23.44"),
    },
    "/api/customer": {
        "registered": ("1.15", "23.44"),
        "city": ("1.15", "1.50"),
        "emailed_registration": ("1.15", "1.50"),
        "marketing": ("20.49", "23.44"),
    },
    "/api/meters": {
        "serial": ("1.15", "23.44"),
        "connected": ("1.15", "1.50"),
        "type": ("20.49", "23.44"),
        "cts.real_power_scale_factor": ("20.49", "23.44"),
    },
    "/api/meters/site": {
        "connection.https_conf.client_cert": ("1.15", "1.50"),
        "ct_voltage_references": ("20.49", "23.44"),
        "Cached_readings.real_power_a": ("20.49", "23.44"),
    },
    "/api/system_status": {
        "battery_blocks": ("20.49", "23.44"),
        "instantaneous_max_apparent_power": ("23.44", "23.44"),
        "hardware_capability_charge_power": ("23.44", "23.44"),
        "available_charger_blocks": ("23.44", "23.44"),
    },
    "/api/networks": {
        "id": ("1.15", "1.50"),
        "network_name": ("20.49", "23.44"),
        "iface_network_info.ip_networks.ip": ("20.49", "22.36"),
        "iface_network_info.ip_networks.IP": ("23.44", "23.44"),
    },
    "/api/system/networks/conn_tests": {"results": ("1.15", "1.50"), "checks": ("20.49", "23.44")},
}
"""Path → member → first and last profile that tells it."""


def paths(value: Any, above: str = "") -> set[str]:
    """Every member of a body with those above it; those of lists are told together."""
    if isinstance(value, list):
        return set().union(*(paths(item, above) for item in value))
    if not isinstance(value, dict):
        return set()
    found = {f"{above}{name}" for name in value}
    return found.union(*(paths(inner, f"{above}{name}.") for name, inner in value.items()))


@pytest.mark.parametrize("path", SPANS)
async def test_members_come_and_go_with_the_releases(gateway: MakeGateway, path: str) -> None:
    """F13, M05, S09–S13, X03, X06–X08, E003–E016, E022, E030, E033, E034, E044, E049, E123."""
    for index, firmware in enumerate(PROFILES):
        home = gateway(firmware)
        answer = await home.ask("GET", path, home.token())
        told = paths(answer.json) if answer.status == 200 else set()

        for member, (first, last) in SPANS[path].items():
            expected = PROFILES.index(first) <= index <= PROFILES.index(last)
            assert (member in told) == expected, (firmware, member)


@pytest.mark.parametrize(
    ("firmware", "version", "ends"),
    [
        ("1.15.0", r"1\.15\.0\n", r"[0-9a-f]{40}\n"),
        ("1.20", r"1\.20", r"[0-9a-f]{40}\+"),
        ("1.40.2", r"1\.40\.2", r"[0-9a-f]{40}\+"),
        ("1.50.1", r"1\.50\.1 [0-9a-f]{8}", r"[0-9a-f]{40}"),
        ("21.39.1", r"21\.39\.1 [0-9a-f]{8}", r"[0-9a-f]{40}"),
        ("23.44", r"23\.44 [0-9a-f]{8}", r"[0-9a-f]{40}"),
    ],
)
async def test_version_and_hash_are_printed_as_the_release_does(
    gateway: MakeGateway, firmware: str, version: str, ends: str
) -> None:
    """F12, X16, S086, S087."""
    told = (await gateway(firmware).ask("GET", "/api/status")).json

    assert re.fullmatch(version, told["version"])
    assert re.fullmatch(ends, told["git_hash"])
    if " " in told["version"]:
        assert told["git_hash"].startswith(told["version"].split(" ")[1])


async def test_1_15_knows_of_powerwalls_little_more_than_their_numbers(gateway: MakeGateway) -> None:
    """S052."""
    told = (await gateway("1.15").ask("GET", "/api/powerwalls")).json

    assert list(told) == ["powerwalls", "has_sync"]
    assert [sorted(pack) for pack in told["powerwalls"]] == [["PackagePartNumber", "PackageSerialNumber"]] * 2


@pytest.mark.parametrize(
    ("firmware", "on_grid", "error"),
    [
        ("1.40.2", None, "on grid check not run"),
        ("21.39.1", True, ""),
        ("21.44", None, "run sitemanager flag enabled, sitemanager process is running"),
    ],
)
async def test_what_a_stopped_system_says_of_the_grid_is_the_releases_own(
    gateway: MakeGateway, firmware: str, on_grid: bool | None, error: str
) -> None:
    """F13, S13, S134, E008, E024."""
    home = gateway(firmware)
    home.device.stop(force=True)

    for path in ("/api/powerwalls", "/api/powerwalls/status"):
        told = (await home.ask("GET", path, home.token())).json
        assert (told.get("is_on_grid"), told["on_grid_check_error"]) == (on_grid, error)
