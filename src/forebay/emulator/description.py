"""The world and the state of a home in plain values, as the control port tells them."""

from __future__ import annotations

from typing import Any

from forebay.emulator.device import Device
from forebay.emulator.front import Front
from forebay.emulator.scenario import Play


def describe(device: Device) -> dict[str, Any]:
    """Return the world and the state as plain values, for the control port."""
    front, play = device.area(Front), device.area(Play)
    flows, overrides = device.power.flows, device.world.overrides
    return {
        "time": device.clock.now().isoformat(),
        "local_time": device.clock.now().astimezone(device.home.zone).isoformat(),
        "speed": device.clock.speed,
        "held": device.clock.held,
        "seed": device.rng_seed,
        "firmware": device.home.gateway.firmware,
        "profile": device.profile.name,
        "serial": device.serial,
        "url": front.url if front.is_served else None,
        "fingerprint": front.fingerprint if front.is_served else None,
        "running": device.running,
        "connected": device.connected,
        "site_name": device.site_name,
        "grid": {"up": device.grid_up, "state": str(device.grid_state)},
        "power_w": {
            "site": flows.site_w,
            "battery": flows.battery_w,
            "load": flows.load_w,
            "solar": flows.solar_w,
            "generator": flows.generator_w,
        },
        "charge_wire_pct": 100 * device.power.level,
        "mode": str(device.setting.mode),
        "reserve_wire_pct": device.setting.reserve.value,
        "overrides": {
            "cloud_cover": overrides.cloud_cover,
            "load_w": overrides.load_w,
            "solar_w": overrides.solar_w,
            "appliances_w": dict(overrides.appliances_w),
            "strings_out": sorted(number + 1 for number in overrides.strings_out),
        },
        "scenarios": {
            "played": play.names,
            "happened": play.happened,
            "next_at": play.next_due.isoformat() if play.names and play.next_due else None,
        },
    }
