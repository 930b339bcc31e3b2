"""A gateway keeps its record when it gets another name or another address."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from forebay.clock import ScaledClock
from forebay.errors import Unreachable
from forebay.recorder.identity import din_hash_of, rename_known
from forebay.store import Store
from forebay.wire import catalogue

from .conftest import START, FakeGateway


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "forebay.db") as opened:
        yield opened


@pytest.fixture
def gateway() -> FakeGateway:
    return FakeGateway(ScaledClock(START, speed=0))


def meet(gateway: FakeGateway, store: Store, name: str, host: str, *others: str) -> list[float]:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    asyncio.run(rename_known(gateway, store, name=name, host=host, others=others, sleep=sleep))
    return waited


def names(store: Store) -> list[str]:
    return [row.name for row in store.gateways()]


def known_as(store: Store, gateway: FakeGateway, name: str) -> int:
    i = store.gateway_id(name)
    status: Any = asyncio.run(gateway.call(catalogue.STATUS))
    store.identify(i, din_hash=din_hash_of(status))
    return i


def test_a_name_goes_to_what_was_recorded_under_its_host(store: Store, gateway: FakeGateway) -> None:
    i = store.gateway_id("192.168.1.50")

    meet(gateway, store, "house", "192.168.1.50")

    assert store.gateway_id("house") == i
    assert gateway.asked.total() == 0, "nothing had to be asked"


def test_another_address_is_recognised_by_the_identity_number(store: Store, gateway: FakeGateway) -> None:
    i = known_as(store, gateway, "192.168.1.50")

    meet(gateway, store, "192.168.1.77", "192.168.1.77")

    assert names(store) == ["192.168.1.77"]
    assert store.gateway_id("192.168.1.77") == i


def test_another_gateway_at_a_new_address_is_another(store: Store, gateway: FakeGateway) -> None:
    known_as(store, gateway, "192.168.1.50")
    gateway.din = "1232100-00-E--TG2"

    meet(gateway, store, "192.168.1.77", "192.168.1.77")

    assert names(store) == ["192.168.1.50"]


def test_one_that_is_recorded_beside_it_keeps_its_name(store: Store, gateway: FakeGateway) -> None:
    known_as(store, gateway, "house")
    gateway.asked.clear()

    meet(gateway, store, "barn", "house", "house")

    assert names(store) == ["house"]
    assert gateway.asked.total() == 0


def test_a_gateway_that_does_not_answer_is_asked_three_times_and_then_new(store: Store, gateway: FakeGateway) -> None:
    known_as(store, gateway, "house")
    gateway.asked.clear()
    gateway.fail(None, Unreachable("the gateway did not answer"))

    assert meet(gateway, store, "barn", "10.0.0.9") == [0.0, 2.0, 8.0]
    assert gateway.asked.total() == 3
    assert names(store) == ["house"]


def test_a_known_name_asks_nothing(store: Store, gateway: FakeGateway) -> None:
    store.gateway_id("house")
    assert meet(gateway, store, "house", "10.0.0.9") == []
