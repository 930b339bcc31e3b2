"""Parse, call, print; errors become exit codes. May import everything below run."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

EXIT_ERROR = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return 0 only on success.

    1 is an error said on stderr, 2 wrong usage, 130 an interrupt.
    """
    try:
        return _run(argv)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def _run(argv: Sequence[str] | None) -> int:
    from forebay.cli.parser import parse

    options = parse(argv)
    from forebay.cli.terminal import prepare
    from forebay.errors import ForebayError

    prepare()
    try:
        code = int(options.run(options))
        if sys.stdout is not None:
            sys.stdout.flush()
        return code
    except ForebayError as exc:
        from forebay.cli.output import complain

        complain(exc, as_json=getattr(options, "json", False))
        return EXIT_ERROR
    except OSError as exc:
        _give_up_writing()
        if not isinstance(exc, BrokenPipeError):  # that is a reader who left, as `head` does
            where = f"{exc.filename}: " if exc.filename else ""
            print(f"forebay: {where}{(exc.strerror or str(exc)).lower()}", file=sys.stderr)
        return EXIT_ERROR


def _give_up_writing() -> None:
    """Where stdout takes nothing more, let nobody flush it again."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
