"""Rows at the edge of the API: plain http, the logs, what looks like a row, and what belongs to another API."""

from __future__ import annotations

from typing import Any, Final

from forebay.wire.catalogue.eras import NOT_BEFORE_2020, SINCE_2020
from forebay.wire.endpoint import OCTETS, Access, Endpoint, Quality
from forebay.wire.firmware import PLAIN_HTTP_REDIRECTS, Timeline, always

LOGS: Final = Endpoint[None, bytes](
    name="LOGS",
    spec="E129",
    method="GET",
    path="/api/getlogs",
    body=type(None),
    reply=bytes,
    summary="The gateway's logs, a gzipped tar.",
    source="web page; jrester/tesla_powerwall",
    offered=SINCE_2020,
    content_type=always(OCTETS),
    quality=Quality.INFERRED,
    unverified=(NOT_BEFORE_2020, "the content type", "what the archive holds", "the least role: the owner"),
)

ARTEFACT: Final = Endpoint[None, None](
    name="ARTEFACT",
    spec="E130",
    method="GET",
    path="/api/{endpoint}",
    body=type(None),
    reply=type(None),
    summary="No resource: a variable of the web page's source that lists took for one. Always 404.",
    source="README table; OpenAPI; X15",
    offered=always(False),
    quality=Quality.INFERRED,
    unverified=("nothing: every path that no other row has is 404",),
)

LOCAL_DEVICE: Final = Endpoint[None, bytes](
    name="LOCAL_DEVICE",
    spec="E131",
    method="GET",
    path="/tedapi/din",
    body=type(None),
    reply=bytes,
    summary="The identity, for another API with its own credentials: here all get the 403 that scanners know.",
    source="scan.py of pypowerwall",
    offered=Timeline(("1.15", False), ("23.44", True)),
    access=always(Access.ENGINEER),
    content_type=always("text/plain"),
    kept=True,
    quality=Quality.PARTIAL,
    unverified=("that the maker's own role opens it: it wants HTTP's basic authentication, which is not served",),
)

PLAIN_HTTP: Final = Endpoint[None, None](
    name="PLAIN_HTTP",
    spec="E002",
    method="GET",
    path="http://{host}/{any}",
    body=type(None),
    reply=type(None),
    summary="Plain http: every request is sent on to https; 1.15 answers it as it answers https.",
    source="seed L6; issues 1, 5 and 9 of vloschiavo/powerwall2; T10, T11",
    seed=("S005",),
    offered=PLAIN_HTTP_REDIRECTS,
    access=always(Access.PUBLIC),
    status=always(301),
    content_type=always("text/html; charset=utf-8"),
    unverified=("the release that began to redirect lies between 1.17 and 1.20",),
)

ROWS: Final[tuple[Endpoint[Any, Any], ...]] = (LOGS, LOCAL_DEVICE)
"""Every row of this module that a gateway answers over https."""
