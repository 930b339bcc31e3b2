"""The same gateway without async."""

from __future__ import annotations

import asyncio
import inspect
import threading
from typing import TYPE_CHECKING, assert_type

import pytest

from forebay.client.blocking import BlockingGateway
from forebay.client.gateway import Gateway, Options
from forebay.errors import NotConfirmed, NotOffered
from forebay.wire import catalogue
from forebay.wire.system import StateOfEnergy

if TYPE_CHECKING:
    from pathlib import Path

    from tests.client.conftest import FakeGateway

    from forebay.clock import SimClock


async def test_a_script_gets_models_and_errors_without_await(
    fake: FakeGateway, state_dir: Path, clock: SimClock
) -> None:
    def script() -> StateOfEnergy:
        with BlockingGateway("127.0.0.1", "56789", port=fake.port, state_dir=state_dir, clock=clock) as gw:
            assert gw.identify().version == "21.44"
            assert gw.firmware == (21, 44, 0)
            assert gw.fingerprint() == gw.certificate().sha256
            with pytest.raises(NotConfirmed):
                gw.call(catalogue.SITEMASTER_RUN)
            with pytest.raises(NotOffered):
                gw.vitals()
            gw.login()
            assert gw.snapshot().missing == {}
            assert gw.request_raw(catalogue.SITE_INFO).status == 200
            charge = gw.call(catalogue.STATE_OF_ENERGY)
            assert_type(charge, StateOfEnergy)
            gw.logout()
            return charge

    fake.always("/api/devices/vitals", 404)

    assert (await asyncio.to_thread(script)).percentage.value == 42.5
    assert not any(thread.name == "forebay-gateway" for thread in threading.enumerate())


async def test_a_script_in_many_threads_makes_one_login(fake: FakeGateway, state_dir: Path, clock: SimClock) -> None:
    def script() -> None:
        with BlockingGateway("127.0.0.1", "56789", port=fake.port, state_dir=state_dir, clock=clock) as gw:
            threads = [threading.Thread(target=gw.call, args=(catalogue.OPERATION,)) for _ in range(5)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

    await asyncio.to_thread(script)

    assert fake.logins == 1


def test_both_faces_offer_the_same_methods_with_the_same_arguments() -> None:
    def face(kind: type) -> dict[str, list[str]]:
        return {
            name: list(inspect.signature(member).parameters)
            for name, member in vars(kind).items()
            if not name.startswith("_") and inspect.isfunction(member)
        }

    assert face(BlockingGateway) == face(Gateway)
    arguments = set(inspect.signature(Gateway.__init__).parameters) - {"self", "host", "password"}
    assert arguments == set(Options.__annotations__)


def test_a_blocking_gateway_is_used_inside_its_block_only() -> None:
    with pytest.raises(RuntimeError, match="with BlockingGateway"):
        BlockingGateway("powerwall", fingerprint="00" * 32).identify()
