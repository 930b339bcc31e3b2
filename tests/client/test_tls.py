"""Whom the client trusts, and what it says when it does not."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from forebay.client.address import Address, parse_address
from forebay.client.gateway import Gateway
from forebay.client.tls import Certificate, InsecureWarning, Trust, fetch_certificate, parse_fingerprint
from forebay.errors import CertificateChanged, CertificateUnknown, ConfigError, Unreachable
from forebay.wire import catalogue

if TYPE_CHECKING:
    from pathlib import Path

    from tests.client.conftest import FakeGateway, MakeTls, Meet, Serve, ServeBytes

    from forebay.clock import SimClock


async def test_a_fetched_certificate_tells_fingerprint_names_and_end(fake: FakeGateway) -> None:
    shown = await fetch_certificate("127.0.0.1", fake.port)

    assert parse_fingerprint(shown.sha256.replace(":", "").upper()) == shown.sha256
    assert len(shown.sha256) == 32 * 3 - 1
    assert shown.names == ("teg", "powerwall", "powerpack")
    assert shown.not_after.year == 2044
    assert shown.pem.startswith("-----BEGIN CERTIFICATE-----")
    assert fake.server_names == ["powerwall"]
    assert not fake.seen


@pytest.mark.parametrize(
    ("host", "name"),
    [("teg", "teg"), ("powerpack", "powerpack"), ("192.168.91.1", "powerwall"), ("battery.example", "powerwall")],
)
def test_the_server_name_sent_is_one_that_gateways_know(host: str, name: str) -> None:
    assert Address(host).server_name == name


async def test_requests_ask_for_a_name_that_gateways_know(fake: FakeGateway, meet: Meet) -> None:
    async with meet(fake) as gw:
        await gw.identify()

    assert set(fake.server_names) == {"powerwall"}


async def test_the_first_certificate_is_shown_and_pinned_in_a_private_file(
    fake: FakeGateway, meet: Meet, state_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with meet(fake) as gw:
        await asyncio.gather(gw.identify(), gw.call(catalogue.REGISTRATION))
        fingerprint = await gw.fingerprint()

    file = state_dir / "known_gateways.json"
    assert json.loads(file.read_text())[f"127.0.0.1:{fake.port}"] == {
        "fingerprint": fingerprint,
        "pinned_at": "2026-06-21T06:00:00Z",
    }
    assert file.stat().st_mode & 0o777 == 0o600
    assert [record.levelno for record in caplog.records if fingerprint in record.message] == [logging.WARNING]


async def test_a_callback_sees_the_certificate_before_it_is_pinned_and_may_refuse(
    fake: FakeGateway, meet: Meet, state_dir: Path
) -> None:
    def refuse(shown: Certificate) -> None:
        raise CertificateUnknown("no, thanks", fingerprint=shown.sha256)

    async with meet(fake, on_first_use=refuse) as gw:
        with pytest.raises(CertificateUnknown, match="no, thanks"):
            await gw.identify()

    assert not (state_dir / "known_gateways.json").exists()
    assert not fake.seen


async def test_a_stranger_is_asked_about_where_that_is_the_policy(
    fake: FakeGateway, meet: Meet, state_dir: Path
) -> None:
    async with meet(fake, first_use="ask") as gw:
        with pytest.raises(CertificateUnknown) as caught:
            await gw.identify()
        fingerprint = await gw.fingerprint()
        assert caught.value.fingerprint == fingerprint
        assert f"forebay trust 127.0.0.1:{fake.port} --accept {fingerprint}" in str(caught.value)
        assert not fake.seen

        Trust(state_dir).accept(gw.address, fingerprint)
        await gw.identify()


async def test_a_changed_certificate_is_refused_before_anything_is_sent_until_it_is_accepted(
    serve: Serve, meet: Meet, make_tls: MakeTls, state_dir: Path
) -> None:
    fake = await serve()
    async with meet(fake) as gw:
        await gw.login()
        before = await gw.fingerprint()
    await fake.stop()
    impostor = await serve(tls=make_tls()[0], port=fake.port)

    async with meet(impostor) as gw:
        with pytest.raises(CertificateChanged) as caught:
            await gw.call(catalogue.OPERATION)
        now = await gw.fingerprint()
        assert not impostor.seen
        assert (caught.value.pinned, caught.value.presented) == (before, now)
        for word in (before, now, f"forebay trust 127.0.0.1:{fake.port} --accept {now}"):
            assert word in str(caught.value)

        Trust(state_dir).accept(gw.address, now)
        await gw.identify()

    assert impostor.seen


async def test_an_explicit_fingerprint_needs_no_pin_and_leaves_none(
    fake: FakeGateway, meet: Meet, state_dir: Path
) -> None:
    shown = await fetch_certificate("127.0.0.1", fake.port)

    async with meet(fake, fingerprint=shown.sha256.upper()) as gw:
        await gw.identify()
    async with meet(fake, fingerprint="00" * 32) as gw:
        with pytest.raises(CertificateChanged):
            await gw.identify()

    assert not (state_dir / "known_gateways.json").exists()


async def test_a_pem_file_with_text_around_it_vouches_for_the_gateway(
    serve: Serve, meet: Meet, make_tls: MakeTls
) -> None:
    tls, pem = make_tls()
    fake = await serve(tls=tls)
    pem.write_text(f"CONNECTED(00000003)\n---\n{pem.read_text()}---\nDONE\n")

    async with meet(fake, cacert=pem) as gw:
        await gw.identify()


async def test_a_name_missing_in_the_certificate_is_explained_with_the_names_it_has(
    serve: Serve, meet: Meet, make_tls: MakeTls
) -> None:
    tls, pem = make_tls("teg", "powerpack")
    fake = await serve(tls=tls)

    async with meet(fake, cacert=pem) as gw:
        with pytest.raises(CertificateUnknown, match=r"asked for 'powerwall', its certificate .* teg, powerpack;"):
            await gw.identify()
    async with meet(fake, cacert=pem, server_name="teg") as gw:
        await gw.identify()


async def test_a_pem_file_of_another_gateway_shows_both_fingerprints(
    fake: FakeGateway, meet: Meet, make_tls: MakeTls
) -> None:
    _, other = make_tls()

    async with meet(fake, cacert=other) as gw:
        with pytest.raises(CertificateChanged, match="does not vouch for") as caught:
            await gw.identify()
        assert caught.value.presented == await gw.fingerprint()

    assert caught.value.pinned in str(caught.value)
    assert caught.value.pinned != caught.value.presented


async def test_a_certificate_that_ran_out_is_explained(serve: Serve, meet: Meet, make_tls: MakeTls) -> None:
    tls, pem = make_tls(days=30)
    fake = await serve(tls=tls)

    async with meet(fake, cacert=pem) as gw:
        with pytest.raises(CertificateUnknown, match=r"not valid now .* 2020-01-31"):
            await gw.identify()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read"),
        ("nothing here", "holds no certificate"),
        ("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----", "cacert"),
    ],
)
async def test_an_unusable_pem_file_is_named(
    fake: FakeGateway, meet: Meet, tmp_path: Path, content: str | None, words: str
) -> None:
    file = tmp_path / "cacert.pem"
    if content is not None:
        file.write_text(content)

    async with meet(fake, cacert=file) as gw:
        with pytest.raises(ConfigError, match=rf"cacert\.pem.*{words}|{words}.*cacert\.pem"):
            await gw.identify()


async def test_checking_nothing_is_possible_and_warned_about(
    fake: FakeGateway, meet: Meet, state_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.warns(InsecureWarning, match="not checked"):
        client = meet(fake, insecure=True)
    async with client as gw:
        await gw.identify()

    assert "not checked" in caplog.text
    assert not (state_dir / "known_gateways.json").exists()


def test_ways_of_trust_exclude_each_other(fake: FakeGateway, meet: Meet) -> None:
    with pytest.raises(ConfigError, match="exclude each other"):
        meet(fake, insecure=True, fingerprint="00" * 32)


def test_pins_of_two_gateways_stand_side_by_side_and_can_be_forgotten(state_dir: Path, clock: SimClock) -> None:
    trust, one, two = Trust(state_dir, clock=clock), Address("powerwall"), Address("powerwall", 8443)
    trust.accept(one, "aa" * 32)
    trust.accept(two, "bb" * 32)

    assert set(trust.known()) == {"powerwall:443", "powerwall:8443"}
    assert trust.pinned(one) == ":".join(["aa"] * 32)
    assert trust.forget(one)
    assert not trust.forget(one)
    assert trust.pinned(one) is None
    assert trust.pinned(two) == ":".join(["bb"] * 32)


async def test_a_damaged_list_of_pins_is_an_error_and_never_a_new_first_use(
    fake: FakeGateway, meet: Meet, state_dir: Path
) -> None:
    state_dir.mkdir()
    (state_dir / "known_gateways.json").write_text("{")

    async with meet(fake) as gw:
        with pytest.raises(ConfigError, match=r"known_gateways\.json"):
            await gw.identify()

    assert not fake.seen


@pytest.mark.parametrize("text", ["", "ab:cd", "zz" * 32, "ab" * 33])
def test_what_is_no_fingerprint_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="not a SHA-256 fingerprint"):
        parse_fingerprint(text)


async def test_a_plain_port_is_no_gateway(serve_bytes: ServeBytes) -> None:
    port = await serve_bytes(b"HTTP/1.1 400 no\r\n\r\n")

    with pytest.raises(Unreachable, match="TLS failed"):
        await fetch_certificate("127.0.0.1", port, timeout_s=1)


async def test_a_port_that_says_nothing_is_given_up_in_time(serve_bytes: ServeBytes) -> None:
    port = await serve_bytes(b"")

    with pytest.raises(Unreachable, match="did not answer in time"):
        await fetch_certificate("127.0.0.1", port, timeout_s=0.1)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("powerwall", Address("powerwall")),
        ("192.168.1.9:8443", Address("192.168.1.9", 8443)),
        ("https://Powerwall/", Address("powerwall")),
        ("https://powerwall:8443", Address("powerwall", 8443)),
        ("[fe80::1]:8443", Address("fe80::1", 8443)),
        ("fe80::1", Address("fe80::1")),
    ],
)
def test_a_host_may_be_written_in_many_ways(text: str, address: Address) -> None:
    assert parse_address(text) == address
    assert parse_address(str(address)) == address


@pytest.mark.parametrize(
    "text", ["", "http://powerwall", "powerwall:x", "a b", "https://user@powerwall", "powerwall/x"]
)
def test_what_is_no_host_is_refused_with_its_text(text: str) -> None:
    with pytest.raises(ConfigError, match="gateway host"):
        parse_address(text)


_SCRIPT = """
import asyncio, sys
from forebay import Gateway, catalogue

async def main():
    async with Gateway("127.0.0.1", "56789", port=int(sys.argv[1])) as gw:
        print((await gw.call(catalogue.STATE_OF_ENERGY)).percentage.value)

asyncio.run(main())
"""


async def test_proxies_and_ca_bundles_in_the_environment_change_nothing(fake: FakeGateway, tmp_path: Path) -> None:
    garbage = tmp_path / "bundle.pem"
    garbage.write_text("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")
    nowhere = "http://127.0.0.1:9"
    traps = {
        **dict.fromkeys(("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"), str(garbage)),
        "SSL_CERT_DIR": str(tmp_path / "missing"),
        **dict.fromkeys(("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"), nowhere),
        "FOREBAY_STATE_DIR": str(tmp_path / "kept"),
    }
    traps["PYTHONPATH"] = os.pathsep.join(sys.path)

    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-W",
        "error",
        "-c",
        _SCRIPT,
        str(fake.port),
        env={**os.environ, **traps},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    out, err = await process.communicate()

    assert out == b"42.5\n", err.decode()
    assert sorted(file.name.split("-")[0] for file in (tmp_path / "kept").iterdir() if file.name[0] != ".") == [
        "known_gateways.json",
        "session",
    ]


async def test_a_given_fingerprint_is_not_said_to_be_changed_by_trusting(
    fake: FakeGateway, clock: SimClock, state_dir: Path
) -> None:
    wrong = ":".join(["00"] * 32)
    async with Gateway("127.0.0.1", port=fake.port, fingerprint=wrong, clock=clock, state_dir=state_dir) as gw:
        with pytest.raises(CertificateChanged) as caught:
            await gw.identify()

    assert "gateway.fingerprint in the settings" in str(caught.value)
    assert "forebay trust" not in str(caught.value)
    assert caught.value.presented in str(caught.value)
