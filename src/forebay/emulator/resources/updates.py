"""Bodies of the rows of the firmware update."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from forebay.emulator.device import Device
from forebay.emulator.networks_state import NetworksState
from forebay.emulator.refusal import Refused
from forebay.emulator.resources.system import version_text
from forebay.emulator.updates_state import BYTES_PER_SECOND, UpdatesState
from forebay.wire import catalogue, gotime
from forebay.wire.endpoint import Endpoint
from forebay.wire.model import UNSET, Accepted
from forebay.wire.system import UpdateInfo, UpdateState, UpdateStatus
from forebay.wire.updates import UpdateUrgency, Urgency

_HOUR_MS = 3_600_000

Parts = Mapping[str, str]


def update_status(device: Device, _body: None, _parts: Parts) -> UpdateStatus:
    """Report how far the update is."""
    updates = device.area(UpdatesState)
    now_ms = gotime.milliseconds(device.now)
    changed_ms = None if updates.changed_at is None else gotime.milliseconds(updates.changed_at)
    downloading = updates.state is UpdateState.DOWNLOADING
    return UpdateStatus(
        state=updates.state,
        info=UpdateInfo(status=list(updates.reasons)),
        current_time=now_ms,
        last_status_time=now_ms - now_ms % _HOUR_MS if changed_ms is None else changed_ms,
        version=version_text(device),
        offline_updating=False,
        offline_update_error="",
        estimated_bytes_per_second=BYTES_PER_SECOND if downloading else None,
        last_download_status_time=now_ms if downloading else UNSET,
        start_time=changed_ms if downloading and changed_ms is not None else UNSET,
    )


def check(device: Device, _body: None, _parts: Parts) -> Accepted:
    """Begin to look for a newer firmware."""
    device.area(UpdatesState).check()
    return Accepted()


def install(device: Device, _body: None, _parts: Parts) -> None:
    """Begin to install what was downloaded."""
    device.area(UpdatesState).install()


def urgency(device: Device, _body: None, _parts: Parts) -> Urgency:
    """Report whether there is a newer firmware; without the maker's servers nobody knows."""
    if not device.area(NetworksState).reaches_maker:
        raise Refused("busy", error="no connection", message="Unable to get update urgency")
    newer = device.area(UpdatesState).newer
    return Urgency(urgency=UpdateUrgency.NONE if newer is None else UpdateUrgency.OPTIONAL)


RESOURCES: dict[Endpoint[Any, Any], Callable[[Device, Any, Parts], Any]] = {
    catalogue.UPDATE_STATUS: update_status,
    catalogue.CHECK_UPDATE: check,
    catalogue.INSTALL_UPDATE: install,
    catalogue.UPDATE_URGENCY: urgency,
}
"""What answers the rows of the firmware update."""
