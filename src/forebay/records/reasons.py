"""Why there is no reading: one row for each reason, in words, with what to do.

The recorder writes the reason of a gap and of a lost connection, every view
prints it from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from forebay import errors


class Reason(StrEnum):
    """Why readings are missing."""

    UNREACHABLE = "unreachable"
    STOPPED = "stopped"
    REFUSED = "refused"
    NOT_PERMITTED = "not_permitted"
    CERTIFICATE = "certificate"
    THROTTLED = "throttled"
    BUSY = "busy"
    MALFORMED = "malformed"
    NOT_OFFERED = "not_offered"
    FAILED = "failed"
    RECORDER_OFF = "recorder_off"
    CLOCK_JUMP = "clock_jump"
    STORE = "store"


@dataclass(frozen=True, slots=True)
class Explanation:
    """A reason in words.

    words: one sentence. advice: what the owner can do, None where nothing.
    raised_by: the errors that mean it; the first row that fits decides.
    """

    reason: Reason
    words: str
    advice: str | None = None
    raised_by: tuple[type[errors.ForebayError], ...] = ()


EXPLANATIONS: tuple[Explanation, ...] = (
    Explanation(
        Reason.REFUSED,
        "The gateway refused the login.",
        "Check the password with forebay setup. It is asked again only every few minutes, because logins are counted.",
        (errors.LoginRejected,),
    ),
    Explanation(
        Reason.NOT_PERMITTED,
        "The gateway does not allow this login to read its meters.",
        "Log in as the owner: run forebay setup.",
        (errors.NotPermitted,),
    ),
    Explanation(
        Reason.CERTIFICATE,
        "The gateway shows a certificate that is not the trusted one.",
        "If the gateway was replaced or reset, look at the new fingerprint with forebay trust and accept it.",
        (errors.CertificateChanged, errors.CertificateUnknown),
    ),
    Explanation(
        Reason.THROTTLED,
        "The gateway asked for silence because it was asked too often.",
        "Nothing to do here. Is another program asking the same gateway?",
        (errors.Throttled,),
    ),
    Explanation(
        Reason.STOPPED,
        "The power system is stopped, so nothing is measured.",
        "Start it again in the vendor's app or on the gateway's own page.",
        (errors.SiteStopped,),
    ),
    Explanation(Reason.BUSY, "The gateway was busy.", None, (errors.GatewayBusy, errors.NotYet, errors.WrongState)),
    Explanation(
        Reason.NOT_OFFERED,
        "What answers does not offer a gateway's meters.",
        "Check the address: is it the gateway, and does its firmware still have a local API?",
        (errors.NotOffered,),
    ),
    Explanation(
        Reason.MALFORMED,
        "The gateway's answer could not be read.",
        "If it lasts, report it with the output of forebay doctor.",
        (errors.MalformedReply,),
    ),
    Explanation(
        Reason.UNREACHABLE,
        "The gateway did not answer.",
        "Check that the gateway has power and that this computer is in its network.",
        (errors.Unreachable,),
    ),
    Explanation(
        Reason.STORE,
        "Readings could not be written to the disk.",
        "Make room on the disk, or check that it can be written to.",
        (errors.StoreError,),
    ),
    Explanation(
        Reason.FAILED,
        "The gateway answered with an error.",
        "If it lasts, report it with the output of forebay doctor.",
        (errors.ForebayError,),
    ),
    Explanation(Reason.RECORDER_OFF, "The recorder was not running."),
    Explanation(
        Reason.CLOCK_JUMP,
        "A clock was set, so this time never passed or passed twice.",
        "Check that this computer sets its clock from the network.",
    ),
)

BY_REASON: dict[Reason, Explanation] = {row.reason: row for row in EXPLANATIONS}


def explain(error: errors.ForebayError) -> Explanation:
    """Return the row that an error means."""
    return next(row for row in EXPLANATIONS if row.raised_by and isinstance(error, row.raised_by))
