"""What a described home is equipped with, built: packs and generator."""

from __future__ import annotations

from random import Random

from forebay.emulator.generator import Generator
from forebay.emulator.home import Home, PackTable
from forebay.emulator.power import PowerSystem
from forebay.physics.pack import Pack, PackSpec


def power_of(home: Home, rng: Random) -> PowerSystem:
    """Return the packs and the generator of a home; what it says does not work does not."""
    power = PowerSystem([_pack_of(table, rng) for table in home.packs], _generator_of(home))
    for index, table in enumerate(home.packs):
        if not table.enabled:
            power.enable(index, False, table.disabled_reason)
    return power


def _pack_of(table: PackTable, rng: Random) -> Pack:
    """Return a pack with an invented past."""
    one_way = table.round_trip**0.5
    spec = PackSpec(
        full_wh=table.full_wh,
        power_w=table.power_w,
        efficiency_in=one_way,
        efficiency_out=one_way,
        idle_w=table.idle_w,
    )
    charged = rng.uniform(1.2e6, 2.4e6)
    return Pack(spec, table.full_wh * table.charge_pct / 100, charged, charged * table.round_trip * 0.98)


def _generator_of(home: Home) -> Generator | None:
    """Return the generator of a home; None where there is none."""
    table = home.generator
    if not table.power_w:
        return None
    return Generator(table.power_w, table.starts_below_pct / 100, table.stops_above_pct / 100)
