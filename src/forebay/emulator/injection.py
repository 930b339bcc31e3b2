"""Faults by path: what the control port makes the gateway do wrong, and for how long."""

from __future__ import annotations

from dataclasses import dataclass, replace
from http import HTTPStatus

import msgspec

from forebay.emulator.device import Device
from forebay.emulator.injected import InjectedFault
from forebay.wire.endpoint import JSON, TEXT
from forebay.wire.faults import FAULTS, Fault

GARBAGE = b"\x16\x03\xff{\x00not json\xfe\xff" * 8
"""What comes instead of a body when garbage is asked for."""

MOST_FAULTS = 256


@dataclass(slots=True)
class _Pending:
    fault: InjectedFault
    left: int | None


class Injection:
    """The faults in force; of several for one path the oldest goes first."""

    def __init__(self, device: Device | None = None) -> None:
        """Begin with the faults that the home is described with."""
        self._device = device
        self._pending: list[_Pending] = []
        for fault in device.home.faults if device is not None else ():
            self.add(fault)

    @property
    def is_empty(self) -> bool:
        """Whether nothing goes wrong now."""
        self._catch_up()
        return not self._pending

    @property
    def is_full(self) -> bool:
        """Whether no further fault can be taken in."""
        return len(self._pending) >= MOST_FAULTS

    def add(self, fault: InjectedFault) -> InjectedFault:
        """Let it happen from now on; return it, for `end`."""
        self._pending.append(_Pending(fault, fault.times))
        return fault

    def _catch_up(self) -> None:
        """Let a scenario's faults begin and end at their instant, before anybody meets them."""
        if self._device is not None and self._device.agenda.next_tick is not None:
            self._device.catch_up()

    def end(self, fault: InjectedFault) -> None:
        """Let this one go right again, if it still goes wrong."""
        self._pending = [pending for pending in self._pending if pending.fault is not fault]

    def clear(self) -> None:
        """Let everything go right again."""
        self._pending.clear()

    def faults(self) -> list[InjectedFault]:
        """Return the faults in force; `times` is what is left of each."""
        return [msgspec.structs.replace(pending.fault, times=pending.left) for pending in self._pending]

    def take(self, path: str) -> InjectedFault | None:
        """Return the fault that meets a request for this path, None where there is none."""
        self._catch_up()
        for pending in self._pending:
            if pending.fault.path in (path, "*"):
                if pending.left is not None:
                    pending.left -= 1
                    if pending.left == 0:
                        self._pending.remove(pending)
                return pending.fault
        return None


def fault_for(injected: InjectedFault) -> Fault | None:
    """Return the refusal an injected status stands for, None where it asks for none."""
    if injected.status is None and injected.body is None:
        return None
    status = injected.status or 200
    known = next((fault for fault in FAULTS if fault.status == status), None)
    if known is None:
        phrase = _phrase(status)
        known = Fault(f"injected_{status}", status, FAULTS[0].raises, phrase, phrase)
    if injected.body is None:
        return known
    if isinstance(injected.body, str):
        return replace(known, body=injected.body.encode(), content_type=TEXT)
    return replace(known, body=msgspec.json.encode(injected.body), content_type=JSON)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"
