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
    from forebay.cli.parser import parse

    options = parse(argv)
    from forebay.errors import ForebayError

    try:
        return int(options.run(options))
    except ForebayError as exc:
        from forebay.cli.output import complain

        complain(exc, as_json=getattr(options, "json", False))
        return EXIT_ERROR
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # the reader went away, as `head` does: say nothing, and let nobody flush again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_ERROR
