"""Values that are no numbers: kept as missing, with nothing else of their reading lost."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.store.test_archive import seal_all

from forebay.records.parts import PART_NAMES, PART_SIGNALS, PartKey, PartKind, PartReading
from forebay.records.reading import Reading, SlowReading
from forebay.store import Store
from forebay.store.door import is_storable
from forebay.store.energy import energy
from forebay.store.part_writer import PartWriter

START = datetime(2026, 6, 21, tzinfo=UTC)
NAN, INF = float("nan"), float("inf")
ODD = (NAN, INF, -INF, 2**63, -(2**70), "\ud800")
KINDS = (Reading, SlowReading)
GOOD: dict[str, Any] = {"float": 1000.0, "int": 2, "str": "fine", "bool": True}


def good_of(kind: type[Reading] | type[SlowReading]) -> dict[str, Any]:
    return {f.name: GOOD[str(f.type).removesuffix(" | None")] for f in fields(kind) if f.name != "at"}


@pytest.mark.parametrize("odd", ODD, ids=ascii)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_number_is_missing_and_the_rest_is_kept(
    path: Path, kind: type[Reading] | type[SlowReading], odd: Any
) -> None:
    good = good_of(kind)
    kept: dict[str, Any] = {}
    with Store.open(path) as store:
        gateway_id = store.gateway_id("gateway")
        add: Any = store.append if kind is Reading else store.append_slow
        for number, name in enumerate(good):
            at = START + timedelta(seconds=5 * number)
            assert add(gateway_id, kind(at=at, **(good | {name: odd})))
            store.flush()
            kept[name] = (store.latest if kind is Reading else store.latest_slow)(gateway_id)
        assert add(gateway_id, kind(at=START + timedelta(hours=1), **dict.fromkeys(good, odd)))
        store.flush()

    for name, reading in kept.items():
        assert reading is not None
        assert reading == kind(at=reading.at, **(good | {name: None}))
    with Store.read(path) as store:
        last = (store.latest if kind is Reading else store.latest_slow)(1)
        assert last == kind(at=START + timedelta(hours=1))
        if kind is Reading:
            assert store.readings(1, START, START + timedelta(minutes=30)) == list(kept.values())


@pytest.mark.parametrize("odd", ODD, ids=ascii)
def test_a_parts_value_that_is_no_number_is_missing_and_the_rest_is_kept(store: Store, odd: Any) -> None:
    gateway_id = store.gateway_id("gateway")
    writer = PartWriter(store, gateway_id)
    mine = {signal.name: 7 for signal in PART_SIGNALS if PartKind.PACK in signal.of}

    for number, name in enumerate(mine):
        at = START + timedelta(seconds=5 * number)
        assert writer.append(at, [PartReading(PartKey(PartKind.PACK, "1"), mine | {name: odd})]) == 1
        store.flush()
        row = store.database.rows(f"SELECT {', '.join(PART_NAMES)} FROM part_samples ORDER BY at_ms DESC LIMIT 1")[0]
        told = dict(zip(PART_NAMES, row, strict=True))
        assert told[name] is None
        assert all(told[other] is not None for other in mine if other != name)


def test_a_record_with_such_values_is_summed_and_sealed_as_if_they_were_not_told(path: Path) -> None:
    with Store.open(path) as store:
        gateway_id = store.gateway_id("gateway")
        for number in range(5 * 288):
            reading = Reading(
                at=START + number * timedelta(minutes=5), load_power_w=1200.0, load_wh=1e6 + 100.0 * number
            )
            odd = ODD[number % 3]
            bad: dict[str, Any] = {0: {"load_wh": odd}, 1: {"load_power_w": odd}}.get(number % 10, {})
            store.append(gateway_id, replace(reading, **bad))
        store.flush()
        assert store.refused_steps(gateway_id, START, START + timedelta(days=9)) == []
        hot = energy(store, gateway_id, START + timedelta(hours=1), START + timedelta(days=2, hours=1))["home"]
        seal_all(store)
        assert store.database.rows("SELECT count(*) FROM segments")[0][0] > 0
        sealed = energy(store, gateway_id, START + timedelta(hours=1), START + timedelta(days=2, hours=1))["home"]

    assert hot.wh == pytest.approx(57_600)
    assert sealed.wh == pytest.approx(57_600)


def test_every_number_a_meter_may_tell_is_storable() -> None:
    assert all(
        is_storable(v) for v in (None, 0, -1, True, 0.1, -5e14, 9_007_199_254_740_993, 2**63 - 1, 1e300, "Zürich ☀")
    )
