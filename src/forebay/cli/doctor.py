"""`forebay doctor`: what is wrong, in words."""

from __future__ import annotations

import argparse
import asyncio
import platform
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from forebay import config
from forebay.cli.about import version
from forebay.cli.connect import log_to_stderr, open_gateway, record_path, settings_of, state_dir_of
from forebay.cli.output import as_json
from forebay.cli.terminal import say
from forebay.errors import ConfigError, ForebayError, GatewayError, LoginRejected, NotOffered, NotPermitted
from forebay.recorder.notes import detail_of, sentence
from forebay.records.reasons import explain
from forebay.wire import catalogue
from forebay.wire.firmware import LOGIN_STOPS_SYSTEM, Version, nearest_profile, print_version

if TYPE_CHECKING:
    from forebay.client.gateway import Gateway

_REFUSED = "the log-in is refused"
_RIGHT_PASSWORD = "`forebay setup` with the right password; at first it is the end of the serial number"  # noqa: S105
_MARKS = {"ok": "✓", "wrong": "✗", "note": "·"}
_OLD = timedelta(minutes=10)
_LEAST_FREE = 20_000_000
"""Less room than this on the disk of the record is none [bytes]: a backup, a sealed day or the log would fill it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. verdict: ok, wrong or note."""

    verdict: str
    words: str
    advice: str = ""


def doctor(options: argparse.Namespace) -> int:
    """Look at settings, certificate, log-in, readings and record; 0 only when nothing is wrong."""
    log_to_stderr(options)
    findings = [Finding("note", f"forebay {version()}, Python {platform.python_version()}, {platform.system()}")]
    try:
        settings = settings_of(options)
    except ForebayError as exc:
        findings.append(Finding("wrong", str(exc)))
        return _report(options, findings)
    findings += _settings(options, settings)
    known = config.by_name(settings)
    for name, gateway in known.items():
        found = asyncio.run(_gateway(settings, gateway, is_login_asked=options.login))
        findings += found if len(known) == 1 else [replace(one, words=f"{name}: {one.words}") for one in found]
    findings += _record(record_path(options, settings), known)
    findings += _notifications(record_path(options, settings), settings)
    return _report(options, findings)


def _report(options: argparse.Namespace, findings: list[Finding]) -> int:
    wrong = [finding for finding in findings if finding.verdict == "wrong"]
    if options.json:
        print(as_json([{"verdict": f.verdict, "words": f.words, "advice": f.advice} for f in findings]))
    else:
        for finding in findings:
            say(f"{_MARKS[finding.verdict]} {finding.words}")
            if finding.advice:
                say(f"  → {finding.advice}")
    return 1 if wrong else 0


def _settings(options: argparse.Namespace, settings: config.Settings) -> list[Finding]:
    path = config.find_config(options.config)
    if path is None:
        return [Finding("note", "there is no forebay.toml", "`forebay setup` writes it; --host does without")]
    found = [Finding("ok", f"settings are read from {path}")]
    known = config.by_name(settings).values()
    if any(gateway.password for gateway in known) and config.readable_by_others(path):
        found.append(Finding("wrong", f"others may read the password in {path}", f"chmod 600 {path}"))
    if any(webhook.url for webhook in settings.notify.webhook) and config.readable_by_others(path):
        found.append(Finding("wrong", f"others may read the address of a webhook in {path}", f"chmod 600 {path}"))
    if any(gateway.insecure for gateway in known):
        found.append(
            Finding("wrong", "insecure = true: nobody checks who answers", "remove it and pin the certificate")
        )
    return found


def _notifications(path: Path, settings: config.Settings) -> list[Finding]:
    """Look at what could not be told; nothing is said where nobody is to be told."""
    from forebay.notify.channels.build import channels_of
    from forebay.notify.overview import problems
    from forebay.store.store import Store

    try:
        channels = channels_of(settings.notify)
        if not channels or not path.exists():
            return []
        with Store.read(path) as store:
            held = problems(store)
    except ForebayError as exc:
        return [Finding("wrong", str(exc))]
    found = []
    for channel in channels:
        if channel.name in held:
            words = f"a notification for {channel.name} waits: {held[channel.name]}"
            found.append(Finding("wrong", words, f"forebay notify test --channel {channel.name}"))
        else:
            found.append(Finding("ok", f"notifications for {channel.name} go to {channel.place}"))
    return found


async def _gateway(
    settings: config.Settings, gateway: config.GatewaySettings, *, is_login_asked: bool = False
) -> list[Finding]:
    from forebay.client.address import parse_address
    from forebay.client.tls import Trust, fetch_certificate

    try:
        address = parse_address(gateway.host, gateway.port)
        shown = await fetch_certificate(address.host, address.port, address.server_name)
    except GatewayError as exc:
        return [Finding("wrong", exc.message, "Is the host right, the gateway on, this computer on its network?")]
    except ForebayError as exc:
        return [Finding("wrong", str(exc))]
    found = [Finding("ok", f"{address} answers over TLS, as {', '.join(shown.names) or 'nobody in particular'}")]
    pinned = gateway.fingerprint or Trust(state_dir_of(settings)).pinned(address)
    if pinned is None and not gateway.cacert:
        found.append(Finding("note", "its certificate is not pinned yet", f"forebay trust {address}"))
    elif pinned == shown.sha256:
        found.append(Finding("ok", "its certificate is the pinned one"))
    elif pinned is not None:
        advice = f"If you know why, `forebay trust {address} --accept {shown.sha256}`"
        return [
            *found,
            Finding("wrong", f"its certificate changed: {pinned} was pinned, {shown.sha256} is shown", advice),
        ]
    asked: set[str] = set()
    try:
        async with open_gateway(settings, gateway, on_reply=lambda row, _path, _reply: asked.add(row.name)) as opened:
            has_password = config.password_of(gateway) is not None
            found += await _readings(opened, has_password=has_password, is_login_asked=is_login_asked)
            if has_password and opened.has_login and catalogue.LOGIN.name not in asked:
                words = "a log-in of before is still good, so the password was not tried"
                found.append(Finding("note", words, "`forebay doctor --login` tries it, with one log-in"))
    except ForebayError as exc:
        found.append(Finding("wrong", str(exc)))
    return found


async def _readings(gateway: Gateway, *, has_password: bool, is_login_asked: bool = False) -> list[Finding]:
    from forebay.client.session import RESTRICTED

    try:
        release = (await gateway.identify()).firmware
        found, is_restricted = [_firmware(release)], False
    except (NotOffered, NotPermitted) as exc:
        words = f"{exc.path} is not offered: a restricted gateway, as a Powerwall 3's is; power, charge and grid remain"
        release, found, is_restricted = RESTRICTED, [Finding("note", words)], True
    if LOGIN_STOPS_SYSTEM.at(release):
        found.append(Finding("note", "a log-in stops the Powerwall on this firmware, so none is tried here"))
    elif not has_password:
        found.append(Finding("wrong", "no password is known, and this firmware reads nothing without", "forebay setup"))
        return found
    elif is_login_asked:
        found.append(await _log_in(gateway))
    snapshot = await gateway.snapshot()
    refused = next((error for error in snapshot.missing.values() if isinstance(error, LoginRejected)), None)
    if refused is not None and not any(one.words.startswith(_REFUSED) for one in found):
        found.append(Finding("wrong", f"{_REFUSED}: {refused.message}", _RIGHT_PASSWORD))
    for name, error in snapshot.missing.items():
        if isinstance(error, LoginRejected):
            continue
        row = catalogue.BY_NAME[name]
        if row is catalogue.AGGREGATES and "stops the power system" not in str(
            error
        ):  # without the meters there is nothing at all
            reason = explain(error)
            found.append(Finding("wrong", sentence(reason, detail_of(error)), reason.advice or ""))
            continue
        if is_restricted and isinstance(error, NotOffered | NotPermitted) and not row.kept:
            continue  # said above, once
        verdict = "note" if error.advice == "skip" or "stops the power system" in str(error) else "wrong"
        found.append(Finding(verdict, f"{row.path}: {error.message}"))
    if snapshot.aggregates is not None:
        found.append(Finding("ok", "the meters are read"))
    if snapshot.sitemaster is not None and not snapshot.sitemaster.running:
        found.append(
            Finding(
                "wrong",
                "the power system is stopped: nothing charges, discharges or is measured",
                "forebay call GET /api/sitemaster/run --yes",
            )
        )
    return found


async def _log_in(gateway: Gateway) -> Finding:
    """Try the password, whatever log-in is kept."""
    try:
        await gateway.login()
    except LoginRejected as exc:
        return Finding("wrong", f"{_REFUSED}: {exc.message}", _RIGHT_PASSWORD)
    except GatewayError as exc:
        return Finding("wrong", f"the log-in fails: {exc.message}")
    return Finding("ok", "the password is right: the log-in works")


def _firmware(release: Version) -> Finding:
    try:
        known = nearest_profile(release).name
    except ConfigError:
        return Finding("note", f"firmware {print_version(release)} is older than any that is known well")
    return Finding("ok", f"firmware {print_version(release)}, which behaves as {known}")


def _record(path: Path, names: Collection[str]) -> list[Finding]:
    """Look at the record; what it says of gateways that the settings do not name is no fault of those they do."""
    from forebay.store.health import room
    from forebay.store.store import Store

    if not path.exists():
        return [Finding("note", f"nothing is recorded at {path}", "`forebay up` records")]
    found = []
    try:
        with Store.read(path) as store:
            free = room(store).free
            if free is not None and free < _LEAST_FREE:
                words = f"the disk of {path} is full: {free / 1e6:.1f} MB are left"
                found.append(Finding("wrong", words, "make room; `forebay keep` says what a bound would let go"))
            for gateway in store.gateways():
                latest, state = store.latest(gateway.id), store.connection(gateway.id)
                if latest is None:
                    found.append(Finding("note", f"{gateway.name}: nothing recorded yet"))
                else:
                    is_old = state.state != "down" and datetime.now(UTC) - latest.at > _OLD
                    words = f"{gateway.name}: recorded up to {latest.at:%Y-%m-%d %H:%M:%S} UTC"
                    advice = "nothing since: start `forebay up`, or look into its log" if is_old else ""
                    found.append(Finding("note" if is_old else "ok", words, advice))
                if state.state == "down":
                    verdict = "wrong" if not names or gateway.name in names else "note"
                    found.append(Finding(verdict, f"{gateway.name}: {state.words}", state.advice or ""))
    except ForebayError as exc:
        found.append(Finding("wrong", str(exc)))
    return found
