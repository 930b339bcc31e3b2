"""Days that differ from each other, folders with strange names, values that no house has: each reading stays itself."""

from __future__ import annotations

import os
import stat
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.store.test_archive import START, seal_all

from forebay.errors import StoreError
from forebay.records.reading import Reading, SlowReading
from forebay.store import Store
from forebay.store.backup import back_up, restore
from forebay.store.check import check
from forebay.store.raw import sealed_until
from forebay.store.seal import seal_next_day, upkeep


def by_the_hour(store: Store, days: int = 7, *, gateway: str = "gateway", first: int = 0, **known: Any) -> None:
    gateway_id = store.gateway_id(gateway)
    for hour in range(24 * first, 24 * days):
        at = START + timedelta(hours=hour)
        store.append(gateway_id, Reading(at=at, **{"site_power_w": float(hour), "load_wh": hour * 10.5, **known}))
        store.append_slow(gateway_id, SlowReading(at=at, firmware="21.44"))


@pytest.mark.parametrize("is_joined", [False, True])
def test_a_day_of_round_numbers_does_not_round_the_days_after_it(store: Store, is_joined: bool) -> None:
    first: dict[str, Any] = {"site_power_w": 0.0, "load_wh": 1000.0, "site_frequency_hz": None}
    later: dict[str, Any] = {"site_power_w": 0.37, "load_wh": 1000.55, "site_frequency_hz": 59.987}
    by_the_hour(store, 1, **first)
    by_the_hour(store, 7, first=1, **later)
    while seal_next_day(store, 1, "samples"):
        pass
    if is_joined:
        seal_all(store)

    found = store.readings(1, START, START + timedelta(days=9))
    assert [{name: getattr(r, name) for name in later} for r in found] == [first] * 24 + [later] * 24 * 6
    assert check(store) == []


@pytest.mark.parametrize("value", [1e12, -1e18, 1e20, 1e300, -1.7e308])
def test_a_value_that_no_house_has_is_kept_and_does_not_stop_the_sealing(store: Store, value: float) -> None:
    by_the_hour(store, 1)
    by_the_hour(store, 2, first=1, site_power_w=value)
    by_the_hour(store, 7, first=2, site_power_w=0.25)
    seal_all(store)

    assert sealed_until(store.database, 1, "samples") is not None
    found = [r.site_power_w for r in store.readings(1, START, START + timedelta(days=9))]
    assert found == [float(hour) for hour in range(24)] + [value] * 24 + [0.25] * 24 * 5


@pytest.mark.parametrize(
    "folder",
    [
        "it's a b",
        "[ab]",
        "a*b",
        "a?b",
        "year=2026",
        "at_ms=5",
        "site_power_w=9",
        "{table}",
        'ü"b',
        "per%20",
        "a\\b",
        "~",
    ],
)
def test_a_folder_may_have_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str) -> None:
    monkeypatch.chdir(tmp_path)
    for other in ("a", "aXb"):  # what a pattern would find
        with Store.open(Path(other) / "forebay.db") as store:
            by_the_hour(store, site_power_w=-1.0)
            seal_all(store)
    with Store.open(Path(folder) / "forebay.db") as store:
        by_the_hour(store)
        seal_all(store)

        assert [r.site_power_w for r in store.readings(1, START, START + timedelta(days=9))] == list(range(24 * 7))
        assert check(store) == []
    assert list((tmp_path / folder).rglob("*.parquet"))


def test_a_damaged_file_of_one_gateway_stops_neither_its_other_readings_nor_other_gateways(store: Store) -> None:
    by_the_hour(store)
    while seal_next_day(store, 1, "samples"):
        pass
    store.archive.path("1/samples-2026-05-29.parquet").write_bytes(b"PAR1")
    by_the_hour(store, gateway="other")

    with pytest.raises(StoreError, match=r"samples-2026-05-29\.parquet: is missing or damaged"):
        seal_all(store)
    assert sealed_until(store.database, 1, "slow_samples") == sealed_until(store.database, 1, "samples")
    assert sealed_until(store.database, 2, "samples") == sealed_until(store.database, 1, "samples")
    assert len(store.readings(2, START, START + timedelta(days=9))) == 24 * 7


def test_days_that_became_a_month_stay_for_those_who_read_them_just_then(store: Store) -> None:
    by_the_hour(store)
    while seal_next_day(store, 1, "samples"):
        pass
    days = sorted(store.archive.folder.rglob("samples-2026-05-*.parquet"))
    for file in days:  # written days ago
        os.utime(file, (time.time() - 99_000, time.time() - 99_000))
    seal_all(store)
    upkeep(store)

    assert days
    assert all(file.exists() for file in days)
    assert store.archive.path("1/samples-2026-05.parquet").exists()


def test_folders_of_the_archive_are_for_their_owner_alone_also_when_put_back(tmp_path: Path, path: Path) -> None:
    with Store.open(path) as store:
        by_the_hour(store)
        seal_all(store)
        back_up(path, tmp_path / "kept.tar")
    restore(tmp_path / "kept.tar", tmp_path / "again" / "forebay.db")

    folders = [f for f in [*tmp_path.rglob("forebay-archive"), *tmp_path.rglob("forebay-archive/*")] if f.is_dir()]
    assert len(folders) == 4
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}
