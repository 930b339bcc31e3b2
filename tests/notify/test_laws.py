"""What holds for every history of a house, whenever its recorder is restarted and however many houses there are."""

from __future__ import annotations

import itertools
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.notify.conftest import GRID, ISLAND, START, Home, Kept

from forebay.notify.notifier import Notifier
from forebay.records.reading import Reading

COUNTER = itertools.count()
EPISODES = st.lists(st.tuples(st.integers(15, 30), st.sets(st.integers(0, 14), max_size=3)), min_size=1, max_size=6)


@given(episodes=EPISODES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_outage_is_told_once_whenever_the_recorder_is_restarted(
    tmp_path: Path, episodes: list[tuple[int, set[int]]]
) -> None:
    """Episodes are (length in readings, at which of them the recorder is started anew), on the grid first."""
    home = Home(tmp_path / f"law{next(COUNTER)}.db")
    home.reads()
    try:
        for number, (length, restarts) in enumerate(episodes):
            for reading in range(length):
                if reading in restarts:
                    home.deliver()
                    home.restart()
                home.reads(grid_state=ISLAND if number % 2 == 0 else GRID)
        home.deliver()
    finally:
        home.store.close()

    edges = [message.edge for message in home.channel.got if message.rule == "grid"]
    assert edges == ["begins", "ends"] * (len(episodes) // 2) + ["begins"] * (len(episodes) % 2)
    assert len({message.id for message in home.channel.got}) == len(home.channel.got)


@given(charges=st.lists(st.floats(5, 100), min_size=2, max_size=60))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_charge_is_never_told_twice_below_without_having_been_above(tmp_path: Path, charges: list[float]) -> None:
    home = Home(tmp_path / f"law{next(COUNTER)}.db")
    home.reads(charge_wire_pct=80.0)
    for charge in charges:
        home.reads(charge_wire_pct=charge)
    home.store.close()

    edges = [message.edge for message in home.news if message.rule == "charge_below"]
    assert edges == ["begins", "ends"] * (len(edges) // 2) + ["begins"] * (len(edges) % 2)
    is_low = [charge < 24 for charge in charges]
    assert bool(edges) is any(is_low)


@pytest.fixture
def two(tmp_path: Path) -> tuple[Home, int, Notifier]:
    """Two gateways of one record, and the notifications about both."""
    home = Home(tmp_path / "two.db")
    barn = home.store.gateway_id("barn")
    home.store.identify(barn, site_name="Barn", timezone="America/Los_Angeles")
    return home, barn, Notifier(home.store, ["home", "barn"], home.settings, [Kept()], clock=home.clock)


def test_two_gateways_are_told_of_by_their_own_names_and_clocks(two: tuple[Home, int, Notifier]) -> None:
    home, barn, notifier = two
    told = []
    for second in range(0, 60, 5):
        home.clock.advance(5)
        for gateway, state in ((home.id, GRID), (barn, GRID if second < 20 else ISLAND)):
            home.store.append(gateway, Reading(at=home.clock.now(), grid_state=state))
        told += notifier.look()
    home.store.close()

    (message,) = told
    assert (message.gateway, message.house, message.timezone) == ("barn", "Barn", "America/Los_Angeles")
    assert "since 05:00" in message.text
    assert message.at - START < timedelta(minutes=1)
