"""What somebody wants of mode, reserve and export limit, and what stays as it is."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from msgspec.structs import replace

from forebay.errors import ConfigError
from forebay.wire.firmware import Version
from forebay.wire.model import UNSET, UnsetType
from forebay.wire.percent import AppPercent, WirePercent
from forebay.wire.site import Operation, OperationMode

SAME_WIRE_PCT = 0.05
"""How far a reserve that is read back may be from the one written [% on the gateway's scale]."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to change; None keeps what is.

    reserve: on the gateway's scale, never rounded.
    export_limit_kw: most solar power that may flow into the grid [kW]; None is no limit, UNSET keeps what is.
    """

    mode: OperationMode | None = None
    reserve: WirePercent | None = None
    export_limit_kw: float | UnsetType | None = UNSET

    @property
    def keeps(self) -> tuple[str, ...]:
        """Names of what stays as it is."""
        kept = {
            "mode": self.mode is None,
            "reserve": self.reserve is None,
            "export limit": self.export_limit_kw is UNSET,
        }
        return tuple(name for name, is_kept in kept.items() if is_kept)

    def body(self, version: Version, shown: Operation | None = None) -> Operation:
        """Return what is sent: what is wished, and of the rest what the gateway shows, to the last digit.

        shown: without it, only what is wished is in the body.
        """
        mode, reserve = self.mode, self.reserve or UNSET
        if shown is not None:
            mode, reserve = mode or shown.present_mode, self.reserve or shown.backup_reserve_percent
        limit = self.export_limit_kw
        if limit is UNSET and shown is not None and shown.max_pv_export_power_kW is not None:
            limit = shown.max_pv_export_power_kW
        body = Operation(backup_reserve_percent=reserve, max_pv_export_power_kW=limit)
        return body if mode is None else replace(body, **{mode_member(version): mode})

    def cannot_keep(self, shown: Operation) -> str:
        """Return what has to be named too, as the gateway does not tell it; "" where nothing.

        A post replaces mode and reserve together: a member that is left out is lost (pypowerwall).
        """
        if self.mode is None and shown.present_mode is None:
            return "mode"
        if self.reserve is None and not isinstance(shown.backup_reserve_percent, WirePercent):
            return "reserve"
        return ""


def mode_member(version: Version) -> str:
    """Return the name under which this firmware writes a mode (G07)."""
    return next(name for name in ("real_mode", "mode") if name in Operation.MEMBERS.at(version))


def wish_for(
    mode: OperationMode | str | None,
    reserve: AppPercent | WirePercent | None,
    export_limit_kw: float | UnsetType | None,
) -> Wish:
    """Check what is wished. Raises ConfigError naming what is wrong."""
    if mode is None and reserve is None and export_limit_kw is UNSET:
        raise ConfigError("reconfigure: nothing to change; give mode, reserve or export_limit_kw")
    known = None if mode is None else OperationMode(mode)
    if known is not None and not known.is_known:
        raise ConfigError(f"mode {str(mode)!r} is not known; modes are {', '.join(str(one) for one in OperationMode)}")
    return Wish(known, _reserve(reserve), _limit(export_limit_kw))


def _reserve(reserve: AppPercent | WirePercent | None) -> WirePercent | None:
    if reserve is None:
        return None
    if isinstance(reserve, AppPercent):
        return AppPercent.setting(reserve.value).wire
    if isinstance(reserve, WirePercent):
        return WirePercent.setting(reserve.value)
    raise ConfigError(
        f"reserve {reserve!r}: say on which scale, AppPercent({reserve!r}) as the app shows it or "
        f"WirePercent({reserve!r}) as the gateway does; they differ"
    )


def _limit(limit_kw: float | UnsetType | None) -> float | UnsetType | None:
    if limit_kw is None or limit_kw is UNSET:
        return limit_kw
    if isinstance(limit_kw, bool) or not isinstance(limit_kw, int | float) or not isfinite(limit_kw) or limit_kw < 0:
        raise ConfigError(f"export_limit_kw must be a number of kW from 0 on, or None for no limit; got {limit_kw!r}")
    return float(limit_kw)


def differences(wanted: Operation, shown: Operation, within_pct: float = SAME_WIRE_PCT) -> tuple[str, ...]:
    """Return in words what of `wanted` the gateway does not show; empty where it shows all of it."""
    found = []
    if wanted.present_mode is not None and shown.present_mode != wanted.present_mode:
        found.append(f"mode {shown.present_mode} instead of {wanted.present_mode}")
    reserve, now = wanted.backup_reserve_percent, shown.backup_reserve_percent
    if isinstance(reserve, WirePercent) and not (
        isinstance(now, WirePercent) and abs(now.value - reserve.value) <= within_pct
    ):
        found.append(f"reserve {percent_words(now)} instead of {percent_words(reserve)}")
    limit = wanted.max_pv_export_power_kW
    now_kw = None if shown.max_pv_export_power_kW is UNSET else shown.max_pv_export_power_kW
    if limit is not UNSET and now_kw != limit:
        found.append(f"export limit {limit_words(now_kw)} instead of {limit_words(limit)}")
    return tuple(found)


def percent_words(reserve: WirePercent | UnsetType) -> str:
    """Say a reserve on both scales."""
    if not isinstance(reserve, WirePercent):
        return "not told"
    return f"{reserve.app.value:.4g} % ({reserve.value:.6g} % at the gateway)"


def limit_words(limit_kw: float | UnsetType | None) -> str:
    """Say an export limit."""
    return f"{limit_kw:g} kW" if isinstance(limit_kw, int | float) else "none"


def operation_words(operation: Operation) -> str:
    """Say mode, reserve and, where there is one, the export limit."""
    limit = operation.max_pv_export_power_kW
    more = f", export limit {limit_words(limit)}" if isinstance(limit, int | float) else ""
    return f"mode {operation.present_mode}, reserve {percent_words(operation.backup_reserve_percent)}{more}"
