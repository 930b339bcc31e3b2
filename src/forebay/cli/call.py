"""`forebay call` and `forebay endpoints`: the catalogue by hand."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any
from urllib.parse import quote, unquote

from forebay.cli.acting import agree
from forebay.cli.connect import DEFAULT_HOST, settings_of, talk
from forebay.cli.output import as_json, note, table
from forebay.cli.terminal import json_text
from forebay.errors import ConfigError
from forebay.wire import catalogue, vitals
from forebay.wire.endpoint import Endpoint
from forebay.wire.firmware import Timeline, Version, print_version, release


def call(options: argparse.Namespace) -> int:
    """Call one row and print what came back.

    A row that changes the house is only called once somebody has agreed. With
    --as, nothing is called: the command for curl is printed instead.
    """
    method, path = options.method.upper(), options.path if options.path.startswith("/") else f"/{options.path}"
    row = catalogue.find(method, path)
    if row is None:
        others = [other.method for other in catalogue.ALL if other.pattern.fullmatch(path)]
        hint = f"it takes {' or '.join(others)}" if others else "`forebay endpoints` lists what is known"
        raise ConfigError(f"{method} {path} is not in the catalogue; {hint}")
    body = _body(options.body)
    match = row.pattern.fullmatch(path)
    parts = {name: unquote(value) for name, value in match.groupdict().items()} if match else {}
    sent_path = row.path.format(**{name: quote(value, safe="") for name, value in parts.items()})
    if options.style:
        return _print_command(options, row, sent_path, body)
    if options.dry_run:
        return _show_request(options, row, sent_path, body)
    if row.writes:
        agree(options, f"{method} {path} changes the house: {row.summary}", otherwise="Nothing was sent.")
    reply = talk(options, lambda gateway: gateway.request_raw(row, body, confirm=True, **parts))
    if options.raw:
        sys.stdout.buffer.write(reply.body)
        sys.stdout.buffer.flush()
        return 0
    if row.is_binary:
        print(as_json([{"din": d.din, "vitals": d.vitals, "alerts": d.alerts} for d in vitals.decode(reply.body)]))
        return 0
    if reply.body:
        print(json_text(_parsed(reply.body, path)))
    else:
        note(f"{reply.status}, no content")
    return 0


def _print_command(options: argparse.Namespace, row: Endpoint[Any, Any], path: str, body: bytes | None) -> int:
    from forebay.cli.curl import lines

    gateway = settings_of(options).gateway
    host = gateway.host or DEFAULT_HOST
    commands = lines(options, row, path, body, host if gateway.port == 443 else f"{host}:{gateway.port}")
    if options.json:
        print(as_json({"commands": commands}))
        return 0
    for command in commands:
        print(command)
    return 0


def _show_request(options: argparse.Namespace, row: Endpoint[Any, Any], path: str, body: bytes | None) -> int:
    text = None if body is None else body.decode()
    if options.json:
        sent = None if text is None else json.loads(text)
        one = {"method": row.method, "path": path, "body": sent, "writes": row.writes, "what": row.summary}
        print(as_json({"dry_run": True, "requests": [one], "words": []}))
    else:
        print(table([("writes" if row.writes else "", row.method, path, text or "", row.summary)]))
        note("Nothing was sent.")
    return 0


def _parsed(raw: bytes, path: str) -> Any:
    from forebay.errors import MalformedReply

    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as exc:
        raise MalformedReply(f"the reply is not JSON: {exc}; --raw prints it as it is", path=path) from exc


def _body(given: str | None) -> bytes | None:
    if given is None:
        return None
    text = sys.stdin.read() if given == "-" else given
    try:
        json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise ConfigError(f"--body is not JSON: {exc}") from exc
    return text.encode()


def endpoints(options: argparse.Namespace) -> int:
    """Print the catalogue, or what one release offers of it."""
    profile = release(options.firmware).profile if options.firmware else None
    version = profile.version if profile else None
    rows = [row for row in catalogue.EVERY if version is None or row.offered_by(version)]
    if profile is not None and profile.is_restricted:
        rows = [row for row in rows if row.kept]
    if options.json:
        print(as_json([describe(row, version) for row in rows]))
        return 0
    lines = [("method", "path", "offered", "access", "effect", "needs", "what")]
    lines += [
        (
            row.method,
            row.path,
            _offered(row),
            _over(row.access, version),
            str(row.effect),
            _over(row.needs, version),
            row.summary,
        )
        for row in rows
    ]
    print(table(lines))
    return 0


def _over(timeline: Timeline[Any], version: Version | None) -> str:
    """Return a fact at a release, or its history: "public, customer from 20.49"."""
    if version is not None:
        return _name(timeline.at(version))
    (_, first), *later = timeline.steps
    return ", ".join([_name(first), *(f"{_name(fact)} from {print_version(since)}" for since, fact in later)])


def _offered(row: Endpoint[Any, Any]) -> str:
    """Return which releases have the row: "always", "from 20.49", "20.49 to 23.44"."""
    (_, first), *later = row.offered.steps
    since = [print_version(version) for version, _ in later]
    if not later:
        return "always" if first else "never"
    if first:
        return f"before {since[0]}"
    return f"from {since[0]}" if len(since) == 1 else f"{since[0]} to {since[1]}"


def _name(fact: Any) -> str:
    return str(getattr(fact, "name", fact)).lower()


def describe(row: Endpoint[Any, Any], version: Version | None = None) -> dict[str, Any]:
    """Return a row as plain values."""

    def over(timeline: Timeline[Any]) -> Any:
        if version is not None:
            return _fact(timeline.at(version))
        return {print_version(since): _fact(fact) for since, fact in timeline.steps}

    return {
        "name": row.name,
        "spec": row.spec,
        "method": row.method,
        "path": row.path,
        "summary": row.summary,
        "offered": over(row.offered),
        "access": over(row.access),
        "effect": str(row.effect),
        "needs": over(row.needs),
        "status": over(row.status),
        "content_type": over(row.content_type),
        "poll_s": int(row.poll),
        "quality": str(row.quality),
        "source": row.source,
        "unverified": list(row.unverified),
        "seed": list(row.seed),
    }


def _fact(fact: Any) -> Any:
    return _name(fact) if hasattr(fact, "name") else fact
