"""Rows of the meters. Sources: seed L49–69, README and samples of vloschiavo/powerwall2."""

from __future__ import annotations

from typing import Final

from forebay.wire.catalogue.eras import OPEN_THEN_CUSTOMER, RUNNING
from forebay.wire.endpoint import Endpoint, Poll
from forebay.wire.power import Aggregates, SiteMeter

AGGREGATES: Final = Endpoint[None, Aggregates](
    name="AGGREGATES",
    spec="E003",
    method="GET",
    path="/api/meters/aggregates",
    body=type(None),
    reply=Aggregates,
    summary="Power, energy, voltage and frequency of site, battery, load and solar.",
    source="seed L49–61; samples 2018, 21.39.1, 21.44",
    seed=("S033", "S034", "S035", "S036", "S037", "S038", "S039", "S040", "S041", "S042", "S043"),
    access=OPEN_THEN_CUSTOMER,
    needs=RUNNING,
    poll=Poll.FAST,
    kept=True,
    unverified=(
        "the currents of each phase, of which every captured reply has zeros",
        "the place of a generator from 20.49 on",
    ),
)

METERS_SITE: Final = Endpoint[None, list[SiteMeter] | None](
    name="METERS_SITE",
    spec="E004",
    method="GET",
    path="/api/meters/site",
    body=type(None),
    reply=list[SiteMeter] | None,  # type: ignore[arg-type]
    summary="The meters of the grid connection in detail; null where there is none.",
    source="seed L62–65; samples 2018-06 and 2023-04",
    seed=("S044",),
    access=OPEN_THEN_CUSTOMER,
    needs=RUNNING,
    poll=Poll.FAST,
    unverified=("502 while stopped is inferred: the data comes from the site master",),
)

METERS_SOLAR: Final = Endpoint[None, list[SiteMeter] | None](
    name="METERS_SOLAR",
    spec="E005",
    method="GET",
    path="/api/meters/solar",
    body=type(None),
    reply=list[SiteMeter] | None,  # type: ignore[arg-type]
    summary="The meters of the solar system in detail; null where there is none.",
    source="seed L66–69; samples 2018-06 and 2023-04",
    seed=("S045",),
    access=OPEN_THEN_CUSTOMER,
    needs=RUNNING,
    poll=Poll.FAST,
    unverified=("502 while stopped is inferred: the data comes from the site master",),
)
