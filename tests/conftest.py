"""Shared fixtures: where the captured replies are, and emulated devices."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import msgspec
import pytest

from forebay.clock import ScaledClock
from forebay.emulator.device import Device
from forebay.emulator.home import Home
from forebay.emulator.world import World

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
FIRMWARES = ("1.40.2", "21.44")

# The same examples in every run; `--hypothesis-profile=search` looks for new ones.
hypothesis.settings.register_profile("fixed", derandomize=True, deadline=None)
hypothesis.settings.register_profile("search", deadline=None, max_examples=500)
hypothesis.settings.load_profile("fixed")

MakeDevice = Callable[..., Device]


@pytest.fixture(scope="session")
def evidence() -> Path:
    """The folder of captured replies."""
    folder = SHARED / "evidence"
    if not folder.is_dir():
        pytest.skip("no captured replies: ../shared/evidence is not beside this clone")
    return folder


@pytest.fixture
def make_device() -> MakeDevice:
    """Build a device whose clock stands still until it is moved."""

    def make(
        firmware: str = "21.44", start: str = "2026-06-21T19:00:03", seed: int = 1, home: Home | None = None
    ) -> Device:
        home = home or Home()
        home = msgspec.structs.replace(home, gateway=msgspec.structs.replace(home.gateway, firmware=firmware))
        clock = ScaledClock(datetime.fromisoformat(start).replace(tzinfo=UTC), 0)
        return Device(home, clock, World(home, seed), seed=seed)

    return make
