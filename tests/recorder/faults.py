"""The matrix: what can go wrong between a recorder and its gateway, a row each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.recorder.living import House

from forebay.emulator.front import Front
from forebay.records.reasons import Reason

Act = Callable[[House], object]
AGGREGATES = "/api/meters/aggregates"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong.

    begin, end: what is done to the house. reason: of its gap; None where readings go on.
    words: what the sentence on the page says; advice: what the next one does.
    most: requests in an hour while it lasts, log-ins included.
    logins: at most in the first hour, and in each later one. relogins: at most once it is over.
    back_s: how long after its end readings come again at the latest [s].
    rest_s: how much later after more than a day, when the kept token is over and the refused password rests [s].
    seen_by_doctor: whether `forebay doctor` meets it by itself, besides what the record tells.
    """

    name: str
    begin: Act
    end: Act
    reason: Reason | None
    words: str = ""
    advice: str = ""
    most: int = 125
    logins: tuple[int, int] = (0, 0)
    relogins: int = 0
    back_s: float = 75.0
    seen_by_doctor: bool = True
    rest_s: float = 0.0


def _all(**members: Any) -> Act:
    return lambda house: house.do("faults", path="*", **members)


def _meters(**members: Any) -> Act:
    return lambda house: house.do("faults", path=AGGREGATES, **members)


def _line(state: str) -> Act:
    return lambda house: house.do("line", state=state)


def _open(house: House) -> None:
    house.do("line", state="open")


def _healed(house: House) -> None:
    house.heal()


def _move(house: House) -> None:
    here = house.device.area(Front).address[0]
    house.do("address", bind="127.0.0.4" if here == "127.0.0.3" else "127.0.0.3")


def _found(house: House) -> None:
    house.host = house.device.area(Front).address[0]


def _other_password(house: House) -> None:
    house.do("password", user="customer", password=f"another one of {house.clock.true:%d %H:%M:%S}")
    house.do("logout")


def _told(house: House) -> None:
    house.password = house.device.password


def _locked(house: House) -> None:
    house.do("lockout", seconds=86_400 * 3)
    house.do("logout")


def _unlocked(house: House) -> None:
    house.do("lockout", seconds=0)


def _replaced(house: House) -> None:
    house.do("certificate", fresh=True)
    house.do("line", state="cut")
    house.do("line", state="open")


def _trusted(house: House) -> None:
    house.trust.accept(house.gateway.address, house.fingerprint)


_HTML = "<html><body><h1>Please log in to the guest network</h1></body></html>"
_RENAMED = {"grid": {"power": 1200}, "house": {"power": 800}}

FAULTS: tuple[Fault, ...] = (
    Fault("refused", _line("refused"), _open, Reason.UNREACHABLE, "refused the connection", "has power"),
    Fault("silent", _line("silent"), _open, Reason.UNREACHABLE, "did not answer in time", "has power"),
    Fault("hang", _all(hang=True), _healed, Reason.UNREACHABLE, "did not answer in time", "has power"),
    Fault("late", _all(delay_s=30), _healed, Reason.UNREACHABLE, "did not answer in time", "has power"),
    Fault("slow", _all(delay_s=4), _healed, None, most=565),
    Fault("dripping", _meters(bytes_per_s=200), _healed, Reason.UNREACHABLE, "did not answer in time", "has power"),
    Fault("cut body", _all(cut_after=100), _healed, Reason.UNREACHABLE, "broke off in the middle", "has power"),
    Fault("cut handshake", _line("cut"), _open, Reason.UNREACHABLE, "closed the connection", "has power"),
    Fault("noise", _line("noise"), _open, Reason.UNREACHABLE, "TLS failed", "has power"),
    Fault("garbage", _all(garbage=True), _healed, Reason.MALFORMED, "could not be read", "forebay doctor"),
    Fault("a portal's page", _all(body=_HTML), _healed, Reason.MALFORMED, "could not be read", "forebay doctor"),
    Fault("members renamed", _meters(body=_RENAMED), _healed, Reason.MALFORMED, "required field", "forebay doctor"),
    Fault(
        *("401 at all", _all(status=401), _healed, Reason.REFUSED, "refused", "setup", 70, (4, 1), 1),
        rest_s=3600.0,
    ),
    Fault("401 at the meters", _meters(status=401), _healed, Reason.REFUSED, "refused", "setup", 70, (1, 0), 1),
    Fault("403", _meters(status=403), _healed, Reason.NOT_PERMITTED, "does not allow", "owner", 70, (1, 0), 1),
    Fault("404", _meters(status=404), _healed, Reason.NOT_OFFERED, "does not offer", "firmware", 70),
    Fault("429", _all(status=429), _healed, Reason.THROTTLED, "asked for silence", "another program", 16, back_s=310),
    Fault(
        *("429 for an hour", _all(status=429, retry_after_s=3600), _healed, Reason.THROTTLED),
        *("asked for silence", "another program", 4),
        back_s=3700,
    ),
    Fault(
        *("502", lambda house: house.do("sitemaster", run=False), lambda house: house.do("sitemaster", run=True)),
        *(Reason.STOPPED, "is stopped", "Start it again"),
    ),
    Fault("503", _all(status=503), _healed, Reason.BUSY, "busy"),
    Fault("500", _all(status=500, body="internal error"), _healed, Reason.FAILED, "error", "forebay doctor"),
    Fault("500 that it cannot stop", _all(status=500), _healed, Reason.BUSY, "busy"),
    Fault(
        *("another certificate", _replaced, _trusted, Reason.CERTIFICATE),
        *("certificate", "forebay trust", 70),
    ),
    Fault("another address", _move, _found, Reason.UNREACHABLE, "refused the connection", "has power"),
    Fault(
        *("switched off", lambda house: house.do("computer", up=False), lambda house: house.do("computer", up=True)),
        *(Reason.UNREACHABLE, "refused the connection", "has power"),
        relogins=1,
    ),
    Fault("password changed", _other_password, _told, Reason.REFUSED, "refused", "setup", 70, (4, 1), 1),
    Fault(
        "locked out", _locked, _unlocked, Reason.THROTTLED, "asked for silence", "another program", 30, (13, 13), 1, 310
    ),
    Fault(
        *("its clock set", lambda house: house.do("time", set_back_s=7200), lambda house: None, None),
        most=565,
    ),
    Fault(
        "no charge",
        lambda house: house.do("faults", path="/api/system_status/soe", status=404),
        _healed,
        None,
        most=445,
    ),
)
