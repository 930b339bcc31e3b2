"""The row of the gateway's own web page. Source: seed L36–42; README of the community's page."""

from __future__ import annotations

from typing import Final

from forebay.wire.endpoint import Access, Endpoint, Quality
from forebay.wire.firmware import always

WEB_PAGE: Final = Endpoint[None, bytes](
    name="WEB_PAGE",
    spec="E001",
    method="GET",
    path="/",
    body=type(None),
    reply=bytes,
    summary="Show the power flow and lead to the wizard; a page for people, averaged over 250–500 ms.",
    source="seed L36–42",
    seed=("S018", "S019", "S020", "S021", "S022", "S023"),
    access=always(Access.PUBLIC),
    content_type=always("text/html; charset=utf-8"),
    quality=Quality.PARTIAL,
    unverified=("the page's own text: the maker's is not copied, the emulator brings one of its own",),
)
