"""Any call of the catalogue as a curl command, with placeholders where secrets go (S109, S110, S175)."""

from __future__ import annotations

import argparse
from typing import Any

from forebay.cli.shell import posix, windows
from forebay.wire import catalogue, codec
from forebay.wire.endpoint import Access, Effect, Endpoint
from forebay.wire.firmware import PROFILES, Version, parse_version

TOKEN, PASSWORD, SERIAL = "TOKEN", "PASSWORD", "T123456789"
STYLES = {"curl": posix, "curl-windows": windows}
"""How a command is written, by the value of --as."""


def version_of(options: argparse.Namespace) -> Version:
    """Return the release that the command is for: the newest one unless --firmware says another."""
    return parse_version(options.firmware) if options.firmware else PROFILES[-1].version


def lines(options: argparse.Namespace, row: Endpoint[Any, Any], path: str, body: bytes | None, host: str) -> list[str]:
    """Return the commands: where the row needs a log-in, the log-in first."""
    version, write = version_of(options), STYLES[options.style]
    is_closed = row.access.at(version) is not Access.PUBLIC
    found = []
    if row is catalogue.LOGIN or is_closed:
        found.append(write(_login(options, version, host)))
    if row is not catalogue.LOGIN:
        found.append(write(_call(options, row, path, body, host, with_token=is_closed or row is catalogue.LOGOUT)))
    return found


def _checking(options: argparse.Namespace) -> list[str]:
    return ["-k"] if options.insecure else ["--cacert", str(options.cacert or "cacert.pem")]


def _login(options: argparse.Namespace, version: Version, host: str) -> list[str]:
    from forebay.client.login import login_body
    from forebay.wire.firmware import LOGIN_NEEDS_USER

    password = PASSWORD if LOGIN_NEEDS_USER.at(version) else SERIAL
    body = codec.encode_request(login_body(version, options.username or "customer", password)).decode()
    head = ["curl", *_checking(options), "-s", "-i", "-X", "POST", "-H", "Content-Type: application/json"]
    return [*head, "-d", body, f"https://{host}{catalogue.LOGIN.path}"]


def _call(
    options: argparse.Namespace,
    row: Endpoint[Any, Any],
    path: str,
    body: bytes | None,
    host: str,
    *,
    with_token: bool,
) -> list[str]:
    words = ["curl", *_checking(options)]
    if row.effect is Effect.SESSION:
        words.append("-i")
    if row.method != "GET":
        words += ["-X", row.method]
    if with_token:
        words += ["--header", f"Authorization: Bearer {TOKEN}"]
    if body is not None:
        words += ["-H", "Content-Type: application/json", "-d", body.decode()]
    if row.is_binary:
        words += ["-o", f"{path.rpartition('/')[2]}.bin"]
    return [*words, f"https://{host}{path}"]
