"""Rows of the solar inverter within a Powerwall. Sources: README table; web page; pypowerwall."""

from __future__ import annotations

from typing import Any, Final

from forebay.wire.catalogue.eras import EMPTY_REPLY, INSTALLER_ONLY, NOT_BEFORE_2020, SINCE_2020
from forebay.wire.endpoint import Access, Effect, Endpoint, Poll, Quality, Variant
from forebay.wire.firmware import Timeline, always
from forebay.wire.model import Accepted
from forebay.wire.solar import PackChoice, PowerChoice, PowerStatus, SolarPowerwall

_FORM = "the body: its one member is inferred from SOLAR_POWERWALL"
_WHICH = "that it counts the Powerwalls from 0"

SOLAR_POWERWALL: Final = Endpoint[None, SolarPowerwall](
    name="SOLAR_POWERWALL",
    spec="E110",
    method="GET",
    path="/api/solar_powerwall",
    body=type(None),
    reply=SolarPowerwall,
    summary="Strings, state and alerts of the Powerwall's own solar inverter, since the vitals are gone.",
    source="pypowerwall, which reads it from 23.44 to 24.4",
    offered=Timeline(("1.15", False), ("23.44", True)),
    poll=Poll.FAST,
    quality=Quality.PARTIAL,
    unverified=(
        "whether a release before 23.44 offers it",
        "the answer of a home whose Powerwalls have no solar inverter: one without strings",
    ),
)

PV_POWER: Final = Endpoint[None, PowerStatus](
    name="PV_POWER",
    spec="E111",
    method="GET",
    path="/api/solar_powerwall/power_status",
    body=type(None),
    reply=PowerStatus,
    summary="Whether the solar inverter is switched on.",
    source="README table, by name only",
    offered=SINCE_2020,
    quality=Quality.INFERRED,
    unverified=(NOT_BEFORE_2020, _FORM),
)

PV_POWER_OF: Final = Endpoint[None, PowerStatus](
    name="PV_POWER_OF",
    spec="E112",
    method="GET",
    path="/api/solar_powerwall/{n}/power_status",
    body=type(None),
    reply=PowerStatus,
    summary="Whether the solar inverter of one Powerwall is switched on.",
    source="README table, by name only",
    offered=SINCE_2020,
    quality=Quality.INFERRED,
    unverified=(NOT_BEFORE_2020, _FORM, _WHICH, "404 for a number that no Powerwall has"),
)

SET_PV_POWER: Final = Endpoint[PowerChoice, Accepted](
    name="SET_PV_POWER",
    spec="E098",
    method="POST",
    path="/api/powerwalls/pvi_power_status",
    body=PowerChoice,
    reply=Accepted,
    summary="Switch the solar inverter of a Powerwall on or off.",
    source="web page",
    offered=SINCE_2020,
    access=always(Access.INSTALLER),
    effect=Effect.WRITES,
    quality=Quality.PARTIAL,
    unverified=(NOT_BEFORE_2020, EMPTY_REPLY, INSTALLER_ONLY, "the refusal of a Powerwall that is not there"),
)

RESET_PV: Final = Endpoint[PackChoice, Accepted](
    name="RESET_PV",
    spec="E113",
    method="POST",
    path="/api/solar_powerwall/reset",
    body=PackChoice,
    reply=Accepted,
    summary="Restart the solar inverter of a Powerwall: it is off for a minute.",
    source="web page; issue 74 of vloschiavo/powerwall2; X12",
    offered=SINCE_2020,
    access=always(Access.INSTALLER),
    effect=Effect.WRITES,
    quality=Quality.PARTIAL,
    unverified=(NOT_BEFORE_2020, EMPTY_REPLY, INSTALLER_ONLY, "how long it takes"),
)

RESET_PV_READ: Final = Endpoint[None, Accepted](
    name="RESET_PV_READ",
    spec="E128",
    method="GET",
    path="/api/solar_powerwall/reset",
    body=type(None),
    reply=Accepted,
    summary="The form with GET, which README and OpenAPI have: 405, unless a setting lets it restart every inverter.",
    source="README table; OpenAPI; X12",
    offered=always(False),
    access=always(Access.INSTALLER),
    effect=Effect.WRITES,
    quality=Quality.INFERRED,
    variant=Variant(setting="commands_by_get", offered=True),
    unverified=("that no release answers it",),
)

RESET_PV_OF: Final = Endpoint[None, Accepted](
    name="RESET_PV_OF",
    spec="E114",
    method="GET",
    path="/api/solar_powerwall/{t}/reset",
    body=type(None),
    reply=Accepted,
    summary="Restart the solar inverter of one Powerwall, by a GET.",
    source="README table, by name only",
    offered=SINCE_2020,
    access=always(Access.INSTALLER),
    effect=Effect.WRITES,
    quality=Quality.INFERRED,
    unverified=(NOT_BEFORE_2020, EMPTY_REPLY, INSTALLER_ONLY, _WHICH, "404 for a number that no Powerwall has"),
)

USE_INVERTER_METER: Final = Endpoint[None, Accepted](
    name="USE_INVERTER_METER",
    spec="E094",
    method="POST",
    path="/api/powerwalls/enable_inverter_solar_meter_readings",
    body=type(None),
    reply=Accepted,
    summary="Measure the sun by the inverters; INVERTER_METER shows it.",
    source="web page, by name only",
    offered=SINCE_2020,
    access=always(Access.INSTALLER),
    effect=Effect.WRITES,
    quality=Quality.INFERRED,
    unverified=(NOT_BEFORE_2020, EMPTY_REPLY, INSTALLER_ONLY),
)

ROWS: Final[tuple[Endpoint[Any, Any], ...]] = (
    SOLAR_POWERWALL,
    PV_POWER,
    PV_POWER_OF,
    SET_PV_POWER,
    RESET_PV,
    RESET_PV_READ,
    RESET_PV_OF,
    USE_INVERTER_METER,
)
"""Every row of this module."""
