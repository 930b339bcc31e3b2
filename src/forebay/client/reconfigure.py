"""Mode, reserve and export limit as one transaction, and the truth about the house when it breaks off.

The order is the one that owners found robust: log in, post, commit, run, read
back (G06, G11). Nothing is in force before the commit; on 1.x a login stops the
power system, which is started again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from msgspec import UNSET

from forebay.client.wish import Wish, differences, operation_words
from forebay.errors import (
    GatewayError,
    LoginRejected,
    MayNotReconfigure,
    NotOffered,
    NotPermitted,
    NotReconfigured,
    Throttled,
)
from forebay.wire import catalogue, firmware
from forebay.wire.endpoint import Endpoint
from forebay.wire.firmware import Version
from forebay.wire.site import Operation
from forebay.wire.system import Sitemaster, Status

Row = Endpoint[Any, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One request of a plan. body: what it carries; what: what it does, in words."""

    row: Row
    what: str
    body: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconfiguration:
    """A change of mode, reserve and export limit: planned, or done and read back.

    steps: the requests, in order. before, after: what the gateway showed; None where it was not asked.
    wanted: what is sent. keeps: names of what stays as it is. is_done: False for a plan.
    is_running: whether the power system runs afterwards; None where the gateway does not tell.
    """

    steps: tuple[Step, ...]
    wanted: Operation
    keeps: tuple[str, ...]
    before: Operation | None = None
    after: Operation | None = None
    is_done: bool = False
    is_running: bool | None = None

    @property
    def changes(self) -> tuple[str, ...]:
        """What the gateway shows other than wanted, before; empty when it showed all of it."""
        return differences(self.wanted, self.before, 0.0) if self.before else ()


class House(Protocol):
    """What a transaction needs of a gateway; every request of it goes through `ask`, which authorises writes."""

    @property
    def has_login(self) -> bool:
        """Whether a login is kept."""
        ...

    async def status(self) -> Status | None:
        """Return the status, None where the gateway has none for strangers."""
        ...

    async def version(self) -> Version:
        """Return the firmware."""
        ...

    async def log_in(self) -> None:
        """Make a login where none is kept."""
        ...

    async def ask(self, row: Row, body: Operation | None = None, *, may_login: bool = True) -> Any:
        """Send one row and return its model, None for a row that writes."""
        ...

    async def probe(self, row: Row) -> Any:
        """Ask a row that reads as things are: no login, no second try."""
        ...


_ROWS: Final = (
    catalogue.LOGIN,
    catalogue.STATUS,
    catalogue.SITEMASTER,
    catalogue.OPERATION,
    catalogue.SITEMASTER_RUN,
    catalogue.CONFIG_COMPLETED,
)

POSTED: Final = "Post what is wanted; the gateway keeps it, and the house does not follow it yet."
COMMITTED: Final = "Commit it: from here on the house follows it."
RUN: Final = "Start the power system, which also makes a commit act that did not (G11)."
LOGIN: Final = "Log in; the kept log-in is used where there is one."
LOGIN_STOPS: Final = (
    "Log in, which stops the power system on this firmware: nothing charges, discharges or is measured."
)
RUN_AFTER_LOGIN: Final = "Start the power system that the log-in has stopped."


def plan_for(version: Version, wanted: Operation, *, has_login: bool, is_shown: bool = False) -> tuple[Step, ...]:
    """Return the requests of a change on this firmware.

    is_shown: whether the gateway shows all of it already; then it is only committed.
    """
    stops = firmware.LOGIN_STOPS_SYSTEM.at(version)
    steps = [Step(catalogue.STATUS, "Learn the firmware.")]
    if stops:
        steps.append(Step(catalogue.SITEMASTER, "See whether the power system runs."))
    if not has_login:
        steps.append(Step(catalogue.LOGIN, LOGIN_STOPS if stops else LOGIN))
        if stops:
            steps.append(Step(catalogue.SITEMASTER_RUN, RUN_AFTER_LOGIN))
    if not stops:
        steps.append(Step(catalogue.SITEMASTER, "See whether the power system runs."))
    steps.append(Step(catalogue.OPERATION, "Read what is, to keep what is not to change."))
    if not is_shown:
        steps.append(Step(catalogue.SET_OPERATION, POSTED, wanted))
    steps.append(Step(catalogue.CONFIG_COMPLETED, COMMITTED))
    if stops:
        steps.append(Step(catalogue.SITEMASTER_RUN, RUN))
    steps += [Step(catalogue.SITEMASTER, "See that the power system runs."), Step(catalogue.OPERATION, "Read back.")]
    return tuple(steps)


@dataclass(slots=True)
class Transaction:
    """One change under way, and what is known of it."""

    house: House
    wish: Wish
    version: Version | None = None
    wanted: Operation | None = None
    before: Operation | None = None
    was_running: bool | None = None
    count: int | None = None
    done: list[str] = field(default_factory=list)

    async def plan(self, *, may_login: bool) -> Reconfiguration:
        """Return what would be sent; reads only, and only with a login that `may_login` allows."""
        version = await self.house.version()
        before = None
        try:
            before = await self.house.ask(catalogue.OPERATION, may_login=may_login)
        except NotPermitted:
            if may_login:
                raise
        wanted = self.wish.body(version, before)
        is_shown = before is not None and not differences(wanted, before, 0.0)
        steps = plan_for(version, wanted, has_login=self.house.has_login, is_shown=is_shown)
        return Reconfiguration(steps=steps, wanted=wanted, keeps=self.wish.keeps, before=before)

    async def carry_out(self) -> Reconfiguration:
        """Do it and read it back. Raises NotReconfigured, which knows the state of the house."""
        try:
            return await self._carry_out()
        except NotReconfigured:
            raise
        except GatewayError as exc:
            raise await self._broke_off(exc) from exc

    async def _carry_out(self) -> Reconfiguration:
        house = self.house
        status = await house.status()
        self.version = version = await house.version()
        self.count = _count(status)
        stops = firmware.LOGIN_STOPS_SYSTEM.at(version)
        had_login = house.has_login
        if stops or status is None:  # who does not tell the firmware may be one that a login stops
            self.was_running = await self._reads_running(as_is=True)
        if not had_login:
            await house.log_in()
        if not stops and self.was_running is None:
            self.was_running = await self._reads_running()
        self.before = before = await house.ask(catalogue.OPERATION)
        if lost := self.wish.cannot_keep(before):
            words = f"the gateway does not tell its {lost}, which a post would therefore lose; name the {lost} too"
            raise self._failure(catalogue.OPERATION, words, "unchanged", _power(self.was_running))
        self.wanted = wanted = self.wish.body(version, before)
        is_shown = not differences(wanted, before, 0.0)
        if not is_shown:
            await self._send(catalogue.SET_OPERATION, wanted)
        await self._send(catalogue.CONFIG_COMPLETED)
        if stops and self.was_running is not False:
            await self._send(catalogue.SITEMASTER_RUN)
        is_running = await self._reads_running()
        if self.was_running and is_running is False:
            await self._send(catalogue.SITEMASTER_RUN)
            is_running = await self._reads_running()
        after = await house.ask(catalogue.OPERATION)
        if found := differences(wanted, after):
            words = f"the gateway accepted everything and now shows {', '.join(found)}"
            raise self._failure(catalogue.OPERATION, words, "committed", _power(is_running))
        return Reconfiguration(
            steps=plan_for(version, wanted, has_login=had_login, is_shown=is_shown),
            wanted=wanted,
            keeps=self.wish.keeps,
            before=before,
            after=after,
            is_done=True,
            is_running=is_running,
        )

    async def _send(self, row: Row, body: Operation | None = None) -> None:
        self.done.append(f"{row.name}?")
        await self.house.ask(row, body)
        self.done[-1] = row.name

    async def _reads_running(self, *, as_is: bool = False) -> bool | None:
        ask = self.house.probe if as_is else self.house.ask
        try:
            master: Sitemaster = await ask(catalogue.SITEMASTER)
        except (NotOffered, NotPermitted):
            return None
        return master.running

    # -- when it breaks off

    async def _broke_off(self, failed: GatewayError) -> NotReconfigured:
        row = self._failed_at(failed)
        setting = await self._setting_after(failed)
        power = await self._power_after()
        return self._failure(row, failed.message, setting, power, failed)

    def _failed_at(self, failed: GatewayError) -> Row:
        """Return the row that failed: the one being sent, unless a login that it needed did."""
        under_way = self.done[-1].removesuffix("?") if self.done and self.done[-1].endswith("?") else ""
        sent = catalogue.BY_NAME.get(under_way)
        if sent is not None and failed.path in ("", sent.path):
            return sent
        return next((row for row in _ROWS if row.path == failed.path), catalogue.STATUS)

    async def _setting_after(self, failed: GatewayError) -> str:
        if "CONFIG_COMPLETED" in self.done:
            return "committed"
        if "CONFIG_COMPLETED?" in self.done:
            return await self._after_commit(failed)
        if "SET_OPERATION?" in self.done and not _is_refusal(failed, catalogue.SET_OPERATION):
            return await self._after_post()
        return "unchanged"

    async def _after_post(self) -> str:
        shown = await self._look(catalogue.OPERATION)
        if shown is None or self.wanted is None or self.before is None:
            return "perhaps staged"
        if not differences(self.wanted, shown):
            return "staged"
        return "perhaps staged" if differences(self.before, shown) else "unchanged"

    async def _after_commit(self, failed: GatewayError) -> str:
        staged = "staged" if "SET_OPERATION" in self.done else "unchanged"
        if _is_refusal(failed, catalogue.CONFIG_COMPLETED):
            return staged
        count = _count(await self._look(catalogue.STATUS))
        if count is None or self.count is None:
            return "perhaps committed"
        return "committed" if count > self.count else staged

    async def _power_after(self) -> str:
        master = await self._look(catalogue.SITEMASTER)
        return _power(None if master is None else master.running)

    async def _look(self, row: Row) -> Any:
        """Read with what is at hand; None where that fails, as something has failed already."""
        try:
            return await self.house.probe(row)
        except GatewayError:
            return None

    def _failure(
        self, row: Row, words: str, setting: str, power: str, failed: GatewayError | None = None
    ) -> NotReconfigured:
        status = None if failed is None else failed.status
        kind = MayNotReconfigure if isinstance(failed, NotPermitted) else NotReconfigured
        way_back = self._way_back(setting, power)
        if kind is MayNotReconfigure and self.version is not None:
            words += f": {row.method} {row.path} takes the role of an {row.access.at(self.version).name.lower()}"
        message = f"{words}. {STATE_WORDS[setting]} {POWER_WORDS[power]} {' '.join(way_back)}"
        return kind(
            message, path=row.path, status=status, step=row.name, setting=setting, power=power, way_back=way_back
        )

    def _way_back(self, setting: str, power: str) -> tuple[str, ...]:
        before = operation_words(self.before) if self.before else "what was"
        words = [sentence.format(before=before) for sentence in WAY_BACK[setting]]
        if power == "stopped" and self.was_running is False:
            words.append("The power system was stopped before, too.")
        elif power != "running":
            words.append(POWER_WAY_BACK[power])
        return tuple(words)


STATE_WORDS: Final[dict[str, str]] = {
    "unchanged": "Mode and reserve are as before.",
    "staged": "It is staged and not committed: the house still follows the old setting, "
    "and whoever commits next puts the new one into force.",
    "committed": "It is committed: the house follows what was committed.",
    "perhaps staged": "Whether the gateway has taken it is not known; it is not committed, "
    "so the house follows the old setting.",
    "perhaps committed": "It is staged; whether it was committed is not known, as the answer was lost.",
}
"""What each state of the setting means for the house."""

POWER_WORDS: Final[dict[str, str]] = {
    "running": "The power system runs.",
    "stopped": "The power system is stopped: nothing charges, discharges or is measured.",
    "unknown": "Whether the power system runs is not known.",
}
"""What each state of the power system means for the house."""

WAY_BACK: Final[dict[str, tuple[str, ...]]] = {
    "unchanged": ("There is nothing to undo.",),
    "staged": ("Do the same again to commit it, or set what was ({before}) to take it back.",),
    "committed": ("To go back, set what was ({before}).",),
    "perhaps staged": ("Do the same again to carry it through, or set what was ({before}) to take it back.",),
    "perhaps committed": ("Do the same again to be sure of it, or set what was ({before}) to take it back.",),
}
"""How to get on, or back, from each state of the setting."""

POWER_WAY_BACK: Final[dict[str, str]] = {
    "stopped": "Start the power system: `forebay run`, GET /api/sitemaster/run.",
    "unknown": "Look whether it runs with `forebay info`, and start it with `forebay run` if it does not.",
}
"""How to get the power system back."""


def _power(is_running: bool | None) -> str:
    return {True: "running", False: "stopped", None: "unknown"}[is_running]


def _is_refusal(failed: GatewayError, row: Row) -> bool:
    """Whether the row that was being sent is known to have had no effect."""
    if failed.path not in ("", row.path) or isinstance(failed, Throttled | LoginRejected | NotPermitted):
        return True  # the row itself was refused before, or not sent
    return failed.status is not None and (400 <= failed.status < 500 or failed.status in (502, 503))


def _count(status: Status | None) -> int | None:
    if status is None or status.commission_count is UNSET:
        return None
    count = status.commission_count
    return count if isinstance(count, int) else None
