"""`forebay` alone and `forebay --version`."""

from __future__ import annotations

import argparse
import sys

from forebay.cli import EXIT_USAGE


def version() -> str:
    """Return the installed version, or that it runs from its sources."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("forebay")
    except PackageNotFoundError:
        return "from its sources, not installed"


def about(options: argparse.Namespace) -> int:
    """Print the version, or the help where nothing was asked."""
    if options.version:
        print(f"forebay {version()}")
        return 0
    print(options.help_text(), file=sys.stderr, end="")
    return EXIT_USAGE
