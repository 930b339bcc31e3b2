"""What is told of a house, and how often: once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from tests.notify.conftest import GRID, ISLAND, START, Home

from forebay.notify.notice import Message
from forebay.notify.rules import BY_NAME, RULES
from forebay.notify.settings import RulesSettings
from forebay.records.reasons import Reason
from forebay.records.spans import SpanKind
from forebay.store.spans import observe

MakeHome = Callable[..., Home]


def told(messages: list[Message]) -> list[tuple[str, str]]:
    return [(m.rule, m.edge) for m in messages]


def test_every_rule_has_its_settings_and_no_settings_are_without_a_rule() -> None:
    assert set(BY_NAME) == set(RulesSettings.__struct_fields__)
    for rule in RULES:
        settings = getattr(RulesSettings(), rule.name)
        assert {"on", "urgent", "over"} <= set(settings.__struct_fields__), rule.name
        assert rule.threshold[0] in ("", *settings.__struct_fields__), rule.name


def test_an_outage_is_told_once_and_its_end_once(home: Home) -> None:
    home.reads()
    news = [m for _ in range(60) for m in home.reads(grid_state=ISLAND)]
    assert told(news) == [("grid", "begins")]
    assert news[0].title == "Grid lost"
    assert news[0].text == "The home has run without the grid since 14:00; the battery is at 57.9 %."

    after = [m for _ in range(60) for m in home.reads()]
    assert told(after) == [("grid", "ends")]
    assert after[0].values["lasted_s"] == 300.0
    assert after[0].values["begun"] == "2026-06-21T12:00:10.000Z"
    assert "for 5 min" in after[0].text


def test_a_grid_that_comes_and_goes_is_one_outage(home: Home) -> None:
    home.reads()
    news = []
    for _ in range(20):
        news += [m for state in (ISLAND, ISLAND, ISLAND, ISLAND, GRID, GRID) for m in home.reads(grid_state=state)]
    assert told(news) == [("grid", "begins")]


def test_an_outage_shorter_than_lost_s_is_not_told(home: Home) -> None:
    home.reads()
    assert home.reads(grid_state=ISLAND) == []
    assert [m for _ in range(30) for m in home.reads()] == []


def test_a_grid_state_that_is_not_told_changes_nothing(home: Home) -> None:
    home.reads()
    home.reads(grid_state=ISLAND)
    assert home.reads(grid_state=None) == []
    assert told(home.reads(grid_state=ISLAND)) == [("grid", "begins")]


@pytest.mark.parametrize("state", ["SystemTransitionToGrid", "SystemIslandedReady", "SystemMicroGridFaulted", "new"])
def test_whatever_is_not_the_connected_grid_is_an_outage(home: Home, state: str) -> None:
    home.reads()
    news = [m for _ in range(4) for m in home.reads(grid_state=state)]
    assert told(news) == [("grid", "begins")]


def test_what_lasted_when_notifications_were_switched_on_is_no_news_nor_is_its_end(home: Home) -> None:
    assert home.reads(grid_state=ISLAND, charge_wire_pct=10.0) == []
    news = [m for _ in range(60) for m in home.reads(grid_state=ISLAND, charge_wire_pct=10.0)]
    news += [m for _ in range(60) for m in home.reads(charge_wire_pct=90.0)]
    assert news == []


def test_a_restart_in_an_outage_tells_nothing_twice_and_its_end_once(home: Home) -> None:
    home.reads()
    assert told([m for _ in range(4) for m in home.reads(grid_state=ISLAND)]) == [("grid", "begins")]
    home.restart()
    assert [m for _ in range(4) for m in home.reads(grid_state=ISLAND)] == []
    home.restart()
    assert told([m for _ in range(20) for m in home.reads()]) == [("grid", "ends")]
    home.restart()
    assert [m for _ in range(20) for m in home.reads()] == []


def test_an_outage_that_began_while_nothing_ran_is_told(home: Home) -> None:
    home.reads()
    home.restart()
    news = [m for _ in range(4) for m in home.reads(grid_state=ISLAND)]
    assert told(news) == [("grid", "begins")]


def test_the_charge_is_told_once_below_and_once_above_the_margin(home: Home) -> None:
    """As the app counts: 20 % there are 24 % of the gateway's."""
    home.reads()
    down = [
        m for wire in (30, 25, 24.1, 23.9, 24.1, 23.9, 23, 24.5, 23, 26.7) for m in home.reads(charge_wire_pct=wire)
    ]
    assert told(down) == [("charge_below", "begins")]
    assert down[0].title == "Battery below 20 %"
    up = [m for wire in (26.9, 26.8, 30) for m in home.reads(charge_wire_pct=wire)]
    assert told(up) == [("charge_below", "ends")]
    assert told(home.reads(charge_wire_pct=20)) == [("charge_below", "begins")]


def test_the_percentage_is_a_setting(make_home: MakeHome) -> None:
    home = make_home("[rules.charge_below]\npercent = 50\nover = false")
    home.reads(charge_wire_pct=70)
    assert told(home.reads(charge_wire_pct=52)) == [("charge_below", "begins")]
    assert home.reads(charge_wire_pct=90) == []


def test_reaching_the_reserve_is_told_once(home: Home) -> None:
    home.slow(reserve_wire_pct=43.0)  # 40 % of the app's
    home.reads(charge_wire_pct=60)
    news = [m for wire in (50, 44, 43.2, 43, 43, 42.9, 43.3) for m in home.reads(charge_wire_pct=wire)]
    assert told(news) == [("reserve_reached", "begins")]
    assert "reserve of 40 %" in news[0].text


def test_a_reserve_raised_above_the_charge_is_no_news_of_the_battery(home: Home) -> None:
    home.slow(reserve_wire_pct=24.0)
    home.reads(charge_wire_pct=60)
    home.clock.advance(1)
    home.slow(reserve_wire_pct=81.0)
    assert [m for _ in range(10) for m in home.reads(charge_wire_pct=60)] == []


OLD, UNDER = "PINV_a008_old", "PINV_a006_vfCheckUnderFrequency"


def test_a_new_alert_is_told_and_those_that_were_there_are_not(home: Home) -> None:
    home.reads()
    assert home.raises(OLD) == []
    assert home.raises(OLD, seconds=600) == []
    news = home.raises(UNDER, OLD, seconds=600)
    assert [(m.rule, m.subject) for m in news] == [("alert", UNDER)]
    assert home.raises(UNDER) == []
    home.restart()
    assert home.raises(UNDER) == []


def test_an_alert_that_comes_back_within_a_day_is_not_told_again(home: Home) -> None:
    home.reads()
    for hours in (1, 1, 1, 30):
        home.raises(seconds=hours * 3600)
        home.raises(UNDER)
    alerts = [m for m in home.news if m.rule == "alert"]
    assert [m.at - START > timedelta(hours=30) for m in alerts] == [False, True]


def test_the_same_alert_of_two_devices_is_two(home: Home) -> None:
    home.reads()
    home.raises(seconds=600)
    first = home.raises(UNDER, source="PVAC--1")
    second = home.raises(UNDER, source="PVAC--2")
    assert [m.subject for m in first + second] == [f"PVAC--1/{UNDER}", f"PVAC--2/{UNDER}"]
    assert first[0].text.startswith("Raised by PVAC--1 since 14:10. ")


def test_alerts_that_are_over_are_told_where_that_is_asked_for(make_home: MakeHome) -> None:
    home = make_home("[rules.alert]\nover = true")
    home.reads()
    home.raises(seconds=600)
    home.raises(UNDER)
    news = home.raises(seconds=30)
    assert [(m.edge, m.values["lasted_s"]) for m in news] == [("ends", 30.0)]


def test_ignored_alerts_are_not_told(make_home: MakeHome) -> None:
    home = make_home('[rules.alert]\nignore = ["PINV_a0*"]')
    home.reads()
    home.raises(seconds=600)
    assert [m.subject for m in home.raises("PINV_a006_x", "PINV_a106_y")] == ["PINV_a106_y"]


def test_alerts_that_only_tell_how_things_are_are_not_told_unless_asked_for(make_home: MakeHome) -> None:
    quiet, chatty = make_home(), make_home('[rules.alert]\nleast = "state"')
    for home in (quiet, chatty):
        home.reads()
        home.raises(seconds=600)
        home.raises("SystemConnectedToGrid", "NeverHeardOf")
    assert [m.subject for m in quiet.news] == ["NeverHeardOf"]
    assert [m.subject for m in chatty.news] == ["NeverHeardOf", "SystemConnectedToGrid"]


def test_alerts_put_into_the_record_afterwards_are_no_news(home: Home) -> None:
    home.reads()
    home.raises(seconds=600)
    observe(home.store, home.id, SpanKind.ALERT, {("", UNDER): ""}, home.clock.now() - timedelta(hours=7))
    assert home.notifier.look() == []


def test_a_silent_gateway_is_told_after_its_minutes_with_the_reason(home: Home) -> None:
    home.reads()
    home.passes(seconds=10)
    home.falls_silent()
    assert home.passes(minutes=14) == []
    news = home.passes(minutes=2) + home.passes(hours=1) + home.passes(hours=9)
    assert told(news) == [("gateway_silent", "begins")]
    assert "The gateway did not answer. Check its power." in news[0].text
    assert news[0].values["reason_code"] == "unreachable"
    assert home.reads() == []
    back = [m for _ in range(10) for m in home.reads()]
    assert told(back) == [("gateway_silent", "ends")]


def test_a_recorder_that_was_off_is_not_a_silent_gateway(home: Home) -> None:
    home.reads()
    home.clock.advance(8 * 3600)
    home.restart()
    assert home.notifier.look() == []
    assert home.passes(minutes=14) == []
    assert told(home.passes(minutes=2)) == [("gateway_silent", "begins")]


def test_a_clock_that_is_set_or_a_computer_that_slept_is_not_a_silent_gateway(home: Home) -> None:
    home.reads()
    home.clock.advance(9 * 3600)  # at once: nobody looked in between
    assert home.notifier.look() == []
    assert home.reads() == []


def test_a_full_disk_is_told_as_silence_with_its_reason(home: Home) -> None:
    home.reads()
    home.falls_silent(Reason.STORE, "Readings could not be written to the disk.")
    assert "written to the disk" in home.passes(minutes=16)[0].text


def record_days(
    home: Home,
    days: int,
    watts: Callable[[int, float], float | None],
    *,
    island: Callable[[int, float], bool] = lambda day, h: False,
) -> None:
    """Record days, a reading each quarter of an hour."""
    midnight = datetime(2026, 6, 1, tzinfo=UTC)
    for day in range(days):
        for quarter in range(96):
            due = midnight + timedelta(days=day, minutes=15 * quarter)
            home.clock.advance((due - home.clock.now()).total_seconds())
            state = ISLAND if island(day, quarter / 4) else GRID
            home.reads(1.0, solar_power_w=watts(day, quarter / 4), grid_state=state)


def sun(hour: float) -> float:
    return max(0.0, 5000 * (1 - ((hour - 12) / 6) ** 2))


@pytest.mark.parametrize("rest_w", [0.0, -8.0, 20.0], ids=["nothing", "its own use", "next to nothing"])
def test_production_that_is_missing_is_told_once(make_home: MakeHome, rest_w: float) -> None:
    home = make_home(at=datetime(2026, 6, 1, tzinfo=UTC))
    record_days(home, 13, lambda day, h: sun(h) if day < 12 else rest_w)
    (news,) = home.news
    assert (news.rule, news.edge) == ("production_missing", "begins")
    assert (news.at.hour, news.at.minute) == (10, 0)  # three hours after it was sunny
    assert float(news.values["clear_kwh"]) > 8
    assert "have made 0.0 kWh" in news.text or rest_w == 20.0


@pytest.mark.parametrize("share", [0.05, 0.3, 1.0])
def test_a_dark_day_and_a_night_are_no_missing_production(make_home: MakeHome, share: float) -> None:
    home = make_home(at=datetime(2026, 6, 1, tzinfo=UTC))
    record_days(home, 13, lambda day, h: sun(h) * (share if day == 12 else 1))
    assert home.news == []


def test_production_that_was_not_read_is_not_said_to_be_missing(make_home: MakeHome) -> None:
    home = make_home(at=datetime(2026, 6, 1, tzinfo=UTC))
    record_days(home, 13, lambda day, h: sun(h) if day < 12 else None)
    assert home.news == []


def test_an_island_may_stop_its_panels(make_home: MakeHome) -> None:
    home = make_home("[rules.grid]\non = false", at=datetime(2026, 6, 1, tzinfo=UTC))
    record_days(home, 13, lambda day, h: sun(h) if day < 12 else 0.0, island=lambda day, h: day == 12 and h > 6)
    assert home.news == []


def test_production_that_is_back_is_told(make_home: MakeHome) -> None:
    home = make_home(at=datetime(2026, 6, 1, tzinfo=UTC))
    record_days(home, 14, lambda day, h: 0.0 if day == 12 else sun(h))
    assert told(home.news) == [("production_missing", "begins"), ("production_missing", "ends")]


def test_a_house_without_panels_misses_no_production(make_home: MakeHome) -> None:
    home = make_home(at=datetime(2026, 6, 1, tzinfo=UTC))
    record_days(home, 12, lambda day, h: 0.0)
    assert home.news == []


def test_a_capacity_that_dropped_is_told_once(make_home: MakeHome) -> None:
    home = make_home(at=datetime(2026, 1, 1, tzinfo=UTC))
    for day in range(80):
        home.reads(86_400)
        full = 27_000.0 if day < 60 else 23_500.0
        home.slow(pack_full_wh=full, pack_remaining_wh=10_000.0, pack_count=2)
    news = home.news
    assert told(news) == [("capacity_dropped", "begins")]
    assert news[0].title == "Battery capacity dropped by 13 %"
    assert "hold 23.5 kWh this week; in 2026-0" in news[0].text


def test_a_pack_that_is_gone_is_named_beside_the_drop(make_home: MakeHome) -> None:
    home = make_home(at=datetime(2026, 1, 1, tzinfo=UTC))
    for day in range(70):
        home.reads(86_400)
        home.slow(pack_full_wh=27_000.0 if day < 60 else 13_500.0, pack_count=2 if day < 60 else 1)
    (news,) = home.news
    assert news.title == "Battery capacity dropped by 50 %"
    assert "counts 1 packs now, and 2 then" in news.text


def test_a_rule_that_is_off_tells_nothing_and_begins_anew_when_it_is_on_again(make_home: MakeHome) -> None:
    home = make_home("[rules.grid]\non = false")
    home.reads()
    assert [m for _ in range(5) for m in home.reads(grid_state=ISLAND)] == []
    home.restart("")
    assert [m for _ in range(5) for m in home.reads(grid_state=ISLAND)] == []
    assert [m for _ in range(30) for m in home.reads()] == []


def test_gateways_that_are_not_recorded_any_more_are_not_told_of(home: Home) -> None:
    other = home.store.gateway_id("retired")
    assert other != home.id
    home.reads()
    assert home.passes(hours=3) != []
    assert {m.gateway for m in home.news} == {"home"}


def test_words_of_the_gateway_cannot_begin_a_line_of_a_message(home: Home) -> None:
    home.store.identify(home.id, site_name="Casa\r\nBcc: evil@example.org\x1b[31m\u202e")
    home.reads()
    (message,) = [m for _ in range(4) for m in home.reads(grid_state="New\r\nState{0}")]
    assert "\n" not in message.headline()
    assert "\x1b" not in message.house
    assert "\u202e" not in message.house
    assert message.values["grid_state"] == "New State{0}"
