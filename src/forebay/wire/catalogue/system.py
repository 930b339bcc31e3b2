"""Rows of the machine: version, packs, site master, grid, updates, vitals."""

from __future__ import annotations

from typing import Final

from forebay.wire.catalogue.eras import OPEN_THEN_CUSTOMER, RUNNING, SINCE_2020
from forebay.wire.endpoint import OCTETS, Access, Effect, Endpoint, Poll, Quality, Variant
from forebay.wire.firmware import Timeline, always
from forebay.wire.powerwalls import Powerwalls
from forebay.wire.site import Stop
from forebay.wire.system import (
    GridFault,
    GridStatus,
    Sitemaster,
    StateOfEnergy,
    Status,
    SystemStatus,
    UpdateStatus,
)

STATUS: Final = Endpoint[None, Status](
    name="STATUS",
    spec="E014",
    method="GET",
    path="/api/status",
    body=type(None),
    reply=Status,
    summary="Version, start and up time; open to everybody in every release.",
    source="seed L147–150; samples 21.39.1, 21.44",
    seed=("S086", "S087"),
    access=always(Access.PUBLIC),
    poll=Poll.SLOW,
)

STATE_OF_ENERGY: Final = Endpoint[None, StateOfEnergy](
    name="STATE_OF_ENERGY",
    spec="E006",
    method="GET",
    path="/api/system_status/soe",
    body=type(None),
    reply=StateOfEnergy,
    summary="Charge of all Powerwalls together, on the gateway's scale.",
    source="seed L70–74; samples 21.39.1, 21.44",
    seed=("S046", "S047"),
    access=OPEN_THEN_CUSTOMER,
    needs=RUNNING,
    poll=Poll.FAST,
    kept=True,
)

GRID_STATUS: Final = Endpoint[None, GridStatus](
    name="GRID_STATUS",
    spec="E010",
    method="GET",
    path="/api/system_status/grid_status",
    body=type(None),
    reply=GridStatus,
    summary="Whether the grid is up, down, or coming back.",
    source="seed L89–97; samples 21.39.1, 21.44",
    seed=("S055", "S056", "S057", "S058"),
    access=OPEN_THEN_CUSTOMER,
    needs=RUNNING,
    poll=Poll.FAST,
    kept=True,
)

GRID_FAULTS: Final = Endpoint[None, list[GridFault]](
    name="GRID_FAULTS",
    spec="E016",
    method="GET",
    path="/api/system_status/grid_faults",
    body=type(None),
    reply=list[GridFault],
    summary="Recent alerts of the grid; [] when there are none.",
    source="seed L156–159; samples system_status.grid_faults.json, 21.44",
    seed=("S091",),
    access=OPEN_THEN_CUSTOMER,
    needs=RUNNING,
    poll=Poll.SLOW,
    quality=Quality.PARTIAL,
)

SYSTEM_STATUS: Final = Endpoint[None, SystemStatus](
    name="SYSTEM_STATUS",
    spec="E123",
    method="GET",
    path="/api/system_status",
    body=type(None),
    reply=SystemStatus,
    summary="Packs and inverters: energy, limits and state of each.",
    source="samples system_status.json, 21.39.1, 21.44; jrester fixture",
    offered=SINCE_2020,
    needs=RUNNING,
    poll=Poll.SLOW,
    unverified=(
        "whether a release before 20.49 offers it",
        "the place of the four members that 23.x has more, and their values",
    ),
)

SITEMASTER: Final = Endpoint[None, Sitemaster](
    name="SITEMASTER",
    spec="E007",
    method="GET",
    path="/api/sitemaster",
    body=type(None),
    reply=Sitemaster,
    summary="Whether the power system runs and the gateway reaches its maker.",
    source="seed L75–81; samples 21.39.1, 21.44",
    seed=("S048", "S049", "S050", "S051"),
    access=OPEN_THEN_CUSTOMER,
    poll=Poll.SLOW,
)

SITEMASTER_RUN: Final = Endpoint[None, None](
    name="SITEMASTER_RUN",
    spec="E019",
    method="GET",
    path="/api/sitemaster/run",
    body=type(None),
    reply=type(None),
    summary="Start the power system.",
    source="seed L165–168; getsamples.sh",
    seed=("S095", "S096", "S097"),
    access=Timeline(("1.15", Access.PUBLIC), ("1.20", Access.CUSTOMER)),
    effect=Effect.WRITES,
    status=always(202),
    content_type=always(""),
)

SITEMASTER_STOP: Final = Endpoint[None, None](
    name="SITEMASTER_STOP",
    spec="E017",
    method="GET",
    path="/api/sitemaster/stop",
    body=type(None),
    reply=type(None),
    summary="Stop the power system (1.x): nothing charges, discharges or is measured.",
    source="seed L160–164; X01",
    seed=("S092", "S093", "S094"),
    offered=Timeline(("1.15", True), ("20.49", False)),
    access=Timeline(("1.15", Access.PUBLIC), ("1.20", Access.INSTALLER), ("20.49", Access.CUSTOMER)),
    effect=Effect.WRITES,
    status=always(202),
    content_type=always(""),
    unverified=("202 on success, by analogy with run",),
    variant=Variant(setting="stop_by_get", offered=True),
)

SITEMASTER_STOP_POST: Final = Endpoint[Stop, None](
    name="SITEMASTER_STOP_POST",
    spec="E018",
    method="POST",
    path="/api/sitemaster/stop",
    body=Stop,
    reply=type(None),
    summary="Stop the power system; force overrides can_reboot.",
    source="getsamples.sh L317; issue 57 of vloschiavo/powerwall2; X01",
    offered=SINCE_2020,
    effect=Effect.WRITES,
    status=always(202),
    content_type=always(""),
    quality=Quality.PARTIAL,
    unverified=("202 on success",),
)

POWERWALLS: Final = Endpoint[None, Powerwalls](
    name="POWERWALLS",
    spec="E008",
    method="GET",
    path="/api/powerwalls",
    body=type(None),
    reply=Powerwalls,
    summary="How many Powerwalls, their part and serial numbers, their diagnostics.",
    source="seed L82–85; samples api-powerwalls.json, 21.39.1, 21.44",
    seed=("S052", "S053"),
    access=OPEN_THEN_CUSTOMER,
    poll=Poll.RARE,
)

UPDATE_STATUS: Final = Endpoint[None, UpdateStatus](
    name="UPDATE_STATUS",
    spec="E011",
    method="GET",
    path="/api/system/update/status",
    body=type(None),
    reply=UpdateStatus,
    summary="State of the firmware update.",
    source="seed L98–125; samples 2018, 21.39.1, 21.44",
    seed=tuple(f"S{n:03d}" for n in range(59, 73)),
    access=Timeline(("1.15", Access.PUBLIC), ("1.20", Access.CUSTOMER)),
    poll=Poll.RARE,
)

VITALS: Final = Endpoint[None, bytes](
    name="VITALS",
    spec="E064",
    method="GET",
    path="/api/devices/vitals",
    body=type(None),
    reply=bytes,
    summary="Every device with its vitals, as a protobuf message.",
    source="README L787–985; vitals.md; pypowerwall",
    offered=Timeline(("1.15", False), ("20.49", True), ("23.44", False)),
    needs=RUNNING,
    content_type=always(OCTETS),
    poll=Poll.FAST,
    unverified=(
        "502 while stopped is inferred",
        "when each alert is raised",
        "what disabled Powerwalls and inverters that are off say of themselves",
    ),
    variant=Variant(setting="vitals_need_installer", access=Access.INSTALLER),
)
