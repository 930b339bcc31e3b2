"""A made-up house: one recorded day, and what the dashboard would say of it."""

from __future__ import annotations

import math
import random
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

ZONE = "America/Los_Angeles"
TODAY = date(2026, 6, 21)
CURVES = ("solar_w", "load_w", "site_w", "battery_w", "charge_app_pct")


def solar_at(hour: float, cloud: random.Random) -> float:
    """Clear-sky bell from 5:45 to 20:15, with passing clouds after noon [W]."""
    height = math.sin(math.pi * (hour - 5.75) / 14.5) if 5.75 < hour < 20.25 else 0.0
    clear = 4600 * max(0.0, height) ** 1.25
    dips = sum(
        d * math.exp(-(((hour - h) / w) ** 2)) for h, w, d in ((12.6, 0.12, 0.6), (13.4, 0.2, 0.75), (15.2, 0.3, 0.5))
    )
    shade = min(0.85, dips * (0.8 + 0.4 * cloud.random()))
    return float(clear * (1 - shade))


def load_at(hour: float, noise: random.Random) -> float:
    """Fridge, breakfast, washing, dinner, evening [W]."""
    fridge = 90 if (hour * 60) % 47 < 16 else 0
    bumps = ((7.4, 0.35, 1500), (12.9, 0.25, 1100), (18.9, 0.7, 2300), (21.5, 1.2, 420))
    people = sum(p * math.exp(-(((hour - h) / w) ** 2)) for h, w, p in bumps)
    washing = 1900 if 10.9 < hour < 11.15 or 11.5 < hour < 11.6 else 0
    kettle = 1800 if (hour * 60) % 173 < 3 and 6.5 < hour < 22 else 0
    return 380 + fridge + people + washing + kettle + noise.gauss(0, 18)


@lru_cache(maxsize=8)
def day_of(day: date, until_min: int = 24 * 60, has_gap: bool = True) -> dict[str, Any]:
    """Return one recorded day of the house, as /api/day gives it."""
    dice = random.Random(day.toordinal())
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(ZONE))
    start = int(midnight.timestamp())
    end = int((midnight + timedelta(days=1)).timestamp())
    columns: dict[str, list[float | None]] = {name: [] for name in CURVES}
    kwh = dict.fromkeys(("solar", "home", "grid_in", "grid_out", "battery_in", "battery_out"), 0.0)
    stored, full = 4600.0, 13500.0
    gap = range(16 * 60 + 5, 16 * 60 + 50) if has_gap else range(0)
    for minute in range(until_min):
        hour = minute / 60
        solar, load = solar_at(hour, dice), max(0.0, load_at(hour, dice))
        wish = load - solar
        floor = full * 0.24
        room = max(0.0, full * 0.995 - stored) * 20
        battery = max(-1900, -room, wish) if wish < 0 else min(5000, wish if stored > floor else 0.0)
        stored -= battery / 60 * (1 / 0.95 if battery > 0 else 0.95)
        site = load - solar - battery
        flows = {"solar": solar, "home": load, "grid_in": max(site, 0), "grid_out": max(-site, 0)}
        flows |= {"battery_in": max(-battery, 0), "battery_out": max(battery, 0)}
        for name, watts in flows.items():
            kwh[name] += watts / 60000
        wire = 100 * stored / full
        row: tuple[float | None, ...] = (solar, load, site, battery, (wire - 5) / 0.95)
        if minute in gap:
            row = (None,) * 5
        for name, value in zip(CURVES, row, strict=True):
            columns[name].append(None if value is None else round(value, 1))
    gaps = []
    if has_gap and until_min > gap.start:
        stop = min(gap.stop, until_min)
        gaps = [
            {
                "start": iso(start + gap.start * 60),
                "end": iso(start + stop * 60),
                "reason": "unreachable",
                "words": "The gateway did not answer.",
            }
        ]
    return {
        "date": day.isoformat(),
        "timezone": ZONE,
        "start": iso(start),
        "end": iso(end),
        "step_s": 60,
        "t": [start + 60 * i for i in range(until_min)],
        **columns,
        "gaps": gaps,
        "kwh": {name: round(value, 3) for name, value in kwh.items()},
    }


def iso(seconds: float) -> str:
    """Return a time as the API writes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def flows_of(solar: float, load: float, battery: float, site: float) -> dict[str, float]:
    """Return who feeds whom: sun to home first, then battery, then grid [W]."""
    solar_home = min(solar, load)
    solar_battery = min(solar - solar_home, max(-battery, 0))
    battery_home = min(max(battery, 0), load - solar_home)
    grid_home = max(0.0, load - solar_home - battery_home)
    return {
        "solar_to_home": solar_home,
        "solar_to_battery": solar_battery,
        "solar_to_grid": max(0.0, solar - solar_home - solar_battery),
        "battery_to_home": battery_home,
        "battery_to_grid": max(0.0, max(battery, 0) - battery_home),
        "grid_to_home": grid_home,
        "grid_to_battery": max(0.0, max(-battery, 0) - solar_battery),
    }


def now_at(minute: int = 11 * 60 + 44, *, speed: float = 1.0) -> dict[str, Any]:
    """Return /api/now of the house at a minute of its day."""
    day = day_of(TODAY, minute + 1)
    i = max(k for k in range(minute + 1) if day["solar_w"][k] is not None)
    solar, load, site, battery, app = (day[name][i] for name in CURVES)
    wire = app * 0.95 + 5
    return {
        "at": iso(day["t"][i] + 30.25),
        "now": iso(day["t"][i] + 32.25),
        "speed": speed,
        "timezone": ZONE,
        "imports": "0-0",
        "site_name": "Home Energy Gateway",
        "firmware": "21.44 b7d20c5e",
        "connection": {"state": "live", "since": day["start"], "words": "Live, last reading 2 s ago.", "advice": None},
        "power_w": {"solar": solar, "load": load, "battery": battery, "site": site},
        "flow_w": flows_of(solar, load, battery, site),
        "charge": {"app_pct": app, "wire_pct": wire, "remaining_wh": round(135 * wire), "full_wh": 13500},
        "outlook": {
            "goal": "full" if battery < -100 else "rest",
            "at": iso(day["t"][i] + round(3600 * (13500 - 135 * wire) / -battery)) if battery < -100 else None,
            "power_w": battery,
        },
        "grid": {"state": "SystemGridConnected", "words": "Grid connected", "since": "2026-06-12T03:04:05Z"},
        "operation": {"mode": "self_consumption", "words": "Self-powered", "reserve_app_pct": 20.0},
        "today": {"date": TODAY.isoformat(), "kwh": day["kwh"]},
    }


def waiting() -> dict[str, Any]:
    """Return /api/now before anything was recorded."""
    now = now_at()
    words = {
        "state": "waiting",
        "since": None,
        "words": "Waiting for the first reading.",
        "advice": "It comes within 5 s.",
    }
    empty = dict.fromkeys(("at", "power_w", "flow_w", "charge", "grid", "operation", "today", "site_name", "firmware"))
    return {**now, **empty, "connection": words}


SIGNALS = {
    "solar_power_w": "solar_w",
    "load_power_w": "load_w",
    "site_power_w": "site_w",
    "battery_power_w": "battery_w",
    "charge_app_pct": "charge_app_pct",
}
"""Signal of /api/series -> the curve of the day that it is."""
FIRST = date(2024, 3, 1)
"""The first day of the made-up record."""


def midnight(day: date) -> int:
    """Return when a local day begins [s since 1970]."""
    return int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(ZONE)).timestamp())


def extent() -> dict[str, Any]:
    """Return /api/extent of the house."""
    now = now_at()
    first = iso(midnight(FIRST))
    return {"timezone": ZONE, "first": first, "until": now["at"], "now": now["now"], "today": TODAY.isoformat()}


def flow_parts(day: dict[str, Any], minute: int) -> dict[str, float]:
    """Return what fed what in a minute of a day; nothing where nothing was read."""
    told = [day[name][minute] for name in ("solar_w", "load_w", "battery_w", "site_w")]
    return {} if None in told else flows_of(*told)


def series(params: dict[str, str]) -> dict[str, Any]:
    """Return /api/series of the house: days before today are one of three, over and over."""
    start, end, points = float(params["start"]), float(params["end"]), int(params.get("points", 1000))
    step = next((s for s in (5, 60, 900, 3600, 21600) if (end - start) / s <= points * 1.5), 86_400)
    t = list(range(int(start - start % step), int(end), step))
    until = datetime.fromisoformat(now_at()["at"]).timestamp()
    names = params["signals"].split(",")
    columns: dict[str, list[float | None]] = {name: [] for name in names}
    for at in t:
        local = datetime.fromtimestamp(at, ZoneInfo(ZONE))
        is_known = midnight(FIRST) <= at < until
        like = TODAY if local.date() == TODAY else date(2026, 6, 1 + local.toordinal() % 3)
        day = day_of(like, has_gap=like == TODAY)
        minute = local.hour * 60 + local.minute
        flows = flow_parts(day, minute) if is_known else {}
        for name in names:
            curve = SIGNALS.get(name)
            columns[name].append(day[curve][minute] if curve and is_known else flows.get(name))
    spread = {name: 200.0 if name.endswith("_w") else 0.5 for name in names if name in SIGNALS}
    low, high = (
        {n: [None if v is None else round(v + s * spread[n], 1) for v in columns[n]] for n in spread} for s in (-1, 1)
    )
    return {
        "start": iso(start),
        "end": iso(end),
        "timezone": ZONE,
        "until": now_at()["at"],
        "step_s": step,
        "t": t,
        "columns": columns,
        "low": low if step > 5 else {},
        "high": high if step > 5 else {},
        "gaps": [],
        "imported": [],
    }
