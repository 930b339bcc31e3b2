"""Facts that many rows share: who may read, when, and in which state."""

from __future__ import annotations

from typing import Final

from forebay.wire.endpoint import Access, Needs
from forebay.wire.firmware import Timeline, always

OPEN_THEN_CUSTOMER: Final = Timeline(("1.15", Access.PUBLIC), ("20.49", Access.CUSTOMER))
"""Open to everybody on 1.x, to the owner later (A20, A21)."""

RUNNING: Final = always(Needs.RUNNING)
"""Only while the site master runs; 502 otherwise (behaviour.md 7, S02)."""

SINCE_2020: Final = Timeline(("1.15", False), ("20.49", True))
"""Not before 20.49, as far as is known."""

NOT_BEFORE_2020: Final = "whether a release before 20.49 offers it"
"""What is not known of a row that no source mentions before 20.49."""

EMPTY_REPLY: Final = "the body of a success: an empty object is inferred"
"""What is not known of a row whose answer nobody recorded."""

INSTALLER_ONLY: Final = "the least role: an installer, since it changes the installation"
"""What is not known of a row that no source names a role for."""
