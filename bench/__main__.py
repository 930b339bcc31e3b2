"""Run the benchmarks: `python -m bench [NAME …] [--quick] [--write PAGE]`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from bench.machine import facts
from bench.report import Table, page_with

NAMES = ("client", "server", "startup", "memory", "year", "accuracy", "fleet", "record", "zoom")


def main(argv: Sequence[str] | None = None) -> int:
    """Run what was asked for, all by default; print Markdown; fail only when a benchmark cannot run."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Benchmarks against peers of the same run.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(NAMES)} (all)")
    parser.add_argument("--quick", action="store_true", help="few rounds, to see that they run")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the results into this page")
    options = parser.parse_args(argv)
    unknown = set(options.names) - set(NAMES)
    if unknown:
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}")
    if options.write and (options.names or options.quick):
        parser.error("--write puts whole results into the page: give neither names nor --quick with it")
    parts = ["\n".join(f"- {fact}" for fact in facts())]
    print(parts[0], flush=True)
    for name in options.names or NAMES:
        began = time.monotonic()
        run: Callable[[bool], list[Table]] = import_module(f"bench.{name}").run
        for table in run(options.quick):
            parts.append(table.markdown())
            print(f"\n{parts[-1]}", flush=True)
        print(f"({name}: {time.monotonic() - began:.0f} s)", file=sys.stderr, flush=True)
    if options.write:
        page = options.write.read_text(encoding="utf-8")
        options.write.write_text(page_with(page, "\n\n".join(parts)), encoding="utf-8")
    return 0


sys.exit(main())
