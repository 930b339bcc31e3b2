"""`forebay` alone and `forebay --version`."""

from __future__ import annotations

import argparse
import sys


def about(options: argparse.Namespace) -> int:
    """Print the version, or the help where nothing was asked."""
    if options.version:
        from importlib.metadata import version

        print(f"forebay {version('forebay')}")
        return 0
    print(options.help_text(), file=sys.stderr, end="")
    return 2
