"""What each rule sees in the store: one function for each kind of looking.

`at_reading` is asked for every reading, in order; the others when time has passed. Capacity is in notify/capacity.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from forebay.notify.condition import Look
from forebay.notify.settings import RulesSettings
from forebay.records.alerts import BY_NAME as BY_ALERT
from forebay.records.alerts import Severity, meaning
from forebay.records.reading import Reading, SlowReading, app_pct
from forebay.records.reasons import BY_REASON
from forebay.records.spans import SpanKind
from forebay.store.query import site_zone
from forebay.store.spans import open_spans
from forebay.store.store import Store
from forebay.store.sunny import last_hours

CONNECTED = "SystemGridConnected"
REACHED_PCT = 0.5
"""How near to the reserve the charge must come [% of the app's scale]: it is held there, not crossed."""
SPOKEN_S = 60.0
"""Readings so recent end a silence [s]."""

Found = tuple[str, Look]
"""The name of a rule, and what it sees."""


def _charge(reading: Reading) -> dict[str, float | str]:
    charge = app_pct(reading.charge_wire_pct)
    return {} if charge is None else {"charge_app_pct": round(charge, 1)}


def at_reading(reading: Reading, slow: SlowReading | None, rules: RulesSettings) -> Iterator[Found]:
    """Look at the grid and at the charge of one reading."""
    charge = app_pct(reading.charge_wire_pct)
    about = _charge(reading)
    if reading.grid_state is not None:
        state = {"grid_state": reading.grid_state}
        yield "grid", Look("", reading.grid_state != CONNECTED, reading.at, {**state, **about})
    if charge is None:
        return
    below = rules.charge_below
    holds = True if charge < below.percent else False if charge >= below.percent + below.margin else None
    yield "charge_below", Look("", holds, reading.at, {**about, "percent": below.percent})
    reserve = app_pct(slow.reserve_wire_pct) if slow else None
    if reserve is not None:
        margin = rules.reserve_reached.margin
        holds = True if charge <= reserve + REACHED_PCT else False if charge >= reserve + margin else None
        # another reserve is another subject: raising it above the charge is no news of the battery
        values = {**about, "reserve_app_pct": round(reserve, 1)}
        yield "reserve_reached", Look(f"{reserve:.1f}", holds, reading.at, values)


def silence(store: Store, gateway_id: int, now: datetime, since: datetime, rules: RulesSettings) -> Iterator[Found]:
    """Look at how long there were no readings.

    since: silence before is not counted, because nobody was there to record.
    """
    last, connection = store.latest(gateway_id), store.connection(gateway_id)
    if last is None:
        return
    is_down = connection.state == "down" and connection.since is not None
    began = connection.since if is_down and connection.since else last.at
    silent_s = (now - max(began, since)).total_seconds()
    reason = "The recorder waits for an answer." if not is_down else connection.words
    if is_down and connection.reason is not None and not reason:
        reason = BY_REASON[connection.reason].words
    advice = connection.advice if is_down else None
    values: dict[str, float | str] = {"reason": f"{reason} {advice}" if advice else reason}
    if connection.reason is not None:
        values["reason_code"] = str(connection.reason)
    if silent_s >= rules.gateway_silent.minutes * 60:
        yield "gateway_silent", Look("", True, now, values, min(began, now))
    elif not is_down and silent_s < SPOKEN_S:
        yield "gateway_silent", Look("", False, now, values)


def is_ignored(name: str, rules: RulesSettings) -> bool:
    """Whether an alert of this name is not told; one that nobody knows is told however bad it may be."""
    known = BY_ALERT.get(name)
    if known is not None and known.severity < Severity[rules.alert.least.upper()]:
        return True
    return any(fnmatchcase(name, pattern) for pattern in rules.alert.ignore)


def alerts(store: Store, gateway_id: int, now: datetime, known: Iterable[str], rules: RulesSettings) -> list[Found]:
    """Look at the alerts and problems that last, and at those of `known` that are over.

    known: subjects that were seen before.
    """
    found: dict[str, Look] = {}
    for span in open_spans(store, gateway_id, (SpanKind.ALERT, SpanKind.PROBLEM)):
        if is_ignored(span.name, rules):
            continue
        subject = f"{span.source}/{span.name}" if span.source else span.name
        values: dict[str, float | str] = {
            "alert": span.name,
            "device": span.source or "the gateway",
            "meaning": meaning(span.name).words,
        }
        found[subject] = Look(subject, True, span.start, values)
    for subject in known:
        if subject not in found:
            source, _, name = subject.rpartition("/")
            found[subject] = Look(
                subject, False, now, {"alert": name, "device": source or "the gateway", "meaning": ""}
            )
    return [("alert", look) for look in found.values()]


def production(store: Store, gateway_id: int, now: datetime, rules: RulesSettings) -> Iterator[Found]:
    """Look at the solar production of the last sunny hours; not on an island, where a full battery may stop it."""
    rule, latest = rules.production_missing, store.latest(gateway_id)
    if latest is None or latest.grid_state not in (None, CONNECTED):
        return
    found = last_hours(store, gateway_id, site_zone(store, gateway_id), percent=rule.percent)
    if found is None or not found.is_sunny:
        return
    values: dict[str, float | str] = {
        "made_kwh": round(found.made_wh / 1000, 3),
        "clear_kwh": round(found.clear_wh / 1000, 2),
    }
    if found.dark_since is None:
        yield "production_missing", Look("", False, now, values)
    elif found.end - found.dark_since >= timedelta(hours=rule.hours):
        yield "production_missing", Look("", True, now, values, found.dark_since)
