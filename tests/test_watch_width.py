"""`forebay watch` fits its terminal, and shows the latest first of all."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from rich.console import Console

from forebay.cli.watch import Screen
from forebay.client.snapshot import Snapshot
from forebay.wire.percent import WirePercent
from forebay.wire.power import Aggregates, Meter
from forebay.wire.system import GridState, GridStatus, StateOfEnergy

NOW = datetime(2026, 6, 21, 12, tzinfo=UTC)


def meter(power_w: float) -> Meter:
    return Meter(last_communication_time="", instant_power=power_w, energy_exported=0.0, energy_imported=0.0)


@pytest.mark.parametrize("width", [120, 80, 50, 42, 30])
def test_no_line_is_longer_than_the_terminal_and_the_newest_power_is_there(width: int) -> None:
    screen = Screen()
    for power_w in [0.0] * 60 + [5000.0]:
        meters = Aggregates(site=meter(0.0), battery=meter(0.0), load=meter(300.0), solar=meter(power_w))
        grid = GridStatus(grid_status=GridState.CONNECTED)
        soe = StateOfEnergy(percentage=WirePercent(50))
        screen.take(Snapshot(began_at=NOW, ended_at=NOW, aggregates=meters, soe=soe, grid_status=grid))
    out = io.StringIO()
    Console(file=out, width=width, color_system=None).print(screen)
    lines = out.getvalue().splitlines()

    assert all(len(line) <= width for line in lines)
    assert lines[0].startswith("Sol")
    assert "5.00 kW" in lines[0]
    if width < 42:
        return
    if width >= 50:
        assert lines[0].rstrip().endswith("▁█")
        assert "no exchange with the grid" in lines[3]
    assert len(lines) == 8  # nothing wrapped
