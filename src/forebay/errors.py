"""Every exception this project raises, as one tree.

Each leaf says what a caller should do: retry, stop, skip or report.

ForebayError
├── GatewayError             something went wrong while talking to a gateway
│   ├── Unreachable          no TCP, no TLS, or no answer in time        [retry]
│   ├── CertificateUnknown   no fingerprint is pinned yet                [stop]
│   ├── CertificateChanged   the certificate is not the pinned one       [stop]
│   ├── LoginRejected        401: wrong user or password                 [stop]
│   ├── NotPermitted         403: logged in, but the role may not        [stop]
│   ├── NotOffered           404, 405: this firmware lacks the resource  [skip]
│   ├── WrongState           400, 409: only when stopped, or running     [skip]
│   ├── NotYet               417: a person must act first                [retry]
│   ├── Throttled            429: asked too often                        [retry]
│   ├── SiteStopped          502: the site master is not running         [retry]
│   ├── GatewayBusy          503: overloaded; 500: power flows, no stop  [retry]
│   ├── GatewayFailed        any other 4xx or 5xx                        [report]
│   ├── NotReconfigured      a change broke off; says how the house is   [stop]
│   │   └── MayNotReconfigure    this log-in may not change the house    [stop]
│   └── MalformedReply       the body is not of the shape we know        [report]
├── NotConfirmed             a row that writes, and nobody said yes      [stop]
├── StoreError               the database cannot be used                 [stop]
│   ├── NoSuchGateway        the record knows no gateway of this name    [stop]
│   └── NoSuchPart           it knows no pack, string, … of this number  [stop]
├── ConfigError              a setting is wrong; the message names it    [stop]
├── NotDelivered             a notification did not reach its receiver   [retry]
└── EmulatorError            the emulated home cannot be built or served [stop]
"""

from __future__ import annotations

from enum import StrEnum


class Advice(StrEnum):
    """What a caller should do about an error."""

    RETRY = "retry"
    STOP = "stop"
    SKIP = "skip"
    REPORT = "report"


class ForebayError(Exception):
    """Base of everything raised on purpose; catch this at the outermost edge."""

    advice = Advice.STOP


class GatewayError(ForebayError):
    """A failed gateway call.

    path: the path asked for, "" when the call never got so far.
    status: the HTTP status, None when there was no answer.
    """

    advice = Advice.REPORT

    def __init__(self, message: str, *, path: str = "", status: int | None = None) -> None:
        super().__init__(f"{path}: {message}" if path and not message.startswith(f"{path}: ") else message)
        self.message = message
        self.path = path
        self.status = status


class Unreachable(GatewayError):
    """No TCP connection, no TLS, or no answer in time. Retry later."""

    advice = Advice.RETRY


class CertificateUnknown(GatewayError):
    """No fingerprint is pinned for this gateway; carries the one it showed.

    fingerprint: SHA-256 of the certificate, lower-case hex in pairs joined by ":".
    """

    advice = Advice.STOP

    def __init__(self, message: str, *, fingerprint: str) -> None:
        super().__init__(message)
        self.fingerprint = fingerprint


class CertificateChanged(GatewayError):
    """The gateway shows a certificate other than the pinned one. Stop and look.

    pinned, presented: SHA-256 fingerprints in the same form as above.
    """

    advice = Advice.STOP

    def __init__(self, message: str, *, pinned: str, presented: str) -> None:
        super().__init__(message)
        self.pinned = pinned
        self.presented = presented


class LoginRejected(GatewayError):
    """401: wrong user or password. Never retried on its own: logins are counted."""

    advice = Advice.STOP


class NotPermitted(GatewayError):
    """403: logged in, but this role may not use the resource."""

    advice = Advice.STOP


class NotOffered(GatewayError):
    """404 or 405: this firmware does not offer the resource, or not by this method."""

    advice = Advice.SKIP


class WrongState(GatewayError):
    """400 or 409: the resource answers only while the site master is stopped, or running."""

    advice = Advice.SKIP


class NotYet(GatewayError):
    """417: the gateway waits for a person, such as a switch to be toggled."""

    advice = Advice.RETRY


class Throttled(GatewayError):
    """429: asked too often. Nothing is sent again before `retry_after_s` [s] have passed."""

    advice = Advice.RETRY

    def __init__(self, message: str, *, path: str = "", status: int | None = 429, retry_after_s: float = 300.0) -> None:
        super().__init__(message, path=path, status=status)
        self.retry_after_s = retry_after_s


class SiteStopped(GatewayError):
    """502: the site master or the Powerwalls are off, so there is no measurement."""

    advice = Advice.RETRY


class GatewayBusy(GatewayError):
    """503: busy with its configuration; 500: it cannot stop the power system now, as while power flows."""

    advice = Advice.RETRY


class GatewayFailed(GatewayError):
    """Any other refusal; the message carries the gateway's own words."""


class NotReconfigured(GatewayError):
    """A change of mode, reserve or export limit broke off; carries the state that the house is in.

    step: name of the catalogue row that failed; the cause of this error is its own.
    setting: "unchanged"; "staged": the gateway has it, the house does not follow it;
        "committed": in force; "perhaps staged", "perhaps committed": the answer was
        lost and nothing tells.
    power: of the power system, "running", "stopped" or "unknown".
    way_back: what to do, one sentence each, in order.
    """

    advice = Advice.STOP

    def __init__(
        self,
        message: str,
        *,
        path: str = "",
        status: int | None = None,
        step: str,
        setting: str,
        power: str,
        way_back: tuple[str, ...],
    ) -> None:
        super().__init__(message, path=path, status=status)
        self.step = step
        self.setting = setting
        self.power = power
        self.way_back = way_back


class MayNotReconfigure(NotReconfigured):
    """403: this log-in may not change mode and reserve, as the owner's may not since 1.37. Normal: go on without."""


class MalformedReply(GatewayError):
    """The body is not of the shape we know; the message names the member's path."""


class NotConfirmed(ForebayError):
    """A row that writes was called without an explicit yes. Nothing that changes the house was sent."""


class StoreError(ForebayError):
    """The database cannot be used; the message says what to do."""


class NoSuchGateway(StoreError):
    """The record knows no gateway of this name; the message lists those it knows."""


class NoSuchPart(StoreError):
    """The gateway has no pack, string, inverter or meter of this number; the message lists those it has."""


class ConfigError(ForebayError):
    """A setting is wrong; the message names the file and the key."""


class NotDelivered(ForebayError):
    """A notification did not reach its receiver. Retry later, unless `is_refused`.

    is_refused: the receiver has said no to this message, and will again. retry_after_s: how long it asked to wait [s].
    """

    advice = Advice.RETRY

    def __init__(self, message: str, *, is_refused: bool = False, retry_after_s: float = 0.0) -> None:
        super().__init__(message)
        self.is_refused = is_refused
        self.retry_after_s = retry_after_s


class EmulatorError(ForebayError):
    """The emulated home cannot be built or served; the message names file, key or port."""
