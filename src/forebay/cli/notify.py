"""`forebay notify`: who is told what, how it stands, and a message to try it."""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from forebay.cli.connect import log_to_stderr, record_path, settings_of
from forebay.cli.output import as_json, note, table
from forebay.config import by_name
from forebay.errors import ConfigError, NotDelivered, StoreError
from forebay.notify import overview, rules
from forebay.notify.channels.build import channels_of
from forebay.store.query import zone
from forebay.store.store import Store

if TYPE_CHECKING:
    from forebay.config import Settings
    from forebay.notify.channels.channel import Channel
    from forebay.notify.notice import Message

MOST_TOLD = 20
"""How many of the last messages are listed."""


def notify(options: argparse.Namespace) -> int:
    """List, or try."""
    settings = settings_of(options)
    channels = channels_of(settings.notify)
    if options.deed == "test":
        log_to_stderr(options)
        return _test(options, settings, overview.chosen(channels, options.channel))
    if options.channel or options.rule or options.show:
        raise ConfigError("--channel, --rule and --show go with `forebay notify test`")
    return _list(options, settings, channels)


def _house(options: argparse.Namespace, settings: Settings) -> rules.House:
    """Return the first gateway as its record names it, or as the settings do."""
    name = next(iter(by_name(settings)), "home")
    try:
        with Store.read(record_path(options, settings)) as store:
            for gateway in store.gateways():
                if gateway.name == name:
                    return rules.House(name, gateway.site_name or name, zone(gateway.timezone).key)
    except StoreError:  # nothing is recorded yet: a test needs no record
        return rules.House(name, name, "UTC")
    return rules.House(name, name, "UTC")


def _test(options: argparse.Namespace, settings: Settings, channels: list[Channel]) -> int:
    """Send one message to each channel, or show it; say for each what happened."""
    name = options.rule or "grid"
    message = overview.example(name, settings.notify.rules, _house(options, settings), datetime.now(UTC))
    if options.show:
        if options.json:
            print(as_json([{**_about(one), "message": one.shown(message)} for one in channels]))
            return 0
        for one in channels:
            print(f"--- {one.name}, {one.kind} to {one.place}\n{one.shown(message)}\n")
        return 0
    problems = asyncio.run(_send_all(channels, message))
    if options.json:
        rows = [
            {**_about(one), "delivered": problem is None, "problem": problem}
            for one, problem in zip(channels, problems, strict=True)
        ]
        print(as_json(rows))
    else:
        for one, problem in zip(channels, problems, strict=True):
            where = f"{one.name}, {one.kind} to {one.place}"
            print(f"delivered      {where}" if problem is None else f"NOT delivered  {where}\n               {problem}")
            if one.rules and name not in one.rules:
                note(f"forebay: {one.name} is not for the rule {name}; only this test went there")
    return 1 if any(problem is not None for problem in problems) else 0


async def _send_all(channels: list[Channel], message: Message) -> list[str | None]:
    """Send to all at once; return what went wrong with each, None where nothing did."""

    async def send(channel: Channel) -> str | None:
        try:
            async with channel.opened(is_trial=True):
                await channel.send(message)
        except NotDelivered as exc:
            return str(exc)
        return None

    return list(await asyncio.gather(*map(send, channels)))


def _about(channel: Channel) -> dict[str, Any]:
    return {"channel": channel.name, "kind": channel.kind, "place": channel.place}


def _list(options: argparse.Namespace, settings: Settings, channels: tuple[Channel, ...]) -> int:
    """Say which rules are on, how they stand, and what was told."""
    path = record_path(options, settings)
    standings: list[overview.Standing] = []
    told: list[overview.Told] = []
    waiting: dict[str, int] = {}
    zones: dict[str, str] = {}
    if path.exists():
        with Store.read(path) as store:
            standings, told = overview.standings(store), overview.told(store, MOST_TOLD)
            waiting = overview.waiting(store)
            zones = {row.name: zone(row.timezone).key for row in store.gateways()}
    if options.json:
        print(as_json(_document(settings, channels, standings, told, waiting)))
        return 0
    print(table([("RULE", "TELLS", "LIMIT", "NOW"), *_rule_rows(settings, standings, zones)]))
    print()
    if not channels:
        print("No channel is set up, so nobody is told: docs/how-to/notifications.md shows how.")
    for channel in channels:
        only = f", only {', '.join(channel.rules)}" if channel.rules else ""
        held = f", {waiting[channel.name]} waiting" if waiting.get(channel.name) else ""
        print(f"{channel.name}: {channel.kind} to {channel.place}{only}{held}")
    if settings.notify.quiet:
        print(f"Quiet hours are {settings.notify.quiet} on the site's clock; what is urgent passes.")
    if told:
        print()
        print(table([_told_row(one, zones) for one in told]))
    return 0


def _rule_rows(
    settings: Settings, standings: list[overview.Standing], zones: dict[str, str]
) -> list[tuple[str, str, str, str]]:
    rows = []
    for rule in rules.RULES:
        of_rule = rules.settings_of(rule, settings.notify.rules)
        key, unit = rule.threshold
        how = ["urgent"] if of_rule.urgent else ["in quiet hours later"] if settings.notify.quiet else []
        tells = ", ".join([*how, "its end too" if of_rule.over else "its beginning"]) if of_rule.on else "off"
        now = [_now(one, zones, several=len(zones) > 1) for one in standings if one.rule == rule.name and one.since]
        limit = getattr(of_rule, key) if key and of_rule.on else ""
        words = f"{limit:g} {unit}" if isinstance(limit, float) else str(limit)
        rows.append((rule.name, tells, words, "; ".join(now) or "–"))
    return rows


def _now(one: overview.Standing, zones: dict[str, str], *, several: bool) -> str:
    what = f"{one.subject} " if one.rule == "alert" else ""
    where = f" at {one.gateway}" if several else ""
    return f"{what}since {_clock(one.since, zones.get(one.gateway))}{where}"


def _told_row(one: overview.Told, zones: dict[str, str]) -> tuple[str, ...]:
    timezone = zones.get(one.gateway)
    state = f"waits until {_clock(one.due, timezone)}" if one.state == "waiting" and not one.problem else one.state
    return (_clock(one.happened, timezone), one.gateway, one.title, one.channel, state, one.problem)


def _clock(at: datetime | None, timezone: str | None) -> str:
    return "" if at is None else f"{at.astimezone(zone(timezone)):%Y-%m-%d %H:%M}"


def _document(
    settings: Settings,
    channels: tuple[Channel, ...],
    standings: list[overview.Standing],
    told: list[overview.Told],
    waiting: dict[str, int],
) -> dict[str, Any]:
    return {
        "quiet": settings.notify.quiet,
        "rules": [
            {
                "rule": rule.name,
                "watches": rule.watches,
                "settings": rules.settings_of(rule, settings.notify.rules),
                "now": [asdict(one) for one in standings if one.rule == rule.name],
            }
            for rule in rules.RULES
        ],
        "channels": [{**_about(one), "rules": one.rules, "waiting": waiting.get(one.name, 0)} for one in channels],
        "told": [asdict(one) for one in told],
    }
