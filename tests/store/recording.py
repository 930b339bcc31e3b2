"""A process that records as fast as it can, in a form that can be computed again: what the tests kill."""

from __future__ import annotations

import mmap
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

from forebay.records.reading import Reading, SlowReading
from forebay.store import Store
from forebay.store.seal import upkeep

START = datetime(2026, 1, 28, tzinfo=UTC)
EVERY = timedelta(minutes=5)
PER_FLUSH, PER_ROUND = 12, 288
"""Readings between two flushes, and between two looks whether something is to be sealed: a day's worth."""
NOTE = struct.Struct("qq")


def reading(number: int) -> Reading:
    """Return the reading of this number; counters in whole Wh, so that nothing is rounded anywhere."""
    home_w = 1000.0 + 200 * (number % 5)
    return Reading(
        at=START + number * EVERY,
        site_power_w=home_w,
        load_power_w=home_w,
        battery_power_w=0.0,
        solar_power_w=None if number % 11 == 0 else 0.0,
        site_import_wh=load_wh(number),
        site_export_wh=0.0,
        load_wh=load_wh(number),
        charge_wire_pct=float(number % 100),
        grid_state="SystemGridConnected",
    )


def load_wh(number: int) -> float:
    return 5_000_000.0 + 100 * number + number % 7


def record(path: Path, noted: Path) -> None:
    """Record without an end, faster than any house."""
    with noted.open("r+b") as file, mmap.mmap(file.fileno(), NOTE.size) as note, Store.open(path, flush_s=1e9) as store:
        gateway_id = store.gateway_id("gateway")
        last = store.latest(gateway_id)
        number = 0 if last is None else (last.at - START) // EVERY + 1
        while upkeep(store):
            pass
        while True:
            note[8:16] = struct.pack("q", number + 1)  # before: the kill may come at any moment from here
            store.append(gateway_id, reading(number))
            if number % 10 == 0:
                store.append_slow(gateway_id, SlowReading(at=reading(number).at, firmware="21.44", pack_count=2))
            number += 1
            if number % PER_FLUSH == 0:
                store.flush()
                note[0:8] = struct.pack("q", number)
            if number % PER_ROUND == 0:
                while upkeep(store):
                    pass
