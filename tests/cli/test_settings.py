"""Which forebay.toml is read, and how what is wrong in a file is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.conftest import Emulated, Forebay


def settings(file: Path, port: int) -> Path:
    """A file that names a port where nobody answers: an error tells which file was read."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f'[gateway]\nhost = "127.0.0.1"\nport = {port}\n')
    file.chmod(0o600)
    return file


def test_the_file_named_wins_over_the_variable_over_the_folder_over_the_users_own(
    forebay: Forebay, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def port_read(*arguments: str | Path) -> str:
        said = forebay("soe", *arguments).err
        return said.partition("on port ")[2].partition(";")[0]

    settings(home / ".config/forebay/forebay.toml", 4)
    assert port_read() == "4"
    settings(home / "forebay.toml", 3)
    assert port_read() == "3"
    monkeypatch.setenv("FOREBAY_CONFIG", str(settings(tmp_path / "by-variable.toml", 2)))
    assert port_read() == "2"
    named = settings(tmp_path / "by-option.toml", 1)
    assert port_read("--config", named) == "1"
    assert port_read("--config", named, "--host", "127.0.0.1:5") == "5"


def test_a_named_file_that_is_not_there_is_an_error_that_says_how_to_write_it(
    forebay: Forebay, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = forebay("status", "--config", home / "none.toml")
    assert outcome.code == 1
    assert f"forebay setup --config {home}/none.toml" in outcome.err

    monkeypatch.setenv("FOREBAY_CONFIG", str(home / "other.toml"))
    assert "other.toml" in forebay("status").err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[gateway]\nhost = 5\n", "gateway.host: Expected `str`, got `int`"),
        ("[gateway]\nport = 70000\n", "gateway.port: "),
        ("[gateway]\nhots = 'x'\n", "gateway.hots: no such setting; did you mean host?"),
        ("[recorder]\nfast_s = 0.1\n", "recorder.fast_s: "),
        ("[recorder]\nclock = 'mine'\n", "recorder.clock: "),
        ("[store]\nflush_s = 60\n", "store.flush_s: "),
        ("[page]\nport = 'x'\n", "page.port: "),
        ("[elsewhere]\n", "elsewhere: no such setting; the keys here are gateway, "),
        ("[gateway\n", "line 1"),
        ("host = \xff", "UTF-8"),
    ],
)
def test_a_wrong_setting_is_named_with_file_and_key(forebay: Forebay, home: Path, text: str, words: str) -> None:
    file = home / "forebay.toml"
    file.write_bytes(text.encode("latin-1"))
    outcome = forebay("status")

    assert (outcome.code, outcome.out) == (1, "")
    assert "forebay.toml: " in outcome.err
    assert words in outcome.err


def test_a_password_that_others_may_read_is_warned_about(forebay: Forebay, gateway: Emulated, home: Path) -> None:
    file = home / "forebay.toml"
    file.write_text(f'[gateway]\nhost = "{gateway.host}"\npassword = "{gateway.password}"\n')
    file.chmod(0o644)
    outcome = forebay("soe")

    assert outcome.code == 0
    assert "chmod 600 forebay.toml" in outcome.err


def test_a_password_file_that_is_not_there_is_named(
    forebay: Forebay, gateway: Emulated, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FOREBAY_PASSWORD")
    outcome = forebay("soe", "--host", gateway.host, "--password-file", home / "none")

    assert outcome.code == 1
    assert "gateway.password_file" in outcome.err


def test_recording_without_a_gateway_says_what_to_run(forebay: Forebay) -> None:
    outcome = forebay("up")

    assert outcome.code == 1
    assert "which gateway? run `forebay setup`, or give --host" in outcome.err


def test_history_without_a_record_says_what_to_run(forebay: Forebay, home: Path) -> None:
    outcome = forebay("history", "--db", home / "none.db")

    assert outcome.code == 1
    assert "none.db" in outcome.err
    assert not (home / "none.db").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[site]\ntimezone = 'Mars/Olympus'\n", "site.timezone: no such time zone: 'Mars/Olympus'"),
        ("[site]\nlatitude_deg = 90\n", "site.latitude_deg: "),
        ("[operation]\nmode = 'lazy'\n", "HOME.toml:2: operation.mode: must be one of "),
        ("[[packs]]\npower_w = -1\n", "packs[0].power_w: "),
        ("[grid]\nvolts = 230\n", "HOME.toml:2: grid.volts: no such key; did you mean voltage_v?"),
        ("[gateway]\nfirmware = 'new'\n", "gateway.firmware: "),
        ("[gateway]\nmissing_login_status = 404\n", "gateway.missing_login_status: "),
        ("[[grid.outages]]\nstart = 2026-06-21T06:00:00Z\nminutes = 5\n", "grid.outages[0].start: "),
        ("[site\n", "HOME.toml:1: not TOML: "),
    ],
)
def test_a_home_that_cannot_be_built_is_named_with_file_and_key(
    forebay: Forebay, home: Path, text: str, words: str
) -> None:
    file = home / "HOME.toml"
    file.write_text(text)
    outcome = forebay("emulate", file, "--port", "0")

    assert (outcome.code, outcome.out) == (1, "")
    assert str(file) in outcome.err
    assert words in outcome.err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("time,load_w\n", "the header must name timestamp and load_w, it has: time, load_w"),
        ("timestamp,load_w\n2007-02-01T00:00:00,1\n", "needs at least two rows"),
        ("timestamp,load_w\n2007-02-01T00:00:00,1\n2007-02-01T00:01:00,much\n", "line 3: "),
        ("timestamp,load_w\n2007-02-01T00:00:00,1\nnoon,2\n", "line 3: "),
        ("timestamp,load_w\n2007-02-01T00:00:00,1\n2007-02-01T00:01:00\n", "line 3: "),
        ("timestamp,load_w\n2007-02-01T00:00:00,1\n2007-02-01T00:01:00,2\n2007-02-01T00:01:30,3\n", "line 4: "),
        ("timestamp,load_w\n2007-02-01T00:00:00,1\n2007-02-01T00:01:00,nan\n", "line 3: "),
        ("", "it has: "),
    ],
)
def test_a_trace_that_cannot_be_read_is_named_with_file_and_line(
    forebay: Forebay, home: Path, text: str, words: str
) -> None:
    file = home / "trace.csv"
    file.write_text(text)
    outcome = forebay("emulate", "--load-trace", file, "--port", "0")

    assert (outcome.code, outcome.out) == (1, "")
    assert str(file) in outcome.err
    assert words in outcome.err


def test_a_file_that_is_not_there_is_named(forebay: Forebay, home: Path) -> None:
    for arguments in (["none.toml"], ["--load-trace", "none.csv"], ["--solar-trace", "none.csv"]):
        outcome = forebay("emulate", *arguments, "--port", "0")
        assert outcome.code == 1
        assert arguments[-1] in outcome.err


def test_a_port_in_use_is_named_with_what_to_do(forebay: Forebay, gateway: Emulated) -> None:
    outcome = forebay("emulate", "--port", gateway.port)

    assert (outcome.code, outcome.out) == (1, "")
    assert f"127.0.0.1 port {gateway.port}: address already in use" in outcome.err
    assert "choose another with --port, or 0 for a free one" in outcome.err


def test_a_page_port_in_use_is_named_with_what_to_do(forebay: Forebay, gateway: Emulated, home: Path) -> None:
    page = ("--page-port", gateway.port, "--db", home / "a.db")
    outcome = forebay("up", "--host", gateway.host, *map(str, page))

    assert (outcome.code, outcome.out) == (1, "")
    assert f"port {gateway.port}" in outcome.err
    assert "--page-port" in outcome.err
