"""How the notifications stand, read from the store beside whoever writes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from forebay.errors import ConfigError
from forebay.notify import rules
from forebay.notify.channels.channel import Channel
from forebay.notify.condition import Change, Edge, Look
from forebay.notify.notice import Message, trial
from forebay.notify.settings import RulesSettings
from forebay.store.state import from_ms
from forebay.store.store import Store


@dataclass(frozen=True, slots=True)
class Standing:
    """How one subject of a rule stands at a gateway. since: since when it holds; None while it does not."""

    gateway: str
    rule: str
    subject: str
    since: datetime | None
    last_told: datetime | None


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one message at one channel. state: waiting, sent or dropped; at: when, or last tried."""

    id: str
    gateway: str
    happened: datetime
    rule: str
    edge: str
    title: str
    channel: str
    state: str
    due: datetime
    at: datetime | None
    problem: str


def standings(store: Store) -> list[Standing]:
    """Return how everything stands that was looked at."""
    sql = (
        "SELECT name, rule, subject, begun_ms, told_ms FROM notify_states JOIN gateways ON id = gateway_id"
        " WHERE rule <> 'alert' OR subject <> '' ORDER BY gateway_id, rule, subject"
    )
    return [
        Standing(gateway, rule, subject, _at(begun_ms), _at(told_ms))
        for gateway, rule, subject, begun_ms, told_ms in store.database.rows(sql)
    ]


def told(store: Store, most: int) -> list[Told]:
    """Return the last messages with what became of them, the newest first."""
    sql = (
        "SELECT n.id, g.name, n.at_ms, n.rule, n.edge, n.message, d.channel, d.state, d.due_ms, d.at_ms, d.problem"
        " FROM notices n JOIN gateways g ON g.id = n.gateway_id JOIN notice_deliveries d ON d.notice_id = n.id"
        " ORDER BY n.at_ms DESC, n.id, d.channel LIMIT ?"
    )
    found = []
    for one, gateway, at_ms, rule, edge, text, channel, state, due_ms, tried_ms, problem in store.database.rows(
        sql, (most,)
    ):
        title = Message.from_json(text).title
        row = (one, gateway, from_ms(at_ms), rule, edge, title, channel, state, from_ms(due_ms), _at(tried_ms), problem)
        found.append(Told(*row))
    return found


def waiting(store: Store) -> dict[str, int]:
    """Return how many messages wait for each channel that any waits for."""
    sql = "SELECT channel, count(*) FROM notice_deliveries WHERE state = 'waiting' GROUP BY 1"
    return dict(store.database.rows(sql))


def problems(store: Store) -> dict[str, str]:
    """Return why messages wait, by channel: the last thing that went wrong."""
    sql = "SELECT channel, problem FROM notice_deliveries WHERE state = 'waiting' AND problem <> '' ORDER BY at_ms"
    return dict(store.database.rows(sql))


def chosen(channels: Sequence[Channel], name: str | None) -> list[Channel]:
    """Return the channel of a name, or all. Raises ConfigError where there is none."""
    if not channels:
        raise ConfigError(
            "no channel is set up: write [[notify.webhook]], [[notify.email]] or [[notify.mqtt]] into the settings"
        )
    found = [channel for channel in channels if name in (None, channel.name)]
    if not found:
        raise ConfigError(f"there is no channel {name}; there are {', '.join(one.name for one in channels)}")
    return found


def example(name: str, settings: RulesSettings, house: rules.House, at: datetime) -> Message:
    """Return what a rule would say, with made-up values, marked as a test. Raises ConfigError for no such rule."""
    rule = rules.BY_NAME.get(name)
    if rule is None:
        raise ConfigError(f"there is no rule {name}; there are {', '.join(rules.BY_NAME)}")
    of_rule = rules.settings_of(rule, settings)
    values = dict(rule.example)
    if "percent" in values:
        values["percent"] = of_rule.percent
    look = Look(str(values.get("alert", "")), True, at, values)
    begun = at - timedelta(seconds=rule.enter_s(of_rule))
    made = rules.message(rule, Change(Edge.BEGINS, begun), look, house=house, is_urgent=of_rule.urgent)
    return trial(replace(made, rule=name), at)


def _at(at_ms: int | None) -> datetime | None:
    return None if at_ms is None else from_ms(at_ms)
