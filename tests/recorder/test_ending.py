"""A recorder ends whenever it is told to, goes on when the disk is slow, and keeps nothing that grows."""

from __future__ import annotations

import asyncio
import gc
import threading
from pathlib import Path

import pytest
from tests.recorder.faults import FAULTS, Fault
from tests.recorder.living import House, later, recorded, running
from tests.recorder.virtual import virtually

from forebay.recorder import Recorder

LASTING = ("refused", "hang", "garbage", "401 at all", "429", "503", "another certificate")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_recorder_ends_at_once_whatever_it_waits_for(fault: Fault, tmp_path: Path) -> None:
    async def live() -> None:
        loop = asyncio.get_running_loop()
        async with recorded(tmp_path, runs=False) as house:
            for passed_s in (0.0, 3.0, 61.0):
                async with running(house.recorder()) as task:
                    await later(minutes=2)
                    fault.begin(house)
                    await later(seconds=passed_s)
                    asked_s = loop.time()
                    task.cancel()
                    await asyncio.wait({task})
                    assert loop.time() - asked_s < 1
                fault.end(house)
                await later(seconds=fault.back_s)
            assert not [task for task in asyncio.all_tasks() if "Recorder" in repr(task) or "Beside" in repr(task)]

    virtually(live())


def test_a_disk_that_takes_its_time_holds_up_nobody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The write waits in a thread of its own; who asks meanwhile is answered."""
    released = threading.Event()

    async def live() -> None:
        waiting, loop = asyncio.Event(), asyncio.get_running_loop()
        async with recorded(tmp_path, runs=False) as house:
            flush = house.store.flush

            def slow() -> None:
                if threading.current_thread() is not threading.main_thread():
                    loop.call_soon_threadsafe(waiting.set)
                    assert released.wait(20)
                flush()

            monkeypatch.setattr(house.store, "flush", slow)
            async with running(house.recorder()):
                await waiting.wait()  # no time passes while a thread works
                answered = await house.gateway.identify()
                assert answered.version
                released.set()
                await later(minutes=5)
                assert house.connection.state == "live"
                assert len(house.store.readings(1, house.clock.true.replace(hour=0), house.clock.true)) >= 8

    virtually(live())


def sizes(house: House, recorder: Recorder) -> dict[str, int]:
    """How much is kept in memory, by where."""
    kept: dict[str, int] = {"tasks": len(asyncio.all_tasks()), "unsaved": len(house.store.database._unsaved)}
    for owner in (
        recorder,
        recorder._ask_for,
        recorder._beside,
        recorder._dating,
        recorder._rates,
        house.gateway._live,
    ):
        for name, value in vars(owner).items():
            if isinstance(value, dict | list | set) or type(value).__name__ == "deque":
                kept[f"{type(owner).__name__}.{name}"] = len(value)
    return kept


@pytest.mark.parametrize("fault", [f for f in FAULTS if f.name in LASTING], ids=lambda fault: fault.name)
def test_hours_of_failures_keep_memory_as_it_was(fault: Fault, tmp_path: Path) -> None:
    async def live() -> None:
        async with recorded(tmp_path, runs=False) as house:
            recorder = house.recorder()
            async with running(recorder):
                await later(minutes=5)
                fault.begin(house)
                await later(minutes=30)
                early = sizes(house, recorder)
                gc.collect()
                await later(hours=2)
                late = sizes(house, recorder)
                fault.end(house)

        assert {name: n for name, n in late.items() if n > early.get(name, 0) + 12} == {}

    virtually(live())


def test_two_faults_one_after_the_other_are_two_gaps(tmp_path: Path) -> None:
    async def live() -> None:
        async with recorded(tmp_path) as house:
            by_name = {fault.name: fault for fault in FAULTS}
            await later(minutes=10)
            for name in ("refused", "503"):
                by_name[name].begin(house)
                await later(minutes=20)
                by_name[name].end(house)
                await later(minutes=10)
            by_name["503"].begin(house)
            await later(minutes=20)
            by_name["refused"].begin(house)
            by_name["503"].end(house)
            await later(minutes=20)
            by_name["refused"].end(house)
            await later(minutes=10)

            gaps = house.store.gaps(1, house.clock.true.replace(hour=0), house.clock.true)
            assert [str(gap.reason) for gap in gaps] == ["unreachable", "busy", "busy", "unreachable"]
            assert gaps[2].end == gaps[3].start
            assert gaps[1].end is not None
            assert gaps[1].end < gaps[2].start

    virtually(live())
