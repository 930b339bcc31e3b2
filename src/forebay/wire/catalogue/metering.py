"""Rows of the meters that are installed. Sources: seed L278–282, L311–312; samples; OpenAPI."""

from __future__ import annotations

from typing import Any, Final

from forebay.wire.catalogue.eras import EMPTY_REPLY, INSTALLER_ONLY, NOT_BEFORE_2020, SINCE_2020
from forebay.wire.endpoint import Access, Effect, Endpoint, Quality
from forebay.wire.firmware import always
from forebay.wire.metering import (
    Enabled,
    InstalledMeter,
    MeterIdentity,
    MeterReadings,
    MeterSetup,
    NamedMeter,
    NewMeter,
)
from forebay.wire.model import Accepted

METERS: Final = Endpoint[None, list[InstalledMeter]](
    name="METERS",
    spec="E033",
    method="GET",
    path="/api/meters",
    body=type(None),
    reply=list[InstalledMeter],
    summary="The meters that are installed, with their clamps.",
    source="seed L278–282; samples meters.json, 21.39.1, 21.44",
    seed=("S144",),
)

METER_READINGS: Final = Endpoint[None, MeterReadings](
    name="METER_READINGS",
    spec="E053",
    method="GET",
    path="/api/meters/readings",
    body=type(None),
    reply=MeterReadings,
    summary="What each clamp reads, energy in watt-seconds; a synchrometer only while stopped.",
    source="seed L312; samples meters.readings.json, 21.39.1, 21.44",
    seed=("S173",),
)

METER_SETUP: Final = Endpoint[None, MeterSetup](
    name="METER_SETUP",
    spec="E079",
    method="GET",
    path="/api/meters/status",
    body=type(None),
    reply=MeterSetup,
    summary="How far the setting up of a meter is.",
    source="samples 21.39.1, 21.44; enum of the web page",
    offered=SINCE_2020,
    unverified=(NOT_BEFORE_2020, "how long each step takes"),
)

VERIFY_THIS_METER: Final = Endpoint[MeterIdentity, Accepted](
    name="VERIFY_THIS_METER",
    spec="E052",
    method="POST",
    path="/api/meters/{serial}/verify",
    body=MeterIdentity,
    reply=Accepted,
    summary="Verify a meter; blanks around its serial number are tolerated.",
    source="seed L311; README of vloschiavo/powerwall2",
    seed=("S172",),
    access=always(Access.INSTALLER),
    effect=Effect.WRITES,
    quality=Quality.INFERRED,
    unverified=(EMPTY_REPLY, INSTALLER_ONLY),
)

ADD_METER: Final = Endpoint[NewMeter, InstalledMeter](
    name="ADD_METER",
    spec="E067",
    method="POST",
    path="/api/meters",
    body=NewMeter,
    reply=InstalledMeter,
    summary="Add a meter.",
    source="OpenAPI; web page",
    offered=SINCE_2020,
    access=always(Access.INSTALLER),
    effect=Effect.WRITES,
    quality=Quality.PARTIAL,
    unverified=(
        NOT_BEFORE_2020,
        INSTALLER_ONLY,
        "what a second meter of the same serial number does: it replaces the first",
    ),
)

REMOVE_METER: Final = Endpoint[NamedMeter, None](
    name="REMOVE_METER",
    spec="E068",
    method="DELETE",
    path="/api/meters",
    body=NamedMeter,
    reply=type(None),
    summary="Remove a meter that the body names.",
    source="OpenAPI; web page",
    offered=SINCE_2020,
    access=always(Access.INSTALLER),
    effect=Effect.WRITES,
    status=always(204),
    content_type=always(""),
    quality=Quality.PARTIAL,
    unverified=(NOT_BEFORE_2020, INSTALLER_ONLY, "404 for a meter that is not there"),
)

REMOVE_THIS_METER: Final = Endpoint[None, None](
    name="REMOVE_THIS_METER",
    spec="E069",
    method="DELETE",
    path="/api/meters/{serial}",
    body=type(None),
    reply=type(None),
    summary="Remove a meter by its serial number.",
    source="README of vloschiavo/powerwall2; X14",
    offered=SINCE_2020,
    access=always(Access.INSTALLER),
    effect=Effect.WRITES,
    status=always(204),
    content_type=always(""),
    quality=Quality.INFERRED,
    unverified=(NOT_BEFORE_2020, INSTALLER_ONLY, "204 on success, as for the form with a body"),
)

COMMISSION_METER: Final = Endpoint[MeterIdentity, Accepted](
    name="COMMISSION_METER",
    spec="E076",
    method="POST",
    path="/api/meters/{serial}/commission",
    body=MeterIdentity,
    reply=Accepted,
    summary="Let the gateway make friends with a meter; METER_SETUP tells how far it is.",
    source="OpenAPI; web page",
    offered=SINCE_2020,
    access=always(Access.INSTALLER),
    effect=Effect.WRITES,
    quality=Quality.INFERRED,
    unverified=(NOT_BEFORE_2020, EMPTY_REPLY, INSTALLER_ONLY),
)

DETECT_METERS: Final = Endpoint[None, list[InstalledMeter]](
    name="DETECT_METERS",
    spec="E077",
    method="POST",
    path="/api/meters/detect_wired_meters",
    body=type(None),
    reply=list[InstalledMeter],
    summary="Look for meters on the wires; answers with all that are known.",
    source="OpenAPI; web page",
    offered=SINCE_2020,
    access=always(Access.INSTALLER),
    effect=Effect.WRITES,
    quality=Quality.PARTIAL,
    unverified=(NOT_BEFORE_2020, INSTALLER_ONLY),
)

VERIFY_METER: Final = Endpoint[NamedMeter, Accepted](
    name="VERIFY_METER",
    spec="E078",
    method="POST",
    path="/api/meters/verify",
    body=NamedMeter,
    reply=Accepted,
    summary="Verify a meter that the body names.",
    source="OpenAPI; web page",
    offered=SINCE_2020,
    access=always(Access.INSTALLER),
    effect=Effect.WRITES,
    quality=Quality.INFERRED,
    unverified=(NOT_BEFORE_2020, EMPTY_REPLY, INSTALLER_ONLY),
)

INVERTER_METER: Final = Endpoint[None, Enabled](
    name="INVERTER_METER",
    spec="E080",
    method="GET",
    path="/api/meters/inverter_meter_readings",
    body=type(None),
    reply=Enabled,
    summary="Whether the inverter's own meter is used.",
    source="web page",
    offered=SINCE_2020,
    quality=Quality.PARTIAL,
    unverified=(NOT_BEFORE_2020,),
)

SET_INVERTER_METER: Final = Endpoint[Enabled, Enabled](
    name="SET_INVERTER_METER",
    spec="E081",
    method="POST",
    path="/api/meters/inverter_meter_readings",
    body=Enabled,
    reply=Enabled,
    summary="Use the inverter's own meter, or not.",
    source="OpenAPI; web page",
    offered=SINCE_2020,
    access=always(Access.INSTALLER),
    effect=Effect.WRITES,
    quality=Quality.PARTIAL,
    unverified=(NOT_BEFORE_2020, INSTALLER_ONLY),
)

ROWS: Final[tuple[Endpoint[Any, Any], ...]] = (
    METERS,
    METER_READINGS,
    METER_SETUP,
    VERIFY_THIS_METER,
    ADD_METER,
    COMMISSION_METER,
    DETECT_METERS,
    VERIFY_METER,
    INVERTER_METER,
    SET_INVERTER_METER,
    REMOVE_METER,
    REMOVE_THIS_METER,
)
"""Every row of this module."""
