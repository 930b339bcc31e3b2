"""Rows of the firmware update. Sources: seed L98–126; behaviour.md 8; OpenAPI; web page."""

from __future__ import annotations

from typing import Any, Final

from forebay.wire.catalogue.eras import EMPTY_REPLY, INSTALLER_ONLY, NOT_BEFORE_2020, SINCE_2020
from forebay.wire.endpoint import Access, Effect, Endpoint, Quality
from forebay.wire.firmware import always
from forebay.wire.model import Accepted
from forebay.wire.updates import Urgency

CHECK_UPDATE: Final = Endpoint[None, Accepted](
    name="CHECK_UPDATE",
    spec="E120",
    method="GET",
    path="/api/system/update",
    body=type(None),
    reply=Accepted,
    summary="Look for a newer firmware and download it; UPDATE_STATUS tells how far it is.",
    source="seed L106; web page; U03",
    seed=("S063",),
    offered=SINCE_2020,
    effect=Effect.WRITES,
    quality=Quality.INFERRED,
    unverified=(
        NOT_BEFORE_2020,
        EMPTY_REPLY,
        "the least role: the owner",
        "what it does without ?force=true: the same",
    ),
)

INSTALL_UPDATE: Final = Endpoint[None, None](
    name="INSTALL_UPDATE",
    spec="E121",
    method="POST",
    path="/api/system/update",
    body=type(None),
    reply=type(None),
    summary="Install what was downloaded; the battery stops for about 15 minutes.",
    source="seed L112–116, L126; OpenAPI; U05",
    seed=("S075",),
    offered=SINCE_2020,
    access=always(Access.INSTALLER),
    effect=Effect.WRITES,
    status=always(202),
    content_type=always(""),
    quality=Quality.PARTIAL,
    unverified=(NOT_BEFORE_2020, INSTALLER_ONLY, "how long each step takes"),
)

UPDATE_URGENCY: Final = Endpoint[None, Urgency](
    name="UPDATE_URGENCY",
    spec="E122",
    method="GET",
    path="/api/system/update/urgency",
    body=type(None),
    reply=Urgency,
    summary="Whether a newer firmware must be installed.",
    source="OpenAPI; web page; U07",
    offered=SINCE_2020,
    quality=Quality.INFERRED,
    unverified=(NOT_BEFORE_2020, "the member's name; 503 without a way to the maker's servers"),
)

ROWS: Final[tuple[Endpoint[Any, Any], ...]] = (
    CHECK_UPDATE,
    INSTALL_UPDATE,
    UPDATE_URGENCY,
)
"""Every row of this module."""
