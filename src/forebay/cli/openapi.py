"""`forebay openapi`: the catalogue of a release for other programs."""

from __future__ import annotations

import argparse
import sys


def openapi(options: argparse.Namespace) -> int:
    """Print the OpenAPI document of a release."""
    from forebay.emulator.published import as_bytes, of_release

    sys.stdout.write(as_bytes(of_release(options.firmware)).decode())
    return 0
