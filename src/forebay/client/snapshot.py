"""One reading of a whole gateway: every row asked for once, what failed with its reason."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from forebay.errors import GatewayError
from forebay.wire import catalogue
from forebay.wire.endpoint import Endpoint
from forebay.wire.firmware import Version
from forebay.wire.power import Aggregates, SiteMeter
from forebay.wire.powerwalls import Powerwalls
from forebay.wire.site import Operation, Registration, SiteInfo, SiteName
from forebay.wire.system import GridFault, GridStatus, Sitemaster, StateOfEnergy, Status, SystemStatus, UpdateStatus
from forebay.wire.vitals import VitalsDevice


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What a gateway answered between `began_at` and `ended_at`, UTC.

    A member is None when its row was not asked for or failed; `missing` has
    the error of each row that was asked for and failed, by the row's name.
    firmware: None when not even that could be learnt.
    """

    began_at: datetime
    ended_at: datetime
    firmware: Version | None = None
    status: Status | None = None
    aggregates: Aggregates | None = None
    soe: StateOfEnergy | None = None
    grid_status: GridStatus | None = None
    system_status: SystemStatus | None = None
    operation: Operation | None = None
    sitemaster: Sitemaster | None = None
    site_info: SiteInfo | None = None
    site_name: SiteName | None = None
    powerwalls: Powerwalls | None = None
    registration: Registration | None = None
    update_status: UpdateStatus | None = None
    grid_faults: list[GridFault] | None = None
    meters_site: list[SiteMeter] | None = None
    meters_solar: list[SiteMeter] | None = None
    vitals: list[VitalsDevice] | None = None
    missing: dict[str, GatewayError] = field(default_factory=dict)


MEMBERS: dict[str, str] = {
    "STATUS": "status",
    "AGGREGATES": "aggregates",
    "STATE_OF_ENERGY": "soe",
    "GRID_STATUS": "grid_status",
    "SYSTEM_STATUS": "system_status",
    "OPERATION": "operation",
    "SITEMASTER": "sitemaster",
    "SITE_INFO": "site_info",
    "SITE_NAME": "site_name",
    "POWERWALLS": "powerwalls",
    "REGISTRATION": "registration",
    "UPDATE_STATUS": "update_status",
    "GRID_FAULTS": "grid_faults",
    "METERS_SITE": "meters_site",
    "METERS_SOLAR": "meters_solar",
    "VITALS": "vitals",
}
"""The member of a snapshot for each row that one may hold."""

USUAL_ROWS: tuple[Endpoint[Any, Any], ...] = (
    catalogue.AGGREGATES,
    catalogue.STATE_OF_ENERGY,
    catalogue.GRID_STATUS,
    catalogue.SYSTEM_STATUS,
    catalogue.OPERATION,
    catalogue.SITEMASTER,
    catalogue.SITE_INFO,
    catalogue.STATUS,
)
"""The rows of a snapshot unless others are asked for."""


class Round:
    """The rows still to be asked, the answers and the errors of one snapshot."""

    def __init__(self, rows: Sequence[Endpoint[Any, Any]]) -> None:
        self.waiting = deque(dict.fromkeys(rows))
        self.answers: dict[str, Any] = {}
        self.missing: dict[str, GatewayError] = {}

    def next(self) -> Endpoint[Any, Any] | None:
        """Return the next row to ask, None when there is none."""
        return self.waiting.popleft() if self.waiting else None

    def give_up(self, reason: GatewayError) -> None:
        """Count every row not yet asked as failed for this reason."""
        while self.waiting:
            self.missing[self.waiting.popleft().name] = reason

    def result(self, began_at: datetime, ended_at: datetime, firmware: Version | None) -> Snapshot:
        """Return the snapshot."""
        members = {MEMBERS[name]: answer for name, answer in self.answers.items()}
        return Snapshot(began_at=began_at, ended_at=ended_at, firmware=firmware, missing=self.missing, **members)
