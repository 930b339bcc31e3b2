"""[notify] of forebay.toml: to whom, what, and when not.

Knows no channel and no store, so that reading the settings stays cheap.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$", examples=["my-phone"])]
Host = Annotated[str, Meta(pattern=r"^[A-Za-z0-9.:_-]{1,253}$", examples=["mail.example.org"])]
Port = Annotated[int, Meta(ge=1, le=65_535)]
Address = Annotated[
    str, Meta(pattern=r"^[!#$%&'*+./0-9=?A-Z^_`a-z{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}$", examples=["me@example.org"])
]
Topic = Annotated[str, Meta(pattern=r"^[^\x00-\x1f#+$/][^\x00-\x1f#+]{0,200}$", examples=["forebay/notify"])]
Percent = Annotated[float, Meta(ge=1, le=100)]
Seconds = Annotated[float, Meta(ge=0, le=86_400)]
RuleName = Literal[
    "grid",
    "charge_below",
    "reserve_reached",
    "alert",
    "gateway_silent",
    "production_missing",
    "capacity_dropped",
]


class GridRule(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """[notify.rules.grid]: the home has left the grid.

    on: whether it is told. urgent: whether it is told in quiet hours too. over: whether its end is told.
    lost_s: how long it must last to be told [s]. back_s: how long the grid must be back to be told, so that a grid
    that comes and goes is one outage [s].
    """

    on: bool = True
    urgent: bool = True
    over: bool = True
    lost_s: Seconds = 10.0
    back_s: Seconds = 60.0


class ChargeBelowRule(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """[notify.rules.charge_below]: the battery is nearly empty.

    percent: told below this, as the vendor's app counts [%]. margin: told again only after it was so much higher [%].
    """

    on: bool = True
    urgent: bool = True
    over: bool = True
    percent: Percent = 20.0
    margin: Annotated[float, Meta(ge=0.5, le=50)] = 3.0


class ReserveReachedRule(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """[notify.rules.reserve_reached]: the battery has come down to the backup reserve."""

    on: bool = True
    urgent: bool = False
    over: bool = False
    margin: Annotated[float, Meta(ge=0.5, le=50)] = 3.0


class AlertRule(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """[notify.rules.alert]: a device raises an alert, or the installation has a problem.

    least: how bad it must be to be told; one that nobody knows is told. ignore: names of alerts that are not told; a
    name may end in `*`. again_h: one that comes back sooner is not told again [h].
    """

    on: bool = True
    urgent: bool = False
    over: bool = False
    least: Literal["state", "notice", "warning", "fault"] = "notice"
    ignore: tuple[str, ...] = ()
    again_h: Annotated[float, Meta(ge=0, le=720)] = 24.0


class GatewaySilentRule(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """[notify.rules.gateway_silent]: nothing is recorded any more.

    minutes: how long it must last to be told [min].
    """

    on: bool = True
    urgent: bool = False
    over: bool = True
    minutes: Annotated[float, Meta(ge=1, le=1440)] = 15.0


class ProductionMissingRule(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """[notify.rules.production_missing]: no solar power when there always is.

    hours: how many sunny hours in a row must lack it [h]. percent: less than this share of what a clear day makes is
    none [%].
    """

    on: bool = True
    urgent: bool = False
    over: bool = True
    hours: Annotated[float, Meta(ge=1, le=8)] = 3.0
    percent: Annotated[float, Meta(ge=0.1, le=50)] = 2.0


class CapacityDroppedRule(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """[notify.rules.capacity_dropped]: the full packs hold less than they did.

    percent: by how much this week's median is below that of the best month of the last year [%].
    """

    on: bool = True
    urgent: bool = False
    over: bool = False
    percent: Annotated[float, Meta(ge=1, le=90)] = 10.0


class RulesSettings(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """[notify.rules]: one table for each rule."""

    grid: GridRule = GridRule()
    charge_below: ChargeBelowRule = ChargeBelowRule()
    reserve_reached: ReserveReachedRule = ReserveReachedRule()
    alert: AlertRule = AlertRule()
    gateway_silent: GatewaySilentRule = GatewaySilentRule()
    production_missing: ProductionMissingRule = ProductionMissingRule()
    capacity_dropped: CapacityDroppedRule = CapacityDroppedRule()


class WebhookSettings(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """[[notify.webhook]]: an address that messages are posted to.

    name: what it is called; each channel has its own. url: the address, https:// or http://. url_file: a file whose
    first line is the address; better, because an address is often a secret. headers_file: a file of `Name: value`
    lines that are sent with it. format: the JSON document, its plain text, or what an ntfy server takes. ca: PEM file
    that must vouch for the receiver, instead of the system's. rules: only these rules; all without it.
    """

    name: Name = "webhook"
    url: str | None = None
    url_file: Path | None = None
    headers_file: Path | None = None
    format: Literal["json", "text", "ntfy"] = "json"
    ca: Path | None = None
    rules: tuple[RuleName, ...] = ()

    def __repr__(self) -> str:
        return f"WebhookSettings(name={self.name!r}, url=…)"


class EmailSettings(
    msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True, rename={"sender": "from", "receivers": "to"}
):
    """[[notify.email]]: a mail server that takes messages.

    name: what it is called; each channel has its own. host: the mail server. port: 587 with `starttls`, 465 with
    `implicit`, 25 with `none`, unless it is given. tls: how the way is encrypted; `none` is for a server on this
    computer alone. ca: PEM file that must vouch for the server, instead of the system's. username: to log in with.
    password_file: its first line is the password. from: the sender's address. to: the receivers' addresses.
    rules: only these rules; all without it.
    """

    host: Host
    sender: Address
    receivers: Annotated[tuple[Address, ...], Meta(min_length=1, max_length=20)]
    name: Name = "email"
    port: Port | None = None
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    ca: Path | None = None
    username: str | None = None
    password_file: Path | None = None
    rules: tuple[RuleName, ...] = ()


class MqttSettings(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """[[notify.mqtt]]: a broker to publish to.

    name: what it is called; each channel has its own. host: the broker. port: 8883 with TLS, 1883 without, unless it
    is given. tls: whether the way is encrypted. ca: PEM file that must vouch for the broker, instead of the system's.
    username: to log in with. password_file: its first line is the password. topic: what all topics begin with.
    retain: whether the broker keeps the last message of each rule for those who come later. rules: only these rules;
    all without it.
    """

    host: Host
    name: Name = "mqtt"
    port: Port | None = None
    tls: bool = True
    ca: Path | None = None
    username: str | None = None
    password_file: Path | None = None
    topic: Topic = "forebay/notify"
    retain: bool = False
    rules: tuple[RuleName, ...] = ()


class NotifySettings(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """[notify]: what is told, to whom, and when not.

    quiet: hours of the site's clock in which only what is urgent is told, such as "22:00-07:00"; the rest is told as
    one summary when they end. max_age_h: what could not be told for so long is not told any more [h].
    """

    quiet: (
        Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$", examples=["22:00-07:00"])]
        | None
    ) = None
    max_age_h: Annotated[float, Meta(gt=0, le=168)] = 6.0
    webhook: tuple[WebhookSettings, ...] = ()
    email: tuple[EmailSettings, ...] = ()
    mqtt: tuple[MqttSettings, ...] = ()
    rules: RulesSettings = RulesSettings()
