"""The recorder goes on through everything, politely, and says what is wrong."""

from __future__ import annotations

import logging
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from forebay.clock import ScaledClock, SimClock
from forebay.errors import (
    CertificateChanged,
    GatewayBusy,
    GatewayError,
    LoginRejected,
    MalformedReply,
    NotOffered,
    SiteStopped,
    Throttled,
    Unreachable,
)
from forebay.recorder import Recorder
from forebay.records.reasons import Reason
from forebay.store.energy import energy
from forebay.wire import catalogue

START = datetime(2026, 6, 21, 7, tzinfo=UTC)
FOREVER = (START - timedelta(days=1), START + timedelta(days=2))


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


async def test_readings_come_every_five_seconds_without_drift(house: Any) -> None:
    await house.live(600)

    steady = house.spacings_s[5:]
    assert min(steady) == pytest.approx(5, abs=0.001)
    assert max(steady) == pytest.approx(5, abs=0.001)
    assert len(steady) > 110
    assert house.store.gaps(1, *FOREVER) == []
    assert house.store.connection(1).state == "live"


async def test_the_first_reading_of_all_is_kept(house: Any) -> None:
    await house.live(60)

    assert house.store.readings(1, *FOREVER)[0].at == START


async def test_slow_rows_come_each_minute_and_rare_ones_each_quarter_hour(house: Any) -> None:
    await house.live(3600)

    assert house.gateway.asked["OPERATION"] == pytest.approx(60, abs=2)
    assert house.gateway.asked["SITE_NAME"] == pytest.approx(4, abs=1)
    slow = house.store.latest_slow(1)
    assert (slow.firmware, slow.operation_mode, slow.pack_full_wh) == ("21.44", "self_consumption", None)
    row = house.store.gateway(1)
    assert (row.site_name, row.timezone) == ("Home", "Europe/Paris")
    assert row.din_hash is not None
    assert "TG1" not in row.din_hash


async def test_a_row_that_fails_is_null_and_the_reading_is_kept(house: Any, caplog: pytest.LogCaptureFixture) -> None:
    house.gateway.fail(catalogue.STATE_OF_ENERGY, GatewayError("odd", path="/api/system_status/soe", status=500))
    house.gateway.fail(catalogue.SITEMASTER, MalformedReply("odd"))

    await house.live(300)

    readings = house.store.readings(1, *FOREVER)
    assert {r.charge_wire_pct for r in readings} == {None}
    assert {r.site_power_w for r in readings} == {3600}
    assert house.store.latest_slow(1).sitemaster_running is None
    assert house.store.connection(1).state == "live"
    assert sum("STATE_OF_ENERGY" in r.message for r in caplog.records) == 1


async def test_a_row_that_is_not_offered_is_left_alone_for_an_hour(house: Any) -> None:
    house.gateway.fail(catalogue.SYSTEM_STATUS, NotOffered("404", path="/api/system_status", status=404))
    house.gateway.fail(catalogue.GRID_STATUS, NotOffered("404", status=404))

    await house.live(2 * 3600 - 300)

    assert house.gateway.asked["SYSTEM_STATUS"] == 2
    assert house.gateway.asked["GRID_STATUS"] == 2


@pytest.mark.parametrize(
    ("error", "reason", "asked_at_most"),
    [
        (Unreachable("no route"), Reason.UNREACHABLE, 125),
        (SiteStopped("stopped", status=502), Reason.STOPPED, 125),
        (GatewayBusy("busy", status=503), Reason.BUSY, 125),
        (MalformedReply("cut off"), Reason.MALFORMED, 125),
        (Throttled("429", retry_after_s=600), Reason.THROTTLED, 7),
        (LoginRejected("no", status=401), Reason.REFUSED, 62),
        (CertificateChanged("changed", pinned="aa:bb", presented="cc:dd"), Reason.CERTIFICATE, 62),
        (NotOffered("404", status=404), Reason.NOT_OFFERED, 62),
        (TimeoutError("slow"), Reason.UNREACHABLE, 125),
        (ValueError("strange"), Reason.FAILED, 125),
    ],
)
async def test_an_hour_of_failure_is_one_gap_with_its_reason_and_few_requests(
    house: Any, caplog: pytest.LogCaptureFixture, error: Exception, reason: Reason, asked_at_most: int
) -> None:
    caplog.set_level(logging.INFO, "forebay")
    await house.live(60)
    house.gateway.asked.clear()

    def end_it() -> None:
        assert house.store.connection(1).state == "down"
        assert house.store.connection(1).words.endswith(".")
        assert house.store.connection(1).reason is reason
        assert sum(house.gateway.asked.values()) <= asked_at_most
        house.gateway.fail(None, None)

    house.gateway.fail(None, error)
    house.recorder = Recorder(house.gateway, house.store, clock=house.clock)
    await house.live(5000, until=house.later(3600, end_it))

    assert house.store.connection(1).state == "live"
    gaps = house.store.gaps(1, *FOREVER)
    assert reason in {gap.reason for gap in gaps}
    assert sum((gap.end - gap.start).total_seconds() for gap in gaps) == pytest.approx(3600, abs=620)
    assert sum("no readings" in r.message for r in caplog.records) == 1


async def test_a_failure_between_readings_is_a_gap_from_the_last_to_the_next(house: Any) -> None:
    house.gateway.fail(None, None)
    tick = house.later(100, lambda: house.gateway.fail(None, Unreachable("no route")))
    tock = house.later(200, lambda: house.gateway.fail(None, None))

    await house.live(400, until=lambda: tick() or tock())

    (gap,) = house.store.gaps(1, *FOREVER)
    assert gap.reason is Reason.UNREACHABLE
    assert gap.start <= at(101)
    assert at(200) <= gap.end <= at(231)
    readings = house.store.readings(1, *FOREVER)
    assert [r for r in readings if gap.start < r.at < gap.end] == []
    assert {gap.start, gap.end} <= {r.at for r in readings}
    assert energy(house.store, 1, at(0), at(390))["home"].wh == pytest.approx(390, abs=0.01)


async def test_reasons_that_follow_each_other_are_gaps_of_their_own(house: Any) -> None:
    acts = [
        house.later(60, lambda: house.gateway.fail(None, Unreachable("away"))),
        house.later(180, lambda: house.gateway.fail(None, SiteStopped("stopped"))),
        house.later(300, lambda: house.gateway.fail(None, None)),
    ]

    await house.live(400, until=lambda: any([act() for act in acts]))

    gaps = house.store.gaps(1, *FOREVER)
    assert [gap.reason for gap in gaps] == [Reason.UNREACHABLE, Reason.STOPPED]
    assert gaps[0].end == gaps[1].start


async def test_a_gateway_that_answers_late_is_told_to_be_slow_and_the_recorder_not_to_be_off(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.live(60)
    prompt = house.gateway.call

    async def late(row: Any, /) -> Any:
        await house.clock.sleep(20)
        return await prompt(row)

    house.recorder = Recorder(house.gateway, house.store, clock=house.clock)
    slow = house.later(60, lambda: monkeypatch.setattr(house.gateway, "call", late))
    await house.live(600, until=slow)

    restart, *gaps = house.store.gaps(1, *FOREVER)
    assert restart.reason is Reason.RECORDER_OFF
    assert {gap.reason for gap in gaps} == {Reason.SLOW}
    assert gaps[0].detail.endswith(" s from one reading to the next")
    assert house.store.connection(1).state == "live"


async def test_the_time_without_a_recorder_is_a_gap(house: Any) -> None:
    await house.live(60)
    last = house.store.latest(1).at
    house.clock.advance(3600)
    house.recorder = Recorder(house.gateway, house.store, clock=house.clock)

    await house.live(60)

    (gap,) = house.store.gaps(1, *FOREVER)
    assert (gap.start, gap.reason) == (last, Reason.RECORDER_OFF)
    assert gap.end == pytest.approx(last + timedelta(seconds=3600), abs=timedelta(seconds=10))


async def test_a_changed_certificate_is_told_with_both_fingerprints(house: Any) -> None:
    words = "the certificate changed from aa:bb to cc:dd"
    house.gateway.fail(None, CertificateChanged(words, pinned="aa:bb", presented="cc:dd"))

    await house.live(30)

    connection = house.store.connection(1)
    assert "aa:bb" in connection.words
    assert "forebay trust" in (connection.advice or "")


async def test_a_full_disk_is_told_and_recording_goes_on_when_there_is_room(house: Any) -> None:
    await house.live(60)
    house.store.flush()
    (pages,) = house.store.database.rows("PRAGMA page_count")[0]
    house.store.database.rows(f"PRAGMA max_page_count = {pages}")
    house.recorder = Recorder(house.gateway, house.store, clock=house.clock)
    seen = []

    def look() -> None:
        seen.append(house.store.connection(1))
        house.store.database.rows("PRAGMA max_page_count = 1000000")

    await house.live(3600, until=house.later(3000, look))

    assert seen[0].reason is Reason.STORE
    assert "disk is full" in seen[0].words
    assert house.store.connection(1).state == "live"
    assert max(house.spacings_s) < 6


class Stingy:
    """A connection whose disk has room for statements and none for their commit."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.is_full = True

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        if sql == "COMMIT" and self.is_full:
            raise sqlite3.OperationalError("database or disk is full")
        return self._connection.execute(sql, *parameters)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


async def test_a_disk_that_takes_statements_and_no_commit_is_told_once(
    house: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await house.live(60)
    house.store.flush()
    stingy = Stingy(house.store.database._connection)
    house.store.database._connection = stingy
    house.recorder = Recorder(house.gateway, house.store, clock=house.clock)

    await house.live(3600, until=house.later(3000, lambda: setattr(stingy, "is_full", False)))

    told = [m for m in (one.getMessage() for one in caplog.records) if "can be written" in m]
    assert [("can be written again" in m) for m in told] == [False, True]
    assert house.store.connection(1).state == "live"
    assert max(house.spacings_s) < 6


async def test_another_gateway_at_the_same_address_is_noted(house: Any) -> None:
    await house.live(60)
    house.gateway.din = "1232100-00-E--TG2"

    await house.live(120)

    assert [event.kind for event in house.store.events(1, *FOREVER)] == ["gateway_changed"]


async def test_a_gateway_with_a_wrong_date_is_recorded_by_our_clock_and_told(house: Any) -> None:
    house.follow(START - timedelta(hours=3), 1)

    await house.live(120)

    readings = house.store.readings(1, *FOREVER)
    assert (readings[0].at, readings[-1].at >= at(110)) == (START, True)
    assert house.store.tempo(1).source == "system"
    assert "3:00:00 behind" in house.store.connection(1).advice


async def test_a_computer_whose_clock_is_set_forward_gets_a_gap_that_says_so(house: Any) -> None:
    real_s = [0.0]

    class Stepped(SimClock):
        async def sleep(self, seconds: float) -> None:
            real_s[0] += seconds
            await super().sleep(seconds)

    clock = Stepped(START)
    house.clock = clock
    house.gateway = type(house.gateway)(ScaledClock(START, real_s=lambda: real_s[0]))
    house.recorder = Recorder(house.gateway, house.store, clock=clock, real_s=lambda: real_s[0], clock_source="system")

    await house.live(4000, until=house.later(60, lambda: clock.advance(3600)))

    gaps = house.store.gaps(1, *FOREVER)
    assert [gap.reason for gap in gaps] == [Reason.CLOCK_JUMP]


def test_a_store_of_two_gateways_takes_two_recorders(house: Any) -> None:
    other = Recorder(house.gateway, house.store, clock=house.clock, name="cabin")

    assert other.gateway_id != house.recorder.gateway_id
