"""What Home Assistant's integration does with tesla_powerwall: its dialogue, and its seven reads."""

from __future__ import annotations

from typing import Any

import pytest
from tests.clients.conftest import Served

library: Any = pytest.importorskip("tesla_powerwall", reason="tesla_powerwall is not installed")
Powerwall = library.Powerwall


async def test_home_assistants_first_steps_and_its_seven_reads(house: Served) -> None:
    async with Powerwall(house.host) as powerwall:
        serial = house.state()["serial"]
        await powerwall.login(serial[-5:])  # the password its dialogue suggests
        assert (await powerwall.get_gateway_din()).endswith(serial)
        assert (await powerwall.get_site_info()).site_name
        for _ in range(2):
            await powerwall.get_meters()
            await powerwall.get_charge()
            await powerwall.get_grid_status()
            await powerwall.is_grid_services_active()
            await powerwall.get_sitemaster()
            await powerwall.get_batteries()
            await powerwall.get_backup_reserve_percentage()
            house.move("/time", advance_s=30)
