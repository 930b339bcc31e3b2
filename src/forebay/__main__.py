"""`python -m forebay` is the command."""

from __future__ import annotations

import sys

from forebay.cli import main

sys.exit(main())
