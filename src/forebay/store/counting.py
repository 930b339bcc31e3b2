"""Follows every counter of every gateway as readings come, and lists what is wrong with them.

Reasons: docs/decisions/0087.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter
from typing import Any

from forebay.records.flows import FLOWS
from forebay.records.reading import Reading, SlowReading
from forebay.records.signals import COUNTERS, FAST
from forebay.records.troubles import BY_POWER, Trouble
from forebay.store.database import Database, Statement
from forebay.store.disbelief import Change
from forebay.store.follow import RETURN_MS, Follower
from forebay.store.state import to_ms
from forebay.store.steps import MAX_W, TRUST_MS, Point, RefusedStep, Seen

POWER_OF: Mapping[str, tuple[str, int]] = {flow.counter: (flow.power, flow.sign) for flow in FLOWS} | {
    "solar_import_wh": ("solar_power_w", -1)
}
"""Counter -> the power whose integral it is, and the sign with which it counts."""

READINGS = "readings"
"""Stands for the counter where readings as a whole were left out."""

_COLUMNS = "signal, since_ms, at_ms, step_wh, fill_wh, reason, since_wh, size_wh, most_wh, detail"
_INSERT = f"INSERT OR REPLACE INTO refused_steps (gateway_id, {_COLUMNS}) VALUES ({', '.join('?' * 11)})"  # noqa: S608
_FORGET = "DELETE FROM refused_steps WHERE gateway_id = ? AND signal = ? AND since_ms >= ?"
_VALUES = attrgetter(*(signal.name for signal in FAST))
_SWAPPED = (Trouble.DROP, Trouble.JUMP)
_MAY_BE_FIRMWARE = (Trouble.RESET, Trouble.SWAP, Trouble.DROP, Trouble.JUMP)


def refused_steps(
    database: Database, gateway_id: int, start_ms: int, end_ms: int, signal: str | None = None
) -> list[RefusedStep]:
    """Return the steps that end in [start, end), in order; of one counter or of all."""
    sql = (
        f"SELECT {_COLUMNS} FROM refused_steps WHERE gateway_id = ? AND at_ms >= ? AND at_ms < ?"  # noqa: S608
        f"{'' if signal is None else ' AND signal = ?'} ORDER BY at_ms, signal"
    )
    asked = (gateway_id, start_ms, end_ms) if signal is None else (gateway_id, start_ms, end_ms, signal)
    return [_listed(*row) for row in database.rows(sql, asked)]


def joined(steps: Sequence[RefusedStep]) -> list[RefusedStep]:
    """Return the same with one row for what lasted, where it is kept in pieces; by end, in order."""
    found: list[RefusedStep] = []
    last: dict[str, int] = {}
    for step in steps:
        number = last.get(step.signal)
        before = None if number is None else found[number]
        if number is not None and before is not None and _goes_on(before, step):
            fills = [one.fill_wh for one in (before, step) if one.fill_wh is not None]
            fill_wh = sum(fills) if fills else None
            most_wh = None
            if before.most_wh is not None or step.most_wh is not None:
                most_wh = sum((one.fill_wh or 0.0) if one.most_wh is None else one.most_wh for one in (before, step))
            sizes = [one.size_wh or 0.0 for one in (before, step)]
            found[number] = replace(
                step,
                since_ms=before.since_ms,
                since_wh=before.since_wh,
                step_wh=before.step_wh + step.step_wh,
                fill_wh=fill_wh,
                most_wh=most_wh,
                size_wh=sum(sizes),
            )
            continue
        last[step.signal] = len(found)
        found.append(step)
    return sorted(found, key=attrgetter("at_ms", "signal"))


def _goes_on(before: RefusedStep, step: RefusedStep) -> bool:
    return step.reason in BY_POWER and step.reason is before.reason and step.since_ms == before.at_ms


def _listed(*row: Any) -> RefusedStep:
    signal, since_ms, at_ms, step_wh, fill_wh, reason, *rest = row
    return RefusedStep(signal, since_ms, at_ms, step_wh, fill_wh, Trouble(reason), *rest)


@dataclass(slots=True)
class _Last:
    """The last reading that was kept: its values, since when they are the same, and when it came."""

    values: tuple[Any, ...]
    same_since_ms: int
    at_ms: int
    real_s: float


@dataclass(slots=True)
class _LeftOut:
    """Readings that were not later than the last one."""

    low_ms: int
    high_ms: int
    n: int
    is_same_moment: bool


class Counting:
    """Follows the counters of a store that is written.

    real_s: monotonic seconds; they tell how much time passed while the recording's clock was set back.
    """

    def __init__(self, database: Database, real_s: Callable[[], float], speed: Callable[[int], float]) -> None:
        self._database = database
        self._real_s = real_s
        self._speed = speed
        self._followers: dict[tuple[int, str], Follower] = {}
        self._last: dict[int, _Last] = {}
        self._went_back_ms: dict[int, int] = {}
        self._left_out: dict[int, _LeftOut] = {}
        self._firmware: dict[int, tuple[int, str]] = {}

    def leave_out(self, gateway_id: int, at: datetime, last_at: datetime) -> None:
        """Note a reading that is not later than the last one; it is listed with the next that is."""
        at_ms, last_ms = to_ms(at), to_ms(last_at)
        if at_ms < last_ms:
            self.go_back(gateway_id, at_ms)
        known = self._left_out.setdefault(gateway_id, _LeftOut(at_ms, at_ms, 0, True))
        known.low_ms, known.high_ms = min(known.low_ms, at_ms), max(known.high_ms, at_ms)
        known.n += 1
        known.is_same_moment &= at_ms == last_ms

    def go_back(self, gateway_id: int, at_ms: int) -> None:
        """Note that the recording's clock was set back to this moment [ms]."""
        self._went_back_ms[gateway_id] = min(at_ms, self._went_back_ms.get(gateway_id, at_ms))

    def forget(self, gateway_id: int, since_ms: int) -> None:
        """Begin anew from what the record holds; since its last reading as much has passed as since `since_ms`."""
        for key in [key for key in self._followers if key[0] == gateway_id]:
            del self._followers[key]
        for known in (self._last, self._left_out, self._firmware):
            known.pop(gateway_id, None)
        self._went_back_ms[gateway_id] = since_ms

    def take(self, gateway_id: int, reading: Reading) -> list[Statement]:
        """Compare each counter with its last value; return what notes first sights and troubles."""
        at_ms, real_s = to_ms(reading.at), self._real_s()
        stale_since_ms, passed_ms = self._since_last(gateway_id, reading, at_ms, real_s)
        statements = self._list_left_out(gateway_id, at_ms)
        changes: dict[str, Change] = {}
        for signal in COUNTERS:
            value: float | None = getattr(reading, signal.name)
            if value is None:
                continue
            power_name, sign = POWER_OF[signal.name]
            power: float | None = getattr(reading, power_name)
            point = Point(at_ms, value, None if power is None else max(0.0, sign * power))
            follower = self._followers.get((gateway_id, signal.name))
            if follower is None:
                follower = self._follow(gateway_id, signal.name)
                statements.append(("INSERT OR IGNORE INTO counters VALUES (?, ?, ?)", (gateway_id, signal.name, at_ms)))
            change = follower.take(point, passed_ms=passed_ms, stale_since_ms=stale_since_ms)
            if change.rows or change.forget_since_ms is not None:
                changes[signal.name] = change
        if changes:
            statements += self._note(gateway_id, changes)
        return statements

    def _since_last(self, gateway_id: int, reading: Reading, at_ms: int, real_s: float) -> tuple[int | None, float]:
        """Return since when the readings were one and the same, None where not, and the time that has passed [ms]."""
        values, last = _VALUES(reading), self._last.get(gateway_id)
        went_back_ms = self._went_back_ms.pop(gateway_id, None)
        passed_ms = 0.0 if went_back_ms is None else float(at_ms - went_back_ms)
        if last is None:
            self._last[gateway_id] = _Last(values, at_ms, at_ms, real_s)
            return None, passed_ms
        passed_ms = max(passed_ms, (real_s - last.real_s) * 1000 * max(1.0, self._speed(gateway_id)))
        stale_since_ms = last.same_since_ms if last.same_since_ms < last.at_ms else None
        same_since_ms = last.same_since_ms if values == last.values else at_ms
        self._last[gateway_id] = _Last(values, same_since_ms, at_ms, real_s)
        return stale_since_ms, passed_ms

    def _list_left_out(self, gateway_id: int, at_ms: int) -> list[Statement]:
        left = self._left_out.pop(gateway_id, None)
        if left is None:
            return []
        reason = Trouble.DUPLICATE if left.is_same_moment else Trouble.OUT_OF_ORDER
        words = f"{left.n} reading{'s' if left.n > 1 else ''}"
        row = RefusedStep(READINGS, left.low_ms, at_ms, 0.0, 0.0, reason, detail=words)
        return [_statement(gateway_id, row)]

    def _follow(self, gateway_id: int, signal: str) -> Follower:
        """Begin to follow a counter where the record left it."""
        follower = Follower(signal, self._last_point(gateway_id, signal))
        self._followers[gateway_id, signal] = follower
        if follower.last is not None:
            last_ms = follower.last.at_ms
            rows = refused_steps(self._database, gateway_id, last_ms - RETURN_MS, last_ms + 1, signal)
            follower.recall((row, self._seen(gateway_id, signal, row.since_ms, last_ms)) for row in rows)
        return follower

    def _last_point(self, gateway_id: int, counter: str) -> Point | None:
        known = "SELECT 1 FROM counters WHERE gateway_id = ? AND signal = ?"
        if not self._database.rows(known, (gateway_id, counter)):
            return None
        power, sign = POWER_OF[counter]
        sql = (
            f"SELECT at_ms, {counter}, max(0.0, {sign} * {power}) FROM samples"  # noqa: S608
            f" WHERE gateway_id = ? AND {counter} IS NOT NULL ORDER BY at_ms DESC LIMIT 1"
        )
        rows = self._database.rows(sql, (gateway_id,))
        return Point(*rows[0]) if rows else None

    def _seen(self, gateway_id: int, counter: str, since_ms: int, until_ms: int) -> Seen:
        """Return what the powers say of a span of the last hours, which is not sealed yet."""
        power, sign = POWER_OF[counter]
        sql = (
            "SELECT total((w + lead_w) / 2 * (lead_ms - at_ms)) / 3.6e6, total(lead_ms - at_ms) FROM"  # noqa: S608
            " (SELECT at_ms, w, lead(at_ms) OVER (ORDER BY at_ms) AS lead_ms, lead(w) OVER (ORDER BY at_ms) AS lead_w"
            f" FROM (SELECT at_ms, max(0.0, {sign} * {power}) AS w FROM samples"
            f" WHERE gateway_id = ? AND at_ms >= ? AND at_ms <= ? AND {power} IS NOT NULL))"
            " WHERE lead_ms - at_ms <= ?"
        )
        wh, known_ms = self._database.rows(sql, (gateway_id, since_ms, until_ms, TRUST_MS))[0]
        return Seen(wh, until_ms - since_ms - int(known_ms))

    # what is written

    def _note(self, gateway_id: int, changes: dict[str, Change]) -> list[Statement]:
        statements: list[Statement] = []
        rows = {name: change.rows[-1] for name, change in changes.items() if change.rows}
        moved = Counter(POWER_OF[name][0] for name, row in rows.items() if row.reason in _SWAPPED)
        for name, change in changes.items():
            if change.forget_since_ms is not None:
                statements.append((_FORGET, (gateway_id, name, change.forget_since_ms)))
            for row in change.rows:
                row = self._bounded(gateway_id, row)  # noqa: PLW2901
                reason = row.reason
                if reason in _SWAPPED and moved[POWER_OF[name][0]] > 1:  # a meter's counters, all at once
                    reason = Trouble.SWAP
                if reason in _MAY_BE_FIRMWARE and self._is_firmware_new(gateway_id, row):
                    reason = Trouble.FIRMWARE
                statements.append(_statement(gateway_id, replace(row, reason=reason)))
        return statements

    def _bounded(self, gateway_id: int, row: RefusedStep) -> RefusedStep:
        """Return the row with the most that it can have been, where its span was too long for the powers to tell."""
        span_ms = row.at_ms - row.since_ms
        is_least = row.reason in _MAY_BE_FIRMWARE or row.fill_wh is None or row.most_wh is not None
        if span_ms <= TRUST_MS or not is_least:
            return row
        power, sign = POWER_OF[row.signal]
        sql = (
            f"SELECT max({sign} * {power}_{'max' if sign > 0 else 'min'}) FROM quarters"  # noqa: S608
            " WHERE gateway_id = ?"
        )
        peak_w = self._database.rows(sql, (gateway_id,))[0][0]
        most_w = MAX_W if peak_w is None else max(0.0, peak_w)
        return replace(row, most_wh=(row.fill_wh or 0.0) + most_w * span_ms / 3.6e6)

    # firmware

    def _is_firmware_new(self, gateway_id: int, row: RefusedStep) -> bool:
        """Whether the firmware became another one while the counter made its step, as far as it is known yet."""
        sql = (
            "SELECT count(DISTINCT firmware) FROM slow_samples WHERE gateway_id = ? AND firmware IS NOT NULL"
            " AND at_ms <= ? AND at_ms >= (SELECT max(at_ms) FROM slow_samples"
            " WHERE gateway_id = ? AND firmware IS NOT NULL AND at_ms <= ?)"
        )
        asked = (gateway_id, row.at_ms, gateway_id, row.since_ms)
        n: int = self._database.rows(sql, asked)[0][0]
        return n > 1

    def take_slow(self, gateway_id: int, reading: SlowReading) -> list[Statement]:
        """Return what makes a new firmware the reason of counters that began anew since the last slow reading."""
        if reading.firmware is None:
            return []
        at_ms = to_ms(reading.at)
        known = self._firmware.get(gateway_id) or self._last_firmware(gateway_id)
        self._firmware[gateway_id] = (at_ms, reading.firmware)
        if known is None or known[1] == reading.firmware:
            return []
        words = ", ".join("?" * len(_MAY_BE_FIRMWARE))
        sql = (
            f"UPDATE refused_steps SET reason = ? WHERE gateway_id = ? AND reason IN ({words})"  # noqa: S608
            " AND at_ms > ? AND since_ms <= ?"
        )
        return [(sql, (Trouble.FIRMWARE, gateway_id, *_MAY_BE_FIRMWARE, known[0], at_ms))]

    def _last_firmware(self, gateway_id: int) -> tuple[int, str] | None:
        sql = (
            "SELECT at_ms, firmware FROM slow_samples WHERE gateway_id = ? AND firmware IS NOT NULL"
            " ORDER BY at_ms DESC LIMIT 1"
        )
        rows: Sequence[tuple[int, str]] = self._database.rows(sql, (gateway_id,))
        return rows[0] if rows else None


def _statement(gateway_id: int, row: RefusedStep) -> Statement:
    values = (row.signal, row.since_ms, row.at_ms, row.step_wh, row.fill_wh, str(row.reason))
    return _INSERT, (gateway_id, *values, row.since_wh, row.size_wh, row.most_wh, row.detail)
