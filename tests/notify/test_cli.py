"""`forebay notify`: who is told what, and a message to try it."""

from __future__ import annotations

import asyncio
import json
import os
from datetime import date
from pathlib import Path

import pytest
from tests.exchange.downloads import power_file
from tests.notify.conftest import ISLAND, Home
from tests.notify.servers import Broker, MailServer, asked, receiver

from forebay.cli import main

SECRET = "Qx7-very-secret"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith(("FOREBAY_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("FOREBAY_CONFIG", str(tmp_path / "forebay.toml"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, text: str) -> None:
    (folder / "forebay.toml").write_text(text, "utf-8")


def channels(webhook: int, mail: int, broker: int) -> str:
    return f"""
[[notify.webhook]]
name = "phone"
url = "http://127.0.0.1:{webhook}/{SECRET}"
[[notify.email]]
host = "127.0.0.1"
port = {mail}
tls = "none"
from = "house@example.org"
to = ["me@example.org"]
[[notify.mqtt]]
host = "127.0.0.1"
port = {broker}
tls = false
"""


def test_a_test_reaches_every_channel_and_says_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mail, broker = MailServer(), Broker()
    with receiver() as (port, got), asked(mail, broker):
        write(folder, channels(port, mail.port, broker.port))
        code = main(["notify", "test"])
    out = capsys.readouterr().out

    assert code == 0, out
    assert [line.split()[:2] for line in out.splitlines()] == [
        ["delivered", "phone,"],
        ["delivered", "email,"],
        ["delivered", "mqtt,"],
    ]
    ((path, document),) = got
    assert path == f"/{SECRET}"
    assert (document["kind"], document["rule"], document["title"]) == ("test", "grid", "TEST: Grid lost")
    assert document["text"].startswith("This is a test; nothing has happened.")
    assert b"Subject: home: TEST: Grid lost" in mail.mails[0][2]
    ((topic, _, qos, retain),) = broker.got
    assert (topic, qos, retain) == ("forebay/notify/home/grid", 1, False)


def test_a_channel_that_fails_is_named_and_the_others_are_tried(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mail, broker = MailServer(fails={"RCPT": "550 nobody"}), Broker(failure="refuse")
    with receiver() as (port, got), asked(mail, broker):
        write(folder, channels(port, mail.port, broker.port))
        code = main(["notify", "test", "--json"])
    rows = json.loads(capsys.readouterr().out)

    assert code == 1
    assert [row["delivered"] for row in rows] == [True, False, False]
    assert "no receiver was accepted (550)" in rows[1]["problem"]
    assert len(got) == 1


def test_one_channel_and_one_rule_can_be_tried(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with receiver() as (port, got):
        write(folder, channels(port, 1, 1) + "[notify.rules.charge_below]\npercent = 35")
        assert main(["notify", "test", "--channel", "phone", "--rule", "charge_below"]) == 0
    assert got[0][1]["title"] == "TEST: Battery below 35 %"


@pytest.mark.parametrize(
    "rule",
    ["grid", "charge_below", "reserve_reached", "alert", "gateway_silent", "production_missing", "capacity_dropped"],
)
def test_what_would_be_sent_is_shown_for_every_rule_and_nothing_is_sent(
    folder: Path, capsys: pytest.CaptureFixture[str], rule: str
) -> None:
    with receiver() as (port, got):
        write(folder, channels(port, 1, 1))
        assert main(["notify", "test", "--show", "--rule", rule]) == 0
    said = capsys.readouterr()
    assert got == []
    assert f"forebay/notify/home/{rule} (QoS 1)" in said.out
    assert f'"rule":"{rule}"' in said.out
    assert SECRET not in said.out + said.err


def test_no_secret_shows_however_much_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "headers").write_text(f"Authorization: Bearer {SECRET}\n")
    write(folder, f'[[notify.webhook]]\nurl = "http://127.0.0.1:1/{SECRET}?t={SECRET}"\nheaders_file = "headers"\n')
    for arguments in (
        ["notify"],
        ["notify", "--json"],
        ["notify", "test", "-v"],
        ["notify", "test", "--show", "--json"],
    ):
        main(arguments)
    said = capsys.readouterr()
    assert SECRET not in said.out + said.err + caplog.text
    assert "http://127.0.0.1:1/…" in said.out


def test_the_list_says_what_is_on_how_it_stands_and_what_was_told(
    folder: Path, home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder, '[notify]\nquiet = "22:00-07:00"\n[notify.rules.alert]\non = false\n' + channels(1, 1, 1))
    home.reads()
    for _ in range(5):
        home.reads(grid_state=ISLAND)
    home.deliver()
    home.store.flush()
    assert main(["notify", "--db", str(home.path)]) == 0
    out = capsys.readouterr().out
    assert "grid                urgent, its end too" in out
    assert "since 2026-06-21 14:00" in out
    assert "alert               off" in out
    assert "2026-06-21 14:00  home  Grid lost  kept  sent" in out
    assert "Quiet hours are 22:00-07:00" in out

    assert main(["notify", "--json", "--db", str(home.path)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [row["rule"] for row in found["rules"] if any(one["since"] for one in row["now"])] == ["grid"]
    assert [(row["title"], row["state"]) for row in found["told"]] == [("Grid lost", "sent")]


def test_the_list_works_before_anything_was_recorded(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, "")
    assert main(["notify"]) == 0
    assert "No channel is set up, so nobody is told" in capsys.readouterr().out


def test_imported_history_is_no_news(folder: Path, home: Home) -> None:
    """Two sunny weeks, then days without any sun, all of them before the first reading."""
    write(folder, "")
    home.reads()
    for day in range(1, 20):
        file = power_file(folder, date(2026, 6, day))
        if day > 15:
            file.write_text(file.read_text().replace(",4000.0,", ",0.0,"))
    home.store.close()
    assert main(["import", "cloud", str(folder / "power"), "--apply", "--db", str(home.path)]) == 0
    home.restart()
    home.reads()
    assert home.passes(minutes=5) == []
    assert home.deliver() == []
    home.store.flush()


def test_the_doctor_says_what_could_not_be_told(folder: Path, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    named = '[[notify.webhook]]\nname = "kept"\nurl = "http://127.0.0.1:1/" \n'
    write(folder, f'[gateway]\nhost = "127.0.0.1:1"\n{named}')
    home.reads()
    for _ in range(5):
        home.reads(grid_state=ISLAND)
    home.channel.refuse("the door is closed")
    asyncio.run(home.notifier.couriers[0].deliver())
    home.store.flush()
    main(["doctor", "--db", str(home.path)])
    out = capsys.readouterr().out
    assert "✗ a notification for kept waits: the door is closed" in out
    assert "→ forebay notify test --channel kept" in out
    assert "others may read the address of a webhook" in out

    home.channel.failure = None
    home.deliver()
    home.store.flush()
    main(["doctor", "--db", str(home.path)])
    assert "✓ notifications for kept go to http://127.0.0.1:1/…" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["test", "--channel", "nobody"], "there is no channel nobody; there are phone, email, mqtt"),
        (["test", "--rule", "gird"], "there is no rule gird; there are grid, charge_below"),
        (["--rule", "grid"], "go with `forebay notify test`"),
        (["list", "--show"], "go with `forebay notify test`"),
    ],
    ids=str,
)
def test_what_cannot_be_tried_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    write(folder, channels(1, 1, 1))
    assert main(["notify", *arguments]) == 1
    assert words in capsys.readouterr().err


def test_a_test_without_channels_says_what_to_write(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, "")
    assert main(["notify", "test"]) == 1
    assert "no channel is set up: write [[notify.webhook]]" in capsys.readouterr().err
