"""Rows of the installation: installer, owner, inverters, generators, radios.

Sources: seed L237–305; samples 2018, 21.44, 2023-04; the UI's own requests.
"""

from __future__ import annotations

from typing import Any, Final

from forebay.wire.catalogue.eras import SINCE_2020
from forebay.wire.endpoint import Access, Effect, Endpoint, Quality
from forebay.wire.firmware import Timeline, always
from forebay.wire.installation import (
    Company,
    Config,
    Customer,
    CustomerEntry,
    Generators,
    Installer,
    Legal,
    Radio,
    Solar,
    SolarModel,
)
from forebay.wire.model import Accepted

_UNTIL_2020: Final = Timeline(("1.15", True), ("20.49", False))
_NOT_SEEN_BEFORE: Final = "whether a release before 20.49 offers it"
_REPLY_INFERRED: Final = "the body of a success: {} is inferred"

CONFIG: Final = Endpoint[None, Config](
    name="CONFIG",
    spec="E031",
    method="GET",
    path="/api/config",
    body=type(None),
    reply=Config,
    summary="Part and serial number of the gateway in one word.",
    source="seed L266–271; samples 21.39.1, 21.44",
    seed=("S141",),
    quality=Quality.PARTIAL,
)

INSTALLER: Final = Endpoint[None, Installer](
    name="INSTALLER",
    spec="E034",
    method="GET",
    path="/api/installer",
    body=type(None),
    reply=Installer,
    summary="Who installed the system and how; run_sitemaster while it runs.",
    source="seed L283–290; samples 21.39.1, 21.44, 2023-04",
    seed=("S145", "S146", "S147"),
    unverified=("the release before 1.40 that added email and run_sitemaster",),
)

SET_INSTALLER: Final = Endpoint[Installer, Accepted](
    name="SET_INSTALLER",
    spec="E065",
    method="POST",
    path="/api/installer",
    body=Installer,
    reply=Accepted,
    summary="Store the installer and the kind of installation.",
    source="the UI's requests, by E065",
    seed=("S146",),
    offered=SINCE_2020,
    access=always(Access.INSTALLER),
    effect=Effect.WRITES,
    quality=Quality.INFERRED,
    unverified=(
        _NOT_SEEN_BEFORE,
        _REPLY_INFERRED,
        "that it takes an installer",
        "that members left out stay and that run_sitemaster is not taken",
    ),
)

CUSTOMER: Final = Endpoint[None, Customer](
    name="CUSTOMER",
    spec="E030",
    method="GET",
    path="/api/customer",
    body=type(None),
    reply=Customer,
    summary="Place and consents of the owner; consents alone from 20.49 on.",
    source="seed L260–265; samples 21.39.1, 21.44",
    seed=("S140",),
)

SET_CUSTOMER: Final = Endpoint[CustomerEntry, Accepted](
    name="SET_CUSTOMER",
    spec="E063",
    method="POST",
    path="/api/customer",
    body=CustomerEntry,
    reply=Accepted,
    summary="Register the system to its owner.",
    source="the UI's requests, by E063",
    offered=SINCE_2020,
    effect=Effect.WRITES,
    quality=Quality.PARTIAL,
    unverified=(_NOT_SEEN_BEFORE, _REPLY_INFERRED, "that the owner may send it", "that every member is needed"),
)

SKIP_REGISTRATION: Final = Endpoint[None, Accepted](
    name="SKIP_REGISTRATION",
    spec="E036",
    method="POST",
    path="/api/customer/registration/skip",
    body=type(None),
    reply=Accepted,
    summary="Note that the owner was not registered in the wizard.",
    source="seed L294; README L1038",
    seed=("S150",),
    offered=_UNTIL_2020,
    effect=Effect.WRITES,
    quality=Quality.INFERRED,
    unverified=(_REPLY_INFERRED, "that the owner may send it"),
)

EMAILED_REGISTRATION: Final = Endpoint[None, Accepted](
    name="EMAILED_REGISTRATION",
    spec="E037",
    method="POST",
    path="/api/customer/registration/emailed",
    body=type(None),
    reply=Accepted,
    summary="Note that the owner was sent a mail to register by.",
    source="seed L304; README L1108",
    offered=_UNTIL_2020,
    effect=Effect.WRITES,
    quality=Quality.INFERRED,
    unverified=(_REPLY_INFERRED, "that the owner may send it"),
)

SET_LEGAL: Final = Endpoint[Legal, Legal](
    name="SET_LEGAL",
    spec="E048",
    method="POST",
    path="/api/customer/registration/legal",
    body=Legal,
    reply=Legal,
    summary="Give or refuse the four consents; echoed.",
    source="seed L305; X19",
    effect=Effect.WRITES,
    quality=Quality.PARTIAL,
    unverified=("that the owner may send it", "that every member is needed"),
)

INSTALLER_COMPANIES: Final = Endpoint[None, list[Company]](
    name="INSTALLER_COMPANIES",
    spec="E038",
    method="GET",
    path="/api/installer/companies",
    body=type(None),
    reply=list[Company],
    summary="The installers to choose from in the wizard.",
    source="seed L295; samples 21.39.1, 21.44, 2023-04",
    seed=("S151",),
)

SOLARS: Final = Endpoint[None, list[Solar]](
    name="SOLARS",
    spec="E026",
    method="GET",
    path="/api/solars",
    body=type(None),
    reply=list[Solar],
    summary="Brand, model and greatest power of the inverters, as stored.",
    source="seed L237–242; samples 21.39.1, 21.44",
    seed=("S136",),
)

SOLAR_BRANDS: Final = Endpoint[None, list[str]](
    name="SOLAR_BRANDS",
    spec="E027",
    method="GET",
    path="/api/solars/brands",
    body=type(None),
    reply=list[str],
    summary="The brands of inverters to choose from in the wizard.",
    source="seed L243–247; samples 2018-04, 21.39.1, 21.44",
    seed=("S137",),
)

SOLAR_MODELS: Final = Endpoint[None, list[SolarModel]](
    name="SOLAR_MODELS",
    spec="E028",
    method="GET",
    path="/api/solars/brands/{brand}",
    body=type(None),
    reply=list[SolarModel],
    summary="The inverters of one brand; its name is percent-encoded in the path.",
    source="seed L248–253; sample 2018-04; openapi",
    seed=("S138",),
    unverified=("the words of the 400 for an unknown brand",),
)

GENERATORS: Final = Endpoint[None, Generators](
    name="GENERATORS",
    spec="E029",
    method="GET",
    path="/api/generators",
    body=type(None),
    reply=Generators,
    summary="The generators and how they are cut off.",
    source="seed L254–259; samples 21.39.1, 21.44",
    seed=("S139",),
    unverified=("what an entry of a generator looks like",),
)

DISCONNECT_TYPES: Final = Endpoint[None, list[str]](
    name="DISCONNECT_TYPES",
    spec="E032",
    method="GET",
    path="/api/generators/disconnect_types",
    body=type(None),
    reply=list[str],
    summary="The ways to cut a generator off, to choose from in the wizard.",
    source="seed L273–277; samples 21.39.1, 21.44",
    seed=("S143",),
)

RADIOS: Final = Endpoint[None, list[Radio]](
    name="RADIOS",
    spec="E066",
    method="GET",
    path="/api/legal/radio",
    body=type(None),
    reply=list[Radio],
    summary="The radios of the gateway and their approvals; open to everybody.",
    source="sample 2023-04; openapi",
    offered=SINCE_2020,
    access=always(Access.PUBLIC),
    unverified=(_NOT_SEEN_BEFORE,),
)

ROWS: tuple[Endpoint[Any, Any], ...] = (
    CONFIG,
    INSTALLER,
    SET_INSTALLER,
    CUSTOMER,
    SET_CUSTOMER,
    SKIP_REGISTRATION,
    EMAILED_REGISTRATION,
    SET_LEGAL,
    INSTALLER_COMPANIES,
    SOLARS,
    SOLAR_BRANDS,
    SOLAR_MODELS,
    GENERATORS,
    DISCONNECT_TYPES,
    RADIOS,
)
"""Every row of the installation but those of the site itself."""
