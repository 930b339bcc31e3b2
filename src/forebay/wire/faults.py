"""The fault table: how a gateway refuses, and what the client makes of it.

Bodies are printed by the emulator to the letter; the client maps the status.
Sources: behaviour.md E01–E14, replies in the evidence folder.
"""

from __future__ import annotations

from dataclasses import dataclass

from forebay import errors
from forebay.wire.endpoint import JSON, TEXT


@dataclass(frozen=True, slots=True)
class Fault:
    """One way a request is refused.

    error, message: members of the JSON body; both "" is a body of another kind.
    body: the body where it is not the usual JSON object; None builds it.
    raises: what the client raises. unverified: what no capture shows.
    """

    key: str
    status: int
    raises: type[errors.GatewayError]
    error: str = ""
    message: str = ""
    body: bytes | None = None
    content_type: str = JSON
    source: str = ""
    unverified: bool = False


_RUNNING = "run sitemanager flag enabled, sitemanager process is running"
_TOGGLE = "roles [Provider_Engineer] require physical access"
_RIGHTS = "User does not have adequate access rights"
_CURRENT = "Sitemaster is current running"
_PAIRINGS = "Failed to read Synchrometer Y CT available pairings. Please try again or reboot Gateway"
_NO_PHASES = "Failed getting phase detection information"
_NOT_NEURIO = "meter type must be Neurio (synchrometerX)"
_NO_TOGGLE = "Unable to set password (Toggle Error)"
_BUSY = "current config mode is busy"

# fmt: off
FAULTS: tuple[Fault, ...] = (
    Fault("bad_json", 400, errors.GatewayFailed, "unexpected end of JSON input", "Unable to unmarshal body", source="E10"),
    Fault("bad_value", 400, errors.GatewayFailed, "Bad Request", "Bad Request", source="E023", unverified=True),
    Fault("needs_stopped", 400, errors.WrongState, _RUNNING, "Unable to read while running", source="E09", unverified=True),
    Fault("pairings_running", 400, errors.WrongState, _RUNNING, _PAIRINGS, source="E09"),
    Fault("bad_login", 401, errors.LoginRejected, "bad credentials", "Login Error", source="E03"),
    Fault("needs_toggle", 401, errors.LoginRejected, _TOGGLE, "Login Error", source="A16"),
    Fault("forbidden", 403, errors.NotPermitted, "Unable to {method} to resource", _RIGHTS, source="E04"),
    Fault("absent", 404, errors.NotOffered, "File Not Found", "{path}", source="E11", unverified=True),
    Fault("wrong_method", 405, errors.NotOffered, body=b"Method Not Allowed\n", content_type=TEXT, source="E12", unverified=True),
    Fault("running", 409, errors.WrongState, _CURRENT, _CURRENT, source="E06"),
    Fault("not_toggled", 417, errors.NotYet, "Expectation Failed", "Not toggled yet", source="E14", unverified=True),
    Fault("throttled", 429, errors.Throttled, "Api Limit reached for this endpoint", "API Limit Reached", source="E13"),
    Fault("cannot_stop", 500, errors.GatewayBusy, "Cannot Start Wizard", "Unable to stop sitemaster", source="E05"),
    Fault("no_phases", 500, errors.GatewayFailed, "no phase information", _NO_PHASES, source="E08"),
    Fault("no_toggle", 500, errors.GatewayFailed, "Internal Server Error", _NO_TOGGLE, source="E090", unverified=True),
    Fault("not_neurio", 500, errors.GatewayFailed, _NOT_NEURIO, "Unable to get Amp configuration", source="E08"),
    Fault("unsupported", 500, errors.GatewayFailed, "Unsupported mode", "Unable to set operation", source="E023", unverified=True),
    Fault("stopped", 502, errors.SiteStopped, body=b"", content_type="", source="E07"),
    Fault("busy", 503, errors.GatewayBusy, _BUSY, _BUSY, source="E13"),
)
# fmt: on

TOO_LARGE = Fault(
    "too_large", 413, errors.GatewayFailed, "http: request body too large", "Unable to read body", unverified=True
)
"""What a body beyond all measure gets; no gateway was seen to get one."""

BY_KEY: dict[str, Fault] = {fault.key: fault for fault in FAULTS}

_BY_STATUS: dict[int, type[errors.GatewayError]] = {
    400: errors.GatewayFailed,
    401: errors.LoginRejected,
    403: errors.NotPermitted,
    404: errors.NotOffered,
    405: errors.NotOffered,
    409: errors.WrongState,
    417: errors.NotYet,
    429: errors.Throttled,
    502: errors.SiteStopped,
    503: errors.GatewayBusy,
}


_BY_WORDS: dict[tuple[int, str], type[errors.GatewayError]] = {
    (fault.status, fault.error): fault.raises for fault in FAULTS if fault.key == "cannot_stop"
}
"""Where it takes the words, too, to know what a status means."""


def error_for(status: int, error: str | None = None) -> type[errors.GatewayError]:
    """Return the error class for an HTTP status of 400 or more; error: the `error` of its body."""
    return _BY_WORDS.get((status, error or "")) or _BY_STATUS.get(status, errors.GatewayFailed)
