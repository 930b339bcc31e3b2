"""The control port moves the world, says no in words, and answers this machine only."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.emulator.conftest import trusting

from forebay.emulator.control import is_loopback_host
from forebay.emulator.verbs import VERBS, Verb

Serve = Callable[..., Awaitable[Any]]

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "control-port.md"


@pytest.fixture
async def home(served: Serve) -> Any:
    return await served("1.40.2")


async def state(home: Any) -> Any:
    return (await home.control("GET", "/state")).json


async def test_the_grid_fails_and_returns(home: Any) -> None:
    await home.control("POST", "/grid", {"up": False})
    await home.control("POST", "/time", {"advance_s": 60})
    assert (await home.ask("GET", "/api/system_status/grid_status")).json["grid_status"] == "SystemIslandedActive"

    await home.control("POST", "/grid", {"up": True})
    assert (await home.ask("GET", "/api/system_status/grid_status")).json["grid_status"] == "SystemTransitionToGrid"


async def test_load_and_sun_can_be_fixed_and_given_back(home: Any) -> None:
    await home.control("POST", "/load", {"watts": 2500})
    now = (await home.control("POST", "/solar", {"watts": 0})).json
    assert now["power_w"]["load"] == pytest.approx(2500, abs=1)
    assert now["power_w"]["solar"] <= 0

    now = (await home.control("POST", "/load", {"watts": None})).json
    assert now["overrides"]["load_w"] is None


async def test_clouds_dim_the_sun(home: Any) -> None:
    bright = (await home.control("POST", "/clouds", {"cover": 0})).json["power_w"]["solar"]
    dim = (await home.control("POST", "/clouds", {"cover": 1})).json["power_w"]["solar"]

    assert dim < bright / 2


async def test_the_charge_can_be_set(home: Any) -> None:
    await home.control("POST", "/charge", {"percent": 66.5})

    assert (await home.ask("GET", "/api/system_status/soe")).json["percentage"] == pytest.approx(66.5, abs=0.01)


async def test_advancing_time_lives_through_it(home: Any) -> None:
    await home.control("POST", "/load", {"watts": 1000})
    before = (await home.ask("GET", "/api/meters/aggregates")).json["load"]["energy_imported"]
    await home.control("POST", "/time", {"advance_s": 7200})
    after = (await home.ask("GET", "/api/meters/aggregates")).json["load"]["energy_imported"]

    assert after - before == pytest.approx(2000, abs=2)


async def test_setting_the_clock_back_undoes_nothing(home: Any) -> None:
    before = await home.ask("GET", "/api/meters/aggregates")
    answer = await home.control("POST", "/time", {"set_back_s": 3600})

    assert answer.json["time"].startswith("2026-06-21T18:00:03")
    after = (await home.ask("GET", "/api/meters/aggregates")).json
    assert after["load"]["energy_imported"] >= before.json["load"]["energy_imported"]


async def test_the_pace_of_time_can_be_set(home: Any) -> None:
    assert (await home.control("POST", "/time", {"speed": 60})).json["speed"] == 60
    assert (await home.control("POST", "/time", {"speed": 0})).json["speed"] == 0
    assert (await home.control("POST", "/time", {"release": True})).json["held"] is False


async def test_name_connection_and_switch_show(home: Any) -> None:
    await home.control("POST", "/site", {"name": "Lake house"})
    await home.control("POST", "/connected", {"up": False})
    await home.control("POST", "/switch")

    assert (await home.ask("GET", "/api/site_info/site_name")).json["site_name"] == "Lake house"
    assert (await home.ask("GET", "/api/sitemaster")).json["connected_to_tesla"] is False
    assert home.device.switch_toggled


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.path)
async def test_every_verb_takes_its_example_and_nothing_it_does_not_know(home: Any, verb: Verb) -> None:
    answer = await home.control("POST", verb.path, dict(verb.example))
    assert answer.status == 200
    assert answer.json

    answer = await home.control("POST", verb.path, {**verb.example, "nonsense": 1})
    assert answer.status == 400
    assert '"nonsense"' in answer.json["error"]
    assert all(f'"{key}"' in answer.json["error"] for key in verb.members)
    assert (await home.control("PUT", verb.path)).header("allow") == (
        "GET, POST, DELETE" if verb.name == "faults" else "POST"
    )


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("/grid", {}, '"up" is missing; it must be true or false'),
        ("/grid", {"up": 1}, '"up" must be true or false'),
        ("/grid", [], 'expected a JSON object with "up"'),
        ("/clouds", {"cover": 1.1}, '"cover" must be a number from 0 to 1 or null'),
        ("/load", {"watts": -1}, '"watts" must be a number from 0 to 1,000,000 W or null'),
        ("/load", {"watts": True}, '"watts" must be'),
        ("/charge", {"percent": None}, '"percent" must be a number from 0 to 100 %'),
        ("/site", {"name": ""}, '"name" must be a text of 1 to 120 characters'),
        ("/time", {"speed": 1, "release": True}, "give exactly one of"),
        ("/time", {}, "give exactly one of"),
        ("/time", {"release": False}, '"release" must be true'),
        ("/faults", {"path": "api"}, '"path" must be a text of 1 to 200 characters that starts with / or "*"'),
        ("/faults", {"path": "*", "status": 99}, '"status" must be a whole number from 200 to 599'),
        ("/faults", {"path": "*", "times": 3}, "say more: at least one of"),
        ("/faults", {"status": 503}, '"path" is missing'),
    ],
)
async def test_a_wrong_value_is_400_and_says_what_is_allowed(home: Any, path: str, body: Any, words: str) -> None:
    answer = await home.control("POST", path, body)

    assert answer.status == 400
    assert words in answer.json["error"]


async def test_a_web_page_of_another_site_gets_nothing(home: Any) -> None:
    rebound = "Host: evil.example\r\nContent-Type: application/json\r\n"
    form = "Host: 127.0.0.1\r\nContent-Type: text/plain\r\n"

    assert (await home.control("POST", "/grid", {"up": False}, rebound)).status == 403
    assert (await home.control("POST", "/grid", {"up": False}, form)).status == 415
    assert (await home.control("POST", "/grid", {"up": False}, "Host: localhost:1\r\n")).status == 415
    assert home.device.grid_up


async def test_unknown_paths_list_the_verbs_and_get_the_help(home: Any) -> None:
    missing = await home.control("GET", "/nowhere")
    assert missing.status == 404
    assert "/grid" in missing.json["error"]

    listed = (await home.control("GET", "/")).json
    assert {f"POST {verb.path}" for verb in VERBS} < set(listed)
    assert (await home.control("POST", "/grid", None)).status == 400


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.0.0.1:8", True),
        ("LOCALHOST:80", True),
        ("[::1]:80", True),
        ("::1", False),
        ("10.0.0.1", False),
        ("", False),
        ("127.0.0.1.example", False),
    ],
)
def test_only_loopback_names_pass_as_host(host: str, loopback: bool) -> None:
    assert is_loopback_host(host) is loopback


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl on this machine")
async def test_the_reference_page_is_true_to_the_letter(served: Serve) -> None:
    """Every curl line of the page, run against a gateway, in the page's order."""
    gateway = await served()
    text = PAGE.read_text()
    commands = [line.strip()[2:] for line in text.splitlines() if line.strip().startswith("$ curl")]

    for verb in VERBS:
        assert f"{verb.path}" in text
        assert all(f"`{key}`" in text for key in verb.members), verb.path
        assert any(verb.path in command for command in commands), verb.path
    for command in commands:
        line = command.replace("http://127.0.0.1:9000", gateway.ready.control_url).replace("curl", "curl -sS --fail", 1)
        process = await asyncio.create_subprocess_exec(
            "bash", "-c", line, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        output, _ = await asyncio.wait_for(process.communicate(), 10)
        assert process.returncode == 0, f"{line}\n{output.decode()}"


async def test_a_lockout_refuses_every_login_for_its_time(served: Serve) -> None:
    """A23."""
    home = await served("21.44")
    right = msgspec.json.encode({"username": "customer", "password": home.device.password})
    await home.control("POST", "/lockout", {"seconds": 60})
    locked = (await home.ask("POST", "/api/login/Basic", body=right)).status
    await home.control("POST", "/time", {"advance_s": 61})

    assert locked == 429
    assert (await home.ask("POST", "/api/login/Basic", body=right)).status == 200


async def test_a_password_is_changed_and_sessions_are_ended_from_outside(served: Serve) -> None:
    home = await served("21.44")
    token = await home.token()
    bearer = f"Authorization: Bearer {token}\r\n"

    await home.control("POST", "/password", {"user": "customer", "password": "other"})
    assert (await home.ask("GET", "/api/meters/aggregates", bearer)).status == 200
    old = msgspec.json.encode({"username": "customer", "password": home.device.serial[-5:]})
    assert (await home.ask("POST", "/api/login/Basic", body=old)).status == 401
    assert await home.token(password="other")

    await home.control("POST", "/logout", {})
    assert (await home.ask("GET", "/api/meters/aggregates", bearer)).status == 403


async def test_the_system_is_stopped_and_run_from_outside(home: Any) -> None:
    """S092, S095, S043."""
    await home.control("POST", "/sitemaster", {"run": False})
    stopped = (await home.ask("GET", "/api/meters/aggregates")).status
    await home.control("POST", "/sitemaster", {"run": True})

    assert stopped == 502
    assert (await home.ask("GET", "/api/meters/aggregates")).status == 200


async def test_a_pack_is_taken_out_and_comes_back(home: Any) -> None:
    whole = home.device.power.full_wh
    await home.control("POST", "/pack", {"number": 2, "enabled": False, "reason": "Gone"})
    assert home.device.power.full_wh < whole
    await home.control("POST", "/pack", {"number": 2, "enabled": True})

    assert home.device.power.full_wh == whole
    answer = await home.control("POST", "/pack", {"number": 3, "enabled": True})
    assert (answer.status, answer.json["error"]) == (400, '"number": the home has 2 packs')


async def test_without_any_network_the_maker_is_out_of_reach(home: Any) -> None:
    """S050."""
    for kind in ("ethernet", "wifi", "gsm"):
        await home.control("POST", "/network", {"kind": kind, "up": False})
    assert not (await home.ask("GET", "/api/sitemaster")).json["connected_to_tesla"]

    await home.control("POST", "/network", {"kind": "gsm", "up": True})
    assert (await home.ask("GET", "/api/sitemaster")).json["connected_to_tesla"]


async def test_a_fresh_certificate_is_shown_until_the_kept_one_is_wanted(home: Any) -> None:
    kept = home.ready.fingerprint
    fresh = (await home.control("POST", "/certificate", {"fresh": True})).json["fingerprint"]
    assert fresh != kept
    assert await shown(home.port) == fresh

    await home.control("POST", "/certificate", {"fresh": False})
    assert await shown(home.port) == kept


async def test_a_gateway_moves_and_answers_only_there(home: Any) -> None:
    url = (await home.control("POST", "/address", {"bind": "127.0.0.9", "port": 0})).json["url"]
    assert url.startswith("https://127.0.0.9:")
    with pytest.raises(ConnectionRefusedError):
        await home.ask("GET", "/api/status")

    taken = await home.control("POST", "/address", {"bind": "192.0.2.1"})
    assert taken.status == 409
    assert "192.0.2.1" in taken.json["error"]
    assert (await home.control("GET", "/state")).json["url"] == url


async def shown(port: int) -> str:
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting())
    certificate = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return hashlib.sha256(certificate).digest().hex(":")
