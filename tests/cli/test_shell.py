"""Calls as commands for curl, in a POSIX shell and in the Windows one. S009, S013, S109, S110, S175."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cli.conftest import Emulate, Emulated, Forebay

from forebay.cli.shell import posix, windows
from forebay.wire import catalogue

LOGIN = ("call", "POST", "/api/login/Basic")


def as_cmd_passes_it_on(line: str) -> str:
    """What cmd.exe leaves of a line: ^ is taken away outside double quotes, and nothing there may be special."""
    found, is_inside, is_escaped = "", False, False
    for sign in line:
        if is_escaped:
            found, is_escaped = found + sign, False
        elif sign == "^" and not is_inside:
            is_escaped = True
        else:
            assert is_inside or sign not in "&|<>", f"cmd.exe would act on {sign!r} in {line!r}"
            is_inside ^= sign == '"'
            found += sign
    return found


def as_the_program_splits_it(line: str) -> list[str]:
    """Words by the rules of Microsoft's C library: 2n backslashes and a quote, 2n + 1 of them and a quote."""
    words: list[str] = []
    word, is_inside, slashes, is_word = "", False, 0, False
    for sign in f"{line} ":
        if sign == "\\":
            slashes, is_word = slashes + 1, True
            continue
        if sign == '"':
            word += "\\" * (slashes // 2)
            is_word = True
            if slashes % 2:
                word += '"'
            else:
                is_inside = not is_inside
        elif sign in " \t" and not is_inside:
            word += "\\" * slashes
            if is_word:
                words.append(word)
            word, is_word = "", False
        else:
            word, is_word = word + "\\" * slashes + sign, True
        slashes = 0
    assert not is_inside, line
    return words


WORDS = st.lists(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp"))), min_size=1)


@given(WORDS)
def test_a_windows_command_arrives_as_the_words_it_was_made_of(words: list[str]) -> None:
    assert as_the_program_splits_it(as_cmd_passes_it_on(windows(words))) == words


@pytest.mark.parametrize("word", ['{"a":"x&y"}', 'a"b^c', "back\\", 'back\\"slash', "", "50 %", "a|b>c<d", '"&"&"'])
def test_signs_that_windows_acts_on_arrive_unharmed(word: str) -> None:
    line = windows(["curl", "-d", word])

    assert as_the_program_splits_it(as_cmd_passes_it_on(line)) == ["curl", "-d", word]
    assert shlex.split(posix(["curl", "-d", word])) == ["curl", "-d", word]


def test_the_login_is_printed_for_windows_as_the_founding_document_writes_it(forebay: Forebay) -> None:
    """S110: single quotes became double ones, and the quotes inside -d are escaped."""
    outcome = forebay(*LOGIN, "--as", "curl-windows", "--firmware", "1.15", "--insecure", "--host", "192.168.99.99")

    assert outcome.out == (
        'curl -k -s -i -X POST -H "Content-Type: application/json" '
        '-d "{\\"username\\":\\"\\",\\"password\\":\\"ST123456789\\",\\"force_sm_off\\":false}" '
        "https://192.168.99.99/api/login/Basic\n"
    )


@pytest.mark.parametrize("firmware", ["1.15", "1.40.2", "21.44"])
def test_both_forms_say_the_same_words(forebay: Forebay, firmware: str) -> None:
    body = '{"mode":"backup","backup_reserve_percent":24.6}'
    for call in (
        LOGIN,
        ("call", "POST", "/api/operation", "--body", body),
        ("call", "GET", "/api/solars/brands/A & B"),
    ):
        usual = forebay(*call, "--as", "curl", "--firmware", firmware, "--json").json["commands"]
        other = forebay(*call, "--as", "curl-windows", "--firmware", firmware, "--json").json["commands"]
        split = [as_the_program_splits_it(as_cmd_passes_it_on(line)) for line in other]
        assert [shlex.split(line) for line in usual] == split


def test_no_secret_is_printed(forebay: Forebay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOREBAY_PASSWORD", "open sesame")
    for row in catalogue.ALL:
        path = row.path.replace("{", "").replace("}", "")
        outcome = forebay("call", row.method, path, "--as", "curl", "--host", "127.0.0.1:1")  # asking would fail
        assert outcome.code == 0, outcome.err
        assert "sesame" not in outcome.out


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("firmware", ["1.15", "1.40.2", "21.44"])
def test_what_is_printed_works_when_it_is_typed(
    forebay: Forebay, emulate: Emulate, tmp_path: Path, firmware: str
) -> None:
    """S010, S015, S175: with the certificate, by the name that it is made out for."""
    gateway = emulate(firmware)
    for what in ("/load", "/solar"):
        gateway.control(what, watts=0)
    (tmp_path / "cacert.pem").write_text(forebay("trust", gateway.host, "--pem").out)
    own = f"S{gateway.device.serial}" if firmware == "1.15" else gateway.password
    call = ("call", "GET", "/api/operation", "--as", "curl", "--firmware", firmware, "--host", "powerwall")
    login, read = forebay(*call, "--json").json["commands"]

    def typed(line: str) -> str:
        words = shlex.split(line)
        reach = ["--connect-to", f"powerwall:443:127.0.0.1:{gateway.port}", "-s"]
        done = subprocess.run(
            [words[0], *reach, *words[1:]], cwd=tmp_path, capture_output=True, text=True, timeout=20, check=False
        )
        assert done.returncode == 0, done
        return done.stdout.rpartition("\n")[2]

    token = json.loads(typed(login.replace("ST123456789", own).replace("PASSWORD", own)))["token"]
    assert json.loads(typed(read.replace("TOKEN", token)))["backup_reserve_percent"] == 24


def test_the_line_of_the_hosts_file_is_printed_without_asking_the_gateway(forebay: Forebay) -> None:
    """S013."""
    assert forebay("trust", "--hosts-line", "192.168.99.99").out == "192.168.99.99 powerwall\n"
    assert forebay("trust", "--hosts-line", "localhost:1").out in ("127.0.0.1 powerwall\n", "::1 powerwall\n")
    unknown = forebay("trust", "--hosts-line", "no.such.gateway.invalid")
    assert unknown.code == 1
    assert "no address is known" in unknown.err


@pytest.mark.filterwarnings("always::forebay.client.tls.InsecureWarning")
def test_without_checking_there_is_a_warning(forebay: Forebay, gateway: Emulated) -> None:
    """S009."""
    outcome = forebay("soe", "--insecure", "--host", gateway.host)

    assert outcome.code == 0
    assert "is not checked: anyone on the network can read along and pretend" in outcome.err
