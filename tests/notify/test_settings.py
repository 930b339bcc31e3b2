"""[notify] of forebay.toml: what is wrong is named by its key, and a secret is never said."""

from __future__ import annotations

from pathlib import Path

import pytest

from forebay import config
from forebay.errors import ConfigError
from forebay.notify.channels.build import channels_of

SECRET = "Vkq81-very-secret"


def build(folder: Path, text: str) -> None:
    file = folder / "forebay.toml"
    file.write_text(text, "utf-8")
    channels_of(config.load(file).notify)


WRONG = [
    ('[notify]\nquite = "22:00-07:00"', "notify.quite: no such setting; did you mean quiet?"),
    ('[notify]\nquiet = "22:00-7:00"', "notify.quiet: write it like 22:00-07:00"),
    ('[notify]\nquiet = "22:00-22:00"', "notify.quiet: begins when it ends"),
    ("[notify]\nmax_age_h = 0", "notify.max_age_h"),
    (
        "[notify.rules.charge_under]\non = true",
        "notify.rules.charge_under: no such setting; did you mean charge_below?",
    ),
    ("[notify.rules.charge_below]\npercent = 200", "notify.rules.charge_below.percent"),
    (
        "[notify.rules.charge_below]\npercnt = 20",
        "notify.rules.charge_below.percnt: no such setting; did you mean percent?",
    ),
    ("[notify.rules.gateway_silent]\nminutes = 'a'", "notify.rules.gateway_silent.minutes"),
    ("[[notify.webhook]]", "notify.webhook[0]: give one of url and url_file"),
    ('[[notify.webhook]]\nurl = "https://a/b"\nurl_file = "x"', "notify.webhook[0]: give one of url and url_file"),
    (f'[[notify.webhook]]\nurl = "ftp://host/{SECRET}"', "notify.webhook[0]: its address must be like https://"),
    (f'[[notify.webhook]]\nurl = "https://ho st/{SECRET}"', "notify.webhook[0]: its address must be like https://"),
    (f'[[notify.webhook]]\nurl = "https://host:99999/{SECRET}"', "notify.webhook[0]: its address must be"),
    (f'[[notify.webhook]]\nurl = "https:///{SECRET}"', "notify.webhook[0]: its address must be"),
    ('[[notify.webhook]]\nurl_file = "/nowhere/url"', "notify.webhook[0].url_file: /nowhere/url cannot be read"),
    (
        '[[notify.webhook]]\nurl = "https://a/"\nca = "/nowhere.pem"',
        "notify.webhook[0].ca: /nowhere.pem cannot be used",
    ),
    ('[[notify.webhook]]\nurl = "https://a/"\nrules = ["gird"]', "notify.webhook[0].rules[0]"),
    ('[[notify.webhook]]\nurl = "https://a/"\nurls = 1', "urls: no such setting; did you mean url?"),
    ('[[notify.webhook]]\nname = "a b"\nurl = "https://a/"', "notify.webhook[0].name"),
    ('[[notify.webhook]]\nurl = "http://a/"\n[[notify.webhook]]\nurl = "http://a/"', "two channels are called webhook"),
    ('[[notify.email]]\nhost = "m"\nto = ["a@b.c"]', "Object missing required field `from`"),
    ('[[notify.email]]\nhost = "m"\nfrom = "a@b.c"\nto = []', "notify.email[0].to"),
    ('[[notify.email]]\nhost = "m"\nfrom = "a@b.c\\nBcc: x@y.z"\nto = ["a@b.c"]', "notify.email[0].from"),
    ('[[notify.email]]\nhost = "m"\nfrom = "a@b.c"\nto = ["a@b.c, x@y.z"]', "notify.email[0].to"),
    (
        '[[notify.email]]\nhost = "m.example"\nfrom = "a@b.c"\nto = ["a@b.c"]\ntls = "none"',
        "notify.email[0].tls: none is for",
    ),
    ('[[notify.email]]\nhost = "m"\nfrom = "a@b.c"\nto = ["a@b.c"]\nusername = "u"', "notify.email[0].password_file"),
    (
        '[[notify.email]]\nhost = "m"\nfrom = "a@b.c"\nto = ["a@b.c"]\npassword = "x"',
        "password: no such setting; did you mean password_file?",
    ),
    ('[[notify.mqtt]]\nhost = "m"\ntopic = "a/#"', "notify.mqtt[0].topic: write it like forebay/notify"),
    ('[[notify.mqtt]]\nhost = "m"\nport = 0', "notify.mqtt[0].port"),
    ('[[notify.mqtt]]\nhost = "m"\ntls = false\nca = "/x.pem"', "notify.mqtt[0].ca: goes with tls = true"),
]


@pytest.mark.parametrize(("text", "words"), WRONG, ids=[words[:50] for _, words in WRONG])
def test_a_wrong_setting_is_named_and_no_secret_is_said(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError) as error:
        build(tmp_path, text)
    assert words in str(error.value)
    assert SECRET not in str(error.value)


def test_a_file_of_headers_names_its_wrong_line(tmp_path: Path) -> None:
    headers = tmp_path / "headers"
    headers.write_text(f"Authorization: Bearer {SECRET}\n\nno colon {SECRET}\n")
    with pytest.raises(ConfigError, match=r"notify\.webhook\[0\]\.headers_file: .*line 3: write it as") as error:
        build(tmp_path, f'[[notify.webhook]]\nurl = "https://a/"\nheaders_file = "{headers}"')
    assert SECRET not in str(error.value)


def test_settings_do_not_print_an_address(tmp_path: Path) -> None:
    file = tmp_path / "forebay.toml"
    file.write_text(f'[[notify.webhook]]\nurl = "https://host/{SECRET}"')
    assert SECRET not in repr(config.load(file))


def test_an_address_may_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "forebay.toml"
    file.write_text('[[notify.webhook]]\nname = "my-phone"\nurl = "https://other/"')
    monkeypatch.setenv("FOREBAY_NOTIFY_MY_PHONE_URL", f"https://host.example:8443/{SECRET}")
    (channel,) = channels_of(config.load(file).notify)
    assert channel.place == "https://host.example:8443/…"
