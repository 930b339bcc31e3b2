"""A password that was corrected in the settings is used without a restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from forebay.cli.connect import password_source
from forebay.cli.parser import parse
from forebay.errors import ConfigError


def settings(path: Path, password: str) -> Path:
    path.write_text(f'[gateway]\nhost = "powerwall"\npassword = "{password}"\n[gateways.barn]\nhost = "10.0.0.9"\n')
    path.chmod(0o600)
    return path


@pytest.fixture(autouse=True)
def no_password_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FOREBAY_PASSWORD", raising=False)


def test_the_settings_are_read_again_each_time(tmp_path: Path) -> None:
    path = settings(tmp_path / "forebay.toml", "wrong")
    options = parse(["up", "--config", str(path)])
    look_up, barn = password_source(options, "powerwall"), password_source(options, "barn")
    assert (look_up(), barn()) == ("wrong", None)

    settings(path, "right")

    assert (look_up(), barn()) == ("right", None)


def test_settings_that_cannot_be_read_are_told_and_used_again_once_mended(tmp_path: Path) -> None:
    path = settings(tmp_path / "forebay.toml", "right")
    look_up = password_source(parse(["up", "--config", str(path)]), "powerwall")

    path.write_text("[gateway\n")
    with pytest.raises(ConfigError, match=r"forebay\.toml"):
        look_up()
    settings(path, "newer")

    assert look_up() == "newer"
