"""The objects of docs/reference/dashboard-api.md, made from the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any

from forebay.clock import Clock
from forebay.records.flows import FLOWS, split_of
from forebay.records.reading import Reading, SlowReading, app_pct
from forebay.records.spans import GRID_CONNECTED, SpanKind
from forebay.store.energy import Energy, energy, energy_of_days
from forebay.store.imports import revision
from forebay.store.query import STEPS_S, day_bounds, fitting_step_s, series, site_zone, zone
from forebay.store.state import from_ms
from forebay.store.store import Store
from forebay.views import words
from forebay.views.outlook import outlook

CURVES = {
    "solar_w": "solar_power_w",
    "load_w": "load_power_w",
    "site_w": "site_power_w",
    "battery_w": "battery_power_w",
}
FLOW_NAMES = (
    "solar_to_home",
    "solar_to_battery",
    "solar_to_grid",
    "battery_to_home",
    "battery_to_grid",
    "grid_to_home",
    "grid_to_battery",
)


def iso(at: datetime | None) -> str | None:
    """Write a time as ISO 8601 UTC with "Z", milliseconds only where there are some."""
    if at is None:
        return None
    spec = "milliseconds" if at.microsecond >= 1000 else "seconds"
    return at.astimezone(UTC).isoformat(timespec=spec).replace("+00:00", "Z")


def rounded(value: float | None, digits: int) -> float | None:
    """Round for the wire, without a negative zero; None stays None."""
    return None if value is None else round(value, digits) + 0.0


def kwh(flows: Mapping[str, Energy] | None) -> dict[str, float | None]:
    """Return the six flows [kWh]; a counter's last-digit jitter is not shown as negative energy."""

    def of(name: str) -> float | None:
        wh = flows[name].wh if flows else None
        return None if wh is None else rounded(max(0.0, wh) / 1000, 3)

    return {flow.name: of(flow.name) for flow in FLOWS}


def outlook_of(store: Store, gateway_ids: Sequence[int]) -> dict[str, Any]:
    """Return where the charge of these gateways is going, as /api/now tells it."""
    found = outlook(store, *gateway_ids)
    if found is None:
        return dict.fromkeys(("goal", "at", "power_w"))
    return {"goal": str(found.goal), "at": iso(found.at), "power_w": rounded(found.power_w, 1)}


class Answers:
    """Builds the API's objects for one gateway of a store; the methods may run in threads.

    Before a gateway is known every value is None. All raise StoreError.
    """

    def __init__(self, store: Store, clock: Clock, gateway_name: str | None = None) -> None:
        self.store = store
        self._clock = clock
        self._name = gateway_name

    @property
    def gateway_id(self) -> int | None:
        """Id of the gateway shown: the named one, or the first."""
        rows = [row for row in self.store.gateways() if self._name in {None, row.name}]
        return rows[0].id if rows else None

    def standing(self) -> words.Standing:
        """Return how the recording stands now."""
        i = self.gateway_id
        if i is None:
            return words.Standing("waiting", None, "Nothing is recorded yet.", "Start forebay up.")
        store = self.store
        return words.standing(
            store.connection(i),
            store.latest(i),
            store.tempo(i),
            self._clock.now(),
            is_same_process=store.database.writable,
        )

    def _now(self, gateway_id: int | None) -> datetime:
        real = self._clock.now()
        return real if gateway_id is None else self.store.now(gateway_id, real)

    def time(self) -> datetime:
        """Return the recording's time."""
        return self._now(self.gateway_id)

    def today(self) -> date:
        """Return the site's local day of `now`."""
        i = self.gateway_id
        now = self._now(i)
        return now.astimezone(site_zone(self.store, i) if i is not None else UTC).date()

    def now(self) -> dict[str, Any]:
        """Return the object of /api/now."""
        i = self.gateway_id
        store, stands = self.store, self.standing()
        row = store.gateway(i) if i is not None else None
        reading = (store.latest(i) if i is not None else None) or Reading(at=datetime.min.replace(tzinfo=UTC))
        slow = (store.latest_slow(i) if i is not None else None) or SlowReading(at=reading.at)
        tempo = store.tempo(i) if i is not None else None
        is_empty = reading.at.year == 1
        today = self.today()
        return {
            "at": None if is_empty else iso(reading.at),
            "now": iso(self._now(i)),
            "speed": tempo.speed if tempo else 1.0,
            "timezone": (row.timezone if row else None) or "UTC",
            "imports": revision(store),
            "site_name": row.site_name if row else None,
            "firmware": slow.firmware,
            "connection": {
                "state": stands.state,
                "since": iso(stands.since),
                "words": stands.words,
                "advice": stands.advice,
            },
            "power_w": {
                "solar": rounded(reading.solar_power_w, 1),
                "load": rounded(reading.load_power_w, 1),
                "battery": rounded(reading.battery_power_w, 1),
                "site": rounded(reading.site_power_w, 1),
            },
            "flow_w": self._flow(reading),
            "charge": {
                "app_pct": rounded(app_pct(reading.charge_wire_pct), 2),
                "wire_pct": rounded(reading.charge_wire_pct, 2),
                "remaining_wh": rounded(slow.pack_remaining_wh, 0),
                "full_wh": rounded(slow.pack_full_wh, 0),
            },
            "outlook": outlook_of(store, [] if i is None else [i]),
            "grid": {
                "state": reading.grid_state,
                "words": words.grid_words(reading.grid_state),
                "since": None if i is None else self._grid_since(i, reading.grid_state),
            },
            "operation": {
                "mode": slow.operation_mode,
                "words": words.mode_words(slow.operation_mode),
                "reserve_app_pct": rounded(app_pct(slow.reserve_wire_pct), 2),
            },
            "today": {"date": today.isoformat(), "kwh": kwh(None) if i is None else self._kwh_of(i, today)},
        }

    def _grid_since(self, gateway_id: int, state: str | None) -> str | None:
        """Return since when the grid is as it is; None where it was never seen otherwise."""
        if state is None:
            return None
        sql = "SELECT start_ms, end_ms FROM spans WHERE gateway_id = ? AND kind = ? ORDER BY start_ms DESC LIMIT 1"
        rows = self.store.database.rows(sql, (gateway_id, str(SpanKind.GRID)))
        begun_ms = None if not rows else rows[0][1] if state == GRID_CONNECTED else rows[0][0]
        return None if begun_ms is None else iso(from_ms(begun_ms))

    @staticmethod
    def _flow(reading: Reading) -> dict[str, float | None]:
        flows = split_of(reading)
        if flows is None:
            return dict.fromkeys(FLOW_NAMES)
        return {name: rounded(value, 1) for name, value in asdict(flows).items()}

    def _kwh_of(self, gateway_id: int, day: date) -> dict[str, float | None]:
        start, end = day_bounds(day, site_zone(self.store, gateway_id))
        return kwh(energy(self.store, gateway_id, start, end))

    @property
    def timezone(self) -> str:
        """Name of the site's time zone, UTC until it is known."""
        i = self.gateway_id
        return "UTC" if i is None else site_zone(self.store, i).key

    @property
    def full_wh(self) -> float | None:
        """Energy of the full packs [Wh], as last told."""
        i = self.gateway_id
        slow = None if i is None else self.store.latest_slow(i)
        return None if slow is None else slow.pack_full_wh

    def fitting_step_s(self, start: datetime, end: datetime) -> int:
        """Return the spacing that curves of [start, end) are drawn at [s]."""
        i = self.gateway_id
        return STEPS_S[0] if i is None else fitting_step_s(self.store, i, start, end)

    def day_kwh(self, day: date) -> dict[str, float | None]:
        """Return the six flows of a local day [kWh]."""
        i = self.gateway_id
        return kwh(None) if i is None else self._kwh_of(i, day)

    def day(self, day: date) -> dict[str, Any]:
        """Return the object of /api/day. Raises StoreError for a day outside the calendar."""
        start, end = day_bounds(day, zone(self.timezone))
        step_s = self.fitting_step_s(start, end)
        window = self.window(start, end, step_s=step_s)
        return {"date": day.isoformat(), **window, "kwh": self.day_kwh(day)}

    def window(self, start: datetime, end: datetime, *, step_s: int) -> dict[str, Any]:
        """Return the curves of [start, end) and the gaps in them, as /api/day tells them."""
        i = self.gateway_id
        head = {"timezone": self.timezone, "start": iso(start), "end": iso(end), "step_s": step_s}
        if i is None:
            empty: dict[str, list[float | None]] = {name: [] for name in (*CURVES, "charge_app_pct")}
            return {**head, "t": [], **empty, "gaps": []}
        curves = series(self.store, i, start, end, step_s=step_s, signals=(*CURVES.values(), "charge_wire_pct"))
        columns = curves.columns
        now = self._now(i)
        gaps = [
            {
                "start": iso(max(start, gap.start)),
                "end": iso(min(end, gap.end or max(now, gap.start))),
                "reason": str(gap.reason),
                "words": words.gap_words(gap.reason),
            }
            for gap in self.store.gaps(i, start, end)
        ]
        return {
            **head,
            "t": curves.t,
            **{name: [rounded(value, 1) for value in columns[signal]] for name, signal in CURVES.items()},
            "charge_app_pct": [rounded(app_pct(value), 2) for value in columns["charge_wire_pct"]],
            "gaps": gaps,
        }

    def days(self, last: int, *, until: date | None = None) -> dict[str, Any]:
        """Return the object of /api/days: the `last` days up to `until`, today unless it is given."""
        i = self.gateway_id
        if i is None:
            return {"timezone": "UTC", "days": []}
        tz = site_zone(self.store, i)
        by_day = energy_of_days(self.store, i, until or self.today(), last, tz)
        return {
            "timezone": tz.key,
            "days": [{"date": day.isoformat(), "kwh": kwh(flows)} for day, flows in by_day.items()],
        }
