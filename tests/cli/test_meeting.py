"""`forebay trust` and `forebay setup`: who answers, and what is kept of it."""

from __future__ import annotations

import stat
import tomllib
from pathlib import Path

import pytest
from tests.cli.conftest import Emulate, Emulated, Forebay
from tests.cli.processes import run


def test_a_certificate_is_shown_and_not_pinned_until_it_is_accepted(forebay: Forebay, gateway: Emulated) -> None:
    shown = forebay("trust", gateway.host)
    assert shown.code == 0
    assert gateway.fingerprint in shown.out
    assert "nothing yet" in shown.out
    assert f"forebay trust {gateway.host} --accept {gateway.fingerprint}" in shown.err

    accepted = forebay("trust", gateway.host, "--accept", gateway.fingerprint.upper().replace(":", ""))
    assert accepted.code == 0
    assert f"Pinned for {gateway.host}" in accepted.err
    after = forebay("trust", "--host", gateway.host, "--json").json
    assert after["pinned"] == after["presented"] == gateway.fingerprint
    assert {"powerwall", "teg", "powerpack"} <= set(after["names"])


def test_another_fingerprint_than_the_shown_one_is_not_pinned(forebay: Forebay, gateway: Emulated) -> None:
    other = "ab" * 32
    outcome = forebay("trust", gateway.host, "--accept", other)

    assert outcome.code == 1
    assert gateway.fingerprint in outcome.err
    assert "nothing was pinned" in outcome.err
    assert forebay("trust", gateway.host, "--json").json["pinned"] is None


def test_a_text_that_is_no_fingerprint_is_said_to_be_none(forebay: Forebay, gateway: Emulated) -> None:
    outcome = forebay("trust", gateway.host, "--accept", "yes")

    assert outcome.code == 1
    assert "not a SHA-256 fingerprint: 'yes'" in outcome.err


def test_a_changed_certificate_is_exit_1_with_both_fingerprints_and_the_way_to_accept_it(
    forebay: Forebay, emulate: Emulate, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = emulate()
    monkeypatch.setenv("FOREBAY_PASSWORD", first.password)
    assert forebay("soe", "--host", first.host).code == 0
    first.close()
    second = emulate(port=first.port, state="another")
    way = f"forebay trust {second.host} --accept {second.fingerprint}"

    for arguments in (["soe", "--host", second.host], ["trust", second.host]):
        outcome = run(home, *arguments, FOREBAY_PASSWORD=second.password)
        assert outcome.returncode == 1
        assert first.fingerprint in outcome.stderr + outcome.stdout
        assert second.fingerprint in outcome.stderr
        assert way in outcome.stderr

    assert forebay(*way.split()[1:]).code == 0
    assert forebay("soe", "--host", second.host).code == 0


def test_a_forgotten_pin_is_gone(forebay: Forebay, gateway: Emulated) -> None:
    forebay("trust", gateway.host, "--accept", gateway.fingerprint)

    assert forebay("trust", gateway.host, "--forget").code == 0
    assert forebay("trust", gateway.host, "--json").json["pinned"] is None
    assert forebay("trust", gateway.host, "--forget").code == 1


def test_the_certificate_itself_is_printed_and_vouches_for_the_gateway(
    forebay: Forebay, gateway: Emulated, tmp_path: Path
) -> None:
    outcome = forebay("trust", gateway.host, "--pem")
    assert outcome.out.startswith("-----BEGIN CERTIFICATE-----\n")

    pem = tmp_path / "gateway.pem"
    pem.write_text(outcome.out)
    assert forebay("soe", "--host", gateway.host, "--cacert", pem).code == 0


def setup_answers(gateway: Emulated, password: str | None = None, agree: str = "yes") -> str:
    return f"{gateway.host}\n{agree}\n{gateway.password if password is None else password}\n"


def test_setup_asks_shows_tries_and_writes_what_only_the_owner_reads(
    forebay: Forebay, emulate: Emulate, home: Path
) -> None:
    gateway, file = emulate(), home / "kept/forebay.toml"
    outcome = forebay("setup", "--config", file, stdin=setup_answers(gateway))

    assert (outcome.code, outcome.out) == (0, "")
    assert gateway.fingerprint in outcome.err
    assert "Firmware 21.44." in outcome.err
    assert "The log-in works." in outcome.err
    assert gateway.password not in outcome.err
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    written = tomllib.loads(file.read_text())["gateway"]
    assert (written["host"], written["password"]) == (gateway.host, gateway.password)
    assert forebay("status", "--config", file).code == 0


def test_setup_without_a_file_named_writes_the_users_own(forebay: Forebay, emulate: Emulate, home: Path) -> None:
    gateway = emulate()
    assert forebay("setup", stdin=setup_answers(gateway)).code == 0

    assert (home / ".config/forebay/forebay.toml").is_file()
    assert forebay("soe").code == 0


def test_setup_with_a_wrong_password_writes_nothing(forebay: Forebay, emulate: Emulate, home: Path) -> None:
    gateway, file = emulate(), home / "forebay.toml"
    outcome = forebay("setup", "--config", file, stdin=setup_answers(gateway, "hunter2"))

    assert outcome.code == 1
    assert "nothing was written" in outcome.err
    assert "hunter2" not in outcome.err
    assert not file.exists()


def test_setup_keeps_the_old_file_when_the_new_password_is_wrong(
    forebay: Forebay, emulate: Emulate, home: Path
) -> None:
    gateway, file = emulate(), home / "forebay.toml"
    forebay("setup", "--config", file, stdin=setup_answers(gateway))
    before = file.read_text()

    again = f"{gateway.host}\nhunter2\n"
    assert forebay("setup", "--config", file, stdin=again).code == 1
    assert file.read_text() == before


def test_setup_of_a_gateway_that_is_not_ours_pins_and_writes_nothing(
    forebay: Forebay, emulate: Emulate, home: Path
) -> None:
    gateway, file = emulate(), home / "forebay.toml"
    outcome = forebay("setup", "--config", file, stdin=setup_answers(gateway, agree="no"))

    assert outcome.code == 1
    assert "nothing was pinned or written" in outcome.err
    assert not file.exists()
    assert forebay("trust", gateway.host, "--json").json["pinned"] is None


def test_setup_whose_input_ends_says_which_question_was_left(forebay: Forebay, home: Path) -> None:
    outcome = forebay("setup", "--config", home / "forebay.toml")

    assert outcome.code == 1
    assert "no answer to “Gateway's name or address”" in outcome.err


def test_setup_of_an_absent_gateway_writes_nothing(forebay: Forebay, home: Path) -> None:
    outcome = forebay("setup", "--config", home / "forebay.toml", stdin="127.0.0.1:1\n")

    assert outcome.code == 1
    assert "refused the connection" in outcome.err
    assert not (home / "forebay.toml").exists()


def test_setup_without_a_password_reads_what_is_public_on_old_firmware(
    forebay: Forebay, emulate: Emulate, home: Path
) -> None:
    gateway, file = emulate("1.40.2"), home / "forebay.toml"
    outcome = forebay("setup", "--config", file, stdin=setup_answers(gateway, ""))

    assert outcome.code == 0
    assert "password" not in tomllib.loads(file.read_text())["gateway"]
    assert gateway.state()["running"]
    assert forebay("status", "--config", file).code == 0


def test_setup_takes_host_password_and_fingerprint_without_asking(
    forebay: Forebay, emulate: Emulate, home: Path, tmp_path: Path
) -> None:
    gateway, secret = emulate(), tmp_path / "secret"
    secret.write_text(f"{gateway.password}\n")
    options = ("--host", gateway.host, "--accept", gateway.fingerprint, "--password-file", secret)

    assert forebay("setup", "--config", home / "forebay.toml", *options).code == 0
    assert forebay("soe", "--config", home / "forebay.toml").code == 0


@pytest.mark.parametrize("is_pinned", [True, False])
@pytest.mark.parametrize("more", [[], ["--fingerprint", "SHOWN"]])
def test_setup_refuses_another_fingerprint_than_the_shown_one_and_names_both(
    forebay: Forebay, emulate: Emulate, home: Path, tmp_path: Path, is_pinned: bool, more: list[str]
) -> None:
    gateway, secret, file = emulate(), tmp_path / "secret", home / "forebay.toml"
    secret.write_text(f"{gateway.password}\n")
    if is_pinned:
        forebay("trust", gateway.host, "--accept", gateway.fingerprint)
    others = [gateway.fingerprint if word == "SHOWN" else word for word in more]
    options = ("--host", gateway.host, "--accept", "ab" * 32, "--password-file", secret, *others)
    outcome = forebay("setup", "--config", file, *options)

    assert outcome.code == 1
    assert gateway.fingerprint in outcome.err
    assert ":".join(["AB"] * 32).lower() in outcome.err.lower()
    assert "nothing was pinned or written" in outcome.err
    assert not file.exists()
    assert (forebay("trust", gateway.host, "--json").json["pinned"] is not None) is is_pinned


def test_setup_tells_the_firmware_and_then_that_the_password_is_refused(
    forebay: Forebay, emulate: Emulate, home: Path
) -> None:
    gateway = emulate()
    outcome = forebay("setup", "--config", home / "forebay.toml", stdin=setup_answers(gateway, "hunter2"))

    lines = outcome.err.splitlines()
    assert any("Firmware 21.44." in line for line in lines)
    assert "nothing was written" in lines[-1]
    assert "hunter2" not in outcome.err
