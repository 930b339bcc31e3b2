"""`forebay history`: energy per day from the record."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from forebay.cli.connect import record_path, settings_of
from forebay.cli.output import as_json, table
from forebay.errors import StoreError
from forebay.views import text

if TYPE_CHECKING:
    from forebay.records.flows import Split


_HEAD_WIDTH = 10
"""Width of the heads' lines: six energies and a date fit into 80 columns."""


def _fed_kwh(parts: Split | None) -> dict[str, float] | None:
    """Return what fed what, by part; None where a counter is not known."""
    return None if parts is None else {name: wh / 1000 for name, wh in asdict(parts).items()}


def heads(labels: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the rows above the energies: each label in narrow lines, the last one next to its numbers."""
    folded = [textwrap.wrap(label, _HEAD_WIDTH) for label in labels]
    height = max(map(len, folded))
    return [("", *line) for line in zip(*([""] * (height - len(lines)) + lines for lines in folded), strict=True)]


def history(options: argparse.Namespace) -> int:
    """Print the energy of each of the last days, and of them all."""
    from forebay.records.flows import FLOWS
    from forebay.store.energy import energy_of_days
    from forebay.store.fed import fed_between
    from forebay.store.query import day_bounds, site_zone
    from forebay.store.store import Store

    settings = settings_of(options)
    path = record_path(options, settings)
    with Store.read(path) as store:
        gateways = store.gateways()
        if not gateways:
            raise StoreError(f"{path}: nothing is recorded yet; `forebay up` records")
        gateway = gateways[0]
        latest, zone = store.latest(gateway.id), site_zone(store, gateway.id)
        if latest is None:
            raise StoreError(f"{path}: nothing is recorded yet; `forebay up` records")
        last_day = latest.at.astimezone(zone).date()
        days = energy_of_days(store, gateway.id, last_day, max(1, options.days), zone)
        start, end = day_bounds(min(days), zone)[0], latest.at + timedelta(milliseconds=1)
        gaps = store.gaps(gateway.id, start, end)
        fed: dict[date, Split | None] = {}
        if options.json:  # the table has no room for it
            edges = [day_bounds(day, zone)[0] for day in days] + [day_bounds(last_day, zone)[1]]
            fed = dict(zip(days, fed_between(store, gateway.id, edges, list(days.values())), strict=True))
    known = {day: flows for day, flows in days.items() if any(energy.wh is not None for energy in flows.values())}
    if options.json:
        out: dict[str, Any] = {
            "timezone": zone.key,
            "days": [
                {
                    "date": day.isoformat(),
                    "kwh": {name: None if e.wh is None else e.wh / 1000 for name, e in flows.items()},
                    "covered": {name: e.covered_ratio for name, e in flows.items()},
                    "fed_kwh": _fed_kwh(fed[day]),
                }
                for day, flows in known.items()
            ],
            "gaps": [
                {
                    "start": gap.start.isoformat(),
                    "end": gap.end.isoformat() if gap.end else None,
                    "reason": str(gap.reason),
                }
                for gap in gaps
            ],
        }
        print(as_json(out))
        return 0
    rows = heads([flow.label for flow in FLOWS])
    rows += [
        (f"{day:%a %Y-%m-%d}", *(text.energy(flows[flow.name].wh) for flow in FLOWS)) for day, flows in known.items()
    ]
    print(table(rows, right=range(1, len(FLOWS) + 1)))
    for gap in gaps:
        until = f"{gap.end.astimezone(zone):%Y-%m-%d %H:%M:%S}" if gap.end else "now"
        print(f"no readings from {gap.start.astimezone(zone):%Y-%m-%d %H:%M:%S} to {until}: {gap.reason}")
    return 0
