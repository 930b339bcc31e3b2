"""The rules: what each looks at, and its words when it begins and when it is over. One row each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from forebay.notify.condition import Change, Edge, Look
from forebay.notify.notice import Message, clock_words, identity, plain
from forebay.notify.settings import RulesSettings

Waits = Callable[[Any], float]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    name: its table in [notify.rules]. watches: what it looks at, for people. begins, ends: title and text of the news,
    with the names of values in braces. enter_s, leave_s: from its settings, how long it must last to be told, and how
    long it must be over [s]. again_s: from its settings, how long the same is not told again [s]. threshold: the
    setting that says when, and its unit. example: values for a trial.
    """

    name: str
    watches: str
    begins: tuple[str, str]
    ends: tuple[str, str]
    example: dict[str, float | str]
    threshold: tuple[str, str] = ("", "")
    enter_s: Waits = lambda _: 0.0
    leave_s: Waits = lambda _: 0.0
    again_s: Waits = lambda _: 0.0

    def __post_init__(self) -> None:
        """Check the row: its example must fill its words."""
        for title, text in (self.begins, self.ends):
            filled = f"{title} {text}".format_map(self.example | _ALWAYS)
            if "{" in filled:
                raise ValueError(f"{self.name}: words with a brace left in them")


_ALWAYS: dict[str, float | str] = {"since": "14:32", "lasted": "2 h 5 min", "charge": "63 %"}
"""What every rule's words may name beside its own values: in words, made when the news is."""

RULES: tuple[Rule, ...] = (
    Rule(
        "grid",
        "the grid's state",
        ("Grid lost", "The home has run without the grid since {since}; the battery is at {charge}."),
        (
            "Grid back",
            "The home ran without the grid from {since} for {lasted}; the battery is at {charge}.",
        ),
        {"grid_state": "SystemIslandedActive", "charge_app_pct": 63.0},
        ("lost_s", "s"),
        enter_s=lambda rule: rule.lost_s,
        leave_s=lambda rule: rule.back_s,
    ),
    Rule(
        "charge_below",
        "the battery's charge, as the vendor's app counts",
        ("Battery below {percent:.0f} %", "The battery is at {charge}."),
        (
            "Battery above {percent:.0f} % again",
            "The battery is at {charge}; it was lower from {since} for {lasted}.",
        ),
        {"percent": 20.0, "charge_app_pct": 19.8},
        ("percent", "%"),
    ),
    Rule(
        "reserve_reached",
        "the battery's charge beside the backup reserve",
        ("Backup reserve reached", "The battery has come down to its reserve of {reserve_app_pct:.0f} %."),
        (
            "Above the backup reserve again",
            "The battery is at {charge}; it was at its reserve of {reserve_app_pct:.0f} % for {lasted}.",
        ),
        {"reserve_app_pct": 20.0, "charge_app_pct": 20.0},
    ),
    Rule(
        "alert",
        "alerts of the devices and problems of the installation",
        ("Alert {alert}", "Raised by {device} since {since}. {meaning}"),
        ("Alert {alert} is over", "No longer raised by {device}; it lasted {lasted}: {alert}."),
        {
            "alert": "PINV_a006_vfCheckUnderFrequency",
            "device": "PVAC",
            "meaning": "The inverter sees too low a frequency.",
        },
        ("least", ""),
        again_s=lambda rule: rule.again_h * 3600,
    ),
    Rule(
        "gateway_silent",
        "the time since the last reading",
        ("Gateway silent", "There have been no readings since {since}. {reason}"),
        ("Gateway back", "Readings come again. There were none from {since} for {lasted}."),
        {"reason": "The gateway did not answer. Check that the gateway has power."},
        ("minutes", "min"),
        leave_s=lambda _: 30.0,
    ),
    Rule(
        "production_missing",
        "solar production beside that of a clear day",
        (
            "No solar production",
            "Since {since} the panels have made {made_kwh:.1f} kWh; a clear day would make {clear_kwh:.1f} kWh.",
        ),
        ("Solar production is back", "The panels produce again. They had not since {since}, for {lasted}."),
        {"made_kwh": 0.0, "clear_kwh": 7.4},
        ("hours", "h"),
    ),
    Rule(
        "capacity_dropped",
        "what the full packs hold, the week's median beside the best month of the last year",
        (
            "Battery capacity dropped by {drop_pct:.0f} %",
            "The full packs hold {now_kwh:.1f} kWh this week; in {best_month} it was {best_kwh:.1f} kWh. {packs}",
        ),
        ("Battery capacity is back", "The full packs hold {now_kwh:.1f} kWh again. {packs}"),
        {"drop_pct": 12.0, "now_kwh": 11.8, "best_kwh": 13.4, "best_month": "2026-03", "packs": ""},
        ("percent", "%"),
    ),
)
"""Every rule; RulesSettings has a table for each (a test)."""

BY_NAME: dict[str, Rule] = {rule.name: rule for rule in RULES}


@dataclass(frozen=True, slots=True)
class House:
    """Whose news it is: gateway is its name in the store, identity_hash tells it from another of that name."""

    gateway: str
    name: str
    timezone: str
    identity_hash: str = ""


def settings_of(rule: Rule, rules: RulesSettings) -> Any:
    """Return the settings of a rule."""
    return getattr(rules, rule.name)


def lasted_words(seconds: float) -> str:
    """Return a length of time: "40 s", "12 min", "2 h 5 min", "3 days 4 h"."""
    whole = int(max(0.0, seconds))
    if whole < 120:
        return f"{whole} s"
    if whole < 7200:
        return f"{whole // 60} min"
    if whole < 48 * 3600:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86400} days {whole % 86400 // 3600} h"


def message(rule: Rule, change: Change, look: Look, *, house: House, is_urgent: bool) -> Message:
    """Return the news in words; its id is made of the house, the rule, the subject and when it began."""
    begun, ended = change.begun, change.ended or look.at
    lasted_s = (ended - begun).total_seconds()
    charge = look.values.get("charge_app_pct")
    words: dict[str, float | str] = {
        "since": clock_words(begun, house.timezone, beside=look.at),
        "lasted": lasted_words(lasted_s),
        "charge": f"{charge:.1f} %".replace(".0 %", " %")
        if isinstance(charge, float)
        else "a charge that is not known",
    }
    filled = {name: plain(value) if isinstance(value, str) else value for name, value in look.values.items()}
    title, text = rule.begins if change.edge is Edge.BEGINS else rule.ends
    values = {**filled, "begun": _utc(begun)}
    if change.ended is not None:
        values |= {"ended": _utc(change.ended), "lasted_s": round(lasted_s, 1)}
    return Message(
        id=identity(house.identity_hash, house.gateway, rule.name, look.subject, change.edge, _utc(begun)),
        gateway=house.gateway,
        house=plain(house.name) or house.gateway,
        rule=rule.name,
        edge=str(change.edge),
        subject=plain(look.subject),
        title=plain(title.format_map(filled | words)),
        text=plain(text.format_map(filled | words)),
        at=look.at,
        is_urgent=is_urgent,
        timezone=house.timezone,
        values=values,
    )


def _utc(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
