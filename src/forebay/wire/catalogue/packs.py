"""Rows that examine the Powerwalls, start them and leave the grid. Sources: README, samples, OpenAPI."""

from __future__ import annotations

from typing import Any, Final

from forebay.wire.catalogue.eras import EMPTY_REPLY, INSTALLER_ONLY, NOT_BEFORE_2020, RUNNING, SINCE_2020
from forebay.wire.endpoint import Access, Effect, Endpoint, Needs, Quality, Variant
from forebay.wire.firmware import Timeline, always
from forebay.wire.model import Accepted
from forebay.wire.packs import AutoconfigStatus, Islanding, PackageNumbers, PackStatus, PhaseUsages, PhaseUses
from forebay.wire.powerwalls import Powerwalls
from forebay.wire.system import Sitemaster

PACK_STATUS: Final = Endpoint[None, PackStatus](
    name="PACK_STATUS",
    spec="E024",
    method="GET",
    path="/api/powerwalls/status",
    body=type(None),
    reply=PackStatus,
    summary="Which examinations of the Powerwalls are under way; on 1.x only while stopped.",
    source="seed L226–231; samples 21.39.1, 21.44; X04",
    seed=("S134",),
    needs=Timeline(("1.15", Needs.STOPPED), ("20.49", Needs.ANY)),
    refusal="running",
    unverified=("the body of 1.x while stopped",),
)

RUN_FOR_COMMISSIONING: Final = Endpoint[None, Sitemaster](
    name="RUN_FOR_COMMISSIONING",
    spec="E035",
    method="POST",
    path="/api/sitemaster/run_for_commissioning",
    body=type(None),
    reply=Sitemaster,
    summary="Start the power system for the installer's tests.",
    source="seed L291–292; jrester/tesla_powerwall; web page",
    seed=("S148",),
    access=always(Access.INSTALLER),
    effect=Effect.WRITES,
    quality=Quality.INFERRED,
    unverified=("the body of a success: that of SITEMASTER is inferred", INSTALLER_ONLY),
)

ISLANDING: Final = Endpoint[Islanding, Islanding](
    name="ISLANDING",
    spec="E125",
    method="POST",
    path="/api/v2/islanding/mode",
    body=Islanding,
    reply=Islanding,
    summary="Leave the grid on purpose, or come back to it, within about 20 s.",
    source="README L749–781; samples v2.islanding.mode.*; G03",
    offered=SINCE_2020,
    effect=Effect.WRITES,
    needs=RUNNING,
    unverified=(
        "which release first offered it: 21.x or a little before",
        "502 while stopped is inferred: nothing could feed an island",
        "the words of the refusal of an unknown mode",
    ),
)

PHASE_USAGES: Final = Endpoint[None, PhaseUsages](
    name="PHASE_USAGES",
    spec="E096",
    method="GET",
    path="/api/powerwalls/phase_usages",
    body=type(None),
    reply=PhaseUsages,
    summary="How each phase is used; a split-phase home refuses.",
    source="samples 21.39.1, 21.44 (.err); web page",
    offered=SINCE_2020,
    quality=Quality.PARTIAL,
    unverified=(NOT_BEFORE_2020,),
)

SET_PHASE_USAGES: Final = Endpoint[PhaseUses, PhaseUsages](
    name="SET_PHASE_USAGES",
    spec="E097",
    method="POST",
    path="/api/powerwalls/phase_usages",
    body=PhaseUses,
    reply=PhaseUsages,
    summary="Set how each phase is used.",
    source="OpenAPI; web page",
    offered=SINCE_2020,
    access=always(Access.INSTALLER),
    effect=Effect.WRITES,
    quality=Quality.PARTIAL,
    unverified=(NOT_BEFORE_2020, INSTALLER_ONLY),
)

DETECT_PHASES: Final = Endpoint[None, Accepted](
    name="DETECT_PHASES",
    spec="E095",
    method="POST",
    path="/api/powerwalls/phase_detection",
    body=type(None),
    reply=Accepted,
    summary="Find out which Powerwall is on which phase; takes a minute.",
    source="OpenAPI; web page; X12",
    offered=SINCE_2020,
    access=always(Access.INSTALLER),
    effect=Effect.WRITES,
    quality=Quality.INFERRED,
    unverified=(NOT_BEFORE_2020, EMPTY_REPLY, INSTALLER_ONLY, "how long it takes"),
)

PHASE_DETECTION_READ: Final = Endpoint[None, Accepted](
    name="PHASE_DETECTION_READ",
    spec="E126",
    method="GET",
    path="/api/powerwalls/phase_detection",
    body=type(None),
    reply=Accepted,
    summary="The form with GET, which the README lists: 405, unless a setting lets it do as POST does.",
    source="README table; X12",
    offered=always(False),
    access=always(Access.INSTALLER),
    effect=Effect.WRITES,
    quality=Quality.INFERRED,
    unverified=("that no release answers it",),
    variant=Variant(setting="commands_by_get", offered=True),
)

PACKAGE_NUMBERS: Final = Endpoint[None, PackageNumbers](
    name="PACKAGE_NUMBERS",
    spec="E099",
    method="GET",
    path="/api/powerwalls/pvi_sub_package_numbers",
    body=type(None),
    reply=PackageNumbers,
    summary="Part numbers of the solar inverters within the Powerwalls; null where there is none.",
    source="samples powerwalls.pvi_sub_package_numbers.json",
    offered=SINCE_2020,
    unverified=(NOT_BEFORE_2020,),
)

SCAN_PACKS: Final = Endpoint[None, Powerwalls](
    name="SCAN_PACKS",
    spec="E100",
    method="POST",
    path="/api/powerwalls/scan",
    body=type(None),
    reply=Powerwalls,
    summary="Look for Powerwalls on the bus; answers as POWERWALLS does.",
    source="OpenAPI; web page",
    offered=SINCE_2020,
    access=always(Access.INSTALLER),
    effect=Effect.WRITES,
    quality=Quality.PARTIAL,
    unverified=(NOT_BEFORE_2020, INSTALLER_ONLY, "how long it takes"),
)

UPDATE_PACKS: Final = Endpoint[None, Accepted](
    name="UPDATE_PACKS",
    spec="E101",
    method="POST",
    path="/api/powerwalls/update",
    body=type(None),
    reply=Accepted,
    summary="Bring the Powerwalls to the gateway's firmware.",
    source="OpenAPI; web page; X12",
    offered=SINCE_2020,
    access=always(Access.INSTALLER),
    effect=Effect.WRITES,
    quality=Quality.INFERRED,
    unverified=(NOT_BEFORE_2020, EMPTY_REPLY, INSTALLER_ONLY, "how long it takes"),
)

UPDATE_PACKS_READ: Final = Endpoint[None, Accepted](
    name="UPDATE_PACKS_READ",
    spec="E127",
    method="GET",
    path="/api/powerwalls/update",
    body=type(None),
    reply=Accepted,
    summary="The form with GET, which the README lists: 405, unless a setting lets it do as POST does.",
    source="README table; X12",
    offered=always(False),
    access=always(Access.INSTALLER),
    effect=Effect.WRITES,
    quality=Quality.INFERRED,
    unverified=("that no release answers it",),
    variant=Variant(setting="commands_by_get", offered=True),
)

AUTOCONFIG: Final = Endpoint[None, AutoconfigStatus](
    name="AUTOCONFIG",
    spec="E062",
    method="GET",
    path="/api/autoconfig/status",
    body=type(None),
    reply=AutoconfigStatus,
    summary="How far the gateway is with setting itself up.",
    source="samples 21.39.1, 21.44; enum of the web page",
    offered=SINCE_2020,
    unverified=(NOT_BEFORE_2020,),
)

AUTOCONFIG_RUN: Final = Endpoint[None, Accepted](
    name="AUTOCONFIG_RUN",
    spec="E059",
    method="POST",
    path="/api/autoconfig/run",
    body=type(None),
    reply=Accepted,
    summary="Let the gateway set itself up.",
    source="OpenAPI; web page",
    offered=SINCE_2020,
    access=always(Access.INSTALLER),
    effect=Effect.WRITES,
    quality=Quality.INFERRED,
    unverified=(NOT_BEFORE_2020, EMPTY_REPLY, INSTALLER_ONLY),
)

AUTOCONFIG_RETRY: Final = Endpoint[None, Accepted](
    name="AUTOCONFIG_RETRY",
    spec="E060",
    method="POST",
    path="/api/autoconfig/retry",
    body=type(None),
    reply=Accepted,
    summary="Let the gateway try again to set itself up.",
    source="OpenAPI; web page",
    offered=SINCE_2020,
    access=always(Access.INSTALLER),
    effect=Effect.WRITES,
    quality=Quality.INFERRED,
    unverified=(NOT_BEFORE_2020, EMPTY_REPLY, INSTALLER_ONLY),
)

AUTOCONFIG_CANCEL: Final = Endpoint[None, Accepted](
    name="AUTOCONFIG_CANCEL",
    spec="E061",
    method="POST",
    path="/api/autoconfig/cancel",
    body=type(None),
    reply=Accepted,
    summary="Let the gateway stop setting itself up.",
    source="OpenAPI; web page",
    offered=SINCE_2020,
    access=always(Access.INSTALLER),
    effect=Effect.WRITES,
    quality=Quality.INFERRED,
    unverified=(NOT_BEFORE_2020, EMPTY_REPLY, INSTALLER_ONLY),
)

ROWS: Final[tuple[Endpoint[Any, Any], ...]] = (
    PACK_STATUS,
    RUN_FOR_COMMISSIONING,
    ISLANDING,
    PHASE_USAGES,
    SET_PHASE_USAGES,
    DETECT_PHASES,
    PHASE_DETECTION_READ,
    PACKAGE_NUMBERS,
    SCAN_PACKS,
    UPDATE_PACKS,
    UPDATE_PACKS_READ,
    AUTOCONFIG,
    AUTOCONFIG_RUN,
    AUTOCONFIG_RETRY,
    AUTOCONFIG_CANCEL,
)
"""Every row of this module."""
