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


def settings_of(tmp_path: Path, text: str) -> config.Settings:
    file = tmp_path / "forebay.toml"
    file.write_text(text, "utf-8")
    return config.load(file)


def test_further_gateways_have_names_and_keep_their_order(tmp_path: Path) -> None:
    settings = settings_of(
        tmp_path,
        '[gateway]\nhost = "10.0.0.1"\nsite = "Farm"\n[gateways.barn]\nhost = "10.0.0.2"\nsite = "Farm"\n'
        '[gateways."sea side"]\nhost = "10.0.0.3:8443"\nusername = "installer"\n',
    )

    known = config.by_name(settings)
    assert list(known) == ["10.0.0.1", "barn", "sea side"]
    assert [one.site for one in known.values()] == ["Farm", "Farm", ""]
    assert config.chosen(settings, "sea side").gateway.username == "installer"
    assert list(config.by_name(config.chosen(settings, "barn"))) == ["barn"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[gateways.barn]\nhots = "x"', "gateways.barn.hots: no such setting; did you mean host"),
        ("[gateways.barn]\nhost = 3", "gateways.barn.host: Expected `str`"),
        ("[gateways.barn]\nusername = 'customer'", "gateways.barn.host: which gateway"),
        ('[gateways."+"]\nhost = "x"', "gateways.+: a name is made of"),
        ('gateways = ["x"]', "gateways: write a table for each"),
        (
            '[gateway]\nhost = "x"\nname = "barn"\n[gateways.barn]\nhost = "y"',
            "gateways.barn: .* has this name",
        ),
        ('[gateway]\nhost = "x"\n[gateways.barn]\nhost = "x"', r"gateways.barn.host: x is that of .gateway. too"),
        ('[gateway]\nhost = "x"\nname = "+all"', "gateway.name: .* begins with"),
    ],
)
def test_a_wrong_table_of_a_gateway_is_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words.replace("+", r"\+")):
        settings_of(tmp_path, text)


def test_a_name_nobody_has_is_refused_with_those_there_are(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, '[gateway]\nhost = "x"\n[gateways.barn]\nhost = "y"')
    with pytest.raises(ConfigError, match=r"'shed'.* x, barn"):
        config.chosen(settings, "shed")


def test_the_variable_opens_one_gateway_and_never_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOREBAY_PASSWORD", "of the house")
    settings = settings_of(tmp_path, '[gateway]\nhost = "x"\n[gateways.barn]\nhost = "y"\npassword = "of the barn"')

    assert config.password_of(settings.gateway) == "of the house"
    assert config.password_of(settings.gateways["barn"]) == "of the barn"
    assert config.password_of(config.chosen(settings, "barn").gateway) == "of the house", "the one that was chosen"


def test_a_second_set_up_keeps_all_else_that_the_file_says(tmp_path: Path) -> None:
    file = tmp_path / "forebay.toml"
    file.write_text('# mine\n[gateway]\nhost = "a"\ntimeout_s = 20\n\n[page]\nport = 9000  # by the door\n', "utf-8")

    config.write(file, host="a", username="customer", password="new")
    config.write(file, host="b", username="installer", password="other", name="barn")
    config.write(file, host="a", username="customer", password=None, name="a")

    assert tomllib.loads(file.read_text("utf-8")) == {
        "gateway": {"host": "a", "timeout_s": 20, "username": "customer", "password": "new"},
        "gateways": {"barn": {"host": "b", "username": "installer", "password": "other"}},
        "page": {"port": 9000},
    }
    assert "# mine" in file.read_text("utf-8")
    assert "# by the door" in file.read_text("utf-8")


def test_what_vouched_for_another_gateway_does_not_stay(tmp_path: Path) -> None:
    file = tmp_path / "forebay.toml"
    file.write_text('[gateway]\nhost = "a"\nname = "house"\nfingerprint = "ab"\npassword = "old"\n', "utf-8")

    config.write(file, host="b", username="customer", password=None)

    assert tomllib.loads(file.read_text("utf-8")) == {"gateway": {"host": "b", "name": "house", "username": "customer"}}
