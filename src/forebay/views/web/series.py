"""The object of /api/series: curves of any window, from years at a day to seconds as they were read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from forebay.errors import StoreError
from forebay.records.parts import BY_PART_NAME
from forebay.records.reading import app_pct
from forebay.records.signals import BY_NAME
from forebay.store.curves import Column, Curves, curves, day_curves, readings, runs
from forebay.store.fed import PARTS
from forebay.store.fed_curves import POWERS, fed_curves
from forebay.store.imported import Imported
from forebay.store.parts import part_readings, part_series
from forebay.store.query import day_bounds, fitting_step_s, site_zone
from forebay.store.state import from_ms
from forebay.store.store import Store
from forebay.views import words
from forebay.views.web.answers import Answers, iso
from forebay.views.web.totals import weighted

RAW_S = 5
"""What readings are apart as a rule [s]."""
STEPS_S: tuple[int, ...] = (RAW_S, 60, 300, 900, 1800, 3600, 10_800, 21_600)
"""The lengths of slots [s]; beyond the last they are local days. The first stands for readings as they are."""
DAY_S = 86_400
_MOST_OVER = 1.5
"""So many times the asked points a curve may have before the next step is taken."""
_RAW_OVER = 3.0
_FINE_S = 2 * DAY_S
"""In windows up to this length the spacing of readings is looked at [s]."""
_FEW = 5
"""From so many slots on it is judged how far apart readings are."""
_MOST_GAPS = 300
_PLACES = {"W": 1, "%": 2, "V": 2, "Hz": 3, "A": 2, "Wh": 0}

APP_PCT = "charge_app_pct"
"""The charge on the app's scale, reckoned from the gateway's."""
KEPT_AS: dict[str, str] = {APP_PCT: "charge_wire_pct"}
"""What is told under another name than it is kept under."""


def step_for(length_s: float, points: int) -> int:
    """Return the length of slots that shows a window in about so many points [s]; a day where none is long enough."""
    if length_s <= points * RAW_S * _RAW_OVER:
        return RAW_S
    return next((s for s in STEPS_S[1:] if length_s <= points * s * _MOST_OVER), DAY_S)


def series(  # noqa: PLR0917 - a window, and how finely what of it is told
    answers: Answers, start: datetime, end: datetime, names: Sequence[str], points: int, least_s: int = RAW_S
) -> dict[str, Any]:
    """Return the curves of a window; names: signals, `charge_app_pct`, and `part/ID/name`.

    The slots begin at round local times, the first at or before `start`; least_s: slots are so long at least [s].
    They are longer where readings, or what was imported, are so far apart that most slots would be empty.
    Raises StoreError for an unknown name.
    """
    told = _series(answers, start, end, names, points, least_s)
    wider_s = _filled_s(told)
    return told if wider_s is None else _series(answers, start, end, names, points, wider_s)


def _filled_s(told: Mapping[str, Any]) -> int | None:
    """Return the length of slots that leaves few of them empty [s]; None where it is that of the answer already."""
    step_s = told["step_s"]
    if not STEPS_S[1] <= step_s < STEPS_S[-1]:
        return None
    columns = [[n for n, value in enumerate(column) if value is not None] for column in told["columns"].values()]
    known = max(columns, key=len, default=[])
    apart = sorted(after - before for before, after in pairwise(known))
    usual = apart[len(apart) * 4 // 5] if len(apart) >= _FEW else 1
    return None if usual <= 1 else next((s for s in STEPS_S if s >= usual * step_s), STEPS_S[-1])


def _series(  # noqa: PLR0917 - a window, and how finely what of it is told
    answers: Answers, start: datetime, end: datetime, names: Sequence[str], points: int, least_s: int
) -> dict[str, Any]:
    i = answers.gateway_id
    head = {"start": iso(start), "end": iso(end), "timezone": answers.timezone}
    if i is None:
        empty: dict[str, Column] = {name: [] for name in names}
        return {
            **head,
            "until": None,
            "step_s": RAW_S,
            "t": [],
            "columns": empty,
            "low": {},
            "high": {},
            "gaps": [],
            "imported": [],
        }
    store = answers.store
    own = [name for name in names if "/" not in name]
    step_s = max(least_s, step_for((end - start).total_seconds(), points))
    if step_s == RAW_S and own and len(own) < len(names):
        step_s = STEPS_S[1]  # house and parts are not told at the same moments
    if step_s == STEPS_S[1] and (end - start).total_seconds() <= _FINE_S:
        fitting_s = fitting_step_s(store, i, start, end)
        step_s = max(step_s, fitting_s)
    parts_of = [name for name in own if name in PARTS]
    told = [KEPT_AS.get(name, name) for name in own if name not in PARTS]
    kept_as = {name: KEPT_AS.get(name, name) for name in own if name not in PARTS}
    if step_s == RAW_S and not own:
        return {**head, **_parts_as_read(answers, i, start, end, names)}
    found = _drawn(store, i, start, end, step_s, list(dict.fromkeys([*told, *(POWERS if parts_of else ())])))
    columns, low, high = (
        {name: of[kept] for name, kept in kept_as.items() if kept in of}
        for of in (found.columns, found.low, found.high)
    )
    if parts_of:
        fed = fed_curves(store, i, found, _end_s(found, end))
        columns |= {name: fed[name] for name in parts_of}
    _parts(store, i, found, end, [name for name in names if "/" in name], (columns, low, high))
    latest = store.latest(i)
    return {
        **head,
        "until": iso(latest.at) if latest else None,
        "step_s": found.step_s,
        "t": found.t,
        "columns": {name: _rounded(name, columns[name]) for name in names if name in columns},
        "low": {name: _rounded(name, low[name]) for name in names if name in low},
        "high": {name: _rounded(name, high[name]) for name in names if name in high},
        "gaps": _gaps(answers, i, start, end),
        "imported": _spans(found, _end_s(found, end)),
    }


def _end_s(found: Curves, end: datetime) -> float:
    """Return when the last slot ends; a day ends with itself."""
    if found.step_s < DAY_S or not found.t:
        return end.timestamp()
    tz_end = from_ms(int(found.t[-1] * 1000))
    return max(end.timestamp(), tz_end.timestamp() + 1)


def _spans(found: Curves, end_s: float) -> list[dict[str, Any]]:
    """Return the spans of which only an import tells."""
    spans: list[list[float]] = []
    for n in found.imported:
        until = found.t[n + 1] if n + 1 < len(found.t) else end_s
        if spans and spans[-1][1] == found.t[n]:
            spans[-1][1] = until
        else:
            spans.append([found.t[n], until])
    return [
        {"start": iso(from_ms(int(since * 1000))), "end": iso(from_ms(int(until * 1000)))} for since, until in spans
    ]


def together(
    houses: Mapping[str, Answers], start: datetime, end: datetime, names: Sequence[str], points: int
) -> dict[str, Any]:
    """Return the same of several gateways: powers added, charges weighted by capacity, everything else a mean.

    A slot is None where one of those that have readings in the window has none there. Extremes are left out: those
    of one gateway are not at the same instant as those of another.
    """
    least_s = STEPS_S[1]
    told = {name: series(house, start, end, names, points, least_s) for name, house in houses.items()}
    least_s = max([least_s, *(one["step_s"] for one in told.values() if one["t"])])
    told = {
        name: one if one["step_s"] == least_s else series(houses[name], start, end, names, points, least_s)
        for name, one in told.items()
    }
    recorded = [(one, houses[name].full_wh) for name, one in told.items() if _has_values(one)]
    first = recorded[0][0] if recorded else next(iter(told.values()))
    columns = {name: _added(name, [(one["columns"][name], full) for one, full in recorded]) for name in names}
    ends = [one["until"] for one in told.values() if one["until"]]
    gaps = [{**gap, "words": f"{name}: {gap['words']}"} for name, one in told.items() for gap in one["gaps"]]
    return {
        **first,
        "until": min(ends, default=None),
        "columns": {name: column or first["columns"][name] for name, column in columns.items()},
        "low": {},
        "high": {},
        "gaps": sorted(gaps, key=lambda gap: str(gap["start"])),
    }


def _has_values(one: dict[str, Any]) -> bool:
    return any(value is not None for column in one["columns"].values() for value in column)


def _added(name: str, columns: Sequence[tuple[Column, float | None]]) -> Column:
    row = BY_NAME.get(name)
    lines = [(column, full) for column, full in columns if any(value is not None for value in column)]
    fulls = [full for _, full in lines]
    added: Column = []
    for slot in zip(*(column for column, _ in lines), strict=True):
        if any(value is None for value in slot):
            added.append(None)
        elif name == APP_PCT or name in KEPT_AS.values():
            added.append(weighted(list(zip(slot, fulls, strict=True))))
        else:
            total = sum(value or 0.0 for value in slot)
            added.append(round(total if name in PARTS or (row and row.unit == "W") else total / len(slot), 3) + 0.0)
    return added


def extent(answers: Sequence[Answers]) -> dict[str, Any]:
    """Return the object of /api/extent: from when there is a record or an import, and to when there are readings."""
    known = [(one.store, i) for one in answers if (i := one.gateway_id) is not None]
    sql = "SELECT min(at_ms) FROM samples WHERE gateway_id = ?"  # the very first one is never put away
    firsts = [store.database.rows(sql, (i,))[0][0] for store, i in known]
    firsts += [imported.start_ms for store, i in known if (imported := Imported(store, i)).end_ms]
    lasts = [latest.at for store, i in known if (latest := store.latest(i))]
    return {
        "timezone": answers[0].timezone,
        "first": iso(min((from_ms(at_ms) for at_ms in firsts if at_ms is not None), default=None)),
        "until": iso(max(lasts, default=None)),
        "now": iso(answers[0].time()),
        "today": answers[0].today().isoformat(),
    }


def _drawn(  # noqa: PLR0917 - a window, a step and what of
    store: Store, i: int, start: datetime, end: datetime, step_s: int, names: Sequence[str]
) -> Curves:
    tz = site_zone(store, i)
    if step_s == RAW_S:
        told = readings(store, i, start, end, names=names)
        imported = Imported(store, i)
        if told.t or not imported.touches(int(start.timestamp() * 1000), int(end.timestamp() * 1000)):
            return told
        step_s = STEPS_S[2]  # imports tell nothing finer
    if step_s >= DAY_S:
        first = start.astimezone(tz).date()
        days = ((end - timedelta(milliseconds=1)).astimezone(tz).date() - first).days + 1
        return day_curves(store, i, first, days, tz=tz, names=names)
    midnight = day_bounds(start.astimezone(tz).date(), tz)[0]
    skipped = (start - midnight) // timedelta(seconds=step_s)
    return curves(store, i, midnight + skipped * timedelta(seconds=step_s), end, step_s=step_s, names=names)


def _parts(  # noqa: PLR0917 - the answer is filled where it stands
    store: Store, i: int, found: Curves, end: datetime, names: Sequence[str], answer: tuple[dict[str, Column], ...]
) -> None:
    wanted = _by_part(names)
    if not wanted or not found.t:
        return
    first = from_ms(int(found.t[0] * 1000))
    if found.step_s >= DAY_S:
        tz = site_zone(store, i)
        spans = list(runs(first.astimezone(tz).date(), len(found.t), tz))
    else:
        spans = [(first, end, found.step_s)]
    for part_id, signals in wanted.items():
        for since, until, step_s in spans:
            told = part_series(store, i, [part_id], since, until, step_s=step_s, signals=signals)
            for of, to in zip((told.columns, told.low, told.high), answer, strict=True):
                for key, column in of.items():
                    to.setdefault(key, []).extend(column)


def _by_part(names: Sequence[str]) -> dict[int, list[str]]:
    wanted: dict[int, list[str]] = {}
    for name in names:
        kind, number, signal = [*name.split("/", 2), "", ""][:3]
        if kind != "part" or not number.isdecimal():
            raise StoreError(f"{name}: a signal of a part is written part/ID/name")
        wanted.setdefault(int(number), []).append(signal)
    return wanted


def _parts_as_read(answers: Answers, i: int, start: datetime, end: datetime, names: Sequence[str]) -> dict[str, Any]:
    """Return the rest of the answer where parts alone are asked for as they were read."""
    wanted = _by_part(names)
    signals = list(dict.fromkeys(signal for part in wanted.values() for signal in part))
    told = part_readings(answers.store, i, list(wanted), start, end, signals=signals)
    latest = answers.store.latest(i)
    return {
        "until": iso(latest.at) if latest else None,
        "step_s": told.step_s,
        "t": told.t,
        "columns": {name: _rounded(name, told.columns[name]) for name in names if name in told.columns},
        "low": {},
        "high": {},
        "gaps": _gaps(answers, i, start, end),
        "imported": [],
    }


def _rounded(name: str, column: Column) -> Column:
    if name == APP_PCT:
        return [None if value is None else round(app_pct(value) or 0.0, 2) for value in column]
    key = name.rsplit("/", 1)[-1]
    row = BY_NAME.get(key) or BY_PART_NAME.get(key)
    places = _PLACES.get(row.unit if row else "W" if key in PARTS else "%", 3)
    return [None if value is None else round(value, places) + 0.0 for value in column]


def _gaps(answers: Answers, i: int, start: datetime, end: datetime) -> list[dict[str, Any]]:
    """Return the gaps that can be seen in the window, the longest where they are many, in order."""
    now = answers.time()
    least = (end - start) / 2000
    found = [
        (max(start, gap.start), min(end, gap.end or max(now, gap.start)), gap)
        for gap in answers.store.gaps(i, start, end)
    ]
    seen = [gap for gap in found if gap[1] - gap[0] >= least]
    seen.sort(key=lambda gap: gap[1] - gap[0], reverse=True)
    return [
        {"start": iso(since), "end": iso(until), "reason": str(gap.reason), "words": words.gap_words(gap.reason)}
        for since, until, gap in sorted(seen[:_MOST_GAPS], key=lambda gap: gap[0])
    ]


def instant(text: str) -> datetime:
    """Read a time written as ISO 8601 with its zone, or as seconds since 1970. Raises ValueError."""
    try:
        at = datetime.fromtimestamp(float(text), UTC)
    except ValueError:
        at = datetime.fromisoformat(text)
    except OverflowError as exc:
        raise ValueError(text) from exc
    if at.tzinfo is None:
        raise ValueError(text)
    return at.astimezone(UTC)
