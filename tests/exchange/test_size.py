"""A long file is read row by row: what is held grows by a few bytes a row."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from forebay.exchange import cloud, intake, utility
from forebay.exchange.intake import Taken

START = datetime(2023, 1, 1, tzinfo=UTC)
SHORT, LONG = 1500, 4500
"""More rows than two days have, which are held open here [5 minutes each]."""
LAYOUT = utility.Layout(time="timestamp", columns={"solar": "solar_power"}, unit="W")
READERS: dict[str, Callable[[Path], Taken]] = {
    "cloud": lambda path: cloud.read([path], None, "W"),
    "utility": lambda path: utility.read([path], LAYOUT, None),
}


def peak(read: Callable[[Path], Taken], path: Path, rows: int) -> int:
    """Return the most memory that reading a file of so many rows held [bytes]."""
    with path.open("w") as file:
        file.write("timestamp,solar_power,battery_power,grid_power,load_power\n")
        for n in range(rows):
            at = START + timedelta(minutes=5 * n)
            file.write(f"{at.isoformat()},{n % 4000},-{n % 300},{n % 700},{500 + n % 900}\n")
    tracemalloc.start()
    try:
        taken = read(path)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sum(one.n for one in taken.candidates) == rows
    return most


@pytest.mark.parametrize("name", READERS)
def test_memory_grows_by_a_few_bytes_a_row(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "_OPEN_DAYS", 2)
    read = READERS[name]
    peak(read, tmp_path / "first.csv", 100)  # whatever is imported once
    short, long = peak(read, tmp_path / "short.csv", SHORT), peak(read, tmp_path / "long.csv", LONG)

    assert (long - short) / (LONG - SHORT) < 200
