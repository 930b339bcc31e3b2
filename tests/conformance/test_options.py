"""The option that turns these tests to a real gateway reads it and writes nothing."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest
from tests.conformance.conftest import Target, emulated

pytestmark = pytest.mark.asyncio(loop_scope="session")
ROOT = Path(__file__).parents[2]


async def run(target: Target, *options: str) -> str:
    environment = {**os.environ, "FOREBAY_PASSWORD": target.password or "", "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", str(ROOT / "tests/conformance"), "-q", "-p", "no:cacheprovider"),
        *("--gateway", target.host, *options),
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, output.decode()
    return output.decode()


async def test_a_named_gateway_is_read_and_its_house_is_left_alone(
    request: pytest.FixtureRequest, tmp_path: Path, certificates: Path
) -> None:
    if request.config.getoption("--gateway", default=None):
        pytest.skip("this is that run")
    async with emulated("21.44", "faithful", certificates, tmp_path) as gateway:
        before = await gateway.state()
        output = await run(gateway)

        assert await gateway.state() == before
    assert "changes the house: needs --allow-writes" in output
    assert int(re.findall(r"(\d+) passed", output)[0]) >= 20


async def test_writes_that_were_allowed_are_tried_and_leave_the_house_running(
    request: pytest.FixtureRequest, tmp_path: Path, certificates: Path
) -> None:
    if request.config.getoption("--gateway", default=None):
        pytest.skip("this is that run")
    async with emulated("21.44", "faithful", certificates, tmp_path) as gateway:
        output = await run(gateway, "--allow-writes", "-k", "until_it_is_run_again")

        state = await gateway.state()
    assert "1 passed" in output
    assert state["running"]
