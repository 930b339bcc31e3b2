"""Every way a gateway is known to fail, and what our client makes of it over TLS."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from tests.conformance.conftest import Target

from forebay.errors import Advice, GatewayError, MalformedReply, Throttled, Unreachable, WrongState
from forebay.wire import catalogue
from forebay.wire.endpoint import Access, Endpoint, Needs
from forebay.wire.faults import FAULTS, Fault
from forebay.wire.firmware import always

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.usefixtures("needs_control")]

Misbehave = Callable[..., Awaitable[None]]

PATH = catalogue.GRID_STATUS.path

ONLY_STOPPED = Endpoint[None, bytes](
    name="ONLY_STOPPED",
    spec="E000",
    method="GET",
    path=PATH,
    body=type(None),
    reply=bytes,
    summary="A row that answers only while the house is stopped.",
    source="made up: a stopped row of the path that goes wrong here",
    access=always(Access.PUBLIC),
    needs=always(Needs.STOPPED),
    refusal="needs_stopped",
)
ONLY_STOPPED_STATUS = 400


@pytest_asyncio.fixture(loop_scope="session")
async def misbehave(target: Target) -> AsyncIterator[Misbehave]:
    """Let the grid's state go wrong until the end of the test."""

    async def add(**fault: object) -> None:
        await target.move("/faults", path=PATH, **fault)

    yield add
    await target.forget_faults()


def row_for(fault: Fault) -> Endpoint[Any, Any]:
    """A row that can be refused in this way."""
    is_state = fault.raises is WrongState and fault.status == ONLY_STOPPED_STATUS
    return ONLY_STOPPED if is_state else catalogue.GRID_STATUS


def body_of(fault: Fault) -> Any:
    """The body of the fault, written by hand."""
    if fault.body is not None:
        return fault.body.decode()
    return {"code": fault.status, "error": fault.error, "message": fault.message}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.key)
async def test_each_refusal_raises_its_error_with_path_status_and_words(
    target: Target, misbehave: Misbehave, tmp_path: Path, fault: Fault
) -> None:
    await misbehave(status=fault.status, body=body_of(fault))
    async with target.gateway(state_dir=tmp_path) as gateway:
        with pytest.raises(fault.raises) as caught:
            await gateway.call(row_for(fault))

    assert type(caught.value) is fault.raises
    assert (caught.value.path, caught.value.status) == (PATH, fault.status)
    assert fault.error in str(caught.value)
    assert fault.message in str(caught.value)
    assert caught.value.advice in Advice


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.key)
async def test_a_refusal_that_happens_once_leaves_nothing_broken(
    target: Target, misbehave: Misbehave, tmp_path: Path, fault: Fault
) -> None:
    await misbehave(status=fault.status, times=1)
    async with target.gateway(state_dir=tmp_path) as gateway:
        try:
            await gateway.call(catalogue.GRID_STATUS)
        except Throttled:
            return  # the client is silent now, as it was asked to be
        except GatewayError:
            await gateway.call(catalogue.GRID_STATUS)


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        ({"hang": True}, Unreachable, "did not answer in time"),
        ({"delay_s": 5}, Unreachable, "did not answer in time"),
        ({"cut_after": 5}, Unreachable, "broke off in the middle"),
        ({"garbage": True}, MalformedReply, "JSON"),
        ({"status": 200, "body": {"grid_status": 7}}, MalformedReply, "grid_status"),
        ({"status": 200, "body": {}}, MalformedReply, "grid_status"),
        ({"status": 200, "body": []}, MalformedReply, "object"),
        ({"status": 302, "body": ""}, GatewayError, "302"),
    ],
    ids=["hang", "late", "cut-off", "garbage", "wrong-type", "missing-member", "wrong-kind", "redirect"],
)
async def test_a_broken_answer_is_an_error_in_words_and_the_next_one_is_fine(
    target: Target, misbehave: Misbehave, fault: dict[str, Any], error: type[GatewayError], words: str
) -> None:
    async with target.gateway(timeout_s=0.4) as gateway:
        await gateway.identify()
        await misbehave(times=1, **fault)
        with pytest.raises(error, match=words) as caught:
            await gateway.call(catalogue.GRID_STATUS)
        assert caught.value.path == PATH

        assert (await gateway.call(catalogue.GRID_STATUS)).grid_status == "SystemGridConnected"


async def test_an_answer_that_is_late_but_in_time_is_an_answer(target: Target, misbehave: Misbehave) -> None:
    async with target.gateway() as gateway:
        await gateway.identify()
        await misbehave(times=1, delay_s=0.2)
        began = time.monotonic()
        await gateway.call(catalogue.GRID_STATUS)

    assert time.monotonic() - began >= 0.2


async def test_an_unknown_grid_state_passes_and_is_not_the_known_one(target: Target, misbehave: Misbehave) -> None:
    async with target.gateway() as gateway:
        await misbehave(times=1, status=200, body={"grid_status": "SystemDreaming", "new": 1})
        answer = await gateway.call(catalogue.GRID_STATUS)

    assert str(answer.grid_status) == "SystemDreaming"
    assert not answer.grid_status.is_known
