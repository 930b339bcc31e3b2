"""Record and replay: a capture tells nothing of the house (serials, networks, names, place)."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.capture.conftest import Captured, open_answers, words_of

from forebay import emulator as gallery
from forebay.client import standins
from forebay.client.redaction import Redactor, Withheld, assigned
from forebay.emulator.home_file import load_home
from forebay.wire import catalogue, vitals
from forebay.wire.codec import decode
from forebay.wire.firmware import PROFILES, parse_version

NAMES = [profile.name for profile in PROFILES]


def forms(word: str) -> list[bytes]:
    """A word as it is and as it may hide."""
    raw = word.encode()
    shown = [raw, json.dumps(word)[1:-1].encode(), json.dumps(word, ensure_ascii=False)[1:-1].encode()]
    go = (
        json.dumps(word, ensure_ascii=False)[1:-1]
        .replace("&", "\\u0026")
        .replace("<", "\\u003c")
        .replace(">", "\\u003e")
    )
    hidden = [raw.hex().encode(), raw.hex().upper().encode(), base64.b64encode(raw).rstrip(b"=")]
    return [*shown, go.encode(), quote(word, safe="").encode(), *(form for form in hidden if len(raw) >= 5)]


def all_bytes(folder: Path) -> bytes:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return b"\n".join(
        [*(path.read_bytes() for path in files), *(str(path.relative_to(folder)).encode() for path in files)]
    )


@pytest.mark.parametrize("firmware", NAMES)
async def test_no_planted_word_is_anywhere_in_a_capture(captured: Captured, tmp_path: Path, firmware: str) -> None:
    folder = tmp_path / "capture"

    _, _, work, device = await captured(firmware, folder=folder)

    stored = all_bytes(folder)
    heard = {
        raw.path: json.loads(raw.reply.body) for raw in work.gathered.answers if raw.reply.body[:1] in (b"{", b"[")
    }
    told = b"\n".join(raw.reply.body for raw in work.gathered.answers)
    words = [*words_of(device), *open_answers(heard)]
    assert sum(word.encode() in told for word in words) > 8  # the gateway does tell them
    assert [word for word in words for form in forms(word) if form in stored] == []


@pytest.mark.parametrize("firmware", NAMES)
async def test_a_redacted_answer_is_still_of_its_rows_form(captured: Captured, firmware: str) -> None:
    index, bodies, work, _ = await captured(firmware)

    version = parse_version(firmware)
    raw = {(one.row.name, number): one for number, one in enumerate(work.gathered.answers)}
    assert len(raw) == len(index.answers)
    for number, answer in enumerate(index.answers):
        row = catalogue.BY_NAME[answer.row]
        before = raw[answer.row, number].reply
        assert answer.status == before.status, answer.path
        if answer.status != 200:
            continue
        body = bodies.get(answer.body, b"")
        assert shape(decode(row, body)) == shape(decode(row, before.body)), (answer.path, version)
        if row is catalogue.VITALS:
            assert [d.kind for d in vitals.decode(body)] == [d.kind for d in vitals.decode(before.body)]


def shape(model: object) -> object:
    """A model with every text, and every key of a table of texts, left out."""
    if isinstance(model, bytes):
        return b""
    if isinstance(model, str):
        return "text"
    plain = (
        msgspec.to_builtins(model, enc_hook=lambda value: value.value, builtin_types=(bytes,))
        if hasattr(model, "__struct_fields__")
        else model
    )
    if isinstance(plain, str):
        return "text"
    if isinstance(plain, list | tuple):
        return [shape(item) for item in plain]
    if isinstance(plain, dict):
        return [shape(item) for item in plain.values()]
    return plain


@pytest.mark.parametrize("firmware", ["1.40.2", "21.44"])
async def test_what_says_nothing_of_the_house_is_kept_to_the_byte(captured: Captured, firmware: str) -> None:
    kept = {"AGGREGATES", "STATE_OF_ENERGY", "GRID_STATUS", "SITEMASTER", "OPERATION", "SOLAR_BRANDS", "PACK_STATUS"}

    index, bodies, work, _ = await captured(firmware)

    told = {raw.path: raw.reply.body for raw in work.gathered.answers}
    same = {answer.row for answer in index.answers if bodies.get(answer.body, b"") == told.get(answer.path)}
    assert kept <= same


async def test_a_serial_number_has_one_stand_in_in_bodies_paths_vitals_and_refusals(captured: Captured) -> None:
    index, bodies, _work, device = await captured("21.44")

    by_path = {answer.path: answer for answer in index.answers}
    din = json.loads(bodies[by_path["/api/status"].body])["din"]
    gateway = vitals.decode(bodies[by_path["/api/devices/vitals"].body])[0]
    meters = json.loads(bodies[by_path["/api/meters"].body])
    assert din == f"1232100-00-E--{gateway.serial_number}" == gateway.din.partition("--")[2] == meters[0]["short_id"]
    assert len(gateway.serial_number) == len(device.serial)
    rating = by_path[f"/api/meters/{meters[0]['serial']}/ct_config"]
    assert rating.status == 500


async def test_an_unknown_member_of_an_unknown_firmware_tells_nothing() -> None:
    body = {
        "nickname": "Villa Kunterbunt",
        "extra": {"installerContact": {"line1": "12 Elm Street", "tel": "0664 123 4567"}},
        "serialNumber2": 8675309123,
        "position": {"latitude": 48.2082, "lng": "16.3738"},
        "notes": ["call Pippi", "BATTERY_IDLE", "2026-01-01T00:00:00Z", "12h3m4.5s"],
        "MAC of eth7": "aa:bb:cc:dd:ee:01",
        "host": "fe80::1234:5678:9abc:def0",
        "power_w": -21.449996948242188,
        "zero": -0.0,
        "raw": 432406325129904128,
    }
    raw = msgspec.json.encode(body).replace(b"-0.0", b"-0")
    redactor = Redactor()
    redactor.learn("STATUS", "/api/status", raw)

    out = redactor.body("STATUS", raw)

    for secret in (
        b"Villa",
        b"Kunterbunt",
        b"Elm",
        b"0664",
        b"8675309123",
        b"48.2082",
        b"16.37",
        b"Pippi",
        b"aa:bb",
        b"9abc",
    ):
        assert secret not in out, secret
    for kept in (
        b"-21.449996948242188",
        b'"zero":-0',
        b"432406325129904128",
        b"BATTERY_IDLE",
        b"2026-01-01",
        b"12h3m4.5s",
    ):
        assert kept in out, kept
    assert list(json.loads(out)) == list(body)


def test_json_in_a_string_and_addresses_in_base64_are_reached_too() -> None:
    packed = base64.b64encode(bytes([10, 20, 30, 41])).decode()
    inner = json.dumps([{"name": "FaultDetail", "value": "unit TG1999888777AA", "units": "V"}])
    raw = msgspec.json.encode({"decoded_alert": inner, "IP": packed, "Mask": "////AA==", "ip": "10.20.30.41"})
    redactor = Redactor()
    redactor.learn("NETWORKS", "/api/networks", raw)

    out = json.loads(redactor.body("NETWORKS", raw))

    assert "TG1999888777AA" not in out["decoded_alert"]
    assert json.loads(out["decoded_alert"])[0]["name"] == "FaultDetail"
    assert base64.b64decode(out["IP"]) == bytes(map(int, out["ip"].split(".")))
    assert (out["IP"], out["Mask"]) != (packed, "")
    assert out["Mask"] == "////AA=="


PEM = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIAbCdEfGh0123\n-----END EC PRIVATE KEY-----\n"


def test_of_a_secret_not_even_its_form_is_told() -> None:
    told = {
        "password": "Short1", "wifiPassphrase": "correct horse battery", "session": {"api_token": "aB3" * 20},
        "https_conf": {"client_key": PEM, "server_ca_cert": "/etc/site/certs/meter.ca"}, "empty": {"password": ""},
        "comment": "it is Short1",
    }  # fmt: skip
    raw = json.dumps(told).encode()
    redactor = Redactor()
    redactor.learn("NETWORKS", "/api/networks", raw)

    once = redactor.body("NETWORKS", raw)
    out = json.loads(once)

    assert [out["password"], out["wifiPassphrase"], out["session"]["api_token"]] == ["redacted"] * 3
    assert out["https_conf"] == {"client_key": "redacted", "server_ca_cert": "/etc/site/certs/meter.ca"}
    assert out["empty"] == {"password": ""}
    assert "Short1" not in out["comment"]
    again = Redactor()
    again.learn("NETWORKS", "/api/networks", once)
    assert again.body("NETWORKS", once) == once


@pytest.mark.parametrize("body", [b"\x89PNG\r\n\x1a\n\xff", b"<html>Villa</html>", b"{" * 200, b'{"a":1'])
def test_a_body_that_nobody_can_read_is_withheld(body: bytes) -> None:
    redactor = Redactor()
    redactor.learn("STATUS", "/api/status", body)

    if body.isascii() and b"<" not in body:
        assert redactor.body("STATUS", body)  # short words, in which private forms are looked for
    else:
        with pytest.raises(Withheld):
            redactor.body("STATUS", body)


def test_what_every_gateway_lists_is_taken_out_of_the_list_and_left_elsewhere() -> None:
    companies = (
        b'[{"company":"Solar","customer_id":"AN-0000001"},{"company":"Backup Power","customer_id":"AN-0000002"}]'
    )
    own = b'{"company":"Backup Power","customer_id":"AN-0000002","phone":"","wiring":"Side"}'
    other = b'{"error":"Solar meter of Backup Power not found","message":"x"}'
    redactor = Redactor()
    for row, body in (("INSTALLER_COMPANIES", companies), ("INSTALLER", own), ("METERS", other)):
        redactor.learn(row, "/api/x", body)

    listed, said = redactor.body("INSTALLER_COMPANIES", companies), redactor.body("METERS", other)

    assert b"Solar" not in listed
    assert b"Backup Power" not in listed + redactor.body("INSTALLER", own) + said
    assert b"Solar meter of" in said


def test_a_build_is_no_secret_wherever_it_stands() -> None:
    status = b'{"version":"21.44 223a56cd","git_hash":"223a56cd575b7b19bad7e12a4ebad0eb52d1f50a"}'
    check = b'{"results":{"/etc/commit":"223a56cd575b7b19bad7e12a4ebad0eb52d1f50a","SYNC.git_hash":"223a56cd575b7b"}}'
    redactor = Redactor()
    redactor.learn("POWERWALLS", "/api/powerwalls", check)
    redactor.learn("STATUS", "/api/status", status)

    assert redactor.body("STATUS", status) == status
    assert redactor.body("POWERWALLS", check) == check


@pytest.mark.evidence
@pytest.mark.parametrize("state", ["running", "stopped"])
def test_captured_replies_keep_their_words_and_lose_their_masks(evidence: Path, state: str) -> None:
    redactor = Redactor()
    replies: list[tuple[str, bytes]] = []
    for file in sorted((evidence / "21.44" / state).glob("*.json")):
        path = "/api/" + file.stem.replace(".", "/")
        row = catalogue.find("GET", path)
        replies.append((row.name if row else "UNKNOWN", file.read_bytes()))
        redactor.learn(replies[-1][0], path, replies[-1][1])

    out = b"".join(redactor.body(row, body) for row, body in replies)
    told = b"".join(body for _, body in replies)

    assert b"<<GATEWAY_TSN>>" in told
    assert b"<<" not in out
    kept = ("Grid_", "PINV_", "SystemGridConnected", "223a56cd", "CAN", "0001-01-01T00:00:00Z", "1232100-00-E", "ACPW")
    assert {word: out.count(word.encode()) for word in kept} == {word: told.count(word.encode()) for word in kept}
    assert out.count(b"\n") == told.count(b"\n")


SERIALS = st.from_regex(r"[A-Z]{2}\d{6,12}[A-Z0-9]{0,3}", fullmatch=True)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=4, max_size=40).filter(
    lambda word: sum(char.isalnum() for char in word) >= 4 and word.strip() == word
)


@given(serial=SERIALS, site=WORDS, ssid=WORDS, city=WORDS, note=WORDS)
def test_random_words_vanish_wherever_they_stand(serial: str, site: str, ssid: str, city: str, note: str) -> None:
    secrets = [serial, site, ssid, city, note]
    first = msgspec.json.encode({"serial": serial, "site_name": site, "ssid": ssid, "city": city, "remark": note})
    second = msgspec.json.encode({"error": f"meter {serial} of ({site}), {ssid}; {city} / {note}.", "code": 500})
    redactor = Redactor()
    redactor.learn("STATUS", "/api/status", first)
    redactor.learn("METERS", f"/api/meters/{quote(serial)}/cts", second)

    outs = [json.loads(redactor.body("STATUS", first)), json.loads(redactor.body("METERS", second))]
    path = redactor.path(f"/api/meters/{quote(serial)}/cts")

    fresh = set(outs[0].values())
    for secret in secrets:
        harmless = secret in fresh or any(secret in word for word in fresh)  # it has the form of a stand-in
        if secret == note and outs[0]["remark"] == note:
            continue  # a word of the vocabulary, or no word at all
        assert harmless or secret not in path
        assert harmless or not any(secret in str(value) for out in outs for value in out.values()), (secret, outs)


@given(st.lists(WORDS | SERIALS | st.emails() | st.ip_addresses(v=4).map(str), unique=True, max_size=60))
def test_what_is_redacted_already_stays_as_it_is(words: list[str]) -> None:
    once = assigned(words)
    again = assigned(once.values())

    if len(set(once.values())) == len(once):
        assert list(again.values()) == list(once.values())


@pytest.mark.parametrize(
    ("word", "stand_in"),
    [
        ("TG120325001234", "XX000000000005"),
        ("Lake house", "Xxxx xxxxe"),
        ("10.1.2.3", "198.18.0.5"),
        ("AA:bb:CC:00:11:22", "02:00:00:00:00:05"),
        ("a@b.example", "owner5@example.com"),
        ("94000", "00005"),
        ("7", "5"),
    ],
)
def test_a_stand_in_has_the_form_of_its_word(word: str, stand_in: str) -> None:
    assert standins.stand_in(word, 5) == stand_in
    assert standins.stand_in(stand_in, 5) == stand_in


@pytest.mark.parametrize(
    ("zone", "plain"),
    [
        ("Europe/Vaduz", "Etc/GMT-1"),
        ("America/Los_Angeles", "Etc/GMT+8"),
        ("Asia/Kolkata", "Etc/GMT-5"),
        ("UTC", "Etc/UTC"),
        ("Mars/Olympus", "Etc/UTC"),
        ("Australia/Sydney", "Etc/GMT-10"),
    ],
)
def test_a_time_zone_keeps_its_standard_time_and_loses_its_place(zone: str, plain: str) -> None:
    assert standins.zone_stand_in(zone) == plain == standins.zone_stand_in(plain)


GALLERY = sorted((Path(gallery.__file__).parent / "gallery").glob("*.toml"))


@pytest.mark.parametrize("file", GALLERY, ids=lambda file: file.stem)
async def test_no_home_of_the_gallery_is_told_by_its_capture(captured: Captured, tmp_path: Path, file: Path) -> None:
    home = load_home(file)
    folder = tmp_path / "capture"

    index, _, work, device = await captured(home=home, folder=folder)

    stored = all_bytes(folder)
    good = [raw for raw in work.gathered.answers if raw.reply.status == 200 and raw.reply.body[:1] in (b"{", b"[")]
    heard = {raw.path: json.loads(raw.reply.body) for raw in good}
    # a short number, such as a zip, is also what some meter says; two letters, such as "US", are part of many words
    told = (*words_of(device), *open_answers(heard))
    words = [word for word in told if len(word) > 2 and not word.replace(".", "").isdecimal()]
    assert len(index.answers) > 2
    assert [word for word in words for form in forms(word) if form in stored] == []
