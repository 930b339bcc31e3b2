"""Rows that set the site: name, time zone, grid code, export. Sources: seed L232–236; the UI's requests."""

from __future__ import annotations

from typing import Any, Final

from forebay.wire.catalogue.eras import SINCE_2020
from forebay.wire.endpoint import Access, Effect, Endpoint, Quality
from forebay.wire.firmware import Timeline, always
from forebay.wire.installation import (
    ExportMode,
    GridChoice,
    GridCodes,
    GridRegions,
    OffGrid,
    SiteNameChoice,
    TimezoneChoice,
)
from forebay.wire.model import Accepted

_NOT_SEEN_BEFORE: Final = "whether a release before 20.49 offers it"
_REPLY_INFERRED: Final = "the body of a success: {} is inferred"
_INSTALLER: Final = "that it takes an installer"

GRID_CODES: Final = Endpoint[None, GridCodes](
    name="GRID_CODES",
    spec="E025",
    method="GET",
    path="/api/site_info/grid_codes",
    body=type(None),
    reply=GridCodes,
    summary="The grid codes by country, state and standard; GRID_REGIONS took its place.",
    source="seed L232–236; sample 2018-04; README L649",
    seed=("S135",),
    offered=Timeline(("1.15", True), ("20.49", False)),
)

GRID_REGIONS: Final = Endpoint[None, GridRegions](
    name="GRID_REGIONS",
    spec="E108",
    method="GET",
    path="/api/site_info/grid_regions",
    body=type(None),
    reply=GridRegions,
    summary="The grid codes by region as CSV, and what each asks for.",
    source="samples 21.39.1, 21.44",
    offered=SINCE_2020,
    unverified=(_NOT_SEEN_BEFORE,),
)

SET_SITE_NAME: Final = Endpoint[SiteNameChoice, SiteNameChoice](
    name="SET_SITE_NAME",
    spec="E102",
    method="POST",
    path="/api/site_info/site_name",
    body=SiteNameChoice,
    reply=SiteNameChoice,
    summary="Rename the site.",
    source="the UI's requests, by E102",
    seed=("S085",),
    offered=SINCE_2020,
    effect=Effect.WRITES,
    quality=Quality.PARTIAL,
    unverified=(_NOT_SEEN_BEFORE, "the body of a success: the UI does not look at it", "that the owner may send it"),
)

SET_TIMEZONE: Final = Endpoint[TimezoneChoice, Accepted](
    name="SET_TIMEZONE",
    spec="E103",
    method="POST",
    path="/api/site_info/timezone",
    body=TimezoneChoice,
    reply=Accepted,
    summary="Move the site to another time zone.",
    source="the UI's requests, by E103",
    offered=SINCE_2020,
    access=always(Access.INSTALLER),
    effect=Effect.WRITES,
    quality=Quality.PARTIAL,
    unverified=(_NOT_SEEN_BEFORE, _REPLY_INFERRED, _INSTALLER, "the words that refuse an unknown zone"),
)

SET_EXPORT_MODE: Final = Endpoint[ExportMode, Accepted](
    name="SET_EXPORT_MODE",
    spec="E104",
    method="POST",
    path="/api/site_info/export_mode",
    body=ExportMode,
    reply=Accepted,
    summary="Say what may flow into the grid.",
    source="the UI's requests, by E104",
    offered=SINCE_2020,
    access=always(Access.INSTALLER),
    effect=Effect.WRITES,
    quality=Quality.PARTIAL,
    unverified=(
        _NOT_SEEN_BEFORE,
        _REPLY_INFERRED,
        _INSTALLER,
        "that `never` holds the sun back at once; no reply shows the word",
    ),
)

EXTRA_PROGRAMS: Final = Endpoint[None, list[dict[str, Any]]](
    name="EXTRA_PROGRAMS",
    spec="E105",
    method="GET",
    path="/api/site_info/extra_programs",
    body=type(None),
    reply=list[dict[str, Any]],
    summary="Programs of the utility that the site takes part in.",
    source="the UI's requests, by E105",
    offered=SINCE_2020,
    quality=Quality.PARTIAL,
    unverified=(_NOT_SEEN_BEFORE, "what an entry looks like: what was posted is shown"),
)

SET_EXTRA_PROGRAMS: Final = Endpoint[dict[str, Any], Accepted](
    name="SET_EXTRA_PROGRAMS",
    spec="E106",
    method="POST",
    path="/api/site_info/extra_programs",
    body=dict[str, Any],
    reply=Accepted,
    summary="Take part in programs of the utility; an empty object is none.",
    source="the UI's requests, by E106",
    offered=SINCE_2020,
    access=always(Access.INSTALLER),
    effect=Effect.WRITES,
    quality=Quality.INFERRED,
    unverified=(_NOT_SEEN_BEFORE, _REPLY_INFERRED, _INSTALLER, "that what is posted replaces what was there"),
)

SET_GRID_CODE: Final = Endpoint[GridChoice, Accepted](
    name="SET_GRID_CODE",
    spec="E107",
    method="POST",
    path="/api/site_info/grid_code",
    body=GridChoice,
    reply=Accepted,
    summary="Choose the rules of the local grid.",
    source="the UI's requests, by E107",
    offered=SINCE_2020,
    access=always(Access.INSTALLER),
    effect=Effect.WRITES,
    quality=Quality.PARTIAL,
    unverified=(_NOT_SEEN_BEFORE, _REPLY_INFERRED, _INSTALLER, "the words that refuse a code that is not listed"),
)

SET_OFF_GRID: Final = Endpoint[OffGrid, Accepted](
    name="SET_OFF_GRID",
    spec="E109",
    method="POST",
    path="/api/site_info/offgrid",
    body=OffGrid,
    reply=Accepted,
    summary="Say whether the site has no utility at all.",
    source="the UI's requests, by E109",
    offered=SINCE_2020,
    access=always(Access.INSTALLER),
    effect=Effect.WRITES,
    quality=Quality.PARTIAL,
    unverified=(_NOT_SEEN_BEFORE, _REPLY_INFERRED, _INSTALLER, "which reply shows it: none is known"),
)

ROWS: tuple[Endpoint[Any, Any], ...] = (
    GRID_CODES,
    GRID_REGIONS,
    SET_SITE_NAME,
    SET_TIMEZONE,
    SET_EXPORT_MODE,
    EXTRA_PROGRAMS,
    SET_EXTRA_PROGRAMS,
    SET_GRID_CODE,
    SET_OFF_GRID,
)
"""Every row that sets the site."""
