"""A message to send, and what is said when it does not arrive."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import UTC, datetime

import pytest

from forebay.errors import NotDelivered
from forebay.notify.notice import Message

SECRET = "Zr4-token"
MESSAGE = Message(
    id="0123456789abcdef01234567",
    gateway="home",
    house="Casa Größe",
    rule="grid",
    edge="begins",
    title="Grid lost",
    text="The home has run without the grid since 14:00.",
    at=datetime(2026, 6, 21, 12, tzinfo=UTC),
    is_urgent=True,
    timezone="Europe/Berlin",
    values={"charge_app_pct": 58.0},
)


async def failure(send: Awaitable[None]) -> NotDelivered:
    with pytest.raises(NotDelivered) as error:
        await send
    assert SECRET not in str(error.value)
    return error.value
