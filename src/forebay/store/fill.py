"""The spans of records that are older than the spans: told once from all that was recorded until then."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.records.raised import GATEWAY
from forebay.records.spans import GRID_CONNECTED, SpanKind
from forebay.store.database import Statement
from forebay.store.raw import Table, segments
from forebay.store.store import Store

_FOR_EVER_MS = 1 << 62
_APART_MS = 600_000
"""Readings farther apart leave the moment of a change between them unknown [ms]."""
_UNSEEN = "nobody looked when it ended"
_STATES: tuple[tuple[SpanKind, Table, str], ...] = (
    (SpanKind.GRID, "samples", "grid_state"),
    (SpanKind.FIRMWARE, "slow_samples", "firmware"),
    (SpanKind.MODE, "slow_samples", "operation_mode"),
    (SpanKind.UPDATE, "slow_samples", "update_state"),
    (SpanKind.ALERT, "slow_samples", "grid_alerts"),
)

Change = tuple[int, int | None, str]
"""When a state was first told, when another one was told last before that, and the state."""


def fill_spans(store: Store, gateway_id: int) -> int:
    """Write what an older record tells of spans; return how many there are. Does nothing a second time.

    What lasted at the last reading is left open, so that a recorder carries it on. Raises StoreError.
    """
    wanted = "SELECT 1 FROM spans_to_fill WHERE gateway_id = ?"
    if not store.database.rows(wanted, (gateway_id,)):
        return 0
    statements: list[Statement] = []
    for kind, table, column in _STATES:
        if store.database.rows("SELECT 1 FROM spans WHERE gateway_id = ? AND kind = ? LIMIT 1", (gateway_id, kind)):
            continue
        statements += _spans(gateway_id, kind, _changes(store, gateway_id, table, column))
    n = len(statements)
    statements.append(("DELETE FROM spans_to_fill WHERE gateway_id = ?", (gateway_id,)))
    store.database.write_at_once(statements)
    return n


def _changes(store: Store, gateway_id: int, table: Table, column: str) -> Iterator[Change]:
    """Yield the states that a column had, in order; times when it was not known change nothing."""
    raw = store.raw(gateway_id, table)
    sealed = segments(store.database, gateway_id, raw.series, 0, _FOR_EVER_MS)
    spans = [(segment.start_ms, segment.end_ms) for segment in sealed]
    spans.append((spans[-1][1] if spans else 0, _FOR_EVER_MS))
    select = (
        f"SELECT at_ms, before_ms, {column} FROM (SELECT at_ms, {column},"  # noqa: S608 - names of the tables above
        f" lag(at_ms) OVER (ORDER BY at_ms) AS before_ms, lag({column}, 1, '') OVER (ORDER BY at_ms) AS before"
        f" FROM {{table}} WHERE {column} IS NOT NULL) WHERE {column} <> before OR before_ms IS NULL ORDER BY at_ms"
    )
    last: str | None = None
    for start_ms, end_ms in spans:
        for rows in raw.ask(select, start_ms, end_ms):
            for at_ms, before_ms, state in rows:
                if state != last:
                    yield at_ms, before_ms, state
                last = state


def _spans(gateway_id: int, kind: SpanKind, changes: Iterator[Change]) -> list[Statement]:
    """Return what writes the spans of these states."""
    source = GATEWAY if kind is SpanKind.ALERT else ""
    began: dict[str, int] = {}
    found: list[Statement] = []

    def write(name: str, end_ms: int | None, detail: str = "") -> None:
        sql = "INSERT OR IGNORE INTO spans VALUES (?, ?, ?, ?, ?, ?, ?)"
        found.append((sql, (gateway_id, str(kind), source, name, began[name], end_ms, detail)))

    for at_ms, before_ms, state in changes:
        names = {name for name in (state.split(",") if kind is SpanKind.ALERT else [state]) if name}
        if kind is SpanKind.GRID:
            names.discard(GRID_CONNECTED)
        is_apart = before_ms is not None and at_ms - before_ms > _APART_MS
        for name in sorted(began.keys() - names):
            write(name, before_ms if is_apart else at_ms, _UNSEEN if is_apart else "")
            del began[name]
        for name in sorted(names - began.keys()):
            began[name] = at_ms
    for name in sorted(began):
        write(name, None)
    return found
