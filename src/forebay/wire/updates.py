"""The firmware update: what the rows around its status say."""

from __future__ import annotations

from forebay.wire.model import OpenEnum, Wire


class UpdateUrgency(OpenEnum):
    """Whether a newer firmware must be installed (U07)."""

    INVALID = "FIRMWARE_UPDATE_URGENCY_INVALID"
    NONE = "FIRMWARE_UPDATE_URGENCY_NONE"
    OPTIONAL = "FIRMWARE_UPDATE_URGENCY_OPTIONAL"
    REQUIRED = "FIRMWARE_UPDATE_URGENCY_REQUIRED"


class Urgency(Wire, kw_only=True):
    """The reply of /api/system/update/urgency; the member's name is inferred."""

    urgency: UpdateUrgency
