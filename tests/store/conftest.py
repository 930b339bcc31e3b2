"""A store in a temporary folder, and a recorded house to put into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from forebay.records.reading import Reading
from forebay.store import Store

RecordHouse = Callable[..., list[Reading]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "forebay.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store.open(path) as opened:
        yield opened


@pytest.fixture
def record_house() -> RecordHouse:
    def record(
        store: Store,
        start: datetime,
        site_w: Callable[[float], float],
        *,
        until_s: float,
        every_s: float = 5.0,
        skip: Callable[[float], bool] = lambda _: False,
    ) -> list[Reading]:
        """Record a house that draws `site_w(t)` from the grid, counted exactly second by second."""
        gateway_id = store.gateway_id("gateway")
        readings, counted_wh, t = [], 1_000_000.0, 0.0
        while t <= until_s:
            power_w = site_w(t)
            if not skip(t):
                at = start + timedelta(seconds=t)
                readings.append(
                    Reading(
                        at=at,
                        site_power_w=power_w,
                        load_power_w=power_w,
                        battery_power_w=0.0,
                        solar_power_w=0.0,
                        site_export_wh=0.0,
                        solar_export_wh=7.0,
                        battery_charge_wh=640.0,
                        battery_discharge_wh=560.0,
                        site_import_wh=counted_wh,
                        load_wh=counted_wh,
                        charge_wire_pct=50.0,
                    )
                )
                store.append(gateway_id, readings[-1])
            counted_wh += (power_w + site_w(t + every_s)) / 2 * every_s / 3600
            t += every_s
        return readings

    return record
