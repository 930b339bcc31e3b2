"""`forebay doctor`: each thing that can be wrong is named, with what to do."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.cli.conftest import Emulate, Emulated, Forebay

from forebay.records.reading import Reading
from forebay.store import Store


def verdicts(forebay: Forebay, *arguments: str | Path) -> dict[str, list[str]]:
    outcome = forebay("doctor", "--json", *arguments)
    found: dict[str, list[str]] = {"ok": [], "wrong": [], "note": []}
    for finding in outcome.json:
        found[finding["verdict"]].append(f"{finding['words']} → {finding['advice']}")
    assert outcome.code == (1 if found["wrong"] else 0)
    return found


def test_a_healthy_gateway_is_exit_0(forebay: Forebay, gateway: Emulated) -> None:
    found = verdicts(forebay, "--host", gateway.host)
    out = forebay("doctor", "--host", gateway.host).out

    assert found["wrong"] == []
    assert any("firmware 21.44" in words for words in found["ok"])
    assert any("the meters are read" in words for words in found["ok"])
    assert "✓ the meters are read" in out
    assert "✗" not in out


@pytest.mark.parametrize("status", [404, 403])
def test_a_restricted_gateway_is_healthy(
    forebay: Forebay, emulate: Emulate, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    gateway = emulate("restricted", restricted=status)
    monkeypatch.setenv("FOREBAY_PASSWORD", gateway.password)
    found = verdicts(forebay, "--host", gateway.host)

    assert found["wrong"] == []
    assert any("a restricted gateway" in words for words in found["note"])
    assert any("the meters are read" in words for words in found["ok"])
    assert not any("/api/operation" in words for words in found["note"]), "what it has not is said once"


def test_an_absent_gateway_is_named_with_what_to_check(forebay: Forebay) -> None:
    outcome = forebay("doctor", "--host", "127.0.0.1:1")

    assert outcome.code == 1
    assert "✗ 127.0.0.1:1 refused the connection" in outcome.out
    assert "→ Is the host right" in outcome.out


def test_a_wrong_password_is_named_and_not_shown(
    forebay: Forebay, gateway: Emulated, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOREBAY_PASSWORD", "hunter2")
    outcome = forebay("doctor", "--host", gateway.host)

    assert outcome.code == 1
    assert "bad credentials" in outcome.out
    assert "hunter2" not in outcome.out + outcome.err


def test_a_missing_password_is_named(forebay: Forebay, emulate: Emulate) -> None:
    found = verdicts(forebay, "--host", emulate().host)

    assert any("no password is known" in words and "forebay setup" in words for words in found["wrong"])


def test_a_stopped_house_is_named_with_the_way_to_run_it(forebay: Forebay, gateway: Emulated) -> None:
    forebay("call", "POST", "/api/sitemaster/stop", "--host", gateway.host, "--body", '{"force":true}', "--yes")
    found = verdicts(forebay, "--host", gateway.host)

    (stopped,) = [words for words in found["wrong"] if "nothing charges, discharges or is measured" in words]
    assert "forebay call GET /api/sitemaster/run --yes" in stopped


def test_a_changed_certificate_is_named_with_both_fingerprints(
    forebay: Forebay, emulate: Emulate, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = emulate()
    monkeypatch.setenv("FOREBAY_PASSWORD", first.password)
    forebay("soe", "--host", first.host)
    first.close()
    second = emulate(port=first.port, state="another")
    (changed,) = verdicts(forebay, "--host", second.host)["wrong"]

    assert first.fingerprint in changed
    assert f"--accept {second.fingerprint}" in changed


def test_old_firmware_is_looked_at_without_a_log_in(forebay: Forebay, emulate: Emulate) -> None:
    gateway = emulate("1.40.2")
    found = verdicts(forebay, "--host", gateway.host)

    assert found["wrong"] == []
    assert any("a log-in stops the Powerwall" in words for words in found["note"])


def test_settings_that_others_may_read_are_named(forebay: Forebay, gateway: Emulated, home: Path) -> None:
    file = home / "forebay.toml"
    file.write_text(f'[gateway]\nhost = "{gateway.host}"\npassword = "{gateway.password}"\n')
    file.chmod(0o644)
    (wrong,) = verdicts(forebay)["wrong"]

    assert "others may read the password" in wrong
    assert "chmod 600" in wrong


def test_a_setting_that_cannot_be_read_is_the_only_finding(forebay: Forebay, home: Path) -> None:
    (home / "forebay.toml").write_text("[gateway]\nhost = 5\n")
    (wrong,) = verdicts(forebay)["wrong"]

    assert "forebay.toml: gateway.host: " in wrong


def test_a_record_that_is_damaged_is_named(forebay: Forebay, home: Path) -> None:
    (home / "broken.db").write_bytes(b"this is not a database" * 100)
    (wrong,) = verdicts(forebay, "--db", home / "broken.db")["wrong"]

    assert "broken.db" in wrong


def _recorded(home: Path, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    db = home / "forebay.db"
    (home / "forebay.toml").write_text(f'[store]\npath = "{db}"\n')
    monkeypatch.setenv("FOREBAY_CONFIG", str(home / "forebay.toml"))
    with Store.open(db) as store:
        store.append(store.gateway_id("house"), Reading(at=at, load_power_w=400.0))


@pytest.mark.parametrize(("ago", "verdict"), [(timedelta(seconds=5), "ok"), (timedelta(hours=3), "note")])
def test_a_record_that_nobody_goes_on_with_is_named(
    forebay: Forebay, gateway: Emulated, home: Path, monkeypatch: pytest.MonkeyPatch, ago: timedelta, verdict: str
) -> None:
    _recorded(home, datetime.now(UTC) - ago, monkeypatch)
    found = verdicts(forebay, "--host", gateway.host)

    (words,) = [one for one in found[verdict] if "recorded up to" in one]
    assert ("start `forebay up`" in words) == (verdict == "note")


def test_a_disk_without_room_for_the_record_is_named(
    forebay: Forebay, gateway: Emulated, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _recorded(home, datetime.now(UTC), monkeypatch)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=4096))
    found = verdicts(forebay, "--host", gateway.host)

    assert any("forebay.db is full: 0.0 MB are left → make room" in words for words in found["wrong"])


def test_a_kept_log_in_is_named_and_the_password_tried_only_when_asked(
    forebay: Forebay, gateway: Emulated, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOREBAY_PASSWORD", gateway.password)
    first = verdicts(forebay, "--host", gateway.host)
    assert not any("the password was not tried" in words for words in first["note"]), "it just was"
    monkeypatch.setenv("FOREBAY_PASSWORD", "hunter2")

    kept = verdicts(forebay, "--host", gateway.host)
    assert kept["wrong"] == []
    (said,) = [words for words in kept["note"] if "the password was not tried" in words]
    assert "forebay doctor --login" in said
    tried = verdicts(forebay, "--host", gateway.host, "--login")
    (refused,) = tried["wrong"]
    assert "the log-in is refused" in refused
    assert "forebay setup" in refused
    assert not any("the password was not tried" in words for words in tried["note"])
    monkeypatch.setenv("FOREBAY_PASSWORD", gateway.password)
    right = verdicts(forebay, "--host", gateway.host, "--login")
    assert right["wrong"] == []
    assert any("the log-in works" in words for words in right["ok"])
