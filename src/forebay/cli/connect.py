"""From options and settings to a gateway; the one place that finds the password."""

from __future__ import annotations

import argparse
import logging
import sys
import warnings
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from forebay import config
from forebay.cli.output import note
from forebay.errors import ConfigError, LoginRejected, Unreachable

if TYPE_CHECKING:
    from forebay.client.gateway import Gateway
    from forebay.client.reply import OnReply
    from forebay.client.tls import Certificate

T = TypeVar("T")

DEFAULT_HOST = "powerwall"


def settings_of(options: argparse.Namespace, *, is_written: bool = False, warns: bool = True) -> config.Settings:
    """Return the settings with the command line's options laid over them.

    is_written: whether a file that is named is about to be written, so that it need not be there.
    warns: whether to tell of a file that others may read.
    """
    named = options.config or config.named_by_variable()
    is_new = is_written and named is not None and not named.exists()
    path = None if is_new else config.find_config(options.config)
    settings = config.load(path)
    has_secret = any(gateway.password for gateway in config.by_name(settings).values())
    has_secret = has_secret or any(webhook.url for webhook in settings.notify.webhook)
    if warns and path is not None and has_secret and config.readable_by_others(path):
        note(f"forebay: {path} holds a password or a secret address, and others may read it; `chmod 600 {path}`")
    settings = _chosen(options, settings, is_written=is_written)
    given = {
        "host": getattr(options, "host", None),
        "username": getattr(options, "username", None),
        "password_file": getattr(options, "password_file", None),
        "fingerprint": getattr(options, "fingerprint", None),
        "cacert": getattr(options, "cacert", None),
        "timeout_s": getattr(options, "timeout", None),
        "insecure": getattr(options, "insecure", False) or None,
    }
    gateway = msgspec.structs.replace(settings.gateway, **{k: v for k, v in given.items() if v is not None})
    state_dir = getattr(options, "state_dir", None) or settings.state_dir
    return msgspec.structs.replace(settings, gateway=gateway, state_dir=state_dir)


def _chosen(options: argparse.Namespace, settings: config.Settings, *, is_written: bool) -> config.Settings:
    """Return the settings with the gateway that the options choose, alone; with all where they choose none."""
    name, host = getattr(options, "house", None), getattr(options, "host", None)
    if name is not None and is_written and name not in config.by_name(settings):
        return msgspec.structs.replace(settings, gateway=config.FirstGatewaySettings(name=name), gateways={})
    if name is not None:
        return config.chosen(settings, name)
    if host is not None:
        is_same = host == settings.gateway.host
        first = settings.gateway if is_same else msgspec.structs.replace(settings.gateway, name="")
        return msgspec.structs.replace(settings, gateway=first, gateways={})
    if not settings.gateway.host and len(settings.gateways) == 1:
        return config.chosen(settings, next(iter(settings.gateways)))
    return settings


def record_path(options: argparse.Namespace, settings: config.Settings) -> Path:
    """Return where the record is: `--db`, the settings, or the user's data folder."""
    path: Path = options.db or settings.store.path or config.default_store_path()
    return path


def access_file(settings: config.Settings) -> Path:
    """Return where the dashboard's passwords and tokens are kept."""
    from forebay.client.statefile import default_state_dir

    return (settings.state_dir or default_state_dir()) / "page-access.json"


def open_gateway(
    settings: config.Settings,
    gateway: config.GatewaySettings | None = None,
    *,
    password: str | Callable[[], str | None] | None = None,
    login_may_stop: bool = True,
    force_login: bool = False,
    run_after_login: bool = True,
    on_reply: OnReply | None = None,
) -> Gateway:
    """Return the gateway that the settings name, not yet connected.

    gateway: one of several, else [gateway].
    login_may_stop: whether to log in where that stops the power system for a moment.
    force_login: whether to do so even while it is busy.
    run_after_login: whether to start it again then.
    on_reply: is shown every answer as it comes.

    Raises ConfigError when a setting is wrong.
    """
    from forebay.client.gateway import Gateway

    gateway = gateway or settings.gateway
    if not gateway.host and settings.gateways:
        raise ConfigError(f"which gateway? give --gateway {' or --gateway '.join(settings.gateways)}")
    return Gateway(
        gateway.host or DEFAULT_HOST,
        password if password is not None else config.password_of(gateway),
        port=gateway.port,
        username=gateway.username,
        fingerprint=gateway.fingerprint,
        cacert=gateway.cacert,
        insecure=gateway.insecure,
        state_dir=settings.state_dir,
        timeout_s=gateway.timeout_s,
        on_first_use=show_first_use,
        login_may_stop=login_may_stop,
        force_login=force_login,
        run_after_login=run_after_login,
        on_reply=on_reply,
    )


def password_source(options: argparse.Namespace, name: str) -> Callable[[], str | None]:
    """Return what looks a gateway's password up anew, so that a corrected one needs no restart.

    name: as in `config.by_name`. What it returns raises ConfigError while the settings cannot be read.
    """

    def look_up() -> str | None:
        settings = settings_of(options, warns=False)
        return config.password_of(config.by_name(settings).get(name, settings.gateway))

    return look_up


def show_first_use(certificate: Certificate) -> None:
    """Tell the owner which certificate is being pinned."""
    note(f"First contact: pinning the certificate with SHA-256 fingerprint\n  {certificate.sha256}")


def log_to_stderr(options: argparse.Namespace, level: int = logging.WARNING) -> None:
    """Send log lines and warnings to stderr, one line each."""
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.DEBUG if getattr(options, "verbose", False) else level,
        format="%(asctime)s %(message)s",
        datefmt="%H:%M:%S",
    )
    for noisy in ("asyncio", "aiohttp", "uvicorn"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    warnings.showwarning = lambda message, *_args, **_kw: note(f"forebay: {message}")


def talk(options: argparse.Namespace, work: Callable[[Gateway], Awaitable[T]], *, run_after_login: bool = True) -> T:
    """Open the gateway, do the work with it, and close it.

    run_after_login: whether to start the power system again where the log-in stops it.
    Raises what the work raises.
    """
    import asyncio

    log_to_stderr(options)
    settings = settings_of(options)

    async def go() -> T:
        force = getattr(options, "force_login", False)
        async with open_gateway(settings, force_login=force, run_after_login=run_after_login) as gateway:
            try:
                return await work(gateway)
            except Unreachable as exc:
                if settings.gateway.host:
                    raise
                hint = "no gateway is set up yet: run `forebay setup`, or give --host"
                raise ConfigError(f"{exc.message}; {hint}") from exc
            except LoginRejected as exc:
                if config.password_of(settings.gateway) is not None:
                    raise
                hint = "`forebay setup` asks for it, or give $FOREBAY_PASSWORD or --password-file"
                raise LoginRejected(f"{exc.message}; {hint}", path=exc.path, status=exc.status) from exc

    return asyncio.run(go())


def state_dir_of(settings: config.Settings) -> Path:
    """Return where pins and kept log-ins are."""
    from forebay.client.statefile import default_state_dir

    return settings.state_dir or default_state_dir()


def need_host(settings: config.Settings) -> str:
    """Return the host of the settings. Raises ConfigError where there is none."""
    if not settings.gateway.host and settings.gateways:
        raise ConfigError(f"which gateway? give --gateway {' or --gateway '.join(settings.gateways)}")
    if not settings.gateway.host:
        raise ConfigError("which gateway? run `forebay setup`, or give --host")
    return settings.gateway.host
