"""What was imported is used where nothing was recorded, and no watt-hour is counted twice."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.store.conftest import RecordHouse

from forebay.errors import StoreError
from forebay.records.flows import FLOWS
from forebay.records.reading import Reading
from forebay.store import Store
from forebay.store.candidate import Candidate
from forebay.store.check import check
from forebay.store.curves import curves
from forebay.store.energy import energy, energy_between
from forebay.store.fed import fed_between
from forebay.store.imported import known_span
from forebay.store.imports import add, imports, only_new, undo
from forebay.store.merged import Layer, cells
from forebay.store.packed import COLUMNS, DAY_MS, Piece, pack, unpack
from forebay.store.query import series
from forebay.store.state import to_ms

START = datetime(2025, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
Told = Mapping[str, float]


@pytest.fixture
def gateway(store: Store) -> int:
    return store.gateway_id("gateway")


def candidate(
    start: datetime, step: timedelta, told: Sequence[Told], *, kind: str = "cloud-power", is_metered: bool = False
) -> Candidate:
    """Intervals of one length, one after the other."""
    found = Candidate(kind, "file.csv", "0", is_metered, step // timedelta(milliseconds=1))
    days: dict[int, list[tuple[int, Told]]] = {}
    for number, one in enumerate(told):
        at_ms = to_ms(start + number * step)
        days.setdefault(at_ms - at_ms % DAY_MS, []).append((at_ms, one))
    for day_ms, rows in days.items():
        values = np.array([[one.get(name, np.nan) for name in COLUMNS] for _, one in rows])
        starts = np.array([at for at, _ in rows], dtype=np.int64)
        found.put(Piece(day_ms, starts, np.full(len(rows), found.step_ms, dtype=np.int64), values))
    return found


def flows(**told: float) -> Told:
    return {f"{flow.name}_wh": 0.0 for flow in FLOWS} | {f"{name}_wh": wh for name, wh in told.items()}


def keep(store: Store, gateway: int, *candidates: Candidate) -> list[int]:
    return add(store, gateway, candidates, datetime.now(UTC))


def content(store: Store) -> list[list[tuple[object, ...]]]:
    return [
        store.database.rows(f"SELECT * FROM {table} ORDER BY 1, 2")
        for table in ("imports", "imported_days", "imported_sums")
    ]


@given(st.lists(st.tuples(st.integers(1, 90_000), st.floats(0, 1e5)), min_size=1, max_size=50), st.integers(0, 13))
def test_intervals_come_out_of_their_bytes_as_they_went_in(rows: list[tuple[int, float]], column: int) -> None:
    starts = np.cumsum([step for step, _ in rows])
    values = np.full((len(rows), len(COLUMNS)), np.nan)
    values[::2, column] = [value for _, value in rows][::2]
    piece = Piece(DAY_MS, DAY_MS + starts, np.full(len(rows), 7, dtype=np.int64), values)
    found = unpack(DAY_MS, pack(piece))

    assert found.starts_ms.tolist() == piece.starts_ms.tolist()
    assert found.lengths_ms.tolist() == piece.lengths_ms.tolist()
    np.testing.assert_allclose(found.values, values, atol=0.0006)


def test_a_damaged_day_is_named_as_such() -> None:
    whole = pack(Piece(0, np.array([1]), np.array([2]), np.zeros((1, len(COLUMNS)))))
    for broken in (whole[:-3], b"", whole[:7] + b"-" + whole[8:]):
        with pytest.raises(StoreError, match="undo that import and import it again"):
            unpack(0, broken)


def test_imported_energy_is_that_of_its_intervals(store: Store, gateway: int) -> None:
    keep(store, gateway, candidate(START, HOUR, [flows(solar=100.0 * n, home=50) for n in range(48)]))
    found = energy(store, gateway, START, START + 48 * HOUR)

    assert found["solar"].wh == pytest.approx(sum(100.0 * n for n in range(48)))
    assert found["home"].wh == pytest.approx(2400)
    assert (found["solar"].covered_ratio, found["solar"].imported_ratio) == (1, 1)
    assert energy(store, gateway, START - HOUR, START)["solar"].wh is None
    half = energy(store, gateway, START - 48 * HOUR, START + 48 * HOUR)["home"]
    assert half.wh == pytest.approx(2400)
    assert half.covered_ratio == pytest.approx(0.5)


def test_a_flow_that_was_not_told_is_not_zero(store: Store, gateway: int) -> None:
    keep(store, gateway, candidate(START, HOUR, [{"grid_in_wh": 500.0}] * 24, is_metered=True, kind="csv"))
    found = energy(store, gateway, START, START + 24 * HOUR)

    assert found["grid_in"].wh == pytest.approx(12_000)
    assert {name for name, one in found.items() if one.wh is None} == {flow.name for flow in FLOWS} - {"grid_in"}


def test_the_border_between_imported_and_recorded_counts_once(
    store: Store, gateway: int, record_house: RecordHouse
) -> None:
    begin = START + timedelta(hours=24, minutes=7, seconds=13)
    readings = record_house(store, begin, lambda _: 1000.0, until_s=7200)
    keep(store, gateway, candidate(START, timedelta(minutes=5), [flows(grid_in=1000 / 12, home=1000 / 12)] * (12 * 36)))
    end = readings[-1].at
    found = energy(store, gateway, START, end)["grid_in"]

    assert found.wh == pytest.approx(1000 * (end - START) / HOUR, rel=1e-6)
    assert found.covered_ratio == pytest.approx(1)
    assert found.imported_ratio == pytest.approx((begin - START) / (end - START))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 40 * 3600), min_size=2, max_size=9, unique=True), st.integers(0, 99))
def test_windows_add_up_over_imported_and_recorded_time(cuts: list[int], seed: int) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "f.db") as store:
        gateway = store.gateway_id("gateway")
        dice = random.Random(seed)
        told = [flows(solar=dice.uniform(0, 500), grid_in=dice.uniform(0, 300)) for _ in range(12 * 30)]
        keep(store, gateway, candidate(START, timedelta(minutes=5), told))
        edges = [START + timedelta(seconds=cut) for cut in sorted(cuts)]
        parts = energy_between(store, gateway, edges)
        whole = energy(store, gateway, edges[0], edges[-1])

        for name in ("solar", "grid_in"):
            assert sum(part[name].wh or 0.0 for part in parts) == pytest.approx(whole[name].wh or 0.0, abs=1e-6)


def test_what_was_recorded_stands(store: Store, gateway: int, record_house: RecordHouse) -> None:
    record_house(store, START, lambda _: 1000.0, until_s=4 * 3600)
    window = (store, gateway, START + HOUR, START + 3 * HOUR)
    before = energy(*window), series(*window, step_s=300, signals=["site_power_w"])
    keep(store, gateway, candidate(START, timedelta(minutes=5), [flows(grid_in=5000, home=5000)] * 48))

    assert (energy(*window), series(*window, step_s=300, signals=["site_power_w"])) == before


def test_a_metered_day_gives_the_amount_and_powers_its_shape(store: Store, gateway: int) -> None:
    curve = [flows(solar=10.0 if 6 <= n // 12 < 18 else 0.0) for n in range(288)]
    day = [flows(solar=2000.0)]
    keep(store, gateway, candidate(START, timedelta(minutes=5), curve))
    keep(store, gateway, candidate(START, 24 * HOUR, day, kind="cloud-energy", is_metered=True))
    found = energy_between(store, gateway, [START + n * HOUR for n in range(25)])

    assert sum(one["solar"].wh or 0 for one in found) == pytest.approx(2000)
    assert [round(one["solar"].wh or 0, 1) for one in found] == [0] * 6 + [166.7] * 12 + [0] * 6


def test_a_metered_day_with_half_a_curve_keeps_its_amount(store: Store, gateway: int) -> None:
    keep(store, gateway, candidate(START, timedelta(minutes=5), [flows(home=50.0)] * 144))
    keep(store, gateway, candidate(START, 24 * HOUR, [flows(home=9600.0)], kind="cloud-energy", is_metered=True))
    first, second = energy_between(store, gateway, [START + n * 12 * HOUR for n in range(3)])

    assert first["home"].wh == pytest.approx(7200)
    assert second["home"].wh == pytest.approx(2400)


def test_a_curve_with_a_small_hole_is_not_punished_with_a_peak(store: Store, gateway: int) -> None:
    curve = [flows(home=100.0)] * 288
    holed = candidate(START, timedelta(minutes=5), [*curve[:100], {}, *curve[101:]])
    keep(store, gateway, holed)
    keep(store, gateway, candidate(START, 24 * HOUR, [flows(home=29_500.0)], kind="cloud-energy", is_metered=True))
    minutes = series(store, gateway, START, START + 24 * HOUR, step_s=300, signals=["load_power_w"])
    watts = [value for value in minutes.columns["load_power_w"] if value is not None]

    assert len(watts) == 288
    assert max(watts) == pytest.approx(min(watts), rel=1e-3)
    assert sum(watts) / 12 == pytest.approx(29_500, rel=1e-6)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from([1, 5, 30, 60, 720, 1440]), st.integers(0, 9)), max_size=5),
    st.integers(0, 999),
)
def test_the_coarsest_meter_has_the_last_word_on_the_sum(layers: list[tuple[bool, int, int]], seed: int) -> None:
    dice = random.Random(seed)

    def layer(is_metered: bool, minutes: int, holes: int) -> Layer:
        n = 1440 // minutes
        values = np.full((n, len(COLUMNS)), np.nan)
        values[:, 0] = [dice.uniform(0, 10) * minutes if dice.randrange(10) >= holes else np.nan for _ in range(n)]
        starts = np.arange(n, dtype=np.int64) * minutes * 60_000
        return Layer(is_metered, minutes * 60_000, [Piece(0, starts, np.full(n, minutes * 60_000), values)])

    finer = [layer(is_metered, minutes, holes) for is_metered, minutes, holes in layers if minutes < 1440]
    day = layer(True, 1440, 0)
    found = cells([*finer, day], 0, DAY_MS)[:, 0]
    counted = cells([one for one in finer if one.is_metered], 0, DAY_MS)[:, 0]
    total = float(day.pieces[0].values[0, 0])

    assert not np.isnan(found).any()
    assert (found >= 0).all()
    if np.isnan(counted).all():
        assert found.sum() == pytest.approx(total)
    elif np.isnan(counted).any():
        assert found.sum() == pytest.approx(max(total, float(np.nansum(counted))))


def test_of_two_equal_curves_the_newer_import_counts(store: Store, gateway: int) -> None:
    keep(store, gateway, candidate(START, HOUR, [flows(home=100)] * 2))
    keep(store, gateway, candidate(START, HOUR, [flows(home=300)]))

    assert energy(store, gateway, START, START + 2 * HOUR)["home"].wh == pytest.approx(400)


def test_the_same_history_twice_is_nothing_new_and_a_longer_one_only_its_end(store: Store, gateway: int) -> None:
    day = [flows(home=float(n)) for n in range(24)]
    keep(store, gateway, candidate(START, HOUR, day))
    longer = only_new(store, gateway, candidate(START, HOUR, [*day, *day]))

    assert only_new(store, gateway, candidate(START, HOUR, day)).n == 0
    assert longer.n == 24
    assert list(longer.days) == [to_ms(START) + DAY_MS]


def test_undone_is_as_if_it_had_never_been(store: Store, gateway: int) -> None:
    keep(store, gateway, candidate(START, HOUR, [flows(home=100, solar=40)] * 72))
    before = content(store)
    later = candidate(START + 30 * HOUR, 24 * HOUR, [flows(home=5000)] * 3, kind="cloud-energy", is_metered=True)
    (number,) = keep(store, gateway, later)
    assert content(store) != before
    gone = undo(store, gateway, number)

    assert gone.n == 3
    assert content(store) == before
    with pytest.raises(StoreError, match=f"there is no import {number}; there are: 1"):
        undo(store, gateway, number)


def test_sums_made_bit_by_bit_are_those_made_at_once(store: Store, gateway: int, tmp_path: Path) -> None:
    parts = [candidate(START + n * 170 * HOUR, HOUR, [flows(home=n * 7 + 1, grid_in=3)] * 48) for n in range(12)]
    with Store.open(tmp_path / "other.db") as other:
        assert other.gateway_id("gateway") == gateway
        keep(other, gateway, *parts)
        for part in reversed(parts):
            keep(store, gateway, part)
        sql = "SELECT * FROM imported_sums ORDER BY at_ms"
        once, bits = (np.array(one.database.rows(sql)) for one in (other, store))

    np.testing.assert_allclose(bits, once, rtol=1e-12)


def test_an_import_that_breaks_off_leaves_nothing(store: Store, gateway: int) -> None:
    def breaks(at: datetime) -> None:
        raise KeyboardInterrupt

    before = content(store)
    with pytest.raises(KeyboardInterrupt):
        add(store, gateway, [candidate(START, HOUR, [flows(home=1)] * 50)], START, breaks)

    assert content(store) == before
    assert keep(store, gateway, candidate(START, HOUR, [flows(home=1)]))


def test_what_fed_what_is_known_of_imported_time(store: Store, gateway: int) -> None:
    noon = flows(solar=100, home=40, battery_in=30, grid_out=30)
    night = flows(home=60, battery_out=20, grid_in=40)
    keep(store, gateway, candidate(START, timedelta(minutes=5), [*[noon] * 144, *[night] * 144]))
    (found,) = fed_between(store, gateway, [START, START + 24 * HOUR])

    assert found is not None
    assert found.solar_to_home == pytest.approx(144 * 40)
    assert found.solar_to_battery == pytest.approx(144 * 30)
    assert found.battery_to_home == pytest.approx(144 * 20)
    assert found.grid_to_home == pytest.approx(144 * 40)
    assert found.grid_to_battery == pytest.approx(0, abs=1e-6)


def test_curves_show_what_was_imported_at_every_spacing(store: Store, gateway: int) -> None:
    told = [{**flows(solar=n % 12, home=5, grid_in=2, battery_in=n % 12), "charge_pct": 40.0} for n in range(288)]
    keep(store, gateway, candidate(START, timedelta(minutes=5), told))
    names = ["solar_power_w", "battery_power_w", "site_power_w", "charge_wire_pct"]
    for step_s in (60, 300, 900, 3600):
        found = series(store, gateway, START, START + 24 * HOUR, step_s=step_s, signals=names)
        means = {name: sum(v for v in column if v is not None) / len(column) for name, column in found.columns.items()}
        assert means["solar_power_w"] == pytest.approx(5.5 * 12)
        assert means["battery_power_w"] == pytest.approx(-5.5 * 12)
        assert means["site_power_w"] == pytest.approx(24)
        assert found.columns["charge_wire_pct"] == pytest.approx([40.0] * len(found.t))
    fine = series(store, gateway, START, START + HOUR, step_s=300, signals=["solar_power_w"])
    assert fine.columns["solar_power_w"] == pytest.approx([12.0 * n for n in range(12)])


def test_each_import_is_listed_with_what_was_decided(store: Store, gateway: int) -> None:
    one = candidate(START, HOUR, [flows(home=1)] * 5)
    one.decisions["unit"] = "W"
    keep(store, gateway, one)
    (listed,) = imports(store, gateway)

    assert (listed.kind, listed.n, listed.start, listed.end) == ("cloud-power", 5, START, START + 5 * HOUR)
    assert listed.decisions == {"unit": "W"}
    assert all(later.id > earlier.id for earlier, later in pairwise(imports(store, gateway)))


def test_holes_in_a_record_without_counters_are_filled(store: Store, gateway: int) -> None:
    for n in range(0, 4 * 720):
        if not 720 <= n < 1440:
            store.append(gateway, Reading(at=START + timedelta(seconds=5 * n), solar_power_w=600.0))
    keep(store, gateway, candidate(START, timedelta(minutes=5), [flows(solar=500.0)] * 48))
    found = energy(store, gateway, START, START + 4 * HOUR)["solar"]
    recorded = 3 * 600.0

    assert found.wh == pytest.approx(recorded + 6000.0, rel=2e-3)
    assert found.covered_ratio == pytest.approx(1, abs=1e-3)
    assert found.imported_ratio == pytest.approx(0.25, abs=1e-2)


def test_the_pages_curves_show_what_was_imported_where_nothing_was_read(store: Store, gateway: int) -> None:
    keep(store, gateway, candidate(START, timedelta(minutes=5), [flows(solar=50.0)] * 288))
    store.append(gateway, Reading(at=START + 24 * HOUR, solar_power_w=900.0))
    found = curves(store, gateway, START, START + 25 * HOUR, step_s=3600, names=["solar_power_w", "site_voltage_v"])

    assert found.columns["solar_power_w"] == pytest.approx([600.0] * 24 + [900.0])
    assert set(found.columns["site_voltage_v"]) == {None}
    assert known_span(store, gateway) == (START, START + 24 * HOUR + timedelta(milliseconds=1))


def test_days_before_the_record_are_told_by_imports_alone(store: Store, gateway: int) -> None:
    days = candidate(START, 24 * HOUR, [flows(home=1000)] * 50, kind="cloud-energy", is_metered=True)
    keep(store, gateway, days)
    store.append(gateway, Reading(at=START + 60 * 24 * HOUR, load_wh=5.0))
    found = energy_between(store, gateway, [START + (n - 950) * 24 * HOUR for n in range(1000)])

    assert sum(one["home"].wh or 0.0 for one in found) == pytest.approx(49_000)
    assert [one["home"].imported_ratio for one in found] == [0.0] * 950 + [1.0] * 49


def test_a_check_names_the_day_of_an_import_that_is_damaged(store: Store, gateway: int) -> None:
    keep(store, gateway, candidate(START, HOUR, [flows(home=1)] * 50))
    assert check(store) == []
    sql = "UPDATE imported_days SET packed = substr(packed, 1, 20) WHERE day_ms = ?"
    store.database.write_at_once([(sql, (to_ms(START) + DAY_MS,))])

    assert check(store) == [
        "gateway: 2025-03-02 of import 1 is damaged; `forebay import undo 1` and import file.csv again"
    ]
    undo(store, gateway, 1)
    assert check(store) == []
