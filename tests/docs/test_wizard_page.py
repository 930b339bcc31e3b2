"""The page about the wizard tells what each release does. S026: "Does this still work?", per firmware."""

from __future__ import annotations

import re
from pathlib import Path

from forebay.wire import firmware
from forebay.wire.firmware import PROFILES

PAGE = Path(__file__).parents[2] / "docs/explanation/wizard.md"
COLUMNS = (
    firmware.LOGIN_IGNORES_USER,
    firmware.LOGIN_NEEDS_USER,
    firmware.LOGIN_STOPS_SYSTEM,
    firmware.INSTALLER_NEEDS_TOGGLE,
)


def test_the_table_of_logins_is_that_of_the_profiles() -> None:
    lines = re.findall(
        r"^\| ([\w.]+) \| (yes|no) \| (yes|no) \| (yes|no) \| (yes|no) \|$", PAGE.read_text(), re.MULTILINE
    )
    told = {name: [word == "yes" for word in words] for name, *words in lines}

    assert told == {p.name: [column.at(p.version) for column in COLUMNS] for p in PROFILES}
