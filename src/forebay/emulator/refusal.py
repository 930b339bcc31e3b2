"""How a resource says no: a fault of the table, raised where it is known."""

from __future__ import annotations


class Refused(Exception):
    """The gateway refuses; `key` names the row of `wire.faults.FAULTS`.

    error, message: replace the members of that row's body where given.
    """

    def __init__(self, key: str, *, error: str | None = None, message: str | None = None) -> None:
        super().__init__(key)
        self.key = key
        self.error = error
        self.message = message
