"""A house as the public downloader of the vendor's cloud writes it down, computed on paper.

The headers are those of its README; the numbers are ours.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")
POWER_HEAD = "timestamp,solar_power,battery_power,grid_power,load_power"
ENERGY_HEAD = (
    "timestamp,solar_energy_exported,grid_energy_imported,grid_energy_exported_from_solar,"
    "grid_energy_exported_from_battery,battery_energy_exported,battery_energy_imported_from_grid,"
    "battery_energy_imported_from_solar,consumer_energy_imported_from_grid,consumer_energy_imported_from_solar,"
    "consumer_energy_imported_from_battery"
)
FIVE = timedelta(minutes=5)


def starts(day: date, zone: ZoneInfo = BERLIN) -> list[datetime]:
    """The local times of a day's 5-minute rows: 276, 288 or 300."""
    begin, end = (
        datetime(one.year, one.month, one.day, tzinfo=zone).astimezone(UTC) for one in (day, day + timedelta(days=1))
    )
    return [(begin + n * FIVE).astimezone(zone) for n in range((end - begin) // FIVE)]


def powers(at: datetime) -> tuple[float, float, float, float]:
    """Solar, battery, grid and load [W]: sun from 9 to 17, which charges at 1 kW; discharge of 600 W in the evening."""
    solar = 4000.0 if 9 <= at.hour < 17 else 0.0
    battery = -1000.0 if solar else 600.0 if at.hour >= 18 else 0.0
    load = 700.0 + at.minute
    return solar, battery, load - solar - battery, load


def power_text(day: date, *, offsets: bool = True, zone: ZoneInfo = BERLIN) -> str:
    """A day's file of powers."""
    rows = [
        f"{at.isoformat() if offsets else at.strftime('%Y-%m-%d %H:%M:%S')},{','.join(map(repr, powers(at)))}"
        for at in starts(day, zone)
    ]
    return "\n".join([POWER_HEAD, *rows]) + "\n"


def power_file(folder: Path, day: date, *, offsets: bool = True, name: str = "") -> Path:
    """Write it where the downloader would."""
    path = folder / "power" / (name or f"{day}.csv")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(power_text(day, offsets=offsets))
    return path
