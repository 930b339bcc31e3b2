"""What lasts is begun once and ended once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from forebay.records.spans import SPAN_KINDS, SpanKind
from forebay.store import Store
from forebay.store.spans import Span, close_span, observe, open_span, open_spans, spans

START = datetime(2026, 6, 21, tzinfo=UTC)
FOREVER = (START - timedelta(days=9), START + timedelta(days=9))


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def every(store: Store) -> list[Span]:
    return spans(store, 1, *FOREVER)


def test_every_kind_has_its_row() -> None:
    assert [row.kind for row in SPAN_KINDS] == list(SpanKind)


def test_what_is_seen_again_and_again_is_one_span(store: Store) -> None:
    gateway_id = store.gateway_id("gateway")
    seen = {("POD 1", "POD_w110"): "full"}
    for minute in range(5):
        observe(store, gateway_id, SpanKind.ALERT, seen, at(minute))
    observe(store, gateway_id, SpanKind.ALERT, {}, at(5))
    observe(store, gateway_id, SpanKind.ALERT, {}, at(6))
    observe(store, gateway_id, SpanKind.ALERT, seen, at(7))

    assert every(store) == [
        Span(SpanKind.ALERT, "POD 1", "POD_w110", at(0), at(5), "full"),
        Span(SpanKind.ALERT, "POD 1", "POD_w110", at(7), None, "full"),
    ]


def test_a_span_goes_on_over_a_restart(store: Store, path: Path) -> None:
    gateway_id = store.gateway_id("gateway")
    observe(store, gateway_id, SpanKind.MODE, {("", "backup"): ""}, at(0))
    store.close()
    with Store.open(path) as again:
        observe(again, gateway_id, SpanKind.MODE, {("", "backup"): ""}, at(90))
        open_span(again, gateway_id, SpanKind.MODE, "backup", at(91))

        assert every(again) == [Span(SpanKind.MODE, "", "backup", at(0), None)]


def test_what_ended_while_nobody_looked_ends_when_it_was_last_seen(store: Store) -> None:
    gateway_id = store.gateway_id("gateway")
    observe(store, gateway_id, SpanKind.ALERT, {("", "A"): "", ("", "B"): ""}, at(0))
    changed = observe(
        store, gateway_id, SpanKind.ALERT, {("", "B"): ""}, at(60), last_seen=at(10), detail="the end was not seen"
    )

    assert changed == [Span(SpanKind.ALERT, "", "A", at(0), at(10), "the end was not seen")]
    assert [(s.name, s.end) for s in every(store)] == [("A", at(10)), ("B", None)]


def test_what_was_seen_once_is_not_forgotten(store: Store) -> None:
    gateway_id = store.gateway_id("gateway")
    observe(store, gateway_id, SpanKind.ALERT, {("", "A"): ""}, at(5))
    observe(store, gateway_id, SpanKind.ALERT, {}, at(60), last_seen=at(5))

    assert [(s.start, s.end) for s in every(store)] == [(at(5), at(5))]
    assert spans(store, 1, at(5), at(6)) == every(store)
    assert spans(store, 1, at(6), at(60)) == []


def test_a_device_that_was_not_heard_keeps_its_alerts(store: Store) -> None:
    gateway_id = store.gateway_id("gateway")
    observe(store, gateway_id, SpanKind.ALERT, {("one", "A"): "", ("two", "A"): ""}, at(0))
    observe(store, gateway_id, SpanKind.ALERT, {}, at(1), sources={"one"})

    assert [(s.source, s.end) for s in every(store)] == [("one", at(1)), ("two", None)]


def test_spans_of_a_window_are_those_that_overlap_it_in_order(store: Store) -> None:
    gateway_id = store.gateway_id("gateway")
    for name, (begin, end) in {"a": (0, 10), "b": (5, 15), "c": (20, 30), "d": (25, None)}.items():
        open_span(store, gateway_id, SpanKind.GRID, name, at(begin))
        if end is not None:
            close_span(store, gateway_id, SpanKind.GRID, name, at(end))
    open_span(store, gateway_id, SpanKind.FIRMWARE, "21.44", at(0))

    assert [s.name for s in spans(store, 1, at(10), at(20), [SpanKind.GRID])] == ["b"]
    assert [s.name for s in spans(store, 1, at(0), at(26), [SpanKind.GRID])] == ["a", "b", "c", "d"]
    assert [s.name for s in open_spans(store, 1)] == ["21.44", "d"]
    assert spans(store, 2, *FOREVER) == []


def test_a_span_never_ends_before_it_began(store: Store) -> None:
    gateway_id = store.gateway_id("gateway")
    open_span(store, gateway_id, SpanKind.ALERT, "A", at(5))
    close_span(store, gateway_id, SpanKind.ALERT, "A", at(1), detail="the clock was set back")

    assert every(store) == [Span(SpanKind.ALERT, "", "A", at(5), at(5), "the clock was set back")]
