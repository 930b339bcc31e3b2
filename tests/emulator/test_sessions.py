"""Who may log in, what a token is worth, and when it is over."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from forebay.emulator.device import Device
from forebay.emulator.home import GatewayTable, Home
from forebay.emulator.refusal import Refused
from forebay.emulator.sessions import MOST_SESSIONS, Sessions, has_cookie, read_login
from forebay.wire.endpoint import Access
from forebay.wire.site import Login

MakeDevice = Callable[..., Device]


def bearer(token: str) -> list[tuple[bytes, bytes]]:
    return [(b"authorization", f"Bearer {token}".encode())]


def owner(device: Device) -> Login:
    return Login(username="customer", password=device.password)


def refused(sessions: Sessions, request: Login) -> Refused:
    with pytest.raises(Refused) as caught:
        sessions.log_in(request)
    return caught.value


def test_a_token_is_64_bytes_in_88_characters(make_device: MakeDevice) -> None:
    device = make_device()
    token = Sessions(device).log_in(owner(device)).token

    assert len(token) == 88
    assert token.endswith("==")
    assert len(base64.urlsafe_b64decode(token)) == 64


def test_the_same_seed_gives_the_same_tokens_and_another_seed_others(make_device: MakeDevice) -> None:
    def tokens(seed: int) -> list[str]:
        device = make_device(seed=seed)
        sessions = Sessions(device)
        return [sessions.log_in(owner(device)).token for _ in range(3)]

    assert tokens(1) == tokens(1)
    assert len({*tokens(1), *tokens(2)}) == 6


def test_the_customer_of_21_44_gets_home_owner_the_email_back_and_a_local_time(make_device: MakeDevice) -> None:
    device = make_device()
    session = Sessions(device).log_in(msgspec.structs.replace(owner(device), email="a@b.example"))

    assert session.roles == ("Home_Owner",)
    assert session.email == "a@b.example"
    assert session.loginTime == "2026-06-21T12:00:03-07:00"
    assert Sessions(device).log_in(owner(device)).email == ""


@pytest.mark.parametrize("user", ["", "installer", "customer", "anyone"])
def test_s_and_serial_opens_1_40_2_under_any_name(make_device: MakeDevice, user: str) -> None:
    """S024, S025."""
    device = make_device("1.40.2")
    session = Sessions(device).log_in(Login(username=user, password=f"S{device.serial}", force_sm_off=True))

    assert session.roles == ("Provider_Engineer",)
    assert session.email is None


def test_s_and_serial_opens_nothing_on_21_44(make_device: MakeDevice) -> None:
    """S026."""
    device = make_device()

    no = refused(Sessions(device), Login(username="customer", password=f"S{device.serial}"))
    assert (no.key, no.error) == ("bad_login", "bad credentials")


def test_each_user_needs_the_own_password(make_device: MakeDevice) -> None:
    home = Home(gateway=GatewayTable(password="owner", installer_password="fitter"))
    device = make_device("1.40.2", home=home)
    sessions = Sessions(device)

    assert sessions.log_in(Login(username="customer", password="owner", force_sm_off=True)).roles == ("Home_Owner",)
    assert sessions.log_in(Login(username="installer", password="fitter")).roles == ("Provider_Engineer",)
    for user, password in (("customer", "fitter"), ("installer", "owner"), ("", "owner"), ("customer", "")):
        assert refused(sessions, Login(username=user, password=password)).key == "bad_login"


def test_an_installer_of_21_44_must_touch_the_switch_first(make_device: MakeDevice) -> None:
    device = make_device()
    sessions = Sessions(device)
    fitter = Login(username="installer", password=device.installer_password)

    assert refused(sessions, fitter).key == "needs_toggle"
    device.toggle_switch()
    assert sessions.log_in(fitter).roles == ("Provider_Engineer",)
    device.clock.jump(301)
    assert refused(sessions, fitter).key == "needs_toggle"


def test_a_login_stops_the_house_on_1_40_2_and_not_on_21_44(make_device: MakeDevice) -> None:
    """S103."""
    old, new = make_device("1.40.2"), make_device("21.44")
    Sessions(old).log_in(msgspec.structs.replace(owner(old), force_sm_off=True))
    Sessions(new).log_in(owner(new))

    assert (old.running, new.running) == (False, True)


def test_a_busy_house_of_1_40_2_refuses_a_login_without_force(make_device: MakeDevice) -> None:
    device = make_device("1.40.2")
    device.set_solar_w(0)
    device.set_load_w(9_000)
    sessions = Sessions(device)

    assert refused(sessions, owner(device)).key == "cannot_stop"
    assert device.running
    assert sessions.log_in(msgspec.structs.replace(owner(device), force_sm_off=True)).roles == ("Home_Owner",)


def test_several_tokens_hold_at_once_and_logging_out_ends_one(make_device: MakeDevice) -> None:
    device = make_device()
    sessions = Sessions(device)
    first, second = (sessions.log_in(owner(device)).token for _ in range(2))
    sessions.log_out(bearer(first))

    assert sessions.role_of(bearer(first)) is Access.PUBLIC
    assert sessions.role_of(bearer(second)) is Access.CUSTOMER


def test_a_token_ends_after_a_day_of_the_gateways_own_time(make_device: MakeDevice) -> None:
    device = make_device()
    sessions = Sessions(device)
    token = sessions.log_in(owner(device)).token

    device.clock.jump(86_399)
    assert sessions.role_of(bearer(token)) is Access.CUSTOMER
    device.clock.jump(1)
    assert sessions.role_of(bearer(token)) is Access.PUBLIC


def test_a_token_may_come_in_a_header_a_cookie_or_a_cookie_sent_twice(make_device: MakeDevice) -> None:
    device = make_device()
    sessions = Sessions(device)
    token = sessions.log_in(owner(device)).token
    cookie = f"AuthCookie={token}; UserRecord=x"

    for headers in (
        bearer(token),
        [(b"authorization", f"bearer {token}".encode())],
        [(b"cookie", f"AuthCookie={token}".encode())],
        [(b"cookie", f"{cookie};{cookie}".encode())],
        [(b"cookie", b"UserRecord=x"), (b"cookie", f'AuthCookie="{token}"'.encode())],
        [(b"cookie", f"AuthCookie=old; {cookie}".encode())],
    ):
        assert sessions.role_of(headers) is Access.CUSTOMER, headers
    for headers in ([], bearer("x" + token), [(b"cookie", f"UserRecord={token}".encode())], bearer("")):
        assert sessions.role_of(headers) is Access.PUBLIC, headers
    assert has_cookie([(b"cookie", b"AuthCookie=gone")])
    assert not has_cookie(bearer(token))


def test_ten_failures_lock_everybody_out_for_five_minutes(make_device: MakeDevice) -> None:
    device = make_device()
    sessions = Sessions(device)
    wrong = Login(username="customer", password="wrong")

    assert [refused(sessions, wrong).key for _ in range(10)] == ["bad_login"] * 10
    assert refused(sessions, owner(device)).key == "throttled"
    device.clock.jump(299)
    assert refused(sessions, owner(device)).key == "throttled"
    device.clock.jump(2)
    assert sessions.log_in(owner(device))


def test_failures_older_than_five_minutes_are_forgotten(make_device: MakeDevice) -> None:
    device = make_device()
    sessions = Sessions(device)
    for _ in range(40):
        assert refused(sessions, Login(username="customer", password="wrong")).key == "bad_login"
        device.clock.jump(40)

    assert sessions.log_in(owner(device))


def test_sessions_do_not_grow_without_end(make_device: MakeDevice) -> None:
    device = make_device()
    sessions = Sessions(device)
    first = sessions.log_in(owner(device)).token
    for _ in range(MOST_SESSIONS):
        last = sessions.log_in(owner(device)).token

    assert sessions.role_of(bearer(first)) is Access.PUBLIC
    assert sessions.role_of(bearer(last)) is Access.CUSTOMER


FULL = (
    b'{"username":"customer","password":"p","email":"a@b","force_sm_off":false,"clientInfo":{"timezone":"UTC"},"x":1}'
)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (FULL, ("customer", "p", "a@b")),
        (b' {"password":"p"}', ("", "p", None)),
        (b'{"username":"","password":"a=b"}', ("", "a=b", None)),
        (b"username=customer&password=p%26q&email=a%40b&clientInfo=timezone", ("customer", "p&q", "a@b")),
        (b"username=&password=one&password=two", ("", "one", "")),
    ],
)
def test_a_login_may_be_json_or_a_form(raw: bytes, expected: tuple[Any, ...]) -> None:
    login = read_login(raw)

    email = login.email if isinstance(login.email, str) else None
    assert (login.username, login.password, email) == expected


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b'"x"', b'{"username":1}', b"\xff\xfe", b"\xff=1", b"{" + b'"a":[' * 5000, b"&=" * 100]
)
def test_a_login_that_is_neither_is_refused_as_bad_json(raw: bytes) -> None:
    with pytest.raises(Refused) as caught:
        read_login(raw)

    assert caught.value.key == "bad_json"


def test_passwords_and_tokens_are_in_no_repr(make_device: MakeDevice) -> None:
    device = make_device()
    session = Sessions(device).log_in(owner(device))

    assert session.token not in repr(session)
    assert device.password not in repr(owner(device))
