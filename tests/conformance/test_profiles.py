"""Our client and a gateway of every profile: each row that reads is called, over TLS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.asked import PARTS, REFUSED
from tests.conformance.conftest import FIRMWARES, emulated
from tests.conformance.test_reads import is_model

from forebay.errors import GatewayError, NotOffered
from forebay.wire import catalogue, firmware
from forebay.wire.endpoint import Effect, Needs
from forebay.wire.faults import BY_KEY
from forebay.wire.firmware import PROFILES

pytestmark = pytest.mark.asyncio(loop_scope="session")

READS = [row for row in catalogue.ALL if row.effect is Effect.READS]


@pytest.mark.parametrize("name", [profile.name for profile in PROFILES if profile.name not in FIRMWARES])
async def test_our_client_reads_every_row_of_every_profile(
    request: pytest.FixtureRequest, tmp_path: Path, certificates: Path, name: str
) -> None:
    """S002: the profiles between the two that the other tests use, with release numbers of their own."""
    if request.config.getoption("--gateway", default=None):
        pytest.skip("needs emulated gateways")
    given = f"{name}.0" if name.count(".") == 1 else name
    async with emulated(given, "faithful", certificates, tmp_path) as house, house.gateway() as gateway:
        version = firmware.release(given).profile.version
        assert (await gateway.call(catalogue.STATUS)).firmware == house.version
        for row in READS:
            parts: Any = PARTS.get(row.name, {})
            wrong = row.needs.at(version) is Needs.STOPPED
            if not row.offered_by(version):
                with pytest.raises(NotOffered):
                    await gateway.call(row, **parts)
            elif wrong or row.name in REFUSED:
                with pytest.raises(GatewayError) as refused:
                    await gateway.call(row, **parts)
                assert refused.value.status == (BY_KEY[row.refusal].status if wrong else REFUSED[row.name]), row
            else:
                assert is_model(await gateway.call(row, **parts), row.reply), row
