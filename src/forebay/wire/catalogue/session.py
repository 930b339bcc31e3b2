"""Rows of logging in and out. Sources: seed L151–155, L174–189; behaviour.md A01–A25."""

from __future__ import annotations

from typing import Final

from forebay.wire.endpoint import JSON, TEXT, Access, Effect, Endpoint
from forebay.wire.firmware import Timeline, always
from forebay.wire.site import Login, Session

LOGIN: Final = Endpoint[Login, Session](
    name="LOGIN",
    spec="E021",
    method="POST",
    path="/api/login/Basic",
    body=Login,
    reply=Session,
    summary="Exchange user and password for a token; stops the system on 1.x.",
    source="seed L174–189; behaviour A01–A16",
    seed=("S024", "S025", "S102", "S103", "S105", "S106", "S107"),
    access=always(Access.PUBLIC),
    effect=Effect.SESSION,
    content_type=Timeline(("1.15", JSON), ("1.43", TEXT)),
    unverified=("content type between 1.43 and 23.44: text/plain was seen in 2024",),
    kept=True,
)

LOGOUT: Final = Endpoint[None, None](
    name="LOGOUT",
    spec="E015",
    method="GET",
    path="/api/logout",
    body=type(None),
    reply=type(None),
    summary="End the presented session; 204 whether there was one or not.",
    source="seed L151–155; openapi logout.yaml",
    seed=("S088", "S089", "S090"),
    access=always(Access.PUBLIC),
    effect=Effect.SESSION,
    status=always(204),
    content_type=always(""),
)
