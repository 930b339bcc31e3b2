"""A made-up house that is recorded for months or years: weather, a pack that fades, outages, gaps."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from forebay.records.outages import LEAVING, RETURNING
from forebay.records.parts import PartKey, PartKind, PartReading, Value
from forebay.records.reading import Reading, SlowReading
from forebay.records.reasons import Reason
from forebay.records.spans import SpanKind
from forebay.records.tempo import Tempo
from forebay.store import Store
from forebay.store.part_writer import PartWriter
from forebay.store.spans import close_span, open_span
from forebay.store.state import Connection

ZONE = "Europe/Berlin"


@dataclass(kw_only=True)
class House:
    """What the house is like; times are UTC, spans are (start, end).

    fade_per_year: share of the nominal energy that is lost each year. reserve_ratio: what is kept for outages.
    alerts: (source, name, start, end). strings: how many are told one by one, the last of which loses half its light
    at `weak_since`.
    """

    first: datetime
    days: int
    step_min: int = 15
    peak_w: float = 6000.0
    full_wh: float = 13_500.0
    fade_per_year: float = 0.02
    efficiency: float = 0.9
    reserve_ratio: float = 0.0
    outages: Sequence[tuple[datetime, datetime]] = ()
    gaps: Sequence[tuple[datetime, datetime]] = ()
    roof_off: Sequence[tuple[datetime, datetime]] = ()
    cloud: Callable[[date], float] | None = None
    firmware: Sequence[tuple[datetime, str]] = ()
    alerts: Sequence[tuple[str, str, datetime, datetime | None]] = ()
    strings: int = 0
    weak_since: datetime | None = None
    part_every_min: int = 60
    packs: int = 1
    latitude: float = 52.0
    has_solar: bool = True
    has_slow: bool = True
    seed: int = 7
    name: str = "house"
    counters: dict[str, float] = field(default_factory=dict)


def sun_height(at: datetime, latitude: float) -> float:
    """Return the sine of the sun's elevation at a longitude of 13° east, near enough."""
    day = at.timetuple().tm_yday
    tilt = math.radians(-23.44) * math.cos(2 * math.pi * (day + 10) / 365)
    hours = at.hour + at.minute / 60 + at.second / 3600 + 13 / 15 - 12
    hour = math.radians(15 * hours)
    lat = math.radians(latitude)
    return math.sin(lat) * math.sin(tilt) + math.cos(lat) * math.cos(tilt) * math.cos(hour)


def clear_w(at: datetime, house: House) -> float:
    """Return what the roof makes under a clear sky [W]."""
    height = sun_height(at, house.latitude)
    return house.peak_w * 0.8 * max(0.0, height) ** 1.15 if house.has_solar else 0.0


def clouds(day: date, seed: int) -> float:
    """Return the share of light that passes on a day: a third of the days are clear."""
    dice = random.Random(day.toordinal() * 31 + seed).random()
    return 1.0 if dice < 0.34 else 0.25 + 0.7 * (dice - 0.34) / 0.66


def _within(at: datetime, spans: Sequence[tuple[datetime, datetime]]) -> bool:
    return any(start <= at < end for start, end in spans)


def record(store: Store, house: House) -> int:
    """Record the house into a store and return its gateway's id; the last reading is at the end."""
    i = store.gateway_id(house.name)
    store.identify(i, site_name=house.name.capitalize(), timezone=ZONE)
    dice = random.Random(house.seed)
    wh = {"solar": 4e6, "load": 6e6, "out": 6e5, "in": 7e5, "import": 4e6, "export": 3e6, **house.counters}
    stored, hours, at = 0.5 * house.full_wh, house.step_min / 60, house.first
    one_way = math.sqrt(house.efficiency)
    end = house.first + timedelta(days=house.days)
    last_slow: date | None = None
    writer = PartWriter(store, i)
    while at <= end:
        age = (at - house.first).total_seconds() / 86_400 / 365.25
        full = house.full_wh * house.packs * (1 - house.fade_per_year * age)
        is_out = _within(at, house.outages)
        light = (house.cloud or (lambda day: clouds(day, house.seed)))(at.date())
        solar = 0.0 if _within(at, house.roof_off) else clear_w(at, house) * light * (0.97 + 0.06 * dice.random())
        evening = 1200 * math.exp(-(((at.hour + at.minute / 60 - 18) / 2) ** 2))
        load = 350 + evening + 150 * dice.random()
        wish = load - solar
        room_w = max(0.0, full * 0.995 - stored) / hours / one_way
        kept_wh = full * (0.002 if is_out else max(0.002, house.reserve_ratio))
        left_w = max(0.0, stored - kept_wh) / hours * one_way
        battery = min(5000.0 * house.packs, left_w, wish) if wish > 0 else -min(5000.0 * house.packs, room_w, -wish)
        site = load - solar - battery
        if is_out:
            if site < 0:
                solar += site  # held back: nowhere to go
            elif site > 1:
                load, solar, battery = 0.0, 0.0, 0.0  # dark
            site = 0.0
        stored -= battery * hours * (1 / one_way if battery > 0 else one_way)
        if not _within(at, house.gaps):
            if house.strings and at.minute % house.part_every_min == 0:
                _append_parts(writer, at, house, solar=solar, stored=stored, full=full)
            watts = (solar, load, battery, site)
            _append(store, i, at, house, wh=wh, watts=watts, stored=stored, full=full, out=is_out)
            if house.has_slow and at.date() != last_slow:
                last_slow = at.date()
                firmware = next((name for since, name in reversed(house.firmware) if since <= at), "21.44")
                store.append_slow(
                    i,
                    SlowReading(
                        at=at,
                        pack_full_wh=full + dice.gauss(0, 30),
                        pack_remaining_wh=stored,
                        pack_count=house.packs,
                        operation_mode="self_consumption",
                        reserve_wire_pct=24.0,
                        firmware=firmware,
                        grid_alerts="",
                        update_state="idle",
                    ),
                )
        for name, power in (("solar", solar), ("load", load), ("out", battery), ("in", -battery)):
            wh[name] += max(0.0, power) * hours
        wh["import"] += max(0.0, site) * hours
        wh["export"] += max(0.0, -site) * hours
        at += timedelta(minutes=house.step_min)
    _lasting(store, i, house)
    for start, stop in house.gaps:
        store.open_gap(i, start - timedelta(minutes=house.step_min), Reason.UNREACHABLE, "no answer within 10 s")
        store.close_gap(i, stop)
    store.set_tempo(i, Tempo("system", 1.0, end, end))
    store.set_connection(i, Connection("live", house.first))
    store.flush()
    return i


def _lasting(store: Store, i: int, house: House) -> None:
    """Note what lasted: outages with their moments of leaving and return, alerts, firmware."""
    second, minute = timedelta(seconds=1), timedelta(minutes=1)
    for start, stop in house.outages:
        for name, since, until in (
            (LEAVING, start, start + second),
            ("SystemIslandedActive", start + second, stop),
            (RETURNING, stop, stop + minute),
        ):
            open_span(store, i, SpanKind.GRID, name, since)
            close_span(store, i, SpanKind.GRID, name, until)
    for source, name, since, ends in house.alerts:
        open_span(store, i, SpanKind.ALERT, name, since, source=source)
        if ends is not None:
            close_span(store, i, SpanKind.ALERT, name, ends, source=source)
    for n, (since, version) in enumerate(house.firmware):
        open_span(store, i, SpanKind.FIRMWARE, version, since)
        if n + 1 < len(house.firmware):
            close_span(store, i, SpanKind.FIRMWARE, version, house.firmware[n + 1][0])


def _append_parts(writer: PartWriter, at: datetime, house: House, *, solar: float, stored: float, full: float) -> None:
    told = []
    for n in range(house.packs):
        lean = 1 + 0.01 * (n - (house.packs - 1) / 2)
        season = 12 - 9 * math.cos(2 * math.pi * (at.timetuple().tm_yday - 20) / 365)
        values: dict[str, Value] = {
            "full_wh": full / house.packs * lean,
            "remaining_wh": stored / house.packs * lean * (1 - 0.004 * n),
            "temperature_c": season + 4 * math.sin(2 * math.pi * (at.hour - 9) / 24) + n,
            "state": "BMS_ACTIVE",
        }
        told.append(PartReading(PartKey(PartKind.PACK, f"PACK{n}"), values))
    shares = [1.0] * house.strings
    if house.weak_since is not None and at >= house.weak_since:
        shares[-1] = 0.5
    for n, share in enumerate(shares):
        values = {"power_w": solar * share / house.strings, "voltage_v": 320.0 if solar else 0.0, "connected": 1}
        told.append(PartReading(PartKey(PartKind.STRING, "INV1", "ABCD"[n]), values))
    values = {"power_w": solar, "voltage_v": 240.0, "frequency_hz": 50.0, "state": "PVAC_Active"}
    told.append(PartReading(PartKey(PartKind.INVERTER, "INV1"), values))
    writer.append(at, told)


def _append(
    store: Store,
    i: int,
    at: datetime,
    house: House,
    *,
    wh: dict[str, float],
    watts: tuple[float, float, float, float],
    stored: float,
    full: float,
    out: bool,
) -> None:
    solar, load, battery, site = watts
    store.append(
        i,
        Reading(
            at=at,
            solar_power_w=solar if house.has_solar else None,
            load_power_w=load,
            battery_power_w=battery,
            site_power_w=site,
            solar_export_wh=wh["solar"] if house.has_solar else None,
            load_wh=wh["load"],
            battery_charge_wh=wh["in"],
            battery_discharge_wh=wh["out"],
            site_export_wh=wh["export"],
            site_import_wh=wh["import"],
            charge_wire_pct=max(0.0, 100 * stored / full),
            grid_state="SystemIslandedActive" if out else "SystemGridConnected",
            site_voltage_v=0.0 if out else 231.0 + 3 * math.sin(at.timestamp() / 9000),
            site_frequency_hz=None if out else 50.0 + 0.02 * math.sin(at.timestamp() / 700),
            battery_frequency_hz=50.0,
        ),
    )


def utc(*parts: int) -> datetime:
    """Return an aware time."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]
