"""`forebay mode` and `forebay reserve`: what the Powerwalls are for, and how much they keep for an outage."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from forebay.cli.acting import agree, login_words, release_of, request_of, show_plan, steps_for
from forebay.cli.connect import talk
from forebay.cli.output import as_json, note, table
from forebay.views.words import mode_words
from forebay.wire import catalogue, firmware
from forebay.wire.firmware import Version
from forebay.wire.model import UNSET
from forebay.wire.percent import AppPercent, WirePercent
from forebay.wire.site import Operation

if TYPE_CHECKING:
    from forebay.client.gateway import Gateway
    from forebay.client.reconfigure import Reconfiguration

SNAPPED_APP_PCT = range(81, 100)
"""Reserves, as the app prints them, that newer firmware takes for 80 [%] (firmware.SNAPS_RESERVE)."""


def mode(options: argparse.Namespace) -> int:
    """Show the mode, or change it and read it back."""
    if options.mode is None:
        return _show(options)
    from forebay.cli.house_parser import MODES

    return _change(options, mode=MODES[options.mode])


def reserve(options: argparse.Namespace) -> int:
    """Show the reserve, or change it and read it back."""
    if options.percent is None:
        return _show(options)
    wanted = WirePercent.setting(options.percent) if options.wire else AppPercent.setting(options.percent)
    return _change(options, reserve=wanted)


def _show(options: argparse.Namespace) -> int:
    version, has_login = talk(options, release_of)
    login = login_words(version, [catalogue.OPERATION], has_login=has_login)
    if options.dry_run:
        from forebay.client.reconfigure import Step

        steps = [Step(catalogue.OPERATION, "Read mode and reserve.")]
        return show_plan(options, steps_for(version, steps, has_login=has_login), login)
    if login:
        agree(options, login)
    operation = talk(options, lambda gateway: gateway.call(catalogue.OPERATION))
    if options.json:
        print(as_json(plain(operation)))
    else:
        print(table(_rows(operation)))
    return 0


def _change(options: argparse.Namespace, **wish: Any) -> int:
    async def look(gateway: Gateway) -> tuple[Reconfiguration, Version | None, bool]:
        plan = await gateway.reconfigure(**wish, dry_run=True)
        return plan, gateway.firmware, gateway.has_login

    plan, version, has_login = talk(options, look)
    sentences = _what_happens(plan)
    if version is not None:
        sentences += [_bent(plan, version), login_words(version, [catalogue.SET_OPERATION], has_login=has_login)]
    if options.dry_run:
        return show_plan(options, plan.steps, *sentences)
    agree(options, *sentences)
    try:
        done = talk(options, lambda gateway: gateway.reconfigure(**wish, confirm=True))
    except KeyboardInterrupt:
        note("Interrupted. A change that had begun was brought to its end; `forebay mode` shows how it is now.")
        raise
    assert done.after is not None  # noqa: S101 - it was read back, or an error was raised
    if options.json:
        before = None if done.before is None else plain(done.before)
        requests = [request_of(step) for step in done.steps]
        out = {"done": True, "before": before, "after": plain(done.after), "running": done.is_running}
        print(as_json({**out, "requests": requests}))
        return 0
    print(table(_rows(done.after)))
    if done.is_running is False:
        note("The power system was stopped before and still is: `forebay run` starts it.")
    return 0


def _what_happens(plan: Reconfiguration) -> list[str]:
    before, wanted = plan.before, plan.wanted
    kept = f"What is not named stays as it is ({', '.join(plan.keeps)})." if before is None and plan.keeps else ""
    if before is not None and not plan.changes:
        return ["The gateway shows just that already; it is only committed, in case nobody did.", kept]
    found = []
    if "mode" not in plan.keeps:
        was = f"{mode_words(_mode(before))} → " if before is not None else ""
        found.append(f"Mode: {was}{mode_words(_mode(wanted))}. {_DOES.get(_mode(wanted) or '', '')}".strip())
    if "reserve" not in plan.keeps:
        now = f"{_percent(before.backup_reserve_percent)} → " if before is not None else ""
        found.append(f"Reserve for outages: {now}{_percent(wanted.backup_reserve_percent)}.")
        found.append(
            "Below it the Powerwalls no longer serve the house while the grid is there, and they may charge from it."
        )
    return [*found, "It is in force at once.", kept]


def _bent(plan: Reconfiguration, version: Version) -> str:
    """Warn of a reserve that this firmware does not take as it is."""
    reserve = plan.wanted.backup_reserve_percent
    is_bent = isinstance(reserve, WirePercent) and reserve.app.shown in SNAPPED_APP_PCT
    if "reserve" in plan.keeps or not is_bent or not firmware.SNAPS_RESERVE.at(version):
        return ""
    return "This firmware takes a reserve of 81 to 99 % for 80 %."


_DOES = {
    "self_consumption": "Sun and Powerwalls serve the house down to the reserve.",
    "backup": "The Powerwalls charge to 100 %, from the grid where that is allowed, and serve the house in outages "
    "only.",
    "autonomous": "The maker's own plan decides, by its tariff, when to charge and discharge.",
    "scheduler": "A utility decides; gateways refuse this mode as far as is known.",
}
"""What each mode does to the house (levers of the community)."""


def _mode(operation: Operation | None) -> str | None:
    known = operation.present_mode if operation is not None else None
    return None if known is None else str(known)


def _percent(value: object) -> str:
    if not isinstance(value, WirePercent):
        return "not told"
    return f"{value.app.value:.4g} % ({value.value:.6g} % at the gateway)"


def _rows(operation: Operation) -> list[tuple[str, str]]:
    limit = operation.max_pv_export_power_kW
    rows = [
        ("Mode", mode_words(_mode(operation)) or "not told"),
        ("Reserve", _percent(operation.backup_reserve_percent)),
    ]
    return [*rows, ("Export limit", f"{limit:g} kW")] if isinstance(limit, int | float) else rows


def plain(operation: Operation) -> dict[str, Any]:
    """Return mode and reserve as plain values, the reserve on both scales [%]."""
    value = operation.backup_reserve_percent
    both = {"app_pct": value.app.value, "wire_pct": value.value} if isinstance(value, WirePercent) else None
    limit = operation.max_pv_export_power_kW
    return {"mode": _mode(operation), "reserve": both, "export_limit_kw": None if limit is UNSET else limit}
