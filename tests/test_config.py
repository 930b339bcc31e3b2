"""forebay.toml as it is written: what others say stays a value or a comment."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebay import config
from forebay.errors import ConfigError

TEXT = st.text(st.characters(blacklist_categories=["Cs"]))


@given(password=TEXT, username=TEXT, timezone=TEXT)
def test_whatever_is_written_reads_back(
    tmp_path_factory: pytest.TempPathFactory, password: str, username: str, timezone: str
) -> None:
    file = tmp_path_factory.mktemp("c") / "forebay.toml"
    config.write(file, host="powerwall", username=username, password=password, timezone=timezone)

    assert tomllib.loads(file.read_text("utf-8")) == {
        "gateway": {"host": "powerwall", "username": username, "password": password}
    }


def test_a_gateway_cannot_write_settings_through_its_time_zone(tmp_path: Path) -> None:
    file = tmp_path / "forebay.toml"
    evil = 'x\n[page]\nbind = "0.0.0.0"'
    config.write(file, host="powerwall", username="customer", password="pä\U0001f511ss", timezone=evil)

    settings = config.load(file)
    assert settings.page.bind == "127.0.0.1"
    assert settings.gateway.password == "pä\U0001f511ss"


def test_a_password_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_bytes(b"\xff\xfe\n")
    with pytest.raises(ConfigError, match="password_file"):
        config.password_of(config.GatewaySettings(password_file=file))
