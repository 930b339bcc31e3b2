"""What fed what: the parts add up to the counters, in every window."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.store.test_archive import seal_all

from forebay.records.flows import Split, share_out, split
from forebay.records.reading import Reading
from forebay.store import Store
from forebay.store.energy import energy_between
from forebay.store.fed import PARTS, fed_between, seen_between
from forebay.store.state import to_ms

START = datetime(2026, 6, 1, tzinfo=UTC)
energies = st.floats(0, 50_000)


def near(wh: float) -> Any:
    return pytest.approx(wh, rel=1e-9, abs=1e-6)


@given(st.tuples(*[energies] * 7), st.tuples(*[energies] * 7))
def test_parts_add_up_to_counters_that_agree(true: tuple[float, ...], seen: tuple[float, ...]) -> None:
    made = Split(*true)
    totals = {
        "solar": made.solar_to_home + made.solar_to_battery + made.solar_to_grid,
        "grid_in": made.grid_to_home + made.grid_to_battery,
        "grid_out": made.solar_to_grid + made.battery_to_grid,
        "battery_in": made.solar_to_battery + made.grid_to_battery,
        "battery_out": made.battery_to_home + made.battery_to_grid,
    }
    parts = share_out(totals, Split(*seen))

    assert all(getattr(parts, name) >= 0 for name in PARTS)
    assert parts.solar_to_home + parts.solar_to_battery + parts.solar_to_grid == near(totals["solar"])
    assert parts.grid_to_home + parts.grid_to_battery == near(totals["grid_in"])
    assert parts.solar_to_grid + parts.battery_to_grid == near(totals["grid_out"])
    assert parts.solar_to_battery + parts.grid_to_battery == near(totals["battery_in"])
    assert parts.battery_to_home + parts.battery_to_grid == near(totals["battery_out"])
    home = made.solar_to_home + made.battery_to_home + made.grid_to_home
    assert parts.solar_to_home + parts.battery_to_home + parts.grid_to_home == pytest.approx(home, abs=1e-6)


@given(st.tuples(*[energies] * 7))
def test_what_the_powers_saw_is_believed_where_the_counters_allow(true: tuple[float, ...]) -> None:
    made = Split(*true)
    totals = {
        "solar": made.solar_to_home + made.solar_to_battery + made.solar_to_grid,
        "grid_in": made.grid_to_home + made.grid_to_battery,
        "grid_out": made.solar_to_grid + made.battery_to_grid,
        "battery_in": made.solar_to_battery + made.grid_to_battery,
        "battery_out": made.battery_to_home + made.battery_to_grid,
    }
    parts = share_out(totals, made)

    assert [getattr(parts, name) for name in PARTS] == pytest.approx([getattr(made, name) for name in PARTS], abs=1e-6)


@given(st.tuples(*[energies] * 5), st.tuples(*[energies] * 7))
def test_counters_that_contradict_each_other_make_no_part_negative(
    said: tuple[float, ...], seen: tuple[float, ...]
) -> None:
    parts = share_out(
        dict(zip(("solar", "grid_in", "grid_out", "battery_in", "battery_out"), said, strict=True)), Split(*seen)
    )

    assert all(getattr(parts, name) >= 0 for name in PARTS)


def live(store: Store, hours: float, every_s: float = 60.0) -> None:
    """A day of sun, charging at noon and by night, sending and drawing; counted by the powers."""
    gateway_id, counted = store.gateway_id("gateway"), dict.fromkeys(("si", "se", "so", "bc", "bd", "lo"), 0.0)
    for step in range(int(hours * 3600 / every_s)):
        at = START + timedelta(seconds=step * every_s)
        hour = at.hour + at.minute / 60
        solar = max(0.0, 5000 - (hour - 12) ** 2 * 200)
        battery = -3000.0 if 9 <= hour < 13 or hour < 2 else 1500.0 if hour > 17 else 0.0
        load = 700.0 + 300 * (at.minute % 7)
        site = load - solar - battery
        flows = (max(0, site), max(0, -site), solar, max(0, -battery), max(0, battery), load)
        for name, watts in zip(counted, flows, strict=True):
            counted[name] += watts * every_s / 3600
        reading: dict[str, Any] = {
            "site_power_w": site,
            "solar_power_w": solar,
            "battery_power_w": battery,
            "load_power_w": load,
            "site_import_wh": counted["si"],
            "site_export_wh": counted["se"],
            "solar_export_wh": counted["so"],
            "battery_charge_wh": counted["bc"],
            "battery_discharge_wh": counted["bd"],
            "load_wh": counted["lo"],
        }
        store.append(gateway_id, Reading(at=at, **reading))


EDGES = [START + timedelta(minutes=m) for m in (-30, 0, 61, 200, 517, 720, 1100, 1440, 1600)]


def test_windows_of_a_recorded_house_add_up_to_its_counters(store: Store) -> None:
    live(store, 26)
    parts, sums = fed_between(store, 1, EDGES), energy_between(store, 1, EDGES)

    assert [part is None for part in parts] == [True] + [False] * 7
    for part, window in zip(parts[1:], sums[1:], strict=True):
        assert part is not None
        assert part.solar_to_home + part.solar_to_battery + part.solar_to_grid == pytest.approx(window["solar"].wh)
        assert part.grid_to_home + part.grid_to_battery == pytest.approx(window["grid_in"].wh)
        assert part.solar_to_home + part.grid_to_home + part.battery_to_home == pytest.approx(
            window["home"].wh, abs=0.1
        )
    night = fed_between(store, 1, [START + timedelta(minutes=5), START + timedelta(minutes=95)])[0]
    assert night is not None
    assert night.solar_to_battery == 0
    assert night.grid_to_battery == pytest.approx(4500, rel=1e-6)


def test_quarters_hold_what_the_rule_says_of_each_reading(store: Store) -> None:
    live(store, 15)
    span = (to_ms(START + timedelta(hours=2)), to_ms(START + timedelta(hours=14, minutes=15)))
    by_quarter = seen_between(store, 1, *span)
    readings = store.readings(1, START + timedelta(hours=2), START + timedelta(hours=14, minutes=15))
    parts = [split(r.solar_power_w or 0, r.battery_power_w or 0, r.site_power_w or 0) for r in readings]

    for name in PARTS:
        assert getattr(by_quarter, name) == pytest.approx(sum(getattr(part, name) for part in parts) / 60, abs=1e-6)


def test_sealed_days_were_fed_as_before(store: Store) -> None:
    live(store, 24 * 5, every_s=120)
    before = fed_between(store, 1, EDGES)
    assert seal_all(store)

    for old, new in zip(before[1:], fed_between(store, 1, EDGES)[1:], strict=True):
        assert old is not None
        assert new is not None
        assert [getattr(new, p) for p in PARTS] == pytest.approx([getattr(old, p) for p in PARTS], abs=0.05)
