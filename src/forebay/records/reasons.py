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
    SLOW = "slow"
    STOPPED = "stopped"
    REFUSED = "refused"
    NOT_PERMITTED = "not_permitted"
    CERTIFICATE = "certificate"
    THROTTLED = "throttled"
    BUSY = "busy"
    MALFORMED = "malformed"
    NOT_OFFERED = "not_offered"
    FAILED = "failed"
    SETTINGS = "settings"
    RECORDER_OFF = "recorder_off"
    CLOCK_JUMP = "clock_jump"
    STORE = "store"


@dataclass(frozen=True, slots=True)
class Explanation:
    """A reason in words.

    words: one sentence. advice: what the owner can do, None where nothing.
    tells_detail: whether the sentence goes on with what exactly happened.
    raised_by: the errors that mean it; the first row that fits decides.
    """

    reason: Reason
    words: str
    advice: str | None = None
    raised_by: tuple[type[errors.ForebayError], ...] = ()
    tells_detail: bool = False


EXPLANATIONS: tuple[Explanation, ...] = (
    Explanation(
        Reason.REFUSED,
        "The gateway refused the login.",
        "Give the right password with forebay setup: it is used within a minute, without a restart. The refused one is "
        "tried ever more rarely, because logins are counted.",
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
        "A replaced or reset gateway does that, and so does an impostor. If it is yours, forebay trust shows the new "
        "one and takes it: readings go on within a minute. A fingerprint in the settings has to be changed there.",
        (errors.CertificateChanged, errors.CertificateUnknown),
        tells_detail=True,
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
        tells_detail=True,
    ),
    Explanation(
        Reason.UNREACHABLE,
        "The gateway did not answer.",
        "Check that the gateway has power and that this computer is in its network.",
        (errors.Unreachable,),
        tells_detail=True,
    ),
    Explanation(
        Reason.STORE,
        "Readings could not be written to the disk.",
        "Make room on the disk, or check that it can be written to.",
        (errors.StoreError,),
        tells_detail=True,
    ),
    Explanation(
        Reason.SETTINGS,
        "The settings cannot be used.",
        "Mend the file that is named; it is read again within a minute.",
        (errors.ConfigError,),
        tells_detail=True,
    ),
    Explanation(
        Reason.FAILED,
        "The gateway answered with an error.",
        "If it lasts, report it with the output of forebay doctor.",
        (errors.ForebayError,),
        tells_detail=True,
    ),
    Explanation(
        Reason.SLOW,
        "The gateway answered too slowly.",
        "Is its network weak, or does another program ask it often?",
        tells_detail=True,
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
