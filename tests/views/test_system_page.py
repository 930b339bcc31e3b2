"""The System and Alerts pages' answers: what is wrong is said first, and nothing secret is said at all."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from tests.views.years import House, record, utc

from forebay.clock import SimClock
from forebay.records.parts import PartKey, PartKind, PartReading
from forebay.records.reading import Reading, SlowReading
from forebay.records.reasons import Reason
from forebay.records.site import Site
from forebay.records.spans import SpanKind
from forebay.store import Store
from forebay.store.part_writer import PartWriter
from forebay.store.seal import upkeep
from forebay.store.spans import close_span, open_span
from forebay.store.state import Connection
from forebay.views.web import build
from forebay.views.web.alerts import alerts
from forebay.views.web.asked import Asked, length_words, percent_words
from forebay.views.web.more import ANSWERS
from forebay.views.web.system import system

NOON = datetime(2026, 6, 21, 12, tzinfo=UTC)


def asked(store: Store, i: int, **changes: Any) -> Asked:
    last = store.latest(i)
    assert last is not None
    return replace(Asked(store, i, last.at + timedelta(seconds=2)), **changes)


def house(store: Store, days: int = 3, **of: Any) -> int:
    return record(store, House(first=NOON, days=days, step_min=30, **of))


def said(answer: dict[str, Any], title: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in answer["health"] if one["title"] == title)
    return found


# --- alerts ------------------------------------------------------------------------------------------------------


def test_what_lasts_is_told_worst_first_and_what_is_over_newest_first(store: Store) -> None:
    i = house(store)
    hour = timedelta(hours=1)
    open_span(store, i, SpanKind.ALERT, "SystemConnectedToGrid", NOON, source="Gateway")
    open_span(store, i, SpanKind.ALERT, "WaitForUserNoInvertersReady", NOON + hour, source="Gateway")
    for n, name in enumerate(("PINV_a001_first", "PINV_a002_second")):
        open_span(store, i, SpanKind.ALERT, name, NOON + n * hour, source="Pack 1")
        close_span(store, i, SpanKind.ALERT, name, NOON + (n + 2) * hour, source="Pack 1")

    answer = alerts(asked(store, i))

    assert [one["severity"] for one in answer["present"]] == ["fault", "state"]
    assert answer["words"] == "One part does not work as the house needs it."
    assert [one["name"] for one in answer["past"]] == ["PINV_a002_second", "PINV_a001_first"]
    assert answer["past"][0]["length_words"] == "2 h"
    assert answer["present"][0]["end"] is None
    assert (
        answer["present"][0]["words"]
        == "The house is dark: no pack is ready to supply it, and somebody has to start it."
    )


def test_a_name_nobody_knows_is_told_as_it_is_and_said_to_be_unknown(store: Store) -> None:
    i = house(store)
    open_span(store, i, SpanKind.ALERT, "POD_x999_Frobnication", NOON, source="Pack 2")

    (one,) = alerts(asked(store, i))["present"]

    assert (one["name"], one["source"], one["is_told"]) == ("POD_x999_Frobnication", "Pack 2", False)
    assert one["words"] == "An alert of a pack's cells. What it means is unknown to forebay."


def test_problems_of_the_installation_are_warnings_in_the_gateways_words(store: Store) -> None:
    i = house(store)
    open_span(store, i, SpanKind.PROBLEM, "meter_mismatch", NOON, detail="CT 2 reads nothing")

    answer = alerts(asked(store, i))

    assert answer["words"] == "One thing does not work as it should."
    assert answer["present"][0]["detail"] == "CT 2 reads nothing"
    assert answer["present"][0]["severity"] == "warning"


def test_nothing_told_is_said(store: Store) -> None:
    assert alerts(asked(store, house(store)))["words"] == "Nothing is wrong, and nothing is told."


# --- system ------------------------------------------------------------------------------------------------------


def test_a_gap_tells_its_reason_its_length_and_what_the_counters_saw(store: Store) -> None:
    i = house(store, gaps=[(NOON + timedelta(hours=5), NOON + timedelta(hours=7))])

    answer = system(asked(store, i))

    (gap,) = answer["gaps"]["list"]
    assert (gap["reason"], gap["length_words"]) == ("unreachable", "2 h 30 min")
    assert gap["home_kwh"] > 0.5
    assert gap["words"].startswith("The gateway did not answer. The counters saw the home use")
    assert answer["gaps"]["recorded_ratio"] == pytest.approx(1 - 2.5 / 72, abs=0.001)
    assert said(answer, "Gaps")["state"] == "warning"


def test_a_gap_that_lasts_has_no_energy_yet(store: Store) -> None:
    i = house(store)
    last = store.latest(i)
    assert last is not None
    store.open_gap(i, last.at, Reason.UNREACHABLE)

    (gap,) = system(asked(store, i, now=last.at + timedelta(hours=1)))["gaps"]["list"]

    assert (gap["end"], gap["home_kwh"], gap["seconds"]) == (None, None, 3600)


def test_steps_kept_out_of_the_sums_are_listed_in_words(store: Store) -> None:
    i = house(store)
    last = store.latest(i)
    assert last is not None
    at = last.at + timedelta(minutes=1)
    store.append(i, replace(last, at=at, load_wh=(last.load_wh or 0) + 5e6))
    store.append(i, replace(last, at=at + timedelta(minutes=1), load_wh=(last.load_wh or 0) + 5e6))

    answer = system(asked(store, i))

    assert answer["refused"]["count"] == 1
    step = answer["refused"]["list"][0]
    assert (step["signal"], step["label"], step["step_kwh"]) == ("load_wh", "Used by the home", 5000.0)
    assert step["words"]
    assert step["counted_words"]
    assert said(answer, "Counters")["state"] == "warning"


def test_firmware_is_told_newest_first_with_how_long_it_was_there(store: Store) -> None:
    i = house(store, firmware=[(NOON, "23.44.0"), (NOON + timedelta(days=2), "24.4.0")])

    firmware = system(asked(store, i))["firmware"]

    assert [(one["version"], one["end"]) for one in firmware] == [("24.4.0", None), ("23.44.0", "2026-06-23T12:00:00Z")]
    assert firmware[1]["length_words"] == "2 days"


def test_the_store_tells_its_files_and_months(store: Store) -> None:
    i = house(store, days=16)
    before = system(asked(store, i))
    while upkeep(store):
        pass

    after = system(asked(store, i))

    assert before["store"]["months"] == []
    assert said(before, "Archive")["state"] == "warning"  # sixteen days, and nothing was put away
    assert [month["month"] for month in after["store"]["months"]] == ["2026-06", "2026-07"]
    assert after["store"]["archive_bytes"] == sum(month["bytes"] for month in after["store"]["months"]) > 0
    assert not [one for one in after["health"] if one["title"] == "Archive"]
    assert after["gateway"]["readings"] == before["gateway"]["readings"] == 16 * 48 + 1
    assert after["gateway"]["first"] == before["gateway"]["first"] == "2026-06-21T12:00:00Z"


def test_a_gateway_that_is_down_is_said_first_in_the_recorders_words(store: Store) -> None:
    i = house(store)
    store.set_connection(i, Connection("down", NOON, "It is off.", "Switch it on.", Reason.STOPPED))

    first = system(asked(store, i))["health"][0]

    assert (first["state"], first["words"], first["advice"]) == ("bad", "It is off.", "Switch it on.")


def test_a_recorder_that_went_silent_is_said_to_be(store: Store) -> None:
    i = house(store)
    last = store.latest(i)
    assert last is not None

    assert said(system(asked(store, i, now=last.at + timedelta(hours=1))), "Gateway")["state"] == "bad"


def test_no_serial_number_and_no_path_is_told(store: Store) -> None:
    i = house(store)
    serial = "T1234567890SECRET"
    values = {"full_wh": 13_500.0}
    PartWriter(store, i).append(NOON, [PartReading(PartKey(PartKind.PACK, serial), values)])

    text = json.dumps(system(asked(store, i)))

    assert serial not in text
    assert str(store.database.path.parent) not in text
    assert '"label": "Pack 1"' in text


def test_a_gateway_that_cannot_reach_its_maker_is_a_warning(store: Store) -> None:
    i = house(store, has_slow=False)
    store.append_slow(i, SlowReading(at=NOON, vendor_connected=False))

    assert said(system(asked(store, i)), "Maker")["state"] == "warning"


LENGTHS = {
    0: "0 s",
    44: "44 s",
    60: "1 min",
    95: "1 min 35 s",
    300: "5 min",
    2640: "44 min",
    7200: "2 h",
    8400: "2 h 20 min",
    2 * 86_400: "2 days",
    3 * 86_400 + 14_400: "3 days 4 h",
    400 * 86_400 + 7200: "400 days",
}


@pytest.mark.parametrize(("seconds", "words"), LENGTHS.items())
def test_lengths_are_told_as_people_say_them(seconds: float, words: str) -> None:
    assert length_words(seconds) == words


@pytest.mark.parametrize(("ratio", "words"), [(0.0, "0 %"), (0.004, "0.4 %"), (0.896, "90 %"), (0.0951, "10 %")])
def test_shares_are_told_with_what_matters(ratio: float, words: str) -> None:
    assert percent_words(ratio) == words


# --- over HTTP ---------------------------------------------------------------------------------------------------

PATHS = ("/api/battery", "/api/solar", "/api/grid", "/api/alerts", "/api/system")


@pytest.mark.parametrize("path", PATHS)
def test_each_page_answers_before_and_after_the_first_reading(
    client: Any, store: Store, record_morning: Callable[[], int], path: str
) -> None:
    assert client.get(path).status_code == 200
    i = record_morning()
    store.append(i, Reading(at=utc(2026, 6, 21, 20, 5)))
    store.flush()

    answer = client.get(f"{path}?last=7")

    assert answer.status_code == 200
    assert answer.json()["timezone"] == "America/Los_Angeles"


@pytest.mark.parametrize("last", ["0", "-3", "x", "9999999", "1.5", "٣"])
def test_a_wrong_number_of_days_is_refused_in_words(client: Any, last: str) -> None:
    answer = client.get(f"/api/grid?last={last}")

    assert answer.status_code == 400
    assert "is not a number of days" in answer.json()["error"]


def test_a_gateway_nobody_knows_is_refused_with_the_names_that_are_known(
    client: Any, record_morning: Callable[[], int]
) -> None:
    record_morning()

    answer = client.get("/api/system?gateway=nobody")

    assert answer.status_code == 404
    assert "gateway" in answer.json()["error"]


def test_an_answer_is_made_once_a_minute_and_each_gateway_has_its_own(
    client: Any, store: Store, record_morning: Callable[[], int]
) -> None:
    i = record_morning()
    other = store.gateway_id("other")
    store.append(other, Reading(at=utc(2026, 6, 21, 19)))
    store.flush()
    first = client.get("/api/grid").json()
    store.identify(i, timezone="Europe/Berlin")
    store.flush()

    assert client.get("/api/grid").json() == first
    assert client.get("/api/grid?gateway=other").json()["timezone"] == "UTC"
    assert client.get("/api/grid?last=30").json()["timezone"] == "Europe/Berlin"


def test_what_the_owner_told_of_a_gateways_site_is_told_of_that_gateway_alone(
    store: Store, clock: SimClock, static: Path, make_client: Callable[[Starlette], Any]
) -> None:
    for name in ("house", "barn"):
        i = store.gateway_id(name)
        store.append_slow(i, SlowReading(at=NOON, pack_full_wh=13_000.0, pack_count=1))
    store.flush()
    app = build(store, clock=clock, static_dir=static, facts={"barn": Site(pack_nominal_wh=14_000)})
    client = make_client(app)

    nominal = {name: client.get(f"/api/battery?gateway={name}").json()["nominal"]["wh"] for name in ("house", "barn")}

    assert nominal == {"house": 13_500, "barn": 14_000}


def test_many_who_ask_at_once_are_answered_one_after_the_other_and_hold_no_thread(
    app: Starlette, record_morning: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    record_morning()
    at_once: list[int] = []
    most: list[int] = []
    answer = ANSWERS["/api/grid"]

    def counted(asked: Asked) -> dict[str, Any]:
        at_once.append(1)
        most.append(len(at_once))
        made = answer(asked)
        at_once.pop()
        return made

    async def ask() -> list[int]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            replies = await asyncio.gather(*(client.get(f"/api/grid?last={n}") for n in range(1, 13)))
            now = await client.get("/api/now")
        return [reply.status_code for reply in (*replies, now)]

    monkeypatch.setitem(ANSWERS, "/api/grid", counted)

    assert asyncio.run(ask()) == [200] * 13
    assert (len(most), max(most)) == (12, 1)
