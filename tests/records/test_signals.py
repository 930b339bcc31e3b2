"""The signal table and the readings it names."""

from __future__ import annotations

from dataclasses import fields

import pytest

from forebay.records.flows import FLOWS
from forebay.records.reading import FAST_ROWS, SLOW_ROWS, Reading, SlowReading
from forebay.records.signals import BY_NAME, FAST, SIGNALS, SLOW, Kind, Signal
from forebay.wire.endpoint import Effect, Poll


def test_names_are_unique_and_end_in_their_unit() -> None:
    suffix = {"W": "_w", "Wh": "_wh", "%": "_pct", "V": "_v", "Hz": "_hz", "s": "_s"}

    assert len(BY_NAME) == len(SIGNALS)
    for signal in SIGNALS:
        assert not signal.unit or signal.name.endswith(suffix[signal.unit]), signal.name


@pytest.mark.parametrize(("kind", "signals"), [(Reading, FAST), (SlowReading, SLOW)])
def test_a_reading_has_one_field_for_each_signal(kind: type, signals: tuple[Signal, ...]) -> None:
    assert [f.name for f in fields(kind)] == ["at", *(s.name for s in signals)]
    assert all(f.default is None for f in fields(kind) if f.name != "at")


def test_powers_and_counters_say_what_plus_means() -> None:
    assert all(s.positive for s in SIGNALS if s.unit == "W" or s.kind is Kind.COUNTER)


def test_a_counter_of_something_else_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="counter"):
        Signal("x_v", "x", Kind.COUNTER, "V", "up")


def test_flows_name_counters_and_powers_of_the_table() -> None:
    for flow in FLOWS:
        assert BY_NAME[flow.counter].kind is Kind.COUNTER
        assert BY_NAME[flow.power].unit == "W"


def test_only_rows_that_read_are_polled() -> None:
    for row in (*FAST_ROWS, *SLOW_ROWS):
        assert row.effect is Effect.READS
        assert row.poll is not Poll.NEVER
