"""Homes and scenarios that come with the package: `gallery:NAME` and `scenario:NAME`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from forebay.emulator.home import Home
from forebay.emulator.home_file import home_of, load_home
from forebay.emulator.scenario_file import Scenario, load_scenario, read_scenario
from forebay.emulator.tables import nearest, read_document
from forebay.errors import EmulatorError

GALLERY = "gallery:"
SCENARIO = "scenario:"


@dataclass(frozen=True, slots=True)
class Shelf:
    """One kind of what comes with the package.

    prefix: what its names begin with when they stand for a file. option: lists them.
    """

    prefix: str
    folder: str
    option: str

    def names(self) -> list[str]:
        """Return the names, without the prefix, sorted."""
        files = resources.files("forebay.emulator").joinpath(self.folder).iterdir()
        return sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml"))

    def raw(self, name: str) -> bytes:
        """Return the text of one; raises EmulatorError for an unknown name."""
        if name not in self.names():
            like = nearest(name, self.names())
            hint = f"did you mean {self.prefix}{like}?" if like else f"{self.option} shows them"
            raise EmulatorError(f"{self.prefix}{name}: there is none of this name; {hint}")
        return resources.files("forebay.emulator").joinpath(self.folder, f"{name}.toml").read_bytes()

    def about(self, name: str) -> str:
        """Return what one is for: its `about`, or the comment at its beginning."""
        about = tomllib.loads(self.raw(name).decode()).get("about")
        if about is not None:
            return str(about)
        lines = self.raw(name).decode().splitlines()
        return " ".join(line.removeprefix("#").strip() for line in lines[: _end_of_comment(lines)])


HOMES = Shelf(GALLERY, "gallery", "forebay emulate --list-homes")
SCENARIOS = Shelf(SCENARIO, "scenarios", "forebay emulate --list-scenarios")


def find_home(named: str | Path | None) -> Home:
    """Return the home of a file or of `gallery:NAME`; None is the built-in home.

    Raises EmulatorError naming file, line and key, or the name.
    """
    text = str(named)
    if named is not None and text.startswith(GALLERY):
        return home_of(read_document(HOMES.raw(text.removeprefix(GALLERY)), text))
    return load_home(None if named is None else Path(named))


def find_scenario(named: str | Path) -> Scenario:
    """Return the scenario of a file or of `scenario:NAME`.

    Raises EmulatorError naming file, line and key, or the name.
    """
    text = str(named)
    if text.startswith(SCENARIO):
        return read_scenario(SCENARIOS.raw(text.removeprefix(SCENARIO)), text)
    return load_scenario(Path(named))


def _end_of_comment(lines: list[str]) -> int:
    return next((number for number, line in enumerate(lines) if not line.startswith("#")), len(lines))
