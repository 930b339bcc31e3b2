"""The world around the gateway: weather, appliances, grid quality.

Everything is a pure function of the seed and the time, minute by minute of the
local day, so that the same seed always lives the same life. Overrides from the
control port hold from the moment they are set.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from itertools import pairwise, repeat
from math import inf, sin
from operator import mul
from random import Random
from zoneinfo import ZoneInfo

from forebay.emulator.appliances import add_appliances
from forebay.emulator.home import Home, SolarString
from forebay.emulator.trace import Trace
from forebay.physics import sun

LEAST_SOLAR_W = -100.0
"""The most that a roof draws at night; a trace that says less is cut here [W]."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SUN_STEP_MIN = 10
_NIGHT = (0.0,) * _SUN_STEP_MIN


@dataclass(slots=True)
class Overrides:
    """What somebody set by hand; None leaves it to the world."""

    cloud_cover: float | None = None
    load_w: float | None = None
    solar_w: float | None = None
    appliances_w: dict[str, float] = field(default_factory=dict)
    """What runs in the house beside its own use, by name [W]."""
    strings_out: frozenset[int] = frozenset()
    """Strings of the roof that give nothing, counted from 0."""


@dataclass(frozen=True, slots=True)
class _Day:
    """One local day at one-minute steps; arrays start at local midnight."""

    start_s: float
    load_w: array[float]
    clear_w: array[float]
    cover: array[float]


class World:
    """Load and sun of one home. Times are seconds since 1970 UTC."""

    def __init__(
        self, home: Home, seed: int, load_trace: Trace | None = None, solar_trace: Trace | None = None
    ) -> None:
        self.home = home
        self.seed = seed
        self.overrides = Overrides()
        self._load_trace = load_trace
        self._solar_trace = solar_trace
        self._unfed: frozenset[int] = frozenset()
        self._most_w = home.solar_inverter.power_w or inf
        self._zone: ZoneInfo = home.zone
        self._today: _Day | None = None

    def local(self, at_s: float) -> datetime:
        """Return the local time at the site, without offset."""
        return (_EPOCH + timedelta(seconds=at_s)).astimezone(self._zone).replace(tzinfo=None)

    def load_w(self, at_s: float, seconds: float) -> float:
        """Return the mean use of the house over `seconds` [s] from `at_s` [W], >= 0."""
        return self._own_w(at_s, seconds) + sum(self.overrides.appliances_w.values())

    def _own_w(self, at_s: float, seconds: float) -> float:
        if self.overrides.load_w is not None:
            return self.overrides.load_w
        if self._load_trace is not None:
            return max(0.0, self._load_trace.mean("load_w", self.local(at_s), seconds))
        if seconds > 1:
            return self._mean(at_s, seconds, "load_w")
        return self._minute(at_s, "load_w") * (1 + 0.02 * self.wobble(at_s, 1))

    def solar_w(self, at_s: float, seconds: float) -> float:
        """Return the mean output of the roof over `seconds` [s] from `at_s` [W], no more than its inverter gives.

        At night the inverters draw or leak up to 10 W. Source: seed L57.
        """
        if self.overrides.solar_w is not None:
            return min(self._most_w, self.overrides.solar_w * self._live_ratio)
        if self._solar_trace is not None:
            power_w = self._solar_trace.mean("solar_w", self.local(at_s), seconds) * self._live_ratio
        else:
            cover = self.overrides.cloud_cover
            share = sun.through_clouds(cover) if cover is not None else self._mean(at_s, seconds, "cover")
            power_w = self._mean(at_s, seconds, "clear_w") * share
        if power_w >= 10 or not self.home.solar:
            return max(0.0, min(self._most_w, power_w))
        return _leak_w(power_w, at_s)

    def minutes(self, at_s: float, most: int) -> tuple[Iterable[float], Iterable[float], int]:
        """Return use and sun [W] of whole minutes from a whole minute on, and how many minutes they are.

        They are those of `load_w` and `solar_w` over 60 s each, to the same
        local midnight at most; never none.
        """
        day = self._day(at_s)
        first = int((at_s - day.start_s) // 60)
        count = max(1, min(most, len(day.load_w) - first))
        if self._load_trace is not None or self._solar_trace is not None:  # wall clocks are changed on half hours
            count = min(count, 30 - int(at_s // 60) % 30)
        if (at_s - day.start_s) % 60:  # a zone whose days do not begin on a whole minute
            return (self.load_w(at_s, 60),), (self.solar_w(at_s, 60),), 1
        span = slice(first, first + count)
        return self._loads(day, at_s, span), self._suns(day, at_s, span), count

    def halves(self, at_s: float, most: int) -> tuple[Iterable[float], Iterable[float], list[float]]:
        """Return use [W], sun [W] and the control's luck (-1 to 1) of half seconds, `most` or to the minute's end.

        They are those of `load_w`, `solar_w` and `wobble` over half a second each; never none.
        """
        day = self._day(at_s)
        offset_s = at_s - day.start_s
        times = [at_s + number / 2 for number in range(max(1, min(most, int((60 - offset_s % 60) * 2))))]
        luck = [self.wobble(time_s, 5) for time_s in times]
        own = self.overrides.load_w is None and self._load_trace is None
        if own:
            load_w, added_w = day.load_w[int(offset_s // 60)], sum(self.overrides.appliances_w.values())
            loads = [load_w * (1 + 0.02 * self.wobble(time_s, 1)) + added_w for time_s in times]
        else:
            loads = [self.load_w(time_s, 0.5) for time_s in times]
        sun_w = self.solar_w(at_s, 0.5)
        if sun_w >= 10 and self._solar_trace is None:  # the same for the whole minute
            return loads, repeat(sun_w), luck
        return loads, [self.solar_w(time_s, 0.5) for time_s in times], luck

    def _loads(self, day: _Day, at_s: float, span: slice) -> Iterable[float]:
        added_w = sum(self.overrides.appliances_w.values())
        own = self._own_loads(day, at_s, span)
        return [load_w + added_w for load_w in own] if added_w else own

    def _own_loads(self, day: _Day, at_s: float, span: slice) -> Iterable[float]:
        if self.overrides.load_w is not None:
            return repeat(self.overrides.load_w, span.stop - span.start)
        if self._load_trace is not None:
            means = self._load_trace.means("load_w", self.local(at_s), 60, span.stop - span.start)
            return [max(0.0, mean) for mean in means]
        return day.load_w[span]

    def _suns(self, day: _Day, at_s: float, span: slice) -> Iterable[float]:
        if self.overrides.solar_w is not None:
            return repeat(min(self._most_w, self.overrides.solar_w * self._live_ratio), span.stop - span.start)
        powers: Iterable[float]
        if self._solar_trace is not None:
            means = self._solar_trace.means("solar_w", self.local(at_s), 60, span.stop - span.start)
            powers = [mean_w * self._live_ratio for mean_w in means]
        elif self.overrides.cloud_cover is not None:
            share = sun.through_clouds(self.overrides.cloud_cover)
            powers = [clear_w * share for clear_w in day.clear_w[span]]
        else:
            powers = map(mul, day.clear_w[span], day.cover[span])
        if self._most_w < inf:
            powers = [min(self._most_w, power_w) for power_w in powers]
        if not self.home.solar:
            return [max(0.0, power_w) for power_w in powers]
        return [
            power_w if power_w >= 10 else _leak_w(power_w, at_s + 60 * minute) for minute, power_w in enumerate(powers)
        ]

    def reactive_share(self, at_s: float) -> float:
        """Return the house's reactive power as a share of its real power."""
        return -0.12 + 0.05 * sin(at_s / 613 + self.seed % 7)

    def load_reactive_var(self, at_s: float, load_w: float) -> float:
        """Return the reactive power of the house [VAR]."""
        if self._load_trace is not None and self._load_trace.has("reactive_var") and self.overrides.load_w is None:
            return self._load_trace.mean("reactive_var", self.local(at_s), 0.5)
        return load_w * self.reactive_share(at_s) - 40

    def frequency_hz(self, at_s: float) -> float:
        """Return the frequency of the grid [Hz]."""
        return self.home.grid.frequency_hz + 0.015 * sin(at_s / 41) + 0.01 * self.wobble(at_s, 2)

    def voltage_v(self, at_s: float) -> float:
        """Return the voltage of the grid [V], at its nominal level, slowly wandering."""
        return self.home.grid.voltage_v * (1.008 + 0.008 * sin(at_s / 1770) + 0.002 * self.wobble(at_s, 3))

    def wobble(self, at_s: float, channel: int) -> float:
        """Return a number from -1 to 1 that is fixed for seed, half second and channel."""
        mixed = (int(at_s * 2) * 0x9E3779B97F4A7C15 + self.seed * 0xBF58476D1CE4E5B9 + channel * 0x94D049BB133111EB) & (
            2**64 - 1
        )
        mixed ^= mixed >> 30
        mixed = (mixed * 0xBF58476D1CE4E5B9) & (2**64 - 1)
        mixed ^= mixed >> 27
        return (mixed & 0xFFFFFF) / 0x7FFFFF - 1

    def _day(self, at_s: float) -> _Day:
        today = self._today
        if today is not None and 0 <= at_s - today.start_s < len(today.load_w) * 60:
            return today
        self._today = today = self._make(self.local(at_s).date())  # time goes on: one day is kept
        return today

    def _minute(self, at_s: float, column: str) -> float:
        day = self._day(at_s)
        values: array[float] = getattr(day, column)
        return values[int((at_s - day.start_s) // 60)]

    def _mean(self, at_s: float, seconds: float, column: str) -> float:
        until_s, total = at_s + seconds, 0.0
        day = self._day(at_s)
        offset_s = at_s - day.start_s
        if offset_s % 60 + seconds <= 60:  # one minute, as nearly always
            return float(getattr(day, column)[int(offset_s // 60)])
        while at_s < until_s - 1e-9:
            day = self._day(at_s)
            index = int((at_s - day.start_s) // 60)
            edge_s = min(until_s, day.start_s + (index + 1) * 60)
            values: array[float] = getattr(day, column)
            total += values[index] * (edge_s - at_s)
            at_s = edge_s
        return total / seconds

    def _make(self, day: date) -> _Day:
        start = datetime(day.year, day.month, day.day, tzinfo=self._zone)
        following = day + timedelta(days=1)
        end = datetime(following.year, following.month, following.day, tzinfo=self._zone)
        minutes = int((end.astimezone(UTC) - start.astimezone(UTC)).total_seconds() // 60)
        rng = Random(f"{self.seed}:{day.isoformat()}")  # noqa: S311 - weather, not secrets
        load_w = house_day(rng, minutes, self.home.house.daily_kwh)
        add_appliances(load_w, day, self.seed, self.home.house.appliances)
        return _Day(
            start_s=(start.astimezone(UTC) - _EPOCH).total_seconds(),
            load_w=array("f", load_w),  # a fleet keeps one day of each home: half the memory, and a watt is enough
            clear_w=self._clear_day((start.astimezone(UTC) - _EPOCH).total_seconds(), minutes),
            cover=array("f", cloud_day(rng, minutes)),
        )

    def _clear_day(self, start_s: float, minutes: int) -> array[float]:
        if not self.home.solar or self._solar_trace is not None:
            return array("d", bytes(8 * minutes))
        site, dead = self.home.site, self.dead_strings
        live = tuple(string for number, string in enumerate(self.home.solar) if number not in dead)
        return _clear_day(start_s, minutes, site.latitude_deg, site.longitude_deg, live)

    @property
    def dead_strings(self) -> frozenset[int]:
        """Strings of the roof that give nothing: out of order, or their inverter is off."""
        return self.overrides.strings_out | self._unfed

    def set_strings_out(self, numbers: Iterable[int]) -> None:
        """Let these strings of the roof give nothing, counted from 0, and all others what the sun gives."""
        self.overrides.strings_out = frozenset(numbers)
        self._forget()

    def set_unfed(self, numbers: Iterable[int]) -> None:
        """Let nothing take what these strings could give, counted from 0: their inverters are off."""
        self._unfed = frozenset(numbers)
        self._forget()

    def _forget(self) -> None:
        self._today = None

    @property
    def _live_ratio(self) -> float:
        """Share of the roof by its size that gives something, 0–1."""
        if not self.dead_strings:
            return 1.0
        peaks_w = [string.peak_w for string in self.home.solar]
        live_w = sum(peak_w for number, peak_w in enumerate(peaks_w) if number not in self.dead_strings)
        return live_w / sum(peaks_w) if live_w else 0.0

    def string_weights(self, at_s: float) -> list[float]:
        """Return how the strings share what the roof gives at an instant: by the sun on them, else by their size."""
        site, dead = self.home.site, self.dead_strings
        height, bearing = sun.position(at_s, site.latitude_deg, site.longitude_deg)
        live_w = [0.0 if number in dead else string.peak_w for number, string in enumerate(self.home.solar)]
        lit = [
            peak_w * sun.plane_irradiance_w_m2(height, bearing, string.tilt_deg, string.facing_deg)
            for peak_w, string in zip(live_w, self.home.solar, strict=True)
        ]
        return lit if sum(lit) > 0 else live_w


@lru_cache(maxsize=64)
def _clear_day(
    start_s: float, minutes: int, latitude_deg: float, longitude_deg: float, strings: tuple[SolarString, ...]
) -> array[float]:
    """Return what a roof gives per minute of a day without clouds [W]; neighbours with equal roofs share it."""
    marks: list[float] = []
    for minute in range(0, minutes + _SUN_STEP_MIN, _SUN_STEP_MIN):
        height, bearing = sun.position(start_s + 60 * minute, latitude_deg, longitude_deg)
        marks.append(_clear_w(height, bearing, strings) if height > 0 else 0.0)
    out = array("d")
    for low, high in pairwise(marks):
        if low or high:
            rise = (high - low) / _SUN_STEP_MIN
            out.extend([low + rise * (step + 0.5) for step in range(_SUN_STEP_MIN)])
        else:
            out.extend(_NIGHT)
    return out[:minutes]


def _clear_w(height: float, bearing: float, strings: tuple[SolarString, ...]) -> float:
    haze = sun.morning_haze(height)
    return sum(
        sun.string_power_w(
            sun.plane_irradiance_w_m2(height, bearing, string.tilt_deg, string.facing_deg) * haze, string.peak_w
        )
        for string in strings
    )


def _leak_w(power_w: float, at_s: float) -> float:
    """Return what a roof with little or no sun shows [W]: up to 10 W either way at night (S039)."""
    drawn_w = power_w - 4 + 5 * sin(at_s / 97) * (1 - max(0.0, power_w) / 10)
    return max(LEAST_SOLAR_W, drawn_w)  # a recorded roof may say anything


def cloud_day(rng: Random, minutes: int) -> array[float]:
    """Return the share of clear-sky light that passes, per minute, 0–1."""
    kind = rng.choices(("clear", "fair", "broken", "overcast"), (5, 3, 2, 1))[0]
    base, swing = {"clear": (0.1, 0.3), "fair": (0.55, 0.6), "broken": (0.8, 0.5), "overcast": (0.97, 0.06)}[kind]
    slow = _wave([0.6 * swing * rng.uniform(-1, 1) for _ in range(minutes // 45 + 3)], 45, minutes)
    quick = _wave([0.4 * swing * rng.uniform(-1, 1) for _ in range(minutes // 6 + 3)], 6, minutes)
    through = sun.through_clouds
    return array("d", [through(base + one + other) for one, other in zip(slow, quick, strict=True)])


def _wave(marks: list[float], step: int, minutes: int) -> list[float]:
    """Return a value per minute that goes smoothly from mark to mark, `step` minutes apart."""
    steps = _smooth_steps(step)
    out = [low + (high - low) * part for low, high in pairwise(marks) for part in steps]
    return out[:minutes]


@cache
def _smooth_steps(step: int) -> tuple[float, ...]:
    return tuple(part * part * (3 - 2 * part) for part in (minute / step for minute in range(step)))


_APPLIANCES = (
    # watts, minutes, earliest and latest hour of the start, chance of it in a day
    (2_000, 4, 6.5, 8.5, 0.95),  # kettle
    (1_100, 8, 7.0, 9.0, 0.8),  # toaster and coffee
    (2_100, 14, 11.5, 13.5, 0.4),  # lunch
    (2_300, 38, 17.5, 19.5, 0.85),  # oven and hob
    (1_900, 22, 19.5, 21.5, 0.6),  # dishwasher heats
    (2_000, 18, 9.0, 16.0, 0.45),  # washing machine heats
    (2_400, 45, 13.0, 18.0, 0.25),  # tumble dryer
    (900, 70, 14.5, 18.5, 0.5),  # cooling
)


def house_day(rng: Random, minutes: int, daily_kwh: float) -> array[float]:
    """Return the use of a house per minute [W], about `daily_kwh` [kWh] over an average day."""
    fridge_period, fridge_phase = rng.randint(38, 52), rng.randint(0, 50)
    scale = daily_kwh / 13.2
    fridge = [95.0 * scale] * 16 + [4.0 * scale] * (fridge_period - 16)
    first = fridge_phase % fridge_period
    cycle = (fridge * (minutes // fridge_period + 2))[first : first + minutes]
    out = array("d", [people * scale + cold for people, cold in zip(_people(minutes), cycle, strict=True)])
    for watts, length, earliest, latest, chance in _APPLIANCES:
        if rng.random() < chance:
            begin = int(rng.uniform(earliest, latest) * 60)
            for minute in range(begin, min(minutes, begin + length)):
                out[minute] += scale * watts * (0.94 + 0.06 * ((minute - begin) % 3))
    return out


@cache
def _people(minutes: int) -> tuple[float, ...]:
    """Return what people and standing loads use per minute of a day of that length [W]."""
    hours = [minute / 60 for minute in range(minutes)]
    return tuple(185 + 260 * _hump(h, 7.3, 1.2) + 420 * _hump(h, 19.8, 2.4) + 110 * _hump(h, 13, 2.5) for h in hours)


def _hump(hour: float, at: float, width: float) -> float:
    distance = (hour - at) / width
    return float(1 / (1 + distance**4))
