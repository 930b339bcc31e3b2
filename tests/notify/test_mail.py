"""Mail, handed to a server on loopback: what it says, and what is said when that fails."""

from __future__ import annotations

import base64
import email
import email.policy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.notify.sent import MESSAGE, SECRET, failure
from tests.notify.servers import MailServer, identity

from forebay.errors import ConfigError, NotDelivered
from forebay.notify.channels import channel as channel_module
from forebay.notify.channels import email as email_module
from forebay.notify.channels.email import Email
from forebay.notify.settings import EmailSettings


def mailer(port: int, **more: Any) -> Email:
    known = {"host": "127.0.0.1", "port": port, "sender": "house@example.org", "receivers": ("me@example.net",)}
    return Email(EmailSettings(**{**known, **more}), "notify.email[0]")


def parsed(raw: bytes) -> Any:
    return email.message_from_bytes(raw, policy=email.policy.default)


async def test_a_mail_is_taken_with_starttls_and_a_log_in(tmp_path: Path) -> None:
    mine, password = identity(tmp_path), tmp_path / "password"
    password.write_text(f"{SECRET}\n")
    async with MailServer(tls=mine.server_context(), password=SECRET).serving() as server:
        me = mailer(server.port, ca=mine.pem, username="house", password_file=password)
        await me.send(MESSAGE)
    ((sender, receivers, raw),) = server.mails
    mail = parsed(raw)
    assert (sender, receivers) == ("house@example.org", ["me@example.net"])
    assert mail["Subject"] == "Casa Größe: Grid lost"
    assert mail["Message-ID"] == f"<{MESSAGE.id}@example.org>"
    assert mail["Date"].datetime == MESSAGE.at
    assert mail["Auto-Submitted"] == "auto-generated"
    assert MESSAGE.text in mail.get_content()
    assert [verb for verb in server.verbs if verb.startswith(("AUTH", "QUIT"))] == ["AUTH+tls", "QUIT+tls"]


async def test_a_mail_is_taken_over_implicit_tls_by_several(tmp_path: Path) -> None:
    mine = identity(tmp_path)
    async with MailServer(tls=mine.server_context(), is_implicit=True).serving() as server:
        to = ("a@example.net", "b@example.net")
        await mailer(server.port, tls="implicit", ca=mine.pem, receivers=to).send(MESSAGE)
    assert server.mails[0][1] == list(to)


async def test_a_server_that_does_not_offer_tls_gets_neither_password_nor_mail(tmp_path: Path) -> None:
    mine = identity(tmp_path)
    (tmp_path / "password").write_text(SECRET)
    async with MailServer(tls=mine.server_context(), offers_starttls=False, password=SECRET).serving() as server:
        me = mailer(server.port, ca=mine.pem, username="house", password_file=tmp_path / "password")
        await failure(me.send(MESSAGE))
    assert server.mails == []
    assert not [verb for verb in server.verbs if verb.startswith(("AUTH", "MAIL"))]


async def test_a_mail_server_nobody_vouches_for_gets_nothing(tmp_path: Path) -> None:
    mine = identity(tmp_path)
    async with MailServer(tls=mine.server_context()).serving() as server:
        error = await failure(mailer(server.port).send(MESSAGE))
    assert "certificate is not to be trusted" in str(error)
    assert not [verb for verb in server.verbs if verb.startswith("MAIL")]


async def test_a_refused_log_in_does_not_repeat_the_password(tmp_path: Path) -> None:
    (tmp_path / "password").write_text(SECRET)
    async with MailServer(password="another").serving() as server:
        me = mailer(server.port, tls="none", username="house", password_file=tmp_path / "password")
        error = await failure(me.send(MESSAGE))
    assert "the log-in was refused (535" in str(error)
    assert base64.b64encode(f"\0house\0{SECRET}".encode()).decode() not in str(error)
    assert not error.is_refused


@pytest.mark.parametrize(
    ("fails", "words", "is_refused"),
    [
        ({"MAIL": "451 later"}, "answered 451 later", False),
        ({"MAIL": "550 never"}, "answered 550 never", True),
        ({"body": "554 looks like spam"}, "answered 554 looks like spam", True),
        ({"RCPT": "450 busy"}, "no receiver was accepted (450)", False),
        ({"greeting": "554 go away"}, "go away", None),
        ({"EHLO": "cut"}, "", None),
        ({"DATA": "cut"}, "", None),
        ({"MAIL": "hang"}, "no answer in time", False),
        ({"EHLO": "hang"}, "no answer in time", False),
    ],
    ids=str,
)
async def test_a_mail_server_that_fails_is_said_in_words(
    fails: dict[str, str], words: str, is_refused: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(email_module, "SEND_S", 1.0)
    async with MailServer(fails=fails).serving() as server:
        error = await failure(mailer(server.port, tls="none").send(MESSAGE))
    assert words in str(error)
    assert is_refused is None or error.is_refused is is_refused
    assert server.mails == []


async def test_a_receiver_that_is_refused_does_not_make_the_others_get_it_twice() -> None:
    async with MailServer().serving() as server:
        await mailer(server.port, tls="none", receivers=("me@example.net", "unknown@example.net")).send(MESSAGE)
    assert [receivers for _, receivers, _ in server.mails] == [["me@example.net"]]


async def test_no_word_of_a_gateway_becomes_a_header(tmp_path: Path) -> None:
    """The words are plain before they come here; should one not be, the mail is refused and not sent."""
    evil = replace(MESSAGE, house="Casa\r\nBcc: evil@example.org")
    async with MailServer().serving() as server:
        with pytest.raises((ValueError, NotDelivered)):
            await mailer(server.port, tls="none").send(evil)
    assert server.mails == []


def test_mail_in_clear_is_for_this_computer_alone() -> None:
    for host in ("127.0.0.1", "::1", "localhost"):
        mailer(25, host=host, tls="none")
    for host in ("192.168.1.2", "mail.example.org", "localhost.example.org", "127.0.0.1.example.org"):
        with pytest.raises(ConfigError):
            mailer(25, host=host, tls="none")
    assert channel_module.is_loopback("[::1]")


def test_a_mail_is_shown_as_it_would_be_sent() -> None:
    assert "Subject: Casa Größe: Grid lost" in mailer(25, tls="none").shown(MESSAGE)
