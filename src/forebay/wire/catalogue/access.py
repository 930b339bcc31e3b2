"""Rows of passwords and of logging in by the switch. Sources: samples; OpenAPI; behaviour.md A16, A17, A20."""

from __future__ import annotations

from typing import Any, Final

from forebay.wire.access import NewPassword, Password, ToggleLogin, ToggleSupport
from forebay.wire.catalogue.eras import NOT_BEFORE_2020, SINCE_2020
from forebay.wire.endpoint import Access, Effect, Endpoint, Quality
from forebay.wire.firmware import INSTALLER_NEEDS_TOGGLE, always
from forebay.wire.site import Session

SINCE_SWITCH: Final = INSTALLER_NEEDS_TOGGLE
"""From the release on that wants an installer's hand at the switch (A16)."""

NOT_BEFORE_SWITCH: Final = "the release that brought it: the one that first wanted the switch"

TOGGLE_SUPPORTED: Final = Endpoint[None, ToggleSupport](
    name="TOGGLE_SUPPORTED",
    spec="E055",
    method="GET",
    path="/api/auth/toggle/supported",
    body=type(None),
    reply=ToggleSupport,
    summary="Whether one can log in by toggling the switch on a Powerwall; false while stopped.",
    source="samples 21.39.1, 21.44; A17",
    offered=SINCE_SWITCH,
    access=always(Access.PUBLIC),
    unverified=(NOT_BEFORE_SWITCH,),
)

TOGGLE_START: Final = Endpoint[None, None](
    name="TOGGLE_START",
    spec="E056",
    method="POST",
    path="/api/auth/toggle/start",
    body=type(None),
    reply=type(None),
    summary="Begin to wait for somebody to toggle the switch.",
    source="OpenAPI; A16",
    offered=SINCE_SWITCH,
    access=always(Access.PUBLIC),
    effect=Effect.SESSION,
    status=always(202),
    content_type=always(""),
    quality=Quality.PARTIAL,
    unverified=(NOT_BEFORE_SWITCH, "how long the gateway waits: five minutes"),
)

TOGGLE_LOGIN: Final = Endpoint[ToggleLogin, Session](
    name="TOGGLE_LOGIN",
    spec="E057",
    method="POST",
    path="/api/auth/toggle/login",
    body=ToggleLogin,
    reply=Session,
    summary="Log in when the switch was toggled; 417 until then.",
    source="OpenAPI; web page; A16",
    offered=SINCE_SWITCH,
    access=always(Access.PUBLIC),
    effect=Effect.SESSION,
    quality=Quality.PARTIAL,
    unverified=(NOT_BEFORE_SWITCH, "the bodies of 417 and of 400, which says that nobody has begun"),
)

TOGGLE_CANCEL: Final = Endpoint[None, None](
    name="TOGGLE_CANCEL",
    spec="E058",
    method="DELETE",
    path="/api/auth/toggle/login",
    body=type(None),
    reply=type(None),
    summary="Stop waiting for the switch; 404 when nobody has begun.",
    source="OpenAPI; A16",
    offered=SINCE_SWITCH,
    access=always(Access.PUBLIC),
    effect=Effect.SESSION,
    content_type=always(""),
    quality=Quality.PARTIAL,
    unverified=(NOT_BEFORE_SWITCH, "the body of 404"),
)

CHANGE_PASSWORD: Final = Endpoint[NewPassword, Password](
    name="CHANGE_PASSWORD",
    spec="E090",
    method="POST",
    path="/api/password/change",
    body=NewPassword,
    reply=Password,
    summary="Change the owner's password; the answer holds the new one in clear.",
    source="OpenAPI; samples password.change.*; issue 536 of jasonacox/Powerwall-Dashboard",
    offered=SINCE_2020,
    access=always(Access.PUBLIC),
    effect=Effect.WRITES,
    quality=Quality.PARTIAL,
    unverified=(NOT_BEFORE_2020, "the words of a refusal", "whether open sessions end: they do not"),
)

RESET_PASSWORD: Final = Endpoint[NewPassword, Password](
    name="RESET_PASSWORD",
    spec="E091",
    method="POST",
    path="/api/password/reset",
    body=NewPassword,
    reply=Password,
    summary="Get a new password of ten letters for the gateway's serial number.",
    source="OpenAPI; issue 23 of vloschiavo/powerwall2",
    offered=SINCE_2020,
    access=always(Access.PUBLIC),
    effect=Effect.WRITES,
    quality=Quality.PARTIAL,
    unverified=(NOT_BEFORE_2020, "the words of a refusal"),
)

GENERATE_PASSWORD: Final = Endpoint[None, Password](
    name="GENERATE_PASSWORD",
    spec="E092",
    method="POST",
    path="/api/password/generate",
    body=type(None),
    reply=Password,
    summary="Replace the owner's password by one of ten letters.",
    source="OpenAPI; web page",
    offered=SINCE_2020,
    effect=Effect.WRITES,
    quality=Quality.PARTIAL,
    unverified=(NOT_BEFORE_2020, "the least role: the owner"),
)

CHANGE_DEFAULT_PASSWORD: Final = Endpoint[None, Password](
    name="CHANGE_DEFAULT_PASSWORD",
    spec="E093",
    method="POST",
    path="/api/password/changedefault",
    body=type(None),
    reply=Password,
    summary="Replace the password that the gateway came with.",
    source="web page",
    offered=SINCE_2020,
    effect=Effect.WRITES,
    quality=Quality.INFERRED,
    unverified=(
        NOT_BEFORE_2020,
        "the least role: the owner",
        "what happens when the password is no longer the first one: it is replaced too",
    ),
)

ROWS: Final[tuple[Endpoint[Any, Any], ...]] = (
    TOGGLE_SUPPORTED,
    TOGGLE_START,
    TOGGLE_LOGIN,
    TOGGLE_CANCEL,
    CHANGE_PASSWORD,
    RESET_PASSWORD,
    GENERATE_PASSWORD,
    CHANGE_DEFAULT_PASSWORD,
)
"""Every row of this module."""
