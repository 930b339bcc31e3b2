"""Which refusals each row can give: the fault table, by row.

What holds for many rows follows from their columns; what only some do is a
table. Source: behaviour.md 3, the rows' own sources; unverified where the fault is.
"""

from __future__ import annotations

from typing import Any

from forebay.wire.endpoint import Access, Effect, Endpoint, Needs
from forebay.wire.faults import BY_KEY, TOO_LARGE, Fault
from forebay.wire.firmware import INSTALLER_NEEDS_TOGGLE, LOGIN_STOPS_SYSTEM, Version

ANYWHERE = ("throttled", "busy")
"""What a gateway that is asked too much may say at any path (E13)."""

OWN: dict[str, tuple[str, ...]] = {
    "LOGIN": ("bad_login",),
    "SITEMASTER_STOP": ("cannot_stop",),
    "SITEMASTER_STOP_POST": ("cannot_stop",),
    "RUN_FOR_COMMISSIONING": ("cannot_stop",),
    "SET_OPERATION": ("unsupported",),
    "TOGGLE_LOGIN": ("bad_login", "not_toggled"),
    "TOGGLE_CANCEL": ("absent",),
    "CHANGE_PASSWORD": ("no_toggle",),
    "RESET_PASSWORD": ("no_toggle",),
    "CHANGE_DEFAULT_PASSWORD": ("no_toggle",),
    "GENERATE_PASSWORD": ("no_toggle",),
    "CLAMP_RATING": ("not_neurio",),
    "SET_CLAMP_RATING": ("not_neurio",),
    "PHASE_USAGES": ("no_phases",),
    "SET_PHASE_USAGES": ("no_phases",),
    "REMOVE_METER": ("absent",),
    "VERIFY_METER": ("absent",),
    "LOCAL_DEVICE": ("absent",),
}
"""Refusals that only these rows know."""


def refusals_of(row: Endpoint[Any, Any], version: Version, access: Access) -> tuple[Fault, ...]:
    """Return how a row can be refused at a release, by status; access is the least role there."""
    keys = [*OWN.get(row.name, ()), *ANYWHERE]
    if access is not Access.PUBLIC:
        keys.append("forbidden")
    body: Any = row.body
    if body is not type(None):
        keys += ["bad_json", "bad_value"]
    if row.effect is Effect.WRITES:
        keys.append("bad_value")
    if row.placeholders:
        keys += ["absent", "bad_value"]
    if row.needs.at(version) is not Needs.ANY:
        keys.append(row.refusal)
    if row.name == "LOGIN":
        if LOGIN_STOPS_SYSTEM.at(version):
            keys.append("cannot_stop")
        if INSTALLER_NEEDS_TOGGLE.at(version):
            keys.append("needs_toggle")
    found = [BY_KEY[key] for key in dict.fromkeys(keys)]
    if body is not type(None):
        found.append(TOO_LARGE)
    return tuple(sorted(found, key=lambda fault: fault.status))
