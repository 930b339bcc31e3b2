"""Rows of the clamps of a meter. Sources: samples 21.39.1, 21.44; OpenAPI; web page."""

from __future__ import annotations

from typing import Any, Final

from forebay.wire.catalogue.eras import EMPTY_REPLY, INSTALLER_ONLY, NOT_BEFORE_2020, SINCE_2020
from forebay.wire.endpoint import Access, Effect, Endpoint, Needs, Quality
from forebay.wire.firmware import always
from forebay.wire.metering import ClampGroup, ClampPhaseOptions, ClampPhases, ClampRating, NewClampGroup
from forebay.wire.model import Accepted

CLAMP_RATING: Final = Endpoint[None, ClampRating](
    name="CLAMP_RATING",
    spec="E070",
    method="GET",
    path="/api/meters/{serial}/ct_config",
    body=type(None),
    reply=ClampRating,
    summary="Kind of each clamp of a Neurio; any other meter refuses.",
    source="samples 21.39.1, 21.44 (.err); web page",
    offered=SINCE_2020,
    quality=Quality.PARTIAL,
    unverified=(NOT_BEFORE_2020, "the form of a success: a list of four is inferred"),
)

SET_CLAMP_RATING: Final = Endpoint[ClampRating, Accepted](
    name="SET_CLAMP_RATING",
    spec="E071",
    method="POST",
    path="/api/meters/{serial}/ct_config",
    body=ClampRating,
    reply=Accepted,
    summary="Set the kind of each clamp of a Neurio.",
    source="OpenAPI; web page",
    offered=SINCE_2020,
    access=always(Access.INSTALLER),
    effect=Effect.WRITES,
    quality=Quality.INFERRED,
    unverified=(NOT_BEFORE_2020, EMPTY_REPLY, INSTALLER_ONLY),
)

CLAMPS: Final = Endpoint[None, list[ClampGroup]](
    name="CLAMPS",
    spec="E072",
    method="GET",
    path="/api/meters/{serial}/cts",
    body=type(None),
    reply=list[ClampGroup],
    summary="The clamps of one meter.",
    source="samples 21.39.1, 21.44",
    offered=SINCE_2020,
    unverified=(NOT_BEFORE_2020, "404 for a meter that is not there"),
)

SET_CLAMPS: Final = Endpoint[NewClampGroup, None](
    name="SET_CLAMPS",
    spec="E073",
    method="POST",
    path="/api/meters/{serial}/cts",
    body=NewClampGroup,
    reply=type(None),
    summary="Set which clamps of a meter measure one thing.",
    source="OpenAPI; web page",
    offered=SINCE_2020,
    access=always(Access.INSTALLER),
    effect=Effect.WRITES,
    status=always(204),
    content_type=always(""),
    quality=Quality.PARTIAL,
    unverified=(NOT_BEFORE_2020, INSTALLER_ONLY),
)

REMOVE_CLAMPS: Final = Endpoint[None, None](
    name="REMOVE_CLAMPS",
    spec="E074",
    method="DELETE",
    path="/api/meters/{serial}/cts",
    body=type(None),
    reply=type(None),
    summary="Forget all clamps of a meter.",
    source="OpenAPI; web page",
    offered=SINCE_2020,
    access=always(Access.INSTALLER),
    effect=Effect.WRITES,
    status=always(204),
    content_type=always(""),
    quality=Quality.PARTIAL,
    unverified=(NOT_BEFORE_2020, INSTALLER_ONLY),
)

INVERT_CLAMPS: Final = Endpoint[list[bool], Accepted](
    name="INVERT_CLAMPS",
    spec="E075",
    method="POST",
    path="/api/meters/{serial}/invert_cts",
    body=list[bool],
    reply=Accepted,
    summary="Set which of the four clamps of a meter are counted the other way round.",
    source="OpenAPI; web page",
    offered=SINCE_2020,
    access=always(Access.INSTALLER),
    effect=Effect.WRITES,
    quality=Quality.INFERRED,
    unverified=(NOT_BEFORE_2020, EMPTY_REPLY, INSTALLER_ONLY),
)

CLAMP_PHASES: Final = Endpoint[None, ClampPhases](
    name="CLAMP_PHASES",
    spec="E115",
    method="GET",
    path="/api/synchrometer/ct_voltage_references",
    body=type(None),
    reply=ClampPhases,
    summary="The phase that each clamp of the synchrometer refers to.",
    source="samples 21.39.1, 21.44",
    offered=SINCE_2020,
    unverified=(NOT_BEFORE_2020,),
)

SET_CLAMP_PHASES: Final = Endpoint[ClampPhases, ClampPhases](
    name="SET_CLAMP_PHASES",
    spec="E116",
    method="POST",
    path="/api/synchrometer/ct_voltage_references",
    body=ClampPhases,
    reply=ClampPhases,
    summary="Set the phase that each clamp of the synchrometer refers to.",
    source="OpenAPI; web page",
    offered=SINCE_2020,
    access=always(Access.INSTALLER),
    effect=Effect.WRITES,
    quality=Quality.PARTIAL,
    unverified=(NOT_BEFORE_2020, INSTALLER_ONLY, "which pairings are refused: those that the options do not list"),
)

CLAMP_PHASE_OPTIONS: Final = Endpoint[None, ClampPhaseOptions](
    name="CLAMP_PHASE_OPTIONS",
    spec="E117",
    method="GET",
    path="/api/synchrometer/ct_voltage_references/options",
    body=type(None),
    reply=ClampPhaseOptions,
    summary="The phases that each clamp may refer to; only while stopped.",
    source="samples 21.39.1, 21.44",
    offered=SINCE_2020,
    needs=always(Needs.STOPPED),
    refusal="pairings_running",
    unverified=(NOT_BEFORE_2020,),
)

ROWS: Final[tuple[Endpoint[Any, Any], ...]] = (
    CLAMP_RATING,
    SET_CLAMP_RATING,
    CLAMPS,
    SET_CLAMPS,
    REMOVE_CLAMPS,
    INVERT_CLAMPS,
    CLAMP_PHASES,
    SET_CLAMP_PHASES,
    CLAMP_PHASE_OPTIONS,
)
"""Every row of this module."""
