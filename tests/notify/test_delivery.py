"""Messages reach each channel once, in order, whatever fails; quiet hours gather what is not urgent."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from tests.notify.conftest import ISLAND, Home, Kept

from forebay.notify.courier import MOST_WAITING
from forebay.notify.notice import Message

MakeHome = Callable[..., Home]
EVENING = datetime(2026, 6, 21, 21, tzinfo=UTC)
"""23:00 in Berlin."""
QUIET = 'quiet = "22:00-07:00"\n[rules.grid]\nurgent = false\n'


def outage(home: Home, seconds: float = 60) -> None:
    """Let the grid go and come back."""
    for _ in range(int(seconds / 5)):
        home.reads(grid_state=ISLAND)
    for _ in range(14):
        home.reads()


def test_news_are_sent_once_and_not_again_after_a_restart(home: Home) -> None:
    home.reads()
    outage(home)
    assert [m.edge for m in home.deliver()] == ["begins", "ends"]
    home.restart()
    home.reads()
    assert home.deliver() == []


def test_what_was_written_down_and_not_sent_is_sent_after_a_restart_with_the_same_id(home: Home) -> None:
    home.reads()
    outage(home)
    ids = [m.id for m in home.news]
    home.restart()
    assert [m.id for m in home.deliver()] == ids
    assert len(set(ids)) == 2


def test_a_message_is_the_same_when_it_is_read_back(home: Home) -> None:
    home.reads()
    outage(home)
    for message in home.news:
        assert Message.from_json(message.to_json()) == message


def test_a_channel_that_fails_is_tried_again_until_it_takes_it(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    home.reads()
    outage(home)
    home.channel.refuse("the door is closed")
    with caplog.at_level(logging.WARNING):

        async def go() -> None:
            for _ in range(5):
                assert await home.notifier.couriers[0].deliver()

        before = home.clock.now()
        asyncio.run(go())
    assert home.clock.now() - before == timedelta(seconds=5 + 15 + 60 + 300 + 900)
    assert [r.message for r in caplog.records] == ["kept: a notification waits: the door is closed"]
    home.channel.failure = None
    assert [m.edge for m in home.deliver()] == ["begins", "ends"]


def test_a_receiver_that_asks_for_patience_gets_it(home: Home) -> None:
    home.reads()
    outage(home)
    home.channel.refuse("busy", retry_after_s=120.0)
    before = home.clock.now()
    asyncio.run(home.notifier.couriers[0].deliver())
    assert home.clock.now() - before == timedelta(seconds=120)


def test_a_message_that_is_refused_for_good_makes_way_for_the_next(home: Home) -> None:
    home.reads()
    outage(home)
    first = home.news[0].id

    async def picky(message: Message) -> None:
        from forebay.errors import NotDelivered

        if message.id == first:
            raise NotDelivered("no", is_refused=True)
        home.channel.got.append(message)

    home.channel.send = picky  # type: ignore[method-assign]
    assert [m.edge for m in home.deliver()] == ["ends"]


def test_a_channel_with_a_bug_does_not_end_it(home: Home) -> None:
    home.reads()
    outage(home)
    home.channel.failure = lambda: RuntimeError("oops")
    asyncio.run(home.notifier.couriers[0].deliver())
    home.channel.failure = None
    assert len(home.deliver()) == 2


async def test_a_channel_that_cannot_be_opened_is_opened_again(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    home.reads()
    outage(home)
    opened = home.channel.opened
    tries = 0

    def broken(*, is_trial: bool = False) -> object:
        nonlocal tries
        tries += 1
        if tries < 4:
            raise RuntimeError("oops")
        return opened()

    home.channel.opened = broken  # type: ignore[method-assign,assignment]
    running = asyncio.create_task(home.notifier.couriers[0].run())
    async with asyncio.timeout(30):
        while len(home.channel.got) < 2:
            await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert [r.message for r in caplog.records] == ["kept: notifications stand still: RuntimeError"]


async def test_a_channel_that_hangs_does_not_hold_up_another(home: Home) -> None:
    hanging, other, taken = Kept("hanging"), Kept("other"), asyncio.Event()

    async def hang(message: Message) -> None:
        hanging.tried += 1
        await asyncio.Event().wait()

    async def take(message: Message) -> None:
        other.got.append(message)
        if len(other.got) == 2:
            taken.set()

    hanging.send, other.send = hang, take  # type: ignore[method-assign]
    home.begin(hanging, other)
    home.reads()
    running = asyncio.create_task(home.notifier.run())
    outage(home)
    await asyncio.wait_for(taken.wait(), 30)
    assert home.reads() == []  # the recorder is not held up either
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert hanging.tried == 1
    home.restart(None, Kept("hanging"), Kept("other"))
    assert [c.waiting for c in home.notifier.couriers] == [2, 0]


def test_a_channel_takes_only_the_rules_it_is_for(home: Home) -> None:
    charge, every = Kept("charge", rules=("charge_below",)), Kept("every")
    home.begin(charge, every)
    home.reads()
    outage(home)
    home.reads(charge_wire_pct=8)
    home.deliver()
    assert [m.rule for m in charge.got] == ["charge_below"]
    assert [m.rule for m in every.got] == ["grid", "grid", "charge_below"]


def test_what_is_too_old_is_dropped_with_a_line_in_the_log(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    home.reads()
    outage(home)
    home.restart()
    home.clock.advance(6 * 3600 + 200)
    with caplog.at_level(logging.WARNING):
        assert home.deliver() == []
    assert "kept: 2 not told, too old: Grid lost, Grid back" in caplog.text
    home.restart()
    assert home.notifier.couriers[0].waiting == 0


def test_only_so_many_wait_and_the_oldest_are_dropped_with_a_line_in_the_log(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    home.reads()
    with caplog.at_level(logging.WARNING):
        for i in range(MOST_WAITING + 7):
            home.reads(charge_wire_pct=10.0 if i % 2 == 0 else 90.0)
    assert home.notifier.couriers[0].waiting == MOST_WAITING
    assert caplog.text.count("more than 100 messages waited") == 7
    assert [m.id for m in home.deliver()] == [m.id for m in home.news[7:]]


def test_what_waits_for_a_channel_that_is_gone_is_dropped(home: Home) -> None:
    home.reads()
    outage(home)
    home.restart(None, Kept("another"))
    home.restart(None, Kept("kept"))
    assert [c.waiting for c in home.notifier.couriers] == [0]


def test_in_quiet_hours_nothing_is_told_and_one_summary_when_they_end(make_home: MakeHome) -> None:
    home = make_home(QUIET, at=EVENING)
    home.reads()
    outage(home)
    home.reads(3 * 3600)
    outage(home)
    assert home.deliver() == []
    home.restart()
    home.clock.advance((datetime(2026, 6, 22, 4, 59, tzinfo=UTC) - home.clock.now()).total_seconds())
    assert home.deliver() == []
    home.clock.advance(60)
    (summary,) = home.deliver()
    assert summary.kind == "summary"
    assert summary.title == "4 things happened in the quiet hours"
    assert summary.text.splitlines()[0].startswith("2026-06-21 23:00  Grid lost. ")
    assert [part.id for part in summary.parts] == [m.id for m in home.news]
    home.restart()
    assert home.deliver() == []


def test_a_summary_has_the_same_id_when_it_is_sent_again(make_home: MakeHome) -> None:
    home = make_home(QUIET, at=EVENING)
    home.reads()
    outage(home)
    home.clock.advance(9 * 3600)
    seen: list[str] = []

    async def lost(message: Message) -> None:
        from forebay.errors import NotDelivered

        seen.append(message.id)
        if len(seen) < 3:
            raise NotDelivered("the answer was lost")

    home.channel.send = lost  # type: ignore[method-assign]
    home.deliver()
    assert len(seen) == 3
    assert len(set(seen)) == 1


def test_what_is_urgent_passes_in_quiet_hours(make_home: MakeHome) -> None:
    home = make_home(QUIET + "[rules.charge_below]\nurgent = true", at=EVENING)
    home.reads()
    outage(home)
    home.reads(charge_wire_pct=8)
    assert [m.rule for m in home.deliver()] == ["charge_below"]
    home.clock.advance(9 * 3600)
    assert [m.kind for m in home.deliver()] == ["summary"]


def test_one_thing_in_quiet_hours_is_told_as_itself(make_home: MakeHome) -> None:
    home = make_home(QUIET + "over = false", at=EVENING)
    home.reads()
    outage(home)
    home.clock.advance(9 * 3600)
    (message,) = home.deliver()
    assert (message.kind, message.rule) == ("notice", "grid")


def test_alerts_of_one_instant_are_one_message(home: Home) -> None:
    home.reads()
    home.raises(seconds=600)
    home.raises("PINV_a006_x", "PINV_a007_y", "PINV_a008_z")
    home.raises("PINV_a006_x", "PINV_a007_y", "PINV_a008_z", "PINV_a009_w", seconds=60)
    several, one = home.deliver()
    assert (several.kind, several.title, len(several.parts)) == ("summary", "3 alerts", 3)
    assert (one.kind, one.subject) == ("notice", "PINV_a009_w")
    home.restart()
    assert home.deliver() == []


def test_quiet_hours_longer_than_the_age_limit_lose_nothing(make_home: MakeHome) -> None:
    home = make_home('max_age_h = 1\nquiet = "22:00-12:00"\n[rules.grid]\nurgent = false', at=EVENING)
    home.reads()
    outage(home)
    home.clock.advance(13 * 3600 + 60)
    assert [m.kind for m in home.deliver()] == ["summary"]


def test_a_store_that_cannot_be_written_stops_no_message(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    from forebay.errors import StoreError

    home.reads()
    for _ in range(2):
        home.reads(grid_state=ISLAND)

    def full(*_: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(home.store, "flush", full)
    home.reads(grid_state=ISLAND)
    home.reads(grid_state=ISLAND)
    assert [m.edge for m in home.deliver()] == ["begins"]


def test_messages_of_a_clock_that_runs_fast_are_judged_by_that_clock(make_home: MakeHome) -> None:
    """An emulated house of another year is no history: its own time is now."""
    from forebay.records.tempo import Tempo

    home = make_home()
    then = datetime(2024, 1, 1, 12, tzinfo=UTC)
    home.store.set_tempo(home.id, Tempo("gateway", 60.0, then, home.clock.now()))
    from forebay.records.reading import Reading

    for second in range(0, 60, 5):
        state = "SystemGridConnected" if second < 20 else ISLAND
        home.store.append(home.id, Reading(at=then + timedelta(seconds=second), grid_state=state))
        home.clock.advance(5 / 60)
        home.news += home.notifier.look()
    assert [m.rule for m in home.news] == ["grid"]
    assert [m.rule for m in home.deliver()] == ["grid"]
