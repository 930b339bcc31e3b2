"""Homes, times and traces that no gateway can live: refused in words, or cut to the laws."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from forebay.emulator import readings
from forebay.emulator.build import build_device
from forebay.emulator.home import Home
from forebay.emulator.home_file import load_home
from forebay.errors import EmulatorError


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[grid]\nreconnect_s = inf", "grid.reconnect_s"),
        ("[gateway]\ntoken_life_h = 1e300", "gateway.token_life_h"),
        ("[[grid.outages]]\nstart = 2026-06-21T06:00:00\nminutes = inf", "grid.outages[0].minutes"),
        ("[[grid.outages]]\nstart = 9999-12-31T23:00:00\nminutes = 90", "grid.outages[0].start: a home lives from"),
        ("[[packs]]\nfull_wh = 1e-300", "packs[0].full_wh"),
        ("[[packs]]\nround_trip = 1e-300", "packs[0].round_trip"),
    ],
)
def test_an_impossible_home_is_refused_with_file_and_key(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "HOME.toml"
    file.write_text(text)

    with pytest.raises(EmulatorError) as caught:
        load_home(file)
    line = text.count("\n", 0, text.index(words.partition(": ")[0].rpartition(".")[2])) + 1
    assert f"{file}:{line}: {words}" in str(caught.value)


@pytest.mark.parametrize("start", ["0001-01-01", "9999-12-31T23:59:59", "1970-12-31"])
def test_a_start_outside_the_years_of_a_home_is_refused(start: str) -> None:
    with pytest.raises(EmulatorError, match="a home lives from 1971 to 2199"):
        build_device(Home(), start=datetime.fromisoformat(start))


async def test_the_control_port_leaves_no_calendar(served: Any) -> None:
    home = await served()
    home.device.clock.jump((datetime(1971, 3, 1, tzinfo=UTC) - home.device.clock.now()).total_seconds())

    answer = await home.control("POST", "/time", {"set_back_s": 366 * 86_400})
    assert answer.status == 400
    assert "a home lives from 1971 to 2199" in answer.json["error"]


def test_a_trace_below_zero_breaks_no_law(tmp_path: Path) -> None:
    trace = tmp_path / "solar.csv"
    trace.write_text("timestamp,solar_w\n2026-06-21T00:00:00,-5000\n2026-06-21T00:01:00,-30\n")
    device = build_device(Home(), start=datetime.fromisoformat("2026-06-21"), speed=0, solar_trace=trace)

    for _ in range(60):
        device.clock.jump(7)
        device.catch_up()
        now = readings.take(device)
        assert -100 <= now.solar.power_w <= 0
        assert now.site.power_w + now.battery.power_w + now.solar.power_w == pytest.approx(now.load.power_w, abs=1)
