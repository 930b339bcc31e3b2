"""What feeds what always adds up."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebay.records.flows import Split, split, split_of
from forebay.records.reading import Reading

powers = st.floats(0, 20_000)


@given(powers, powers, st.floats(-20_000, 20_000))
def test_a_balanced_house_adds_up_on_every_side(solar_w: float, load_w: float, battery_w: float) -> None:
    site_w = load_w - solar_w - battery_w

    flow = split(solar_w, battery_w, site_w)

    parts = (flow.solar_to_home, flow.solar_to_battery, flow.solar_to_grid, flow.battery_to_home)
    assert min(*parts, flow.battery_to_grid, flow.grid_to_home, flow.grid_to_battery) >= -1e-6
    assert flow.solar_to_home + flow.battery_to_home + flow.grid_to_home == pytest.approx(load_w, rel=1e-9, abs=1e-6)
    assert flow.solar_to_home + flow.solar_to_battery + flow.solar_to_grid == pytest.approx(solar_w, rel=1e-9, abs=1e-6)
    assert flow.battery_to_home + flow.battery_to_grid == pytest.approx(max(0, battery_w), rel=1e-9, abs=1e-6)
    assert flow.solar_to_battery + flow.grid_to_battery == pytest.approx(max(0, -battery_w), rel=1e-9, abs=1e-6)
    assert flow.grid_to_home + flow.grid_to_battery == pytest.approx(max(0, site_w), rel=1e-9, abs=1e-6)
    assert flow.solar_to_grid + flow.battery_to_grid == pytest.approx(max(0, -site_w), rel=1e-9, abs=1e-6)


@given(st.floats(-100, 20_000), st.floats(-20_000, 20_000), st.floats(-20_000, 20_000))
def test_meters_that_disagree_never_make_a_negative_flow(solar_w: float, battery_w: float, site_w: float) -> None:
    flow = split(solar_w, battery_w, site_w)

    assert min(getattr(flow, name) for name in Split.__slots__) >= 0


def test_solar_serves_home_then_battery_then_grid() -> None:
    assert split(3210, -2000, -370) == Split(840, 2000, 370, 0, 0, 0, 0)


def test_a_house_without_solar_still_has_flows_and_one_without_meters_none() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)

    assert split_of(Reading(at=at, site_power_w=500, battery_power_w=0)) == Split(0, 0, 0, 0, 0, 500, 0)
    assert split_of(Reading(at=at, solar_power_w=500)) is None
