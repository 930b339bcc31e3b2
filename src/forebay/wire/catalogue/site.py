"""Rows of the house: site, owner, operation. Sources: seed L86–88, L140–146, L169–225."""

from __future__ import annotations

from typing import Final

from forebay.wire.catalogue.eras import OPEN_THEN_CUSTOMER
from forebay.wire.endpoint import JSON, TEXT, Access, Effect, Endpoint, Poll, Quality, Variant
from forebay.wire.firmware import Timeline, always
from forebay.wire.site import Operation, Registration, SiteInfo, SiteName
from forebay.wire.system import Status

SITE_INFO: Final = Endpoint[None, SiteInfo](
    name="SITE_INFO",
    spec="E012",
    method="GET",
    path="/api/site_info",
    body=type(None),
    reply=SiteInfo,
    summary="Limits, nominal energy and power, name, time zone and grid code.",
    source="seed L140–142; samples 21.39.1, 21.44",
    seed=("S083",),
    access=OPEN_THEN_CUSTOMER,
    poll=Poll.RARE,
)

SITE_NAME: Final = Endpoint[None, SiteName](
    name="SITE_NAME",
    spec="E013",
    method="GET",
    path="/api/site_info/site_name",
    body=type(None),
    reply=SiteName,
    summary="Name and time zone of the site.",
    source="seed L143–146; samples 21.39.1, 21.44",
    seed=("S084", "S085"),
    access=OPEN_THEN_CUSTOMER,
    poll=Poll.RARE,
)

REGISTRATION: Final = Endpoint[None, Registration](
    name="REGISTRATION",
    spec="E009",
    method="GET",
    path="/api/customer/registration",
    body=type(None),
    reply=Registration,
    summary="Which consents were given and whether the system is registered.",
    source="seed L86–88, L293; samples 21.39.1, 21.44",
    seed=("S054", "S149"),
    access=always(Access.PUBLIC),
    variant=Variant(setting="registration_needs_login", access=Access.CUSTOMER),
)

OPERATION: Final = Endpoint[None, Operation](
    name="OPERATION",
    spec="E022",
    method="GET",
    path="/api/operation",
    body=type(None),
    reply=Operation,
    summary="Operation mode and backup reserve.",
    source="seed L190–196; samples 21.39.1, 21.44",
    seed=("S111", "S115", "S116"),
    poll=Poll.SLOW,
    unverified=("whether a staged but uncommitted value is shown: it is",),
)

SET_OPERATION: Final = Endpoint[Operation, Operation](
    name="SET_OPERATION",
    spec="E023",
    method="POST",
    path="/api/operation",
    body=Operation,
    reply=Operation,
    summary="Stage a mode and a reserve; CONFIG_COMPLETED makes them effective.",
    source="seed L190–225; issues 18, 22, 26, 45 of vloschiavo/powerwall2",
    seed=("S111", "S113", "S117", "S118", "S119", "S120", "S121", "S122", "S124"),
    access=Timeline(("1.15", Access.CUSTOMER), ("1.37", Access.INSTALLER)),
    effect=Effect.WRITES,
    content_type=Timeline(("1.15", JSON), ("1.43", TEXT), ("20.49", JSON)),
    unverified=("text/plain was seen on 1.43.3 only", "texts of the refusals of a wrong mode or reserve"),
)

CONFIG_COMPLETED: Final = Endpoint[None, Status | None](
    name="CONFIG_COMPLETED",
    spec="E020",
    method="GET",
    path="/api/config/completed",
    body=type(None),
    reply=Status | None,  # type: ignore[arg-type]
    summary="Commit what is staged: it takes effect at once.",
    source="seed L169–171; issue 26 of vloschiavo/powerwall2; samples 21.39.1",
    seed=("S098", "S099", "S114"),
    access=Timeline(("1.15", Access.PUBLIC), ("1.20", Access.INSTALLER), ("20.49", Access.CUSTOMER)),
    effect=Effect.WRITES,
    status=Timeline(("1.15", 202), ("1.43", 200)),
    content_type=Timeline(("1.15", ""), ("1.43", TEXT)),
    quality=Quality.PARTIAL,
    unverified=(
        "the release that changed 202 into 200 lies between 1.40 and 1.43.3",
        "the least role: samples of 21.39.1 show an owner's own call, but only installers can stage a change",
    ),
)
