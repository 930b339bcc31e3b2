"""`forebay capture`: store what a gateway tells, without telling whose it is."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from pathlib import Path

from forebay.cli.connect import log_to_stderr, open_gateway, settings_of
from forebay.cli.output import as_json, note
from forebay.clock import SystemClock
from forebay.errors import GatewayError, NotOffered, NotPermitted
from forebay.wire import captured
from forebay.wire.firmware import Version, print_version


def capture(options: argparse.Namespace) -> int:
    """Ask every row that only reads and store the answers, redacted; 0 when nothing was left out."""
    from forebay.client.capture import Round, redacted
    from forebay.client.capturefiles import check_free, write

    log_to_stderr(options)
    settings = settings_of(options)
    folder: Path = options.dir
    check_free(folder)
    if options.dry_run:
        return asyncio.run(_dry_run(options))
    work = Round(SystemClock(), pause_s=options.pause, tell=lambda path: note(f"GET {path}"))
    gateway = open_gateway(settings, login_may_stop=options.login_may_stop, on_reply=work.heard)

    def store(version: Version) -> captured.Capture:
        index, bodies = redacted(work.gathered, print_version(version))
        write(folder, index, bodies)
        return index

    async def go() -> captured.Capture:
        async with gateway:
            try:
                return store(await work.run(gateway))
            except (GatewayError, asyncio.CancelledError):
                work.gathered.is_complete = False
                if work.gathered.answers and gateway.firmware is not None:
                    store(gateway.firmware)
                    note(f"forebay: what came until then is in {folder}")
                raise

    return _said(asyncio.run(go()), folder, as_json_text=options.json)


def _said(index: captured.Capture, folder: Path, *, as_json_text: bool) -> int:
    for missing in index.missing:
        note(f"forebay: missing: {missing.path}: {missing.reason}")
    if as_json_text:
        words = {"dir": str(folder), "firmware": index.firmware, "answers": len(index.answers)}
        print(as_json({**words, "complete": index.complete, "missing": list(index.missing)}))
    else:
        left = f"; {len(index.missing)} could not be had" if index.missing else ""
        print(f"{len(index.answers)} answers of firmware {index.firmware} are in {folder}{left}")
    return 0 if index.complete and not index.missing else 1


async def _dry_run(options: argparse.Namespace) -> int:
    """Read the status only, and print what would be asked."""
    from forebay.client.capture import safe_rows

    async with open_gateway(settings_of(options), login_may_stop=False) as gateway:
        with contextlib.suppress(NotOffered, NotPermitted):  # a restricted gateway does not tell its release
            await gateway.identify()
        version = gateway.firmware
    assert version is not None  # noqa: S101 - identify has learned it
    rows = safe_rows(version)
    if options.json:
        print(as_json([{"method": row.method, "path": row.path, "row": row.name} for row in rows]))
        return 0
    for row in rows:
        print(f"GET {row.path}")
    return 0
