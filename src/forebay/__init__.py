"""Both ends of a home battery gateway's local protocol: client, recorder, emulator.

May import: errors, client, wire; each only when its name is first used.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as type checkers know it; importing typing would cost more than all the rest here
if TYPE_CHECKING:
    from typing import Any

    from forebay import errors
    from forebay.client.blocking import BlockingGateway
    from forebay.client.gateway import Gateway
    from forebay.client.snapshot import Snapshot
    from forebay.wire import catalogue
    from forebay.wire.percent import AppPercent, WirePercent
    from forebay.wire.site import OperationMode

__all__ = [
    "AppPercent",
    "BlockingGateway",
    "Gateway",
    "OperationMode",
    "Snapshot",
    "WirePercent",
    "catalogue",
    "errors",
]

_HOMES = {
    "AppPercent": "forebay.wire.percent",
    "BlockingGateway": "forebay.client.blocking",
    "Gateway": "forebay.client.gateway",
    "OperationMode": "forebay.wire.site",
    "Snapshot": "forebay.client.snapshot",
    "WirePercent": "forebay.wire.percent",
    "catalogue": "forebay.wire",
    "errors": "forebay",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    if name.islower():
        return import_module(f"{home}.{name}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
