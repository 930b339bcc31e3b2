"""The dashboard's password: who gets in, who does not, and what an attacker learns."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from forebay.errors import ConfigError
from forebay.store import Store
from forebay.views.web import build
from forebay.views.web.access import (
    GUESSES,
    GUESSES_S,
    MOST_GUESSES,
    SESSION_S,
    Access,
    AccessFile,
    Role,
    hashed,
    load,
    new_token,
    save,
)

PASSWORD, LOOKING = "a sentence is a fine password", "somebody may look at it"
HOME = "http://127.0.0.1:8480"


class Hand:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture(scope="module")
def content() -> AccessFile:
    return AccessFile(
        passwords={Role.OWNER: hashed(PASSWORD), Role.VIEWER: hashed(LOOKING)}, tokens=(new_token("grafana")[1],)
    )


@pytest.fixture
def hand() -> Hand:
    return Hand()


Ask = Callable[..., httpx.Response]


@pytest.fixture
def door(store: Store, static: Path, content: AccessFile, hand: Hand) -> Callable[..., Starlette]:
    def make(**settings: Any) -> Starlette:
        access = Access(settings.pop("content", content), hand)
        return build(store, static_dir=static, access=access, **settings)

    return make


def ask(
    app: Starlette,
    path: str,
    *,
    method: str = "GET",
    address: str = "192.0.2.7",
    form: Mapping[str, str] | None = None,
    raw: bytes | None = None,
    base: str = HOME,
    **headers: str,
) -> httpx.Response:
    async def go() -> httpx.Response:
        transport = httpx.ASGITransport(app, client=(address, 5555))
        async with httpx.AsyncClient(transport=transport, base_url=base) as client:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return await client.request(method, path, data=form, content=raw, headers=named)

    return asyncio.run(go())


def log_in(app: Starlette, password: str = PASSWORD, **more: Any) -> httpx.Response:
    return ask(app, "/login", method="POST", form={"password": password}, **more)


def cookie(answer: httpx.Response) -> str:
    return answer.headers["set-cookie"].split(";")[0]


@pytest.mark.parametrize(
    "path",
    [
        "/api/now",
        "/api/day",
        "/api/days",
        "/api/events",
        "/api/me",
        "/api/nothing",
        "/icon.svg",
        "/assets/index-abc123.js",
    ],
)
def test_a_stranger_gets_nothing(door: Callable[..., Starlette], path: str) -> None:
    answer = ask(door(), path)

    assert answer.status_code == 401
    assert set(answer.json()) == {"error", "advice"}


def test_a_browser_is_sent_to_the_log_in_page(door: Callable[..., Starlette]) -> None:
    sent = ask(door(), "/", accept="text/html")
    page = ask(door(), "/login", accept="text/html")

    assert (sent.status_code, sent.headers["location"]) == (303, "./login")
    assert page.status_code == 200
    assert 'type="password"' in page.text
    assert "script" not in page.text
    assert "form-action 'self'" in page.headers["content-security-policy"]


@pytest.mark.parametrize(("password", "role"), [(PASSWORD, "owner"), (LOOKING, "viewer")])
def test_a_password_opens_a_session(door: Callable[..., Starlette], password: str, role: str) -> None:
    app = door()
    opened = log_in(app, password)
    flags = {part.strip().lower() for part in opened.headers["set-cookie"].split(";")[1:]}

    assert (opened.status_code, opened.headers["location"]) == (303, "./")
    assert {"httponly", "samesite=strict", "path=/"} <= flags
    assert "secure" not in flags
    assert ask(app, "/", accept="text/html", cookie=cookie(opened)).status_code == 200
    assert ask(app, "/api/me", cookie=cookie(opened)).json() == {"role": role, "can_log_out": True}


def test_over_tls_the_cookie_never_leaves_it(door: Callable[..., Starlette]) -> None:
    assert "Secure" in log_in(door(is_secure=True)).headers["set-cookie"]


def test_logging_out_ends_the_session_on_the_server(door: Callable[..., Starlette]) -> None:
    app = door()
    session = cookie(log_in(app))
    out = ask(app, "/logout", method="POST", cookie=session)

    assert out.status_code == 303
    assert ask(app, "/api/me", cookie=session).status_code == 401


def test_a_session_ends_a_month_after_the_last_visit(door: Callable[..., Starlette], hand: Hand) -> None:
    app = door()
    session = cookie(log_in(app))
    hand.now_s += SESSION_S - 1
    visited = ask(app, "/api/me", cookie=session).status_code
    hand.now_s += SESSION_S - 1
    again = ask(app, "/api/me", cookie=session).status_code
    hand.now_s += SESSION_S + 1

    assert (visited, again, ask(app, "/api/me", cookie=session).status_code) == (200, 200, 401)


@pytest.mark.parametrize("password", ["", "wrong", PASSWORD + " ", PASSWORD[:-1], "\udcff", "x" * 2000])
def test_a_wrong_password_opens_nothing(door: Callable[..., Starlette], password: str) -> None:
    raw = b"password=" + password.encode("utf-8", "surrogatepass")
    answer = ask(door(), "/login", method="POST", raw=raw, content_type="application/x-www-form-urlencoded")

    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert "That is not the password." in answer.text
    assert PASSWORD not in answer.text


def test_guessing_is_stopped_for_the_address_and_not_for_others(door: Callable[..., Starlette], hand: Hand) -> None:
    app = door()
    tried = [log_in(app, f"guess number {n}").status_code for n in range(GUESSES + 3)]
    right = log_in(app)
    elsewhere = log_in(app, address="192.0.2.8")
    hand.now_s += GUESSES_S + 1

    assert tried == [401] * GUESSES + [429] * 3
    assert (right.status_code, 0 < int(right.headers["retry-after"]) <= GUESSES_S) == (429, True)
    assert elsewhere.status_code == 303
    assert log_in(app).status_code == 303


def test_many_addresses_together_cannot_guess_for_ever(content: AccessFile, hand: Hand) -> None:
    access = Access(content, hand)
    allowed = 0
    for number in range(10_000):
        if access.wait_s(f"2001:db8::{number:x}") == 0:
            access.guess(f"2001:db8::{number:x}")
            allowed += 1

    assert allowed == MOST_GUESSES
    assert len(access._wrong) <= 1024


async def test_guesses_side_by_side_count_all_the_same(door: Callable[..., Starlette]) -> None:
    transport = httpx.ASGITransport(door(), client=("192.0.2.7", 5555))
    async with httpx.AsyncClient(transport=transport, base_url=HOME) as client:
        answers = await asyncio.gather(
            *(client.post("/login", data={"password": f"guess number {n}"}) for n in range(20))
        )

    assert sorted(answer.status_code for answer in answers) == [401] * GUESSES + [429] * (20 - GUESSES)


async def test_guesses_whose_bodies_come_late_and_together_count_all_the_same(
    door: Callable[..., Starlette],
) -> None:
    app, waiting, go = door(), 0, asyncio.Event()

    async def late(number: int) -> AsyncIterator[bytes]:
        nonlocal waiting
        waiting += 1
        await go.wait()
        yield f"password=guess+number+{number}".encode()

    transport = httpx.ASGITransport(app, client=("192.0.2.7", 5555))
    async with httpx.AsyncClient(transport=transport, base_url=HOME) as client, asyncio.timeout(30):
        tries = [asyncio.create_task(client.post("/login", content=late(n))) for n in range(20)]
        while waiting < len(tries):
            await asyncio.sleep(0)
        go.set()
        answers = await asyncio.gather(*tries)

    assert sorted(answer.status_code for answer in answers) == [401] * GUESSES + [429] * (20 - GUESSES)


async def test_a_stream_ends_with_the_session_that_opened_it(door: Callable[..., Starlette]) -> None:
    app = door()
    transport = httpx.ASGITransport(app, client=("192.0.2.7", 5555))
    async with httpx.AsyncClient(transport=transport, base_url=HOME) as client, asyncio.timeout(20):
        opened = await client.post("/login", data={"password": PASSWORD})
        stream = asyncio.create_task(client.get("/api/events", headers={"cookie": cookie(opened)}))
        while not app.state.streams._open:
            await asyncio.sleep(0.01)
        await client.post("/logout", headers={"cookie": cookie(opened)})
        answer = await stream

    assert answer.status_code == 200
    assert answer.text.startswith("retry:")


@pytest.mark.parametrize("beside", ['prefs={"a": 1}', "a b=c", "x[y]=1", "a=b=c", '"=', "novalue"])
def test_cookies_of_the_hosts_other_programs_lock_nobody_out(door: Callable[..., Starlette], beside: str) -> None:
    app = door()
    session = cookie(log_in(app))

    for both in (f"{beside}; {session}", f"{session}; {beside}"):
        assert ask(app, "/api/me", cookie=both).status_code == 200


@pytest.mark.parametrize("path", ["/", "/api/now", "/api/events", "/login", "/icon.svg"])
async def test_no_websocket_is_opened(door: Callable[..., Starlette], path: str) -> None:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message["type"])

    scope = {
        "type": "websocket",
        "path": path,
        "headers": [(b"host", b"127.0.0.1")],
        "query_string": b"",
        "root_path": "",
    }
    for app in (door(), door(content=AccessFile())):
        await app(scope, receive, send)

    assert sent == ["websocket.close"] * 2


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "cross-site", "origin": HOME},
    ],
)
@pytest.mark.parametrize("path", ["/login", "/logout"])
def test_another_site_cannot_log_anybody_in_or_out(
    door: Callable[..., Starlette], path: str, headers: dict[str, Any]
) -> None:
    app = door()
    session = cookie(log_in(app))
    answer = ask(app, path, method="POST", form={"password": PASSWORD}, cookie=session, **headers)

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert ask(app, "/api/me", cookie=session).status_code == 200


def test_behind_a_proxy_that_asks_by_its_own_name_a_browser_logs_in(door: Callable[..., Starlette]) -> None:
    told = {"origin": "https://home.example", "sec_fetch_site": "same-origin"}

    assert log_in(door(), **told).status_code == 303


@pytest.mark.parametrize("path", ["/api/now", "/", "/assets/index-abc123.js", "/login/", "/login/x"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_no_other_path_takes_a_post(door: Callable[..., Starlette], method: str, path: str) -> None:
    app = door()

    assert ask(app, path, method=method, cookie=cookie(log_in(app))).status_code == 405


@pytest.mark.parametrize(
    "value",
    ["", "forebay_session=", "forebay_session=x", 'forebay_session="', "forebay_session=\x7f;;=;", "a=b; " * 99],
)
def test_a_strange_cookie_is_a_stranger(door: Callable[..., Starlette], value: str) -> None:
    assert ask(door(), "/api/me", cookie=value).status_code == 401


def test_a_token_opens_the_api_to_look_and_a_wrong_one_nothing(door: Callable[..., Starlette]) -> None:
    token, granted = new_token("grafana")
    app = door(content=AccessFile(passwords={Role.OWNER: hashed(PASSWORD)}, tokens=(granted,)))

    assert ask(app, "/api/me", authorization=f"Bearer {token}").json() == {"role": "viewer", "can_log_out": True}
    for wrong in (f"Bearer {token}x", "Bearer ", "Bearer", f"Basic {token}", token, f"Bearer {granted.sha256}"):
        assert ask(app, "/api/me", authorization=wrong).status_code == 401


def test_a_body_without_end_is_cut_off(door: Callable[..., Starlette]) -> None:
    assert ask(door(), "/login", method="POST", raw=b"password=" + b"x" * 100_000).status_code == 413


def test_behind_a_proxy_with_a_prefix_everything_has_its_place(door: Callable[..., Starlette]) -> None:
    app = door(prefix="/forebay", hosts=("home.example",))
    base = "https://home.example"
    slash = ask(app, "/forebay", base=base, accept="text/html")
    sent = ask(app, "/forebay/", base=base, accept="text/html")
    opened = ask(app, "/forebay/login", method="POST", form={"password": PASSWORD}, base=base, origin=base)

    assert (slash.status_code, slash.headers["location"]) == (308, "/forebay/")
    assert (sent.status_code, sent.headers["location"]) == (303, "./login")
    assert "Path=/forebay/" in opened.headers["set-cookie"]
    assert ask(app, "/forebay/api/me", base=base, cookie=cookie(opened)).status_code == 200
    assert ask(app, "/forebay/api/me", base="https://evil.example", cookie=cookie(opened)).status_code == 421


def test_without_a_password_there_is_no_door(door: Callable[..., Starlette]) -> None:
    app = door(content=AccessFile())

    assert ask(app, "/api/me").json() == {"role": "owner", "can_log_out": False}
    assert ask(app, "/login", method="POST", form={"password": "x"}).status_code == 405


def test_the_file_holds_no_secret_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    token, granted = new_token("grafana")
    save(tmp_path / "state" / "page.json", AccessFile(passwords={Role.OWNER: hashed(PASSWORD)}, tokens=(granted,)))
    raw = (tmp_path / "state" / "page.json").read_text()

    assert PASSWORD not in raw
    assert token not in raw
    assert stat.S_IMODE((tmp_path / "state" / "page.json").stat().st_mode) == 0o600
    assert load(tmp_path / "state" / "page.json").tokens == (granted,)


@pytest.mark.parametrize(
    "text", ["", "{", '{"passwords": {"owner": "clear"}}', '{"more": 1}', '{"passwords": {"root": {}}}']
)
def test_a_damaged_file_never_opens_the_door(tmp_path: Path, text: str) -> None:
    (tmp_path / "page.json").write_text(text)

    with pytest.raises(ConfigError, match=r"page\.json"):
        load(tmp_path / "page.json")


def test_a_short_password_is_refused() -> None:
    with pytest.raises(ConfigError, match="at least 10 characters"):
        hashed("123456789")
