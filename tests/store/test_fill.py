"""What an older record tells of spans is put in once, from hot and sealed readings alike."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.store.test_archive import seal_all

from forebay.records.reading import Reading, SlowReading
from forebay.records.spans import SpanKind
from forebay.store import Store
from forebay.store.database import migrations
from forebay.store.fill import fill_spans
from forebay.store.spans import Span, open_spans, spans

START = datetime(2026, 5, 28, tzinfo=UTC)
CONNECTED, ISLAND, TO_GRID = "SystemGridConnected", "SystemIslandedActive", "SystemTransitionToGrid"


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def old_record(store: Store) -> None:
    """Record eight days as before there were spans: an outage over midnight, an update, an alert, a gap."""
    gateway_id = store.gateway_id("gateway")
    for minute in range(0, 8 * 24 * 60, 5):
        hour = minute / 60
        if 100 <= hour < 110:
            continue  # nobody looked
        state: str | None = (
            ISLAND if 22 <= hour < 26 or 99 <= hour < 100 else TO_GRID if 26 <= hour < 26.5 else CONNECTED
        )
        store.append(gateway_id, Reading(at=at(hour), site_power_w=1.0, grid_state=None if 23 <= hour < 24 else state))
        firmware = "21.44" if hour < 50 else "22.36"
        alerts = "B" if hour < 1 else "A,B" if hour < 2 else "A" if 99 <= hour < 120 else ""
        mode = None if 60 <= hour < 61 else "backup"
        slow = SlowReading(at=at(hour), firmware=firmware, operation_mode=mode, grid_alerts=alerts)
        store.append_slow(gateway_id, slow)
    store.database.write_at_once([("INSERT INTO spans_to_fill VALUES (?)", (gateway_id,))])


def every(store: Store, kind: SpanKind) -> list[tuple[str, str, datetime, datetime | None]]:
    found = spans(store, 1, at(-99), at(9999), [kind])
    return [(span.source, span.name, span.start, span.end) for span in found]


@pytest.mark.parametrize("is_sealed", [False, True])
def test_an_older_record_gets_its_spans_once(store: Store, is_sealed: bool) -> None:
    old_record(store)
    if is_sealed:
        assert seal_all(store) > 5
    n = fill_spans(store, 1)

    assert n == len(spans(store, 1, at(-99), at(9999)))
    assert every(store, SpanKind.GRID) == [
        ("", ISLAND, at(22), at(26)),
        ("", TO_GRID, at(26), at(26.5)),
        ("", ISLAND, at(99), at(99 + 55 / 60)),  # last seen so, before nobody looked
    ]
    assert every(store, SpanKind.FIRMWARE) == [("", "21.44", at(0), at(50)), ("", "22.36", at(50), None)]
    assert every(store, SpanKind.MODE) == [("", "backup", at(0), None)]
    assert every(store, SpanKind.ALERT) == [
        ("Gateway", "B", at(0), at(2)),
        ("Gateway", "A", at(1), at(2)),
        ("Gateway", "A", at(99), at(120)),
    ]
    assert spans(store, 1, at(99.5), at(99.6), [SpanKind.GRID])[0].detail == "nobody looked when it ended"
    assert fill_spans(store, 1) == 0


def test_what_is_there_already_is_not_filled_in_again(store: Store) -> None:
    old_record(store)
    gateway_id = store.gateway_id("gateway")
    store.database.write([("INSERT INTO spans VALUES (?, 'mode', '', 'backup', 7, NULL, '')", (gateway_id,))])
    fill_spans(store, 1)

    assert [span.name for span in open_spans(store, 1)] == ["backup", "22.36"]
    assert [span for span in spans(store, 1, at(-9), at(999)) if span.kind is SpanKind.MODE] == [
        Span(SpanKind.MODE, "", "backup", datetime(1970, 1, 1, 0, 0, 0, 7000, UTC), None)
    ]


def test_a_record_of_the_second_schema_is_to_be_filled(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as old:
        for number, script in migrations()[:2]:
            old.executescript(f"{script}; PRAGMA user_version = {number};")
        old.execute("INSERT INTO gateways (name) VALUES ('house')")
        old.executemany(
            "INSERT INTO slow_samples (gateway_id, at_ms, firmware) VALUES (1, ?, ?)", [(1000, "1.15"), (2000, "1.20")]
        )
        old.commit()
    with Store.open(path) as store:
        assert fill_spans(store, 1) == 2
        assert [span.name for span in spans(store, 1, datetime(1970, 1, 1, tzinfo=UTC), START)] == ["1.15", "1.20"]
        store.gateway_id("another")
        assert fill_spans(store, 2) == 0
