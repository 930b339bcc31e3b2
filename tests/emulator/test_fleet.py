"""Many homes in one process: own address, certificate, serial number, weather and life; idle ones are nothing."""

from __future__ import annotations

import resource
from datetime import UTC, datetime
from ipaddress import IPv4Address
from typing import Any

import pytest

from forebay.emulator import listening
from forebay.emulator.build import Beginning, device_of
from forebay.emulator.device import Device
from forebay.emulator.fleet import Fleet, own_life, serial_of
from forebay.emulator.home import GatewayTable, Home, PackTable
from forebay.emulator.readings import take
from forebay.errors import EmulatorError

START = datetime(2026, 6, 21, 12, tzinfo=UTC)
BUILT_IN = [("built-in", Home())]
SERVERS = ("fast", "faithful")


class Real:
    """Real seconds that pass when told to."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def real() -> Real:
    return Real()


def fleet_of(count: int, real: Real | None = None, **settings: Any) -> Fleet:
    homes = settings.pop("homes", BUILT_IN)
    pace: dict[str, Any] = {"real_s": real} if real else {}
    return Fleet(homes, count, Beginning(start=START, **pace, **settings.pop("beginning", {})), **settings)


# -- what follows from a number -------------------------------------------------


def test_ten_thousand_homes_differ_in_address_serial_number_and_password() -> None:
    fleet = fleet_of(10_000)
    numbers = range(1, 10_001)

    assert len({fleet.address(number) for number in numbers}) == 10_000
    assert len({fleet.serial(number) for number in numbers}) == 10_000
    assert len({fleet.password(number) for number in numbers}) == 10_000
    assert fleet.awake == 0
    assert (fleet.address(1), fleet.address(256), fleet.address(10_000)) == ("127.1.0.1", "127.1.1.0", "127.1.39.16")


def test_a_password_is_the_end_of_the_serial_number_as_on_every_gateway() -> None:
    """The last five characters (A04)."""
    fleet = fleet_of(50)
    for number in (1, 17, 50):
        device = fleet.resident(number).device
        assert device.serial == fleet.serial(number) == serial_of(number, 1)
        assert device.password == fleet.password(number) == device.serial[-5:]


@pytest.mark.parametrize("address", ["127.0.0.1", "127.1.0.1", "127.1.0.200", "127.1.0.201", "127.9.0.1", "10.1.0.1"])
def test_a_home_is_found_at_its_address_and_nowhere_else(address: str) -> None:
    fleet = fleet_of(200)
    number = int(IPv4Address(address)) - int(IPv4Address("127.1.0.1")) + 1

    assert fleet.number_at(address) == (number if 1 <= number <= 200 else None)


def test_a_home_is_called_by_its_number_or_by_its_serial_number() -> None:
    fleet = fleet_of(9)

    assert fleet.number_of("7") == fleet.number_of(fleet.serial(7)) == 7
    for name in ("0", "10", "", "-1", "seven", "٧", "1" * 5_000, serial_of(10, 1)):
        assert fleet.number_of(name) is None


def test_homes_differ_in_weather_use_and_charge_and_live_the_same_again() -> None:
    one, again = fleet_of(12, Real()), fleet_of(12, Real())
    lives = [_life(one.resident(number).device) for number in range(1, 13)]

    assert len(set(lives)) == 12
    assert [_life(again.resident(number).device) for number in range(12, 0, -1)] == lives[::-1]
    assert _life(fleet_of(12, Real(), seed=2).resident(1).device) not in lives


def _life(device: Device) -> tuple[float, ...]:
    device.clock.jump(3 * 3600)
    device.catch_up()
    flows = device.power.flows
    return flows.load_w, flows.solar_w, device.power.level


# -- what is impossible -----------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "settings", "words"),
    [
        (0, {}, "from 1 to 100,000 homes, not 0"),
        (100_001, {}, "not 100,001"),
        (2, {"first": IPv4Address("10.0.0.1")}, "begin somewhere from 127"),
        (2, {"first": IPv4Address("127.255.255.254")}, "2 homes from 127.255.255.254 on do not all have a loopback"),
        (2, {"homes": [(n, Home(gateway=GatewayTable(serial="TG00000000001X"))) for n in "ab"]}, "a and b: both have"),
        (1, {"beginning": {"start": datetime(1950, 1, 1, tzinfo=UTC)}}, "the time to start at, 1950-01-01"),
    ],
)
def test_an_impossible_fleet_is_refused_in_words(count: int, settings: dict[str, Any], words: str) -> None:
    settings = {"homes": BUILT_IN, "beginning": {"start": START}, **settings}
    with pytest.raises(EmulatorError, match=words):
        Fleet(settings.pop("homes"), count, Beginning(**settings.pop("beginning")), **settings)


def test_descriptions_are_taken_in_turn_and_keep_what_is_theirs() -> None:
    own = Home(gateway=GatewayTable(serial="TG1234567890AB", password="secret", firmware="1.40.2"))
    two = fleet_of(2, homes=[("a", own), ("b", Home())])
    five = fleet_of(5, homes=[("a", own), ("b", Home())])

    assert (two.serial(1), two.password(1), two.firmware(1)) == ("TG1234567890AB", "secret", "1.40.2")
    assert two.resident(1).device.home.packs == own.packs
    assert [five.firmware(number) for number in range(1, 6)] == ["1.40.2", "21.44", "1.40.2", "21.44", "1.40.2"]
    assert len({five.serial(number) for number in range(1, 6)}) == 5
    assert five.password(3) == "secret"


def test_a_description_of_many_homes_gives_none_of_them_the_others_packs() -> None:
    import random

    home = Home(packs=(PackTable(serial="TG111111111111"), PackTable(serial="TG222222222222", charge_pct=90)))
    made = own_life(home, random.Random(1))

    assert [pack.serial for pack in made.packs] == [None, None]
    assert made.packs[1].charge_pct != 90


# -- laziness -----------------------------------------------------------------------


def test_a_home_that_is_asked_late_has_lived_since_the_start(real: Real) -> None:
    fleet = fleet_of(3, real)
    early = fleet.resident(2).device
    real.now_s += 1_800
    early.catch_up()
    twin = fleet_of(3, real := Real())
    real.now_s += 1_800
    late = twin.resident(2).device
    late.catch_up()

    assert late.clock.now() == early.clock.now()
    assert take(late) == take(early)


def test_what_was_done_to_all_homes_is_done_to_a_sleeping_one_at_its_instant(real: Real) -> None:
    fleet, seen = fleet_of(4, real), []
    for number in (1, 2):
        fleet.resident(number)
    real.now_s += 600
    fleet.order_all(lambda device: seen.append(device.clock.now()))
    fleet.order_all(lambda device: device.set_load_w(4_321.0))
    real.now_s += 600
    fleet.order_all(lambda device: device.set_load_w(None))
    real.now_s += 60
    energies = []
    for number in (2, 4):
        device = fleet.resident(number).device
        device.catch_up()
        assert device.world.overrides.load_w is None
        assert device.clock.now() == fleet.resident(1).device.clock.now()
        energies.append(device.now)

    assert fleet.awake == 3
    assert len(seen) == 3  # homes 1, 2 and 4; nobody asked for 3
    assert len(set(seen)) == 1
    assert (seen[0] - START).total_seconds() == 600
    assert energies[0] == energies[1]


def test_an_order_that_home_1_cannot_follow_is_given_to_nobody(real: Real) -> None:
    fleet = fleet_of(3, real)

    def refuse(_device: Device) -> None:
        raise EmulatorError("no")

    with pytest.raises(EmulatorError, match="no"):
        fleet.order_all(refuse)
    assert fleet.resident(3).done == 0


def test_an_order_that_only_one_home_refuses_leaves_that_one_as_it_was(
    real: Real, caplog: pytest.LogCaptureFixture
) -> None:
    fleet = fleet_of(3, real)

    def act(device: Device) -> None:
        if device.serial == fleet.serial(2):
            raise EmulatorError("not here")
        device.set_load_w(1.0)

    fleet.order_all(act)
    loads = [fleet.resident(number).device.world.overrides.load_w for number in (1, 2, 3)]

    assert loads == [1.0, None, 1.0]
    assert "home 2 does not do what all should: not here" in caplog.text


def test_a_home_moves_within_loopback_to_where_nobody_lives() -> None:
    fleet = fleet_of(3)
    fleet.move(2, "127.9.0.1")

    assert (fleet.number_at("127.9.0.1"), fleet.number_at("127.1.0.2")) == (2, None)
    assert fleet.address_of(2) == "127.9.0.1"
    fleet.move(3, "127.1.0.2")  # it is free now
    for address, words in (("127.1.0.1", "home 1 lives there"), ("10.0.0.1", "on loopback"), ("there", "IPv4")):
        with pytest.raises(EmulatorError, match=words):
            fleet.move(2, address)
    fleet.move(3, "127.1.0.3")
    fleet.move(2, "127.1.0.2")
    assert [fleet.number_at(fleet.address(number)) for number in (1, 2, 3)] == [1, 2, 3]
    assert fleet.number_at("127.9.0.1") is None


def test_open_files_are_raised_as_far_as_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1_024, 20_000))
    monkeypatch.setattr(resource, "setrlimit", lambda _, pair: asked.append(pair))
    listening.allow_open_files(100)
    listening.allow_open_files(10_000)

    assert asked == [(10_512, 20_000)]


def test_a_fleet_of_ten_thousand_sleeps_in_little_memory(real: Real) -> None:
    import tracemalloc

    tracemalloc.start()
    try:
        fleet = fleet_of(10_000, real)
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert size < 5_000_000
    assert fleet.awake == 0


def test_the_first_home_lives_as_a_single_one_would(real: Real) -> None:
    home = Home(gateway=GatewayTable(serial="TG1234567890AB"))
    fleet = fleet_of(1, real, homes=[("a", home)], seed=5)
    alone = device_of(home, Beginning(start=START, real_s=real), 5)
    real.now_s += 60
    alone.catch_up()
    first = fleet.resident(1).device
    first.catch_up()

    assert take(first) == take(alone)


def test_a_home_that_lives_and_is_polled_stays_small(real: Real) -> None:
    """Ten thousand of them are to fit into a gigabyte, with 20 kB of TLS each, which nobody counts here."""
    import tracemalloc

    open_to_all = Home(gateway=GatewayTable(firmware="1.40.2"))
    fleet = fleet_of(60, real, homes=[("old", open_to_all)])

    def poll(number: int) -> None:
        app = fleet.resident(number).app
        for path in ("/api/meters/aggregates", "/api/system_status/soe", "/api/status"):
            reply = app.prompt("GET", path, [])
            assert reply is not None
            assert reply.status == 200

    for number in range(1, 11):
        poll(number)  # what all homes share
    tracemalloc.start()
    try:
        for number in range(11, 61):
            poll(number)
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert size / 50 < 60_000
