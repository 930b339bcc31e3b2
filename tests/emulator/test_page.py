"""The gateway's page as files: where it is, how it is guarded, what it is told. E001, S018, S020–S022, S032."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.emulator.conftest import Asked, Serve

from forebay.emulator.page import NOT_BUILT, WebPage, read_files
from forebay.emulator.page_facts import PATH, facts
from forebay.emulator.routes import Dialect
from forebay.wire import catalogue, firmware
from forebay.wire.firmware import PROFILES, parse_version

MakeGateway = Callable[..., Asked]


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A folder as the build step leaves it."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<p>page</p>")
    (tmp_path / "assets/index-1a2b.js").write_text("1")
    (tmp_path / ".built").write_text("digest")
    return tmp_path


@pytest.mark.parametrize("release", [profile.name for profile in PROFILES if not profile.is_restricted])
async def test_the_page_is_at_the_root_for_everybody_in_every_release(gateway: MakeGateway, release: str) -> None:
    """E001, S021: open, HTML, nothing but its own may load or run."""
    answer = await gateway(release).ask("GET", "/")

    assert (answer.status, answer.header("content-type")) == (200, "text/html; charset=utf-8")
    policy = answer.header("content-security-policy") or ""
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert (await gateway(release).ask("HEAD", "/")).body == b""
    wrong = await gateway(release).ask("POST", "/")
    assert (wrong.status, wrong.header("allow")) == (405, "GET, HEAD")


async def test_both_servers_show_the_same_page(served: Serve) -> None:
    """S021."""
    pages = [await (await served(server=server)).ask("GET", "/") for server in ("faithful", "fast")]

    assert pages[0].status == 200
    assert pages[0].body == pages[1].body
    for name in ("content-type", "content-security-policy", "x-content-type-options"):
        assert pages[0].header(name) == pages[1].header(name)


def test_files_have_types_and_those_with_a_hash_are_kept_for_ever(built: Path) -> None:
    page = WebPage(built)

    found = page.find("/assets/index-1a2b.js")

    assert found is not None
    script = dict(found.headers)
    assert script[b"content-type"] == b"text/javascript; charset=utf-8"
    assert b"immutable" in script[b"cache-control"]
    assert page.index() == b"<p>page</p>"


@pytest.mark.parametrize("path", ["/.built", "/index.html", "/assets/../index.html", "/assets/", "/nothing.js", "//"])
def test_nothing_else_is_served(built: Path, path: str) -> None:
    assert WebPage(built).find(path) is None


def test_without_built_files_a_plain_page_says_what_to_do(tmp_path: Path) -> None:
    page = WebPage(tmp_path / "nowhere")

    assert not page.is_built
    assert page.index() == NOT_BUILT
    assert b"make page" in page.index()


def test_the_page_itself_names_the_power_flow_and_the_login() -> None:
    """S018, S022: also for whoever reads it without running it."""
    page = WebPage()
    if not page.is_built:
        pytest.skip("the gateway's page is not built: python hatch_build.py builds it")

    assert b'<a href="#/login">Login</a>' in page.index()
    assert b"Power flow" in page.index()
    assert b"//" not in page.index().replace(b"<!doctype html>", b"")


def test_the_files_are_read_once_for_all_homes(built: Path) -> None:
    assert read_files(built) is read_files(built)


@pytest.mark.parametrize("release", ["1.15", "1.40.2", "21.44", "23.44"])
def test_the_page_is_told_the_rows_of_its_release_and_no_others(release: str) -> None:
    version = parse_version(release)

    told = facts(Dialect(version))

    assert set(told["rows"]) == {row.name for row in catalogue.ALL if row.offered_by(version)}
    assert told["login"]["stops_system"] == firmware.LOGIN_STOPS_SYSTEM.at(version)
    assert "WPA2_Personal" in told["choices"]["SecurityType"]


async def test_what_the_page_is_told_follows_an_update(gateway: MakeGateway) -> None:
    home = gateway("1.40.2")
    before = (await home.ask("GET", PATH)).json
    home.device.become("21.44")

    after = await home.ask("GET", PATH)

    assert before["rows"]["AGGREGATES"]["access"] == "public"
    assert after.json["rows"]["AGGREGATES"]["access"] == "customer"
    assert after.header("cache-control") == "no-store"
    assert (await home.ask("POST", PATH)).status == 405


def test_a_restricted_gateway_tells_the_page_its_four_paths_only() -> None:
    told = facts(Dialect((23, 44, 0), restricted=404))

    assert set(told["rows"]) == {row.name for row in catalogue.ALL if row.kept and row.offered_by((23, 44, 0))}
