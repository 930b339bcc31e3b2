"""Bodies of the rows at the edge of the API: the logs, and an identity for another API."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Callable, Mapping
from typing import Any

from forebay.emulator.device import Device
from forebay.emulator.resources.system import din
from forebay.emulator.testing_state import GatewayLog
from forebay.wire import catalogue
from forebay.wire.endpoint import Endpoint
from forebay.wire.gotime import print_instant


def logs(device: Device, _body: None, _parts: Mapping[str, str]) -> bytes:
    """Pack what the gateway has noted: its start, and the wizard's own entries."""
    booted = print_instant(device.booted_at, device.home.zone)
    texts = {
        "logs/gateway.log": f"{booted} INFO started from {device.profile.git_hash}\n",
        "logs/wizard.log": "".join(f"{e.level} {e.log}\n" for e in device.area(GatewayLog).entries),
    }
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, text in texts.items():
            entry = tarfile.TarInfo(name)
            content = text.encode("utf-8", "replace")
            entry.size, entry.mtime = len(content), int(device.now_s)
            archive.addfile(entry, io.BytesIO(content))
    return gzip.compress(raw.getvalue(), mtime=0)


def identity(device: Device, _body: None, _parts: Mapping[str, str]) -> bytes:
    """Tell the gateway's identity."""
    return din(device).encode()


RESOURCES: dict[Endpoint[Any, Any], Callable[[Device, Any, Mapping[str, str]], Any]] = {
    catalogue.LOGS: logs,
    catalogue.LOCAL_DEVICE: identity,
}
"""What answers the rows at the edge."""
