"""From settings to channels."""

from __future__ import annotations

from forebay.errors import ConfigError
from forebay.notify.channels.channel import Channel
from forebay.notify.quiet import QuietHours
from forebay.notify.settings import NotifySettings


def channels_of(settings: NotifySettings) -> tuple[Channel, ...]:
    """Return every channel of the settings; sends nothing.

    Raises ConfigError naming the key that is wrong, of the quiet hours too.
    """
    if settings.quiet is not None:
        QuietHours.parse(settings.quiet)
    found: list[Channel] = []
    if settings.webhook:
        from forebay.notify.channels.webhook import Webhook

        found += [Webhook(one, f"notify.webhook[{i}]") for i, one in enumerate(settings.webhook)]
    if settings.email:
        from forebay.notify.channels.email import Email

        found += [Email(one, f"notify.email[{i}]") for i, one in enumerate(settings.email)]
    if settings.mqtt:
        from forebay.notify.channels.mqtt import Mqtt

        found += [Mqtt(one, f"notify.mqtt[{i}]") for i, one in enumerate(settings.mqtt)]
    names = [channel.name for channel in found]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"notify: two channels are called {name}; give each a name of its own")
    return tuple(found)
