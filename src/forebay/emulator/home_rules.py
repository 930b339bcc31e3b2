"""Which homes cannot be, however well each of their keys is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from importlib import resources
from itertools import pairwise
from math import acos, cos, radians, sin
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from forebay.emulator.home import LIVABLE, Home, is_livable
from forebay.emulator.injected import HARMS
from forebay.emulator.levers import read_hours
from forebay.emulator.tables import Problem, nearest
from forebay.errors import ConfigError
from forebay.wire.firmware import release

FARTHEST_KM = 5_000.0
"""From a home to the town that its time zone is named after; the widest zones reach less far."""

STRINGS_EACH = 4
"""Strings of panels that the inverter of one pack takes."""

MOST_ROOF_W = 15_360.0
"""Panels on one inverter [W]: twice what it gives; unverified."""

MOST_POWER_RATIO = 4.0
"""Power of a pack over its energy [1/h]: more would empty it within a quarter of an hour."""

LEAST_POWER_W = 50.0

NOMINAL_HZ = (50.0, 60.0)
NOMINAL_WITHIN_HZ = 1.0

Rule = Callable[[Home], Iterator[Problem]]


def rules_broken(home: Home) -> Iterator[Problem]:
    """Yield why this home cannot be."""
    for rule in RULES:
        yield from rule(home)


def _timezone(home: Home) -> Iterator[Problem]:
    name = home.site.timezone
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        like = nearest(name, available_timezones())
        yield Problem(("site", "timezone"), f"no such time zone: {name!r}{f'; did you mean {like}?' if like else ''}")


def _firmware(home: Home) -> Iterator[Problem]:
    try:
        release(home.gateway.firmware)
    except ConfigError as exc:
        yield Problem(("gateway", "firmware"), str(exc))


def _outages(home: Home) -> Iterator[Problem]:
    spans = []
    if home.grid.outages and not home.grid.present:
        yield Problem(("grid", "outages", 0, "start"), "there is no grid that could fail; leave out present or outages")
    for number, outage in enumerate(home.grid.outages):
        path = ("grid", "outages", number, "start")
        if outage.start.tzinfo is not None:
            yield Problem(path, "give local time, without an offset")
        elif not is_livable(outage.start):
            yield Problem(path, LIVABLE)
        else:
            spans.append((outage.start, outage.start + timedelta(minutes=outage.minutes), number))
    spans.sort()
    for (_, end, first), (start, _, second) in pairwise(spans):
        if start < end:
            words = f"begins before outages[{first}] ends ({end:%Y-%m-%dT%H:%M}); make them one"
            yield Problem(("grid", "outages", second, "start"), words)


def _serials(home: Home) -> Iterator[Problem]:
    owner: dict[str, str] = {home.gateway.serial: "gateway.serial"} if home.gateway.serial else {}
    for number, pack in enumerate(home.packs):
        if pack.serial is None:
            continue
        if pack.serial in owner:
            yield Problem(("packs", number, "serial"), f"is that of {owner[pack.serial]} too; each has its own")
        owner.setdefault(pack.serial, f"packs[{number}].serial")


def _inverters(home: Home) -> Iterator[Problem]:
    strings = STRINGS_EACH * sum(pack.model == "plus" for pack in home.packs)
    if home.meters.kind == "pvac" and not (strings and home.solar):
        yield Problem(("meters", "kind"), '"pvac" needs [[solar]] and a pack of the model "plus"')
    if strings and len(home.solar) > strings:
        yield Problem(("solar", strings), f"the inverters of the Powerwalls take {strings} strings")


def _roof(home: Home) -> Iterator[Problem]:
    """The strings of one inverter must not give far more than it can."""
    inverters = sum(pack.model == "plus" for pack in home.packs)
    for place in range(inverters):
        first = place * STRINGS_EACH
        strings = home.solar[first : first + STRINGS_EACH]
        peak_w = sum(string.peak_w for string in strings)
        if peak_w > MOST_ROOF_W:
            names = f"solar[{first}] to solar[{first + len(strings) - 1}]"
            words = f"{names} give {peak_w:g} W to one Powerwall, which takes {MOST_ROOF_W:g}; make them smaller"
            yield Problem(("solar", first, "peak_w"), words)


def _packs(home: Home) -> Iterator[Problem]:
    for number, pack in enumerate(home.packs):
        if pack.power_w > MOST_POWER_RATIO * pack.full_wh:
            words = f"{pack.power_w:g} W empty {pack.full_wh:g} Wh in minutes; a pack holds {13_500:g} Wh or so"
            yield Problem(("packs", number, "power_w"), words)


def _phases(home: Home) -> Iterator[Problem]:
    hz = home.grid.frequency_hz
    if not any(abs(hz - nominal) <= NOMINAL_WITHIN_HZ for nominal in NOMINAL_HZ):
        yield Problem(("grid", "frequency_hz"), f"no grid has {hz:g} Hz; give 50 or 60")
    if home.grid.phases == "split" and hz < 55:
        words = "no grid of 50 Hz has split phases; take single or three, or 60 Hz"
        yield Problem(("grid", "phases"), words)


def _watts(home: Home) -> Iterator[Problem]:
    """Powers that may be nothing, but not a few watts: those were meant as kilowatts."""
    operation = ("reserve_charge_w", "backup_charge_w", "autonomous_charge_w")
    powers = {("generator", "power_w"): home.generator.power_w}
    powers |= {("operation", key): getattr(home.operation, key) for key in operation}
    for path, power_w in powers.items():
        if 0 < power_w < LEAST_POWER_W:
            meant = f"{power_w:g} kW would be {1_000 * power_w:g}"
            yield Problem(path, f"must be 0 or from {LEAST_POWER_W:g} [W], got {power_w:g}; {meant}")


def _generator(home: Home) -> Iterator[Problem]:
    if home.generator.stops_above_pct < home.generator.starts_below_pct:
        yield Problem(("generator", "stops_above_pct"), "must not be less than starts_below_pct")


def _updates(home: Home) -> Iterator[Problem]:
    table = home.updates
    if table.available is not None:
        try:
            release(table.available)
        except ConfigError as exc:
            yield Problem(("updates", "available"), str(exc))
    elif table.upgrade_at is not None or table.upgrades_itself:
        key = "upgrades_itself" if table.upgrade_at is None else "upgrade_at"
        yield Problem(("updates", key), "there is nothing to install; say which version is available")
    if table.upgrade_at is not None and table.upgrade_at.tzinfo is not None:
        yield Problem(("updates", "upgrade_at"), "give local time, without an offset")
    elif table.upgrade_at is not None and not is_livable(table.upgrade_at):
        yield Problem(("updates", "upgrade_at"), LIVABLE)


def _hours(home: Home) -> Iterator[Problem]:
    spans: list[tuple[tuple[str | int, ...], str]] = [(("grid", "black_start_span"), home.grid.black_start_span)]
    for key in ("peak_hours", "cheap_hours"):
        spans += [(("operation", key, n), text) for n, text in enumerate(getattr(home.operation, key))]
    for path, text in spans:
        try:
            read_hours((text,))
        except ValueError as exc:
            yield Problem(path, str(exc))


def _curtailing(home: Home) -> Iterator[Problem]:
    if home.grid.curtail_to_hz < home.grid.curtail_from_hz:
        yield Problem(("grid", "curtail_to_hz"), "must not be less than curtail_from_hz")


def _users(home: Home) -> Iterator[Problem]:
    """What [gateway] says of its two users and what [[users]] says must agree."""
    own = {"customer": home.gateway.password, "installer": home.gateway.installer_password}
    names = [user.name for user in home.users]
    for number, user in enumerate(home.users):
        if user.name in names[:number]:
            yield Problem(("users", number, "name"), f"is that of users[{names.index(user.name)}] too")
        if user.name not in own:
            continue
        if user.role not in (None, user.name):
            yield Problem(("users", number, "role"), f"is always {user.name}; take another name")
        if own[user.name] not in (None, user.password):
            key = "password" if user.name == "customer" else "installer_password"
            yield Problem(("users", number, "password"), f"gateway.{key} says another; leave one of them out")


def _faults(home: Home) -> Iterator[Problem]:
    for number, fault in enumerate(home.faults):
        if not fault.does_something:
            yield Problem(("faults", number), f"says nothing that goes wrong; give one of {', '.join(HARMS)}")


RULES: tuple[Rule, ...] = (
    _timezone,
    _firmware,
    _outages,
    _serials,
    _inverters,
    _roof,
    _packs,
    _phases,
    _watts,
    _generator,
    _hours,
    _curtailing,
    _updates,
    _users,
    _faults,
)


def is_elsewhere(home: Home) -> Iterator[Problem]:
    """Yield that the coordinates are far from the time zone: a wrong sign, most often."""
    place = place_of(home.site.timezone)
    here = (home.site.latitude_deg, home.site.longitude_deg)
    if place is None or (far_km := _distance_km(here, place)) <= FARTHEST_KM:
        return
    words = f"{here[0]:g}, {here[1]:g} is {far_km:,.0f} km from {home.site.timezone}"
    signs = [(here[0] * north, here[1] * east) for north, east in ((1, -1), (-1, 1), (-1, -1))]
    right = next((there for there in signs if _distance_km(there, place) <= FARTHEST_KM / 2), None)
    advice = f"did you mean {right[0]:g}, {right[1]:g}?" if right else "give the zone of the place, or its coordinates"
    yield Problem(("site", "latitude_deg"), f"{words}; {advice}")


def place_of(timezone: str) -> tuple[float, float] | None:
    """Return latitude and longitude [°] of the town a time zone is named after; None for zones without one.

    Source: zone.tab of the time zone database.
    """
    return _places().get(timezone)


@cache
def _places() -> dict[str, tuple[float, float]]:
    table = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8")
    rows = [line.split("\t") for line in table.splitlines() if not line.startswith("#")]
    return {row[2]: _coordinates(row[1]) for row in rows}


def _coordinates(text: str) -> tuple[float, float]:
    """Read ±DDMM±DDDMM or ±DDMMSS±DDDMMSS."""
    north, east = re.findall(r"[+-]\d+", text)
    return _degrees(north, 2), _degrees(east, 3)


def _degrees(text: str, whole: int) -> float:
    sign, digits = (-1 if text[0] == "-" else 1), text[1:]
    minutes, seconds = digits[whole : whole + 2], digits[whole + 2 :] or "0"
    return sign * (int(digits[:whole]) + int(minutes) / 60 + int(seconds) / 3600)


def _distance_km(here: tuple[float, float], there: tuple[float, float]) -> float:
    (north, east), (north_2, east_2) = [(radians(a), radians(b)) for a, b in (here, there)]
    cosine = sin(north) * sin(north_2) + cos(north) * cos(north_2) * cos(east - east_2)
    return 6_371 * acos(min(1.0, max(-1.0, cosine)))
