"""What a gateway offers, found out without a login and without a write.

Two sources: the catalogue at the release that the gateway tells, and the answers
to a few rows that read. A gateway that does not tell its release, as one of a
Powerwall 3, is believed only what it answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Protocol

from forebay.errors import (
    GatewayError,
    LoginRejected,
    NotOffered,
    NotPermitted,
    SiteStopped,
    WrongState,
)
from forebay.wire import catalogue, firmware
from forebay.wire.catalogue.eras import NOT_BEFORE_2020
from forebay.wire.endpoint import Access, Endpoint, Quality
from forebay.wire.firmware import Version, parse_version
from forebay.wire.roles import access_of
from forebay.wire.system import Status

Row = Endpoint[Any, Any]

PROBES: Final[tuple[Row, ...]] = (
    catalogue.AGGREGATES,
    catalogue.SYSTEM_STATUS,
    catalogue.OPERATION,
    catalogue.VITALS,
    catalogue.UPDATE_STATUS,
)
"""The rows that are asked, each once; all of them only read."""


class Offer(StrEnum):
    """Whether a gateway has a row, and how that is known."""

    ANSWERED = "answered"
    REFUSED = "refused"
    LISTED = "listed"
    UNKNOWN = "unknown"
    ABSENT = "absent"


OFFER_WORDS: Final[dict[Offer, str]] = {
    Offer.ANSWERED: "it was asked and is there",
    Offer.REFUSED: "it was asked and refused: it needs a log-in, or a higher role",
    Offer.LISTED: "the catalogue knows this release to have it",
    Offer.UNKNOWN: "nothing tells",
    Offer.ABSENT: "this gateway does not have it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a gateway offers.

    firmware: None where the gateway does not tell; told: the version in its own words.
    rows: for each row of the catalogue, by its name.
    is_restricted: whether it answers measurements and refuses the rest, as a Powerwall 3 does.
    has_session: whether the kept login is accepted; None where there is none to try or nothing tells.
    role: the most that the kept login may; None without one, or where its answer named no role.
    may_set_operation: whether the kept login may post a mode and a reserve; None where nothing tells.
    login_stops_house: whether a login would stop the power system.
    installer_needs_switch: whether an installer's login needs somebody at the house.
    """

    firmware: Version | None
    told: str | None
    rows: Mapping[str, Offer] = field(repr=False)
    is_restricted: bool
    has_session: bool | None
    role: Access | None
    may_set_operation: bool | None
    login_stops_house: bool
    installer_needs_switch: bool

    def offers(self, row: Row) -> Offer:
        """Return whether the gateway has a row."""
        return self.rows[row.name]

    def least_role(self, row: Row) -> Access | None:
        """Return the least role that may use a row; None where the release is not known."""
        return None if self.firmware is None else row.access.at(self.firmware)

    def is_open(self, row: Row) -> bool:
        """Whether the row can be had without a further login: with the kept one, or without any."""
        if self.rows[row.name] is Offer.ANSWERED:
            return True
        least = self.least_role(row)
        if least is None or self.rows[row.name] is not Offer.LISTED:
            return False
        return least is Access.PUBLIC or (self.has_session is True and self.role is not None and self.role >= least)

    @property
    def vitals(self) -> Offer:
        """Whether devices tell their vitals."""
        return self.offers(catalogue.VITALS)

    @property
    def islanding(self) -> Offer:
        """Whether the house can leave the grid on purpose."""
        return self.offers(catalogue.ISLANDING)

    @property
    def update(self) -> Offer:
        """Whether the state of the firmware update can be read."""
        return self.offers(catalogue.UPDATE_STATUS)


class Probing(Protocol):
    """What finding out needs of a session."""

    firmware: Version | None

    @property
    def has_credentials(self) -> bool:
        """Whether a login is kept."""
        ...

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that the kept login named."""
        ...

    async def identify(self) -> Status:
        """Read the status."""
        ...

    async def version(self) -> Version:
        """Return the firmware, or what a gateway is taken for that does not tell it."""
        ...

    async def probe(self, row: Row) -> object:
        """Ask a row once, without a login or a second try."""
        ...


async def find_capabilities(session: Probing) -> Capabilities:
    """Find out what a gateway offers. Raises a GatewayError only where it cannot be reached at all."""
    told: str | None = None
    answers: dict[str, Offer] = {}
    try:
        told = (await session.identify()).version.strip()
        answers[catalogue.STATUS.name] = Offer.ANSWERED
    except (NotOffered, NotPermitted) as exc:
        answers[catalogue.STATUS.name] = _offer_of(exc)
    release = parse_version(told) if told is not None else None
    for row in PROBES:
        if release is None or row.offered_by(release):
            answers[row.name] = await _probed(session, row)
    rows = {row.name: answers.get(row.name) or _listed(row, release) for row in catalogue.ALL}
    assumed = await session.version()
    role = access_of(session.roles) if session.has_credentials else None
    has_session = _has_session(session, answers, assumed)
    return Capabilities(
        firmware=release,
        told=told,
        rows=rows,
        is_restricted=_is_restricted(answers, release, has_session),
        has_session=has_session,
        role=role if has_session is not False else None,
        may_set_operation=_may_set_operation(rows, release, role if has_session else None),
        login_stops_house=firmware.LOGIN_STOPS_SYSTEM.at(assumed),
        installer_needs_switch=firmware.INSTALLER_NEEDS_TOGGLE.at(assumed),
    )


async def _probed(session: Probing, row: Row) -> Offer:
    try:
        await session.probe(row)
    except GatewayError as exc:
        return _offer_of(exc)
    return Offer.ANSWERED


def _offer_of(refusal: GatewayError) -> Offer:
    if isinstance(refusal, NotOffered):
        return Offer.ABSENT
    if isinstance(refusal, NotPermitted | LoginRejected):
        return Offer.REFUSED
    if isinstance(refusal, SiteStopped | WrongState):
        return Offer.ANSWERED
    if refusal.status is None and not refusal.path:
        raise refusal  # the certificate, or no way to the gateway
    return Offer.UNKNOWN


def _listed(row: Row, release: Version | None) -> Offer:
    if release is None:
        return Offer.LISTED if row.kept else Offer.UNKNOWN
    if not row.offered_by(release):
        return Offer.UNKNOWN if NOT_BEFORE_2020 in row.unverified else Offer.ABSENT
    return Offer.UNKNOWN if row.quality is Quality.INFERRED else Offer.LISTED


def _has_session(session: Probing, answers: Mapping[str, Offer], release: Version) -> bool | None:
    """Whether the kept login is accepted: shown by any row that needs one."""
    if not session.has_credentials:
        return None
    closed = [row for row in PROBES if row.name in answers and not row.is_public(release)]
    if any(answers[row.name] is Offer.ANSWERED for row in closed):
        return True
    return False if any(answers[row.name] is Offer.REFUSED for row in closed) else None


def _is_restricted(answers: Mapping[str, Offer], release: Version | None, has_session: bool | None) -> bool:
    """Whether rows that the release should have are not there, or refused to a login that reads the meters."""
    if release is None:
        return True
    if answers.get(catalogue.OPERATION.name) is Offer.ABSENT:
        return True
    measures = answers.get(catalogue.AGGREGATES.name) is Offer.ANSWERED
    return bool(has_session and measures and answers.get(catalogue.OPERATION.name) is Offer.REFUSED)


def _may_set_operation(rows: Mapping[str, Offer], release: Version | None, role: Access | None) -> bool | None:
    if Offer.ABSENT in (rows[catalogue.OPERATION.name], rows[catalogue.SET_OPERATION.name]):
        return False
    if release is None or role is None:
        return None
    return role >= max(catalogue.SET_OPERATION.access.at(release), catalogue.CONFIG_COMPLETED.access.at(release))
