"""The settings as a page."""

from __future__ import annotations

import inspect

import msgspec

from forebay import config
from forebay.notify import settings as notify
from tools.reference.markdown import code, table
from tools.reference.structs import Key, keys

TABLES: dict[str, type[msgspec.Struct]] = {
    "gateway": config.FirstGatewaySettings,
    "gateways.NAME": config.FurtherGatewaySettings,
    "recorder": config.RecorderSettings,
    "store": config.StoreSettings,
    "page": config.PageSettings,
    "site": config.SiteSettings,
    "sites.NAME": config.SiteSettings,
    "notify": notify.NotifySettings,
    "notify.webhook": notify.WebhookSettings,
    "notify.email": notify.EmailSettings,
    "notify.mqtt": notify.MqttSettings,
    **{f"notify.rules.{field.name}": field.type for field in msgspec.structs.fields(notify.RulesSettings)},
}
LISTS = frozenset({"notify.webhook", "notify.email", "notify.mqtt"})
"""Tables that may come several times."""

_GATEWAY = {
    "port": "The gateway's port, where the host names none.",
    "username": "Customer or installer; firmware before 1.20 knows none.",
    "password": "The password. `forebay setup` writes it; a file or `$FOREBAY_PASSWORD` goes before it.",
    "insecure": "Check no certificate. Password and readings go to whoever answers; it warns each time.",
    "timeout_s": "How long to wait for an answer [s].",
}

_SITE = {
    "warranty_pct": "How much of that energy is to be left then [%].",
    "voltage_v": "What the grid's voltage should be [V]; learned where it is left out.",
    "frequency_hz": "What its frequency should be [Hz]; learned where it is left out.",
}

_RULE = {
    "on": "Whether it is told.",
    "urgent": "Whether it is told in quiet hours too.",
    "over": "Whether its end is told.",
}

WORDS: dict[str, dict[str, str]] = {
    "gateway": _GATEWAY,
    "gateways.NAME": _GATEWAY,
    "recorder": {
        "fast_s": "Spacing of power, charge and grid state [s].",
        "slow_s": "Spacing of the rest [s]; some rows are asked more seldom still.",
        "clock": "Whose time the readings carry: this computer's, the gateway's, or found out.",
    },
    "store": {
        "path": "The database; without it `forebay.db` in the user's data folder.",
        "flush_s": "How long readings may wait for the disk: what a crash may lose at most [s].",
        "keep_days": "How long raw readings are kept [days]; without it for ever. Energies and quarters always stay.",
        "keep_mb": "How much the record may take [MB]; the oldest raw readings go first. Without it there is no bound.",
    },
    "page": {
        "port": "Its port; 0 takes a free one.",
        "key": "The certificate's key, a PEM file.",
    },
    "site": _SITE,
    "sites.NAME": _SITE,
    "notify": dict.fromkeys(("webhook", "email", "mqtt"), "Tables, below.") | {"rules": "Tables, below."},
    "notify.webhook": {},
    "notify.email": {},
    "notify.mqtt": {},
    **{f"notify.rules.{field.name}": _RULE for field in msgspec.structs.fields(notify.RulesSettings)},
    "notify.rules.grid": {},
    "notify.rules.charge_below": _RULE,
    "notify.rules.reserve_reached": _RULE | {"margin": "Told again only after it was so much higher [%]."},
}

_HEAD = """# Settings

`forebay setup` writes `forebay.toml`, readable by its owner alone; every key may be left out. A wrong key or value is
an error that names the file and the key. Options of the command line go before the file.

**Which file.** `--config FILE`, else `$FOREBAY_CONFIG`, else `forebay.toml` in the working directory, else
`forebay.toml` in the user's configuration folder (`~/.config/forebay` on Linux).

**Which password.** `$FOREBAY_PASSWORD`, else the first line of `password_file`, else `password`. It is never an
argument: arguments can be read by every user of the machine.

**Several gateways.** `[gateway]` is the only one or the first; each further one has a table `[gateways.NAME]` with the
same keys. `forebay up` records them all into one record; `--gateway NAME` chooses one for any command, and
`$FOREBAY_PASSWORD` is for `[gateway]` or the one chosen, never for all.

**Environment.** `FOREBAY_CONFIG` names the file, `FOREBAY_PASSWORD` is the password, `FOREBAY_STATE_DIR` is where pins
and kept log-ins are (`~/.local/state/forebay` on Linux). Proxies and CA bundles in the environment are not looked at.

```toml
[gateway]
host = "192.168.1.50"
username = "customer"
password_file = "~/gateway-password"

[recorder]
fast_s = 5

[page]
port = 8480
```

## At the top

"""


def top_keys() -> list[Key]:
    """Return the keys that stand in no table."""
    tables = {name.partition(".")[0] for name in TABLES}
    return [key for key in keys(config.Settings, dict.fromkeys(tables, "A table, below.")) if key.name not in tables]


def page() -> str:
    """Return the page of all settings."""
    parts = [_HEAD, _table(top_keys())]
    for name, struct in TABLES.items():
        summary = (inspect.getdoc(struct) or "").partition("\n")[0].partition(": ")[2].partition(";")[0]
        summary = summary.rstrip(".").capitalize() + "."
        heading = f"[[{name}]]" if name in LISTS else f"[{name}]"
        parts += [f"\n## {heading}\n\n{summary}\n\n", _table(keys(struct, WORDS[name]))]
    return "".join(parts)


def _table(rows: list[Key]) -> str:
    return table(("Key", "Type", "Default", "Meaning"), [(code(k.name), k.kind, k.default, k.meaning) for k in rows])
