"""Powerwalls of every model, several of them, and what the gateway says of each."""

from __future__ import annotations

import msgspec
import pytest
from tests.emulator.houses import ask
from tests.emulator.test_laws import build

from forebay.emulator.home import Home, PackTable
from forebay.emulator.resources.system import PACK_PARTS
from forebay.emulator.resources.vitals import devices
from forebay.wire import catalogue


def test_the_founding_documents_home_has_two_powerwalls_in_sync() -> None:
    """S052, S053: how many, their numbers, and whether they are in sync."""
    told = ask(build("1.40.2", 1, 19), catalogue.POWERWALLS)
    numbers = [pack.PackageSerialNumber for pack in told.powerwalls]

    assert [pack.PackagePartNumber for pack in told.powerwalls] == ["1092170-03-E"] * 2
    assert len(set(numbers)) == 2
    assert told.has_sync is True


@pytest.mark.parametrize("model", PACK_PARTS)
@pytest.mark.parametrize("firmware", ["1.40.2", "21.44"])
def test_other_models_have_their_own_part_numbers(model: str, firmware: str) -> None:
    """S053: alternating and direct current, first and second version."""
    packs = (PackTable(model=model), PackTable(model=model, part_number="1234567-00-X"))  # type: ignore[arg-type]
    device = build(firmware, 1, 19, msgspec.structs.replace(Home(), packs=packs))
    told = ask(device, catalogue.POWERWALLS).powerwalls
    blocks = ask(device, catalogue.SYSTEM_STATUS).battery_blocks

    parts = [PACK_PARTS[model].at(device.version), "1234567-00-X"]
    assert [pack.PackagePartNumber for pack in told] == parts == [block.PackagePartNumber for block in blocks]
    assert [pack.type == "SolarPowerwall" for pack in told] == [model == "plus"] * 2
    numbers = ask(device, catalogue.PACKAGE_NUMBERS).pvi_sub_package_numbers
    assert numbers == (["1538100-00-F"] * 2 if model == "plus" else [None] * 2)


@pytest.mark.parametrize("count", [1, 2, 3, 10])
def test_sums_are_those_of_the_powerwalls_that_work(count: int) -> None:
    """M10, M11, S046: the charge is weighted by capacity; the last one is out."""
    packs = tuple(
        PackTable(full_wh=13_000.0 + 100 * n, charge_pct=30.0 + 5 * n, enabled=n == 0 or n < count - 1)
        for n in range(count)
    )
    device = build("21.44", 1, 19, msgspec.structs.replace(Home(), packs=packs))
    told, charge = ask(device, catalogue.SYSTEM_STATUS), ask(device, catalogue.STATE_OF_ENERGY).percentage.value
    working = [block for block in told.battery_blocks if not block.disabled_reasons]
    power = ask(device, catalogue.AGGREGATES).battery

    assert len(told.battery_blocks) == count
    assert len(working) == told.available_blocks == told.blocks_controlled == power.num_meters_aggregated
    assert told.nominal_full_pack_energy == sum(block.nominal_full_pack_energy for block in working)
    assert told.nominal_energy_remaining == sum(block.nominal_energy_remaining for block in working)
    assert charge == 100 * told.nominal_energy_remaining / told.nominal_full_pack_energy
    assert power.instant_power == sum(block.p_out for block in working)
    assert told.max_discharge_power == 5_000 * len(working)
    for block in told.battery_blocks:
        out = block not in working
        assert [block.p_out, block.q_out, block.v_out, block.f_out, block.i_out].count(None) == (5 if out else 0)
        assert (block.energy_charged is None, block.energy_discharged is None) == (out, out)
        assert (block.pinv_state == "", block.pinv_grid_state == "") == (out, out)
        assert block.nominal_full_pack_energy > 0


def test_a_pack_that_is_taken_out_never_turns_the_batterys_counters_back() -> None:
    device = build("21.44", 1, 19)
    before = ask(device, catalogue.AGGREGATES)
    device.set_pack_enabled(1, False)
    after = ask(device, catalogue.AGGREGATES)

    assert after.battery.energy_exported >= before.battery.energy_exported
    assert after.load.energy_imported >= before.load.energy_imported


def test_a_returning_grid_is_qualified_before_it_is_trusted() -> None:
    """E008, E024, E123."""
    device = build("21.44", 1, 19)

    def told() -> tuple[bool, bool, set[str], str]:
        blocks = ask(device, catalogue.SYSTEM_STATUS).battery_blocks
        vital = next(one for one in devices(device) if one.kind == "TESYNC").vitals["ISLAND_GridState"]
        flags = ask(device, catalogue.PACK_STATUS).grid_qualifying, ask(device, catalogue.POWERWALLS).grid_qualifying
        return (*flags, {block.pinv_grid_state for block in blocks}, str(vital).removeprefix("ISLAND_GridState_"))

    seen = [told()]
    for up, wait_s in ((False, 10), (True, 2), (True, 600)):
        device.set_grid(up)
        device.clock.jump(wait_s)
        device.catch_up()
        seen.append(told())

    good, gone, back = "Grid_Compliant", "Grid_Uncompliant", "Grid_Qualifying"
    assert seen == [
        (False, False, {good}, good),
        (False, False, {gone}, gone),
        (True, True, {back}, back),
        (False, False, {good}, good),
    ]
