"""pypowerwall, unmodified, makes sense of homes with panels on their Powerwalls, meters of a kind, and faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.clients.conftest import UNCHECKED_TLS, Served, served

from forebay.emulator.home import GeneratorTable, Grid, Home, MetersTable, PackTable, SolarString

pypowerwall: Any = pytest.importorskip("pypowerwall")
pytestmark = pytest.mark.filterwarnings(UNCHECKED_TLS)

Connect = Callable[[Served], Any]
ROOF = ((4_000, 180), (3_000, 90), (2_500, 270), (2_500, 265), (1_800, 180))
PANELS = Home(
    packs=(PackTable(model="plus"), PackTable(charge_pct=70), PackTable(model="plus", charge_pct=30, enabled=False)),
    solar=tuple(
        SolarString(peak_w=watts, facing_deg=facing)
        for watts, facing in ((4_000, 180), (3_000, 90), (2_500, 270), (2_500, 265), (1_800, 180))
    ),
    generator=GeneratorTable(power_w=5_000),
)
LETTERS = ("A", "B", "C", "D", "A1", "B1", "C1", "D1")
CONNECTED = [True, True, True, True, True, False, False, False]


@pytest.fixture(params=["21.44", "23.44"])
def panels(request: pytest.FixtureRequest, certificates: Path) -> Iterator[Served]:
    with served(certificates, request.param, home=PANELS) as gateway:
        gateway.log_in()
        yield gateway


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Connect]:
    """Make clients whose files lie apart, and that keep nothing between reads."""
    made: list[Any] = []

    def make(house: Served) -> Any:
        files = {"authpath": str(tmp_path), "cachefile": str(tmp_path / "session.json")}
        made.append(pypowerwall.Powerwall(house.host, house.password, pwcacheexpire=0, failover=False, **files))
        return made[-1]

    yield make
    for client in made:
        client.client.session.close()


def test_its_strings_are_those_of_the_roof(panels: Served, connect: Connect) -> None:
    """E064 on 21.44, E110 on 23.44, which has no vitals: the same strings under the same names."""
    client = connect(panels)
    strings = client.strings()
    solar_w = panels.body("/api/meters/aggregates")["solar"]["instant_power"]

    assert tuple(strings) == LETTERS
    assert [strings[letter]["Connected"] for letter in LETTERS] == CONNECTED
    assert sum(string["Power"] for string in strings.values()) == solar_w == client.solar() > 3_000
    for string in strings.values():
        assert string["Voltage"] * string["Current"] == pytest.approx(string["Power"], abs=4)
        assert (string["Power"] > 0) == string["Connected"]


def test_its_alerts_name_the_string_that_failed_and_the_pack_that_is_out(panels: Served, connect: Connect) -> None:
    client = connect(panels)
    before = set(client.alerts())
    panels.move("/string", number=2, up=False)
    after = set(client.alerts())

    assert "SystemConnectedToGrid" in before
    assert "PVS_a018_MciStringB" not in before
    assert "PVS_a018_MciStringB" in after
    if panels.firmware == "21.44":
        assert {"BatteryFault", "ExcessiveVoltageDrop", "POD_w024_HW_Fault_Asserted"} <= before


def test_its_blocks_tell_which_pack_is_out(panels: Served, connect: Connect) -> None:
    """E123, M11: a disabled block tells its capacity, and no power."""
    client = connect(panels)
    blocks = list(client.battery_blocks().values())
    status = client.system_status()

    assert [block["disabled_reasons"] for block in blocks] == [[], [], ["DisabledExcessiveVoltageDrop"]]
    assert [block["p_out"] is None for block in blocks] == [False, False, True]
    assert status["available_blocks"] == 2
    assert status["nominal_full_pack_energy"] == sum(block["nominal_full_pack_energy"] for block in blocks[:2])
    assert client.level() == pytest.approx(
        100 * status["nominal_energy_remaining"] / status["nominal_full_pack_energy"]
    )
    assert len(client.temps()) == (3 if panels.firmware == "21.44" else 0)


def test_an_outage_with_a_generator_adds_up_for_it(panels: Served, connect: Connect) -> None:
    panels.move("/charge", percent=9)
    panels.move("/load", watts=4_000)
    panels.move("/solar", watts=500)
    panels.move("/grid", up=False)
    panels.move("/time", advance_s=10)
    client = connect(panels)
    power = client.power()
    generator_w = client.poll("/api/meters/aggregates")["generator"]["instant_power"]

    assert client.grid_status() == "DOWN"
    assert generator_w == pytest.approx(3_500, abs=20)
    assert power["site"] == 0
    assert power["load"] == power["solar"] + power["battery"] + generator_w


@pytest.mark.parametrize("phases", ["split", "single", "three"])
@pytest.mark.parametrize("kind", ["neurio", "synchrometer"])
def test_it_reads_every_house(certificates: Path, connect: Connect, kind: Any, phases: Any) -> None:
    at_60_hz = phases == "split"
    grid = Grid(phases=phases, voltage_v=240 if at_60_hz else 230, frequency_hz=60 if at_60_hz else 50)
    home = msgspec.structs.replace(Home(), meters=MetersTable(kind=kind), grid=grid)
    with served(certificates, "21.44", home=home) as house:
        client = connect(house)
        power, vitals = client.power(), client.vitals()

        assert power["load"] == pytest.approx(power["site"] + power["solar"] + power["battery"], abs=0.01)
        assert any(name.startswith("NEURIO") for name in vitals) == (kind == "neurio")
        assert client.site(verbose=True)["instant_average_voltage"] > 200
