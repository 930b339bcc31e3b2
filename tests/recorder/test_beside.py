"""What is kept beside the fast readings is what the emulated gateway behind a real connection is, on every firmware."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tests.recorder.living import House, later, recorded
from tests.recorder.virtual import virtually

from forebay.emulator import readings
from forebay.emulator.home import GatewayTable, Home, MetersTable, PackTable, SolarString
from forebay.emulator.roof import inverters
from forebay.records.parts import PartKind
from forebay.records.spans import SpanKind
from forebay.store.parts import latest, part_series, parts
from forebay.store.spans import open_spans, spans


def home(firmware: str = "21.44.1", **more: Any) -> Home:
    """Two packs, the first with an inverter of its own for two strings."""
    return Home(
        gateway=GatewayTable(firmware=firmware),
        solar=(SolarString(peak_w=3000), SolarString(peak_w=2000)),
        packs=(PackTable(model="plus", charge_pct=60), PackTable(charge_pct=40)),
        **{"meters": MetersTable(kind="synchrometer"), **more},
    )


def live(folder: Path, act: Callable[[House], Awaitable[Any]], **settings: Any) -> None:
    async def within() -> None:
        async with recorded(folder, **{"home": home(), "fast_s": 20.0, "slow_s": 60.0, **settings}) as house:
            await later(minutes=4)
            await act(house)

    virtually(within())


def told(house: House, kind: PartKind) -> list[Any]:
    """The last reading of each part of a kind."""
    found = parts(house.store, 1, kind)
    now = latest(house.store, 1, [part.id for part in found])
    return [now[part.id][1] for part in found]


def of_part(house: House, part_id: int) -> Any:
    """The last reading of a part."""
    return latest(house.store, 1, [part_id])[part_id][1]


def fast(house: House) -> Any:
    """The last fast reading."""
    return house.store.latest(1)


def lasting(house: House, kind: SpanKind) -> list[tuple[str, str, str]]:
    return [(span.source, span.name, span.detail) for span in open_spans(house.store, 1, [kind])]


def every(house: House, kind: SpanKind) -> Any:
    return spans(house.store, 1, house.clock.true - timedelta(days=1), house.clock.true + timedelta(days=1), [kind])


@pytest.mark.parametrize("firmware", ["21.44.1", "22.36", "23.44"])
def test_packs_strings_and_inverters_are_those_of_the_house(tmp_path: Path, firmware: str) -> None:
    async def look(house: House) -> None:
        house.do("load", watts=4100.0)
        house.do("solar", watts=2600.0)
        await later(minutes=2)
        house.do("time", speed=0)
        await later(seconds=30)
        device = house.device
        shown, (inverter,) = readings.take(device), inverters(device)

        for pack, is_ in zip(told(house, PartKind.PACK), shown.packs, strict=True):
            assert (pack["power_w"], pack["reactive_power_var"]) == (is_.power_w, is_.reactive_var)
            assert (pack["full_wh"], pack["remaining_wh"]) == (is_.full_wh, is_.energy_wh)
            assert (pack["charged_wh"], pack["discharged_wh"]) == (is_.charged_wh, is_.discharged_wh)
            assert (pack["voltage_v"], pack["frequency_hz"]) == (is_.voltage_v, is_.frequency_hz)
            assert (pack["state"], pack["enabled"]) == ("PINV_GridFollowing", 1)
            assert ("temperature_c" in pack) == (firmware != "23.44")
        assert sum(pack["power_w"] for pack in told(house, PartKind.PACK)) == pytest.approx(
            fast(house).battery_power_w, abs=2
        )
        strings = told(house, PartKind.STRING)
        assert [(s["power_w"], s["voltage_v"], s["current_a"], s["connected"]) for s in strings] == [
            (s.power_w, s.voltage_v, s.current_a, 1) for s in inverter.strings[:2]
        ]
        assert sum(s["power_w"] for s in strings) > 2000
        assert [part.label for part in parts(house.store, 1, PartKind.STRING)] == ["String A", "String B"]
        (own,) = told(house, PartKind.INVERTER)
        assert (own["power_w"], own["enabled"], own["state"]) == (inverter.power_w, 1, "PVAC_Active")

    live(tmp_path, look, home=home(firmware))


@pytest.mark.parametrize(("firmware", "label"), [("21.44.1", "Meter X"), ("23.44", "Grid meter")])
def test_each_line_of_the_grid_is_known(tmp_path: Path, firmware: str, label: str) -> None:
    async def look(house: House) -> None:
        house.do("time", speed=0)
        await later(seconds=30)
        (part,) = (part for part in parts(house.store, 1, PartKind.METER) if part.label == label)
        lines = of_part(house, part.id)
        shown = readings.take(house.device)

        assert [lines["voltage_l1_v"], lines["voltage_l2_v"]] == pytest.approx(list(shown.phase_v), abs=0.006)
        assert lines["power_w"] == pytest.approx(lines["power_l1_w"] + lines["power_l2_w"])
        assert lines["power_w"] == pytest.approx(fast(house).site_power_w, abs=2)
        assert "voltage_l3_v" not in lines

    live(tmp_path, look, home=home(firmware))


def test_both_sides_of_the_switch_are_known_while_the_grid_is_away(tmp_path: Path) -> None:
    async def look(house: House) -> None:
        house.do("grid", up=False)
        await later(minutes=2)
        (part,) = (part for part in parts(house.store, 1, PartKind.METER) if part.label == "Grid switch")
        told = of_part(house, part.id)

        assert (told["grid_voltage_l1_v"], told["grid_voltage_l2_v"]) == (0, 0)
        assert told["voltage_l1_v"] > 100
        assert told["frequency_hz"] > 50
        assert "grid_frequency_hz" not in told  # no frequency can be measured
        assert "voltage_l3_v" not in told

    live(tmp_path, look)


def test_parts_come_as_often_as_the_fast_readings_and_in_one_request(tmp_path: Path) -> None:
    async def look(house: House) -> None:
        before = house.asked.copy()
        await later(minutes=10)
        spent = house.asked - before
        end, (pack, _) = house.clock.true, parts(house.store, 1, PartKind.PACK)
        start = end - timedelta(minutes=5)
        curves = part_series(house.store, 1, [pack.id], start, end, step_s=5, signals=["power_w"])

        assert spent["VITALS"] == pytest.approx(120, abs=2)
        assert {name for name, n in spent.items() if n > 12} == {
            "AGGREGATES",
            "STATE_OF_ENERGY",
            "GRID_STATUS",
            "VITALS",
        }
        assert sum(value is not None for value in curves.columns[f"part/{pack.id}/power_w"]) >= 58

    live(tmp_path, look, fast_s=5.0)


def test_parts_can_be_asked_more_rarely_or_not_at_all(tmp_path: Path) -> None:
    async def rarely(house: House) -> None:
        assert house.asked["VITALS"] == pytest.approx(4, abs=1)

    async def never(house: House) -> None:
        assert (house.asked["VITALS"], parts(house.store, 1)) == (0, [])
        assert lasting(house, SpanKind.FIRMWARE)

    live(tmp_path / "rarely", rarely, parts_s=60.0)
    live(tmp_path / "never", never, parts_s=0.0)


def test_without_vitals_no_row_is_asked_twice_in_a_round_and_the_vitals_once_an_hour(tmp_path: Path) -> None:
    async def look(house: House) -> None:
        before = house.asked.copy()
        await later(hours=1)
        spent = house.asked - before

        assert spent["VITALS"] <= 1
        assert {name: n for name, n in spent.items() if n > 182} == {}
        assert spent["SYSTEM_STATUS"] == pytest.approx(180, abs=3)
        assert spent["SOLAR_POWERWALL"] == pytest.approx(180, abs=3)

    live(tmp_path, look, home=home("23.44"))


def test_what_is_not_installed_is_asked_for_seldom(tmp_path: Path) -> None:
    async def look(house: House) -> None:
        before = house.asked.copy()
        await later(hours=1)
        spent = house.asked - before

        assert spent["SOLAR_POWERWALL"] <= 5
        assert spent["METERS_SOLAR"] <= 5
        assert spent["SYSTEM_STATUS"] == pytest.approx(180, abs=3)

    live(tmp_path, look, home=Home(gateway=GatewayTable(firmware="23.44"), solar=(), packs=(PackTable(),)))


def test_a_restricted_gateway_is_left_alone_with_what_it_does_not_offer(tmp_path: Path) -> None:
    async def look(house: House) -> None:
        before = house.asked.copy()
        await later(hours=2)
        spent = house.asked - before

        assert parts(house.store, 1) == []
        assert {name for name, n in spent.items() if n > 2} == {"AGGREGATES", "STATE_OF_ENERGY", "GRID_STATUS"}
        assert house.connection.state == "live"
        assert every(house, SpanKind.ALERT) == []

    live(tmp_path, look, home=Home(gateway=GatewayTable(firmware="23.44", restricted=404)))


@pytest.mark.parametrize("firmware", ["1.15", "1.40.2"])
def test_an_old_gateway_tells_what_it_knows(tmp_path: Path, firmware: str) -> None:
    async def look(house: House) -> None:
        assert house.connection.state == "live"
        assert fast(house).load_power_w is not None
        assert [name for _, name, _ in lasting(house, SpanKind.FIRMWARE)] == [firmware]
        (meter,) = [part for part in parts(house.store, 1, PartKind.METER) if part.label == "Grid meter"]
        assert of_part(house, meter.id)["voltage_l1_v"] > 100

    live(tmp_path, look, home=Home(gateway=GatewayTable(firmware=firmware), packs=(PackTable(), PackTable())))


def test_a_part_stays_itself_when_an_update_takes_the_vitals_away(tmp_path: Path) -> None:
    async def look(house: House) -> None:
        before = [(part.id, part.label) for part in parts(house.store, 1)]
        firmware = lasting(house, SpanKind.FIRMWARE)
        house.do("update", available="23.44", upgrade_after_s=60)
        await later(hours=2)
        after = parts(house.store, 1)
        fresh = [part for part in after if part.last and house.clock.true - part.last < timedelta(minutes=1)]

        assert firmware == [("", "21.44.1 b7d20c5e", "")]
        assert [name.split()[0] for _, name, _ in lasting(house, SpanKind.FIRMWARE)] == ["23.44"]
        assert [span.name.split()[0] for span in every(house, SpanKind.FIRMWARE)] == ["21.44.1", "23.44"]
        assert [(part.id, part.label) for part in after if part.label[-6:] != " meter"] == before
        assert {part.label for part in fresh} == {
            "Pack 1",
            "Pack 2",
            "String A",
            "String B",
            "Inverter 1",
            "Grid meter",
            "Solar meter",
        }

    live(tmp_path, look)


def test_alerts_begin_and_end_with_what_they_are_about(tmp_path: Path) -> None:
    async def look(house: House) -> None:
        assert ("Gateway", "SystemConnectedToGrid", "") in lasting(house, SpanKind.ALERT)
        began = house.clock.true
        house.do("pack", number=2, enabled=False, reason="DisabledExcessiveVoltageDrop")
        await later(minutes=3)
        raised = {(source, name) for source, name, _ in lasting(house, SpanKind.ALERT)}
        problems = lasting(house, SpanKind.PROBLEM)
        house.do("pack", number=2, enabled=True)
        await later(minutes=3)
        over = {(span.source, span.name): span for span in every(house, SpanKind.ALERT) if span.end is not None}

        wanted = {("Gateway", "BatteryFault"), ("Gateway", "ExcessiveVoltageDrop"), ("Pack 2", "THC_w042_POD_MIA")}
        wanted |= {("Pack 2", "POD_w024_HW_Fault_Asserted"), ("Pack 2", "DisabledExcessiveVoltageDrop")}
        assert wanted <= raised
        assert [name for _, name, _ in problems] == ["BatteryFault"]
        assert problems[0][2]
        assert wanted <= over.keys()
        for key in wanted:
            assert timedelta(0) <= over[key].start - began <= timedelta(seconds=65)
            assert over[key].end - over[key].start <= timedelta(minutes=4, seconds=5)
        assert lasting(house, SpanKind.PROBLEM) == []

    live(tmp_path, look)


HOMES = {
    "restricted": Home(gateway=GatewayTable(firmware="23.44", restricted=404)),
    **{firmware: Home(gateway=GatewayTable(firmware=firmware)) for firmware in ("1.40.2", "21.44.1", "23.44")},
}


@pytest.mark.parametrize("firmware", HOMES)
def test_an_outage_of_the_grid_is_as_long_as_it_was(tmp_path: Path, firmware: str) -> None:
    async def look(house: House) -> None:
        began = house.clock.true
        house.do("grid", up=False)
        await later(minutes=20)
        during = lasting(house, SpanKind.GRID)
        house.do("grid", up=True)
        await later(minutes=10)
        found = every(house, SpanKind.GRID)

        assert [name for _, name, _ in during] == ["SystemIslandedActive"]
        assert lasting(house, SpanKind.GRID) == []
        (island,) = [span for span in found if span.name == "SystemIslandedActive"]
        assert island.start - began <= timedelta(seconds=50)
        assert timedelta(minutes=19) < island.end - island.start < timedelta(minutes=22)
        for before, after in pairwise(found):
            assert before.end == after.start  # from state to state without a hole

    live(tmp_path, look, home=HOMES[firmware])


def test_what_ended_while_the_recorder_was_away_ended_when_it_was_last_seen(tmp_path: Path) -> None:
    async def within() -> None:
        async with recorded(tmp_path, home=home(), fast_s=20.0, slow_s=60.0, runs=False) as house:
            async with house.running():
                house.do("grid", up=False)
                house.do("pack", number=2, enabled=False, reason="DisabledExcessiveVoltageDrop")
                await later(minutes=5)
            left = house.clock.true
            house.do("grid", up=True)
            await later(minutes=44)
            async with house.running():
                await later(minutes=5)
            back = house.clock.true
            (island,) = [span for span in every(house, SpanKind.GRID) if span.name == "SystemIslandedActive"]
            faults = [span for span in every(house, SpanKind.ALERT) if span.name == "BatteryFault"]

            assert timedelta(0) <= left - island.end <= timedelta(seconds=21)
            assert island.detail.startswith("nobody looked from 2026-06-21 07:")
            assert [(span.source, span.end) for span in faults] == [("Gateway", None)]  # it lasted all the while
            assert faults[0].start < left < back

    virtually(within())


def test_no_serial_number_of_a_part_is_in_the_record(tmp_path: Path) -> None:
    async def look(house: House) -> None:
        house.store.flush()
        device = house.device
        serials = [*device.pack_serials, device.sync_serial, *(inverter.serial for inverter in inverters(device))]
        text = b"".join(file.read_bytes() for file in tmp_path.glob("forebay.db*"))

        assert len(parts(house.store, 1)) > 5
        assert [serial for serial in serials if serial.encode() in text] == []

    live(tmp_path, look)


def test_vitals_that_cannot_be_read_are_told_once_and_the_readings_go_on(tmp_path: Path) -> None:
    async def look(house: House) -> None:
        (before,) = latest(house.store, 1, [parts(house.store, 1, PartKind.PACK)[0].id]).values()
        mark = len(house.heard.lines)
        house.do("faults", path="/api/devices/vitals", garbage=True)
        await later(minutes=10)
        (during,) = latest(house.store, 1, [parts(house.store, 1, PartKind.PACK)[0].id]).values()
        told = [line for line in house.lines(since=mark) if "missing from the readings" in line]
        house.heal()
        await later(minutes=2)
        (after,) = latest(house.store, 1, [parts(house.store, 1, PartKind.PACK)[0].id]).values()

        assert house.connection.state == "live"
        assert during[0] - before[0] < timedelta(minutes=1)
        assert after[0] - during[0] > timedelta(minutes=9)
        assert len(told) == 1
        assert every(house, SpanKind.ALERT)[0].end is None  # not heard is not over

    live(tmp_path, look)
