"""What lasts for a while: begun once, ended once, also across restarts of the recorder."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from forebay.records.spans import SpanKind
from forebay.store.database import Statement
from forebay.store.state import from_ms, to_ms
from forebay.store.store import Store

_COLUMNS = "kind, source, name, start_ms, end_ms, detail"


@dataclass(frozen=True, slots=True)
class Span:
    """Something that lasted, half-open; end is None while it lasts.

    source: which device tells it, "" for the gateway itself. name: in the words of the gateway.
    detail: what else is known, such as that its end was not seen.
    """

    kind: SpanKind
    source: str
    name: str
    start: datetime
    end: datetime | None
    detail: str = ""


def spans(store: Store, gateway_id: int, start: datetime, end: datetime, kinds: Iterable[SpanKind] = ()) -> list[Span]:
    """Return what lasted at some time of [start, end), in order of start, not clipped; kinds: none given is all."""
    sql = (
        f"SELECT {_COLUMNS} FROM spans WHERE gateway_id = ? AND start_ms < ?"  # noqa: S608
        " AND (end_ms IS NULL OR end_ms > ? OR start_ms >= ?) ORDER BY start_ms, kind, source, name"
    )
    wanted = {str(kind) for kind in kinds} or {str(kind) for kind in SpanKind}
    start_ms = to_ms(start)
    rows = store.database.rows(sql, (gateway_id, to_ms(end), start_ms, start_ms))
    return [_span(row) for row in rows if row[0] in wanted]


def open_spans(store: Store, gateway_id: int, kinds: Iterable[SpanKind] = ()) -> list[Span]:
    """Return what lasts now, in order of start; of all kinds where none is given."""
    sql = (
        f"SELECT {_COLUMNS} FROM spans WHERE gateway_id = ? AND end_ms IS NULL"  # noqa: S608
        " ORDER BY start_ms, kind, source, name"
    )
    wanted = {str(kind) for kind in kinds} or {str(kind) for kind in SpanKind}
    return [_span(row) for row in store.database.rows(sql, (gateway_id,)) if row[0] in wanted]


def open_span(
    store: Store, gateway_id: int, kind: SpanKind, name: str, start: datetime, *, source: str = "", detail: str = ""
) -> None:
    """Note that something lasts from `start` on; what lasts already stays as it is."""
    store.database.write([_opening(gateway_id, kind, (source, name), to_ms(start), detail)])


def close_span(
    store: Store,
    gateway_id: int,
    kind: SpanKind,
    name: str,
    end: datetime,
    *,
    source: str = "",
    detail: str | None = None,
) -> None:
    """End what lasts, if it does, never before it began. detail: replaces the old one unless None."""
    store.database.write([_closing(gateway_id, kind, (source, name), to_ms(end), detail)])


def observe(
    store: Store,
    gateway_id: int,
    kind: SpanKind,
    present: Mapping[tuple[str, str], str],
    at: datetime,
    *,
    sources: Collection[str] | None = None,
    starts: Mapping[tuple[str, str], datetime] | None = None,
    last_seen: datetime | None = None,
    detail: str | None = None,
) -> list[Span]:
    """Make what lasts agree with what is seen at an instant; return what began and what ended.

    present: (source, name) -> detail of all that holds at `at`. sources: those that were heard; what others told
    stays as it is. last_seen: when they were heard before, where that is long ago: what is over ended then, with
    `detail`, since nobody knows when it did (at its start, if it was seen once); what is new says so, too.
    starts: since when new ones are known to last, where the gateway tells.
    """
    before = [
        span
        for span in open_spans(store, gateway_id, (kind,))
        if sources is None or span.source in sources or (span.source, span.name) in present
    ]
    known = {(span.source, span.name) for span in before}
    over = [span for span in before if (span.source, span.name) not in present]
    new = [key for key in present if key not in known]
    end = at if last_seen is None else min(at, last_seen)
    statements: list[Statement] = []
    changed: list[Span] = []
    for span in over:
        ended = max(span.start, end)
        statements.append(_closing(gateway_id, kind, (span.source, span.name), to_ms(ended), detail))
        changed.append(Span(kind, span.source, span.name, span.start, ended, span.detail if detail is None else detail))
    for key in new:
        start = (starts or {}).get(key, at)
        words = "; ".join(filter(None, (present[key], detail if last_seen is not None and start == at else "")))
        statements.append(_opening(gateway_id, kind, key, to_ms(start), words))
        changed.append(Span(kind, *key, start, None, words))
    if statements:
        store.database.write(statements)
    return changed


def _opening(gateway_id: int, kind: SpanKind, what: tuple[str, str], start_ms: int, detail: str) -> Statement:
    sql = "INSERT OR IGNORE INTO spans VALUES (?, ?, ?, ?, ?, NULL, ?)"
    return sql, (gateway_id, str(kind), *what, start_ms, detail)


def _closing(gateway_id: int, kind: SpanKind, what: tuple[str, str], end_ms: int, detail: str | None) -> Statement:
    sql = (
        "UPDATE spans SET end_ms = max(start_ms, ?), detail = coalesce(?, detail)"
        " WHERE gateway_id = ? AND kind = ? AND source = ? AND name = ? AND end_ms IS NULL"
    )
    return sql, (end_ms, detail, gateway_id, str(kind), *what)


def _span(row: tuple[str, str, str, int, int | None, str]) -> Span:
    kind, source, name, start_ms, end_ms, detail = row
    return Span(SpanKind(kind), source, name, from_ms(start_ms), None if end_ms is None else from_ms(end_ms), detail)
