"""Charge and reserve on the gateway's scale and on the app's, as two types.

The vendor's app hides the lowest 5 %: `wire = 0.95 * app + 5`. The two are
different types that neither compare nor add, so that one is never written
where the other belongs. Source: seed L215–225, behaviour.md section 6.
"""

from __future__ import annotations

from functools import total_ordering
from math import floor
from typing import Final

from forebay.errors import ConfigError


def _checked(value: float, scale: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
        raise ConfigError(f"{scale} percentage must be a number from 0 to 100, got {value!r}")
    return float(value)


@total_ordering
class _Percent:
    """A number that compares with its own kind only."""

    __slots__ = ("value",)

    def __init__(self, value: float) -> None:
        self.value: Final = float(value)

    def __eq__(self, other: object) -> bool:
        return self.value == other.value if type(other) is type(self) else NotImplemented

    def __lt__(self, other: object) -> bool:
        return self.value < other.value if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash((type(self), self.value))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.value!r})"


class WirePercent(_Percent):
    """A percentage as the gateway says it [%]: 5 is what the app calls empty.

    Readings a little outside 0–100 are kept as they came.
    """

    __slots__ = ()

    @property
    def app(self) -> AppPercent:
        """The same charge on the app's scale, clamped to 0–100."""
        return AppPercent(min(100.0, max(0.0, (self.value - 5) / 0.95)))

    @classmethod
    def setting(cls, value: float) -> WirePercent:
        """Return a percentage to be written; raises ConfigError outside 0–100."""
        return cls(_checked(value, "wire"))


class AppPercent(_Percent):
    """A percentage as the vendor's app shows it [%], never rounded here."""

    __slots__ = ()

    @property
    def wire(self) -> WirePercent:
        """The same charge on the gateway's scale, unrounded."""
        return WirePercent(0.95 * self.value + 5)

    @property
    def shown(self) -> int:
        """The whole number that the app prints: rounded half up, 0–100 [%]."""
        return min(100, max(0, floor(self.value + 0.5)))

    @classmethod
    def setting(cls, value: float) -> AppPercent:
        """Return a percentage to be written; raises ConfigError outside 0–100."""
        return cls(_checked(value, "app"))
