"""Who a gateway is, so that its record goes on when it gets another name or address."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Collection
from typing import Any

from forebay.errors import ForebayError, StoreError
from forebay.recorder.asking import Caller
from forebay.store.store import Store
from forebay.wire import catalogue
from forebay.wire.system import Status

_WAITS_S = (0.0, 2.0, 8.0)
"""How long to wait before each try to ask who it is [s]; then it is recorded under its new name."""

_log = logging.getLogger(__name__)


def din_hash_of(model: object) -> str | None:
    """Return the shortened hash of the identity number in a status; None where it tells none."""
    if not isinstance(model, Status) or not isinstance(model.din, str) or not model.din:
        return None
    return hashlib.sha256(model.din.encode()).hexdigest()[:16]


async def rename_known(
    gateway: Caller,
    store: Store,
    *,
    name: str,
    host: str,
    others: Collection[str],
    sleep: Callable[[float], Any] = asyncio.sleep,
) -> None:
    """Give a gateway that the record knows by another name its new one, so that its record goes on.

    It is known by its host, or by its identity number, which is asked only where the record has gateways that nobody
    records now. others: the names of those that are recorded beside it. Never fails: else it is a new gateway.
    """
    rows = {row.name: row for row in store.gateways()}
    if name in rows:
        return
    free = [row for row in rows.values() if row.name not in others]
    found = next((row for row in free if row.name == host), None)
    if found is None and any(row.din_hash for row in free):
        din_hash = await _ask(gateway, sleep)
        found = next((row for row in free if din_hash is not None and row.din_hash == din_hash), None)
    if found is None:
        return
    try:
        store.rename(found.id, name)
    except StoreError as exc:
        _log.warning("%s could not be renamed to %s: %s", found.name, name, exc)
    else:
        _log.info("%s is what the record called %s", name, found.name)


async def _ask(gateway: Caller, sleep: Callable[[float], Any]) -> str | None:
    for wait_s in _WAITS_S:
        await sleep(wait_s)
        try:
            status = await gateway.call(catalogue.STATUS)
        except ForebayError as exc:
            _log.debug("who it is could not be asked: %s", exc)
        else:
            return din_hash_of(status)
    return None
