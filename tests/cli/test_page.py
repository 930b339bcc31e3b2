"""`forebay page`: passwords and tokens of the dashboard, and a page that is never open to a network without one."""

from __future__ import annotations

import asyncio
import ssl
import stat
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from tests.cli.conftest import Forebay

from forebay.emulator.certificate import CERTIFICATE_FILE, KEY_FILE, certificate_at
from forebay.errors import ConfigError, Unreachable
from forebay.run import House, Page, Recording, record_and_show
from forebay.views.web.access import Role, load

PASSWORD = "a sentence is a fine password"
TWICE = f"{PASSWORD}\n{PASSWORD}\n"


@pytest.fixture
def file(home: Path) -> Path:
    return home / "state" / "page-access.json"


def test_a_password_is_set_asked_for_twice_and_never_an_argument(forebay: Forebay, file: Path) -> None:
    outcome = forebay("page", "password", stdin=TWICE)

    assert (outcome.code, "the owner's password is set" in outcome.out) == (0, True)
    assert PASSWORD not in outcome.out + outcome.err + file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert set(load(file).passwords) == {Role.OWNER}
    assert forebay("page", "password", PASSWORD).code == 1


@pytest.mark.parametrize(
    ("words", "stdin", "said"),
    [
        (("password",), "short\nshort\n", "at least 10 characters"),
        (("password",), f"{PASSWORD}\nanother one than that\n", "the two differ"),
        (("password",), "", "the input ended"),
        (("password", "--viewer"), TWICE, "set the owner's password first"),
        (("password", "--remove"), "", "there is no password"),
        (("token", "grafana"), "", "has no password, so a token opens nothing"),
        (("revoke", "grafana"), "", "no token of this name"),
        (("token",), "", "takes the name of a token"),
        (("show", "--viewer"), "", "go with `forebay page password`"),
    ],
)
def test_what_makes_no_sense_changes_nothing(
    forebay: Forebay, file: Path, words: tuple[str, ...], stdin: str, said: str
) -> None:
    outcome = forebay("page", *words, stdin=stdin)

    assert (outcome.code, said in outcome.err) == (1, True)
    assert not file.exists()


def test_tokens_are_shown_once_listed_by_name_and_revoked(forebay: Forebay, file: Path) -> None:
    forebay("page", "password", stdin=TWICE)
    forebay("page", "password", "--viewer", stdin=TWICE)
    made = forebay("page", "token", "grafana", "--json")
    again = forebay("page", "token", "grafana")
    shown = forebay("page", "show")
    kept = forebay("page", "password", "--remove")
    revoked = forebay("page", "revoke", "grafana")

    assert len(made.json["token"]) > 40
    assert made.json["token"] not in file.read_text() + shown.out
    assert (again.code, "there is a token of this name" in again.err) == (1, True)
    assert shown.out.splitlines() == ["password  owner", "password  viewer", "token     grafana"]
    assert (kept.code, revoked.code, load(file).tokens) == (0, 0, ())


class Nobody:
    """A gateway that is not there."""

    async def call(self, _: Any, /) -> Any:
        raise Unreachable("nobody is there")


async def shown(recording: Recording, path: str, **settings: Any) -> httpx.Response:
    stop, ready = asyncio.Event(), asyncio.get_running_loop().create_future()
    task = asyncio.create_task(record_and_show([House(Nobody(), "g")], recording, stop=stop, ready=ready.set_result))
    await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        await task
    try:
        async with httpx.AsyncClient(trust_env=False, **settings) as client:
            return await client.get(ready.result() + path)
    finally:
        stop.set()
        await task


@pytest.mark.parametrize("bind", ["0.0.0.0", "::", "192.0.2.1", "localhost.example"])
async def test_a_page_for_the_network_needs_a_password(tmp_path: Path, bind: str) -> None:
    recording = Recording(db=tmp_path / "forebay.db", bind=bind, port=0, page=Page(access=tmp_path / "no"))

    with pytest.raises(ConfigError, match="set a password first with `forebay page password`"):
        await record_and_show([House(Nobody(), "g")], recording, stop=asyncio.Event(), ready=print)
    assert not (tmp_path / "forebay.db").exists()


async def test_the_page_speaks_tls_with_a_certificate_that_is_given(tmp_path: Path) -> None:
    certificate_at(tmp_path, ("127.0.0.1",))
    page = Page(certificate=tmp_path / CERTIFICATE_FILE, key=tmp_path / KEY_FILE, prefix="/forebay")
    recording = Recording(db=tmp_path / "forebay.db", port=0, page=page)
    trusting = ssl.create_default_context(cafile=str(tmp_path / CERTIFICATE_FILE))

    answer = await shown(recording, "api/me", verify=trusting)
    assert (answer.url.scheme, answer.status_code, answer.json()["role"]) == ("https", 200, "owner")


@pytest.mark.parametrize(
    ("certificate", "key", "words"),
    [
        ("no.pem", "no.pem", r"page\.key: .*; both are PEM files, the key without a password"),
        (CERTIFICATE_FILE, None, r"page\.certificate: holds no key; name it in page\.key"),
        (CERTIFICATE_FILE, CERTIFICATE_FILE, r"page\.key: .*; both are PEM files"),
        (CERTIFICATE_FILE, "locked.key", r"page\.key: .*; both are PEM files, the key without a password"),
        (None, KEY_FILE, r"page\.key: goes with page\.certificate, which is not given"),
        (CERTIFICATE_FILE, "lost.pem", r"page\.certificate, page\.key: .*lost\.pem: no such file"),
        (CERTIFICATE_FILE, "folder", r"page\."),
    ],
)
async def test_a_certificate_or_key_that_is_none_is_named_before_anything_is_recorded(
    tmp_path: Path, certificate: str | None, key: str | None, words: str
) -> None:
    certificate_at(tmp_path, ())
    (tmp_path / "no.pem").write_text("no")
    (tmp_path / "folder").mkdir()
    own = load_pem_private_key((tmp_path / KEY_FILE).read_bytes(), None)
    locked = own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    (tmp_path / "locked.key").write_bytes(locked)
    files = [None if name is None else tmp_path / name for name in (certificate, key)]
    page = Page(certificate=files[0], key=files[1])

    with pytest.raises(ConfigError, match=words):
        await shown(Recording(db=tmp_path / "forebay.db", port=0, page=page), "")
    assert not (tmp_path / "forebay.db").exists()


@pytest.mark.parametrize(("prefix", "statuses"), [("", [401] * 5 + [429]), ("/forebay", [401] * 6)])
async def test_who_guesses_cannot_say_from_where_unless_a_proxy_is_told_of(
    forebay: Forebay, file: Path, tmp_path: Path, prefix: str, statuses: list[int]
) -> None:
    await asyncio.to_thread(forebay, "page", "password", stdin=TWICE)
    recording = Recording(db=tmp_path / "forebay.db", port=0, page=Page(access=file, prefix=prefix))
    stop, ready = asyncio.Event(), asyncio.get_running_loop().create_future()
    task = asyncio.create_task(record_and_show([House(Nobody(), "g")], recording, stop=stop, ready=ready.set_result))
    try:
        async with httpx.AsyncClient(trust_env=False) as client:
            address = await ready
            told = [
                await client.post(
                    f"{address}login", data={"password": "guess"}, headers={"X-Forwarded-For": f"198.51.100.{n}"}
                )
                for n in range(6)
            ]
    finally:
        stop.set()
        await task
    assert [answer.status_code for answer in told] == statuses
