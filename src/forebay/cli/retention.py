"""`forebay keep`: what a bound on the record lets go, and letting it go."""

from __future__ import annotations

import argparse

from forebay.cli.connect import record_path, settings_of
from forebay.cli.output import as_json


def keep(options: argparse.Namespace) -> int:
    """Say what would go under the bounds given or set; with --apply let it go."""
    from forebay.errors import ConfigError
    from forebay.store.retention import LEAST_DAYS, LEAST_MB, Bound, let_go, plan
    from forebay.store.state import from_ms
    from forebay.store.store import Store

    settings = settings_of(options)
    path = record_path(options, settings)
    bounds = (("--days", options.days, LEAST_DAYS, "days"), ("--mb", options.mb, LEAST_MB, "MB"))
    for name, value, least, what in bounds:
        if value is not None and value < least:
            raise ConfigError(f"{name} {value}: at least {least} {what} are kept; without a bound everything is")
    is_given = options.days is not None or options.mb is not None
    bound = Bound(options.days, options.mb) if is_given else Bound(settings.store.keep_days, settings.store.keep_mb)
    if options.apply:
        with Store.open(path) as store:
            latest = [reading.at for row in store.gateways() if (reading := store.latest(row.id))]
            found = let_go(store, bound, max(latest)) if latest else plan(store, bound)
    else:
        with Store.read(path) as store:
            found = plan(store, bound)
    files = [
        {
            "file": due.segment.file,
            "start": from_ms(due.segment.start_ms).isoformat(),
            "end": from_ms(due.segment.end_ms).isoformat(),
            "bytes": due.segment.bytes,
        }
        for due in found.files
    ]
    if options.json:
        told = {"path": str(path), "keep_days": bound.keep_days, "keep_mb": bound.keep_mb, "applied": options.apply}
        print(as_json({**told, "before_mb": found.before_mb, "after_mb": found.after_mb, "files": files}))
        return 0
    if bound.is_none:
        print(f"{path}: {found.before_mb:.1f} MB; no bound is set, every reading is kept for ever")
        return 0
    for due in found.files:
        span = f"{from_ms(due.segment.start_ms):%Y-%m-%d} to {from_ms(due.segment.end_ms):%Y-%m-%d}"
        print(f"{span}  {due.segment.bytes / 1e6:7.2f} MB  {due.segment.file}")
    goes = "let go" if options.apply else "would go; --apply lets them go, `forebay up` does so by itself if it is set"
    print(f"{path}: {len(files)} files {goes}; {found.before_mb:.1f} MB, then {found.after_mb:.1f} MB")
    if bound.keep_mb is not None and found.after_mb > bound.keep_mb:
        print("The bound cannot be met: what is left is never let go (quarters of an hour, energies, recent days).")
    return 0
