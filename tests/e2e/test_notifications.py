"""An emulated house loses its grid while it is recorded: three receivers hear of it, once, through a kill."""

from __future__ import annotations

import email
import email.policy
import json
import signal
from collections.abc import Callable
from typing import Any

from tests.cli.processes import wait_for
from tests.e2e.conftest import Recorded
from tests.notify.servers import Broker, MailServer, asked, receiver


def settings(webhook: int, mail: int, broker: int) -> str:
    return f"""
[notify]
[notify.rules.gateway_silent]
minutes = 2
[[notify.webhook]]
url = "http://127.0.0.1:{webhook}/hook"
[[notify.email]]
host = "127.0.0.1"
port = {mail}
tls = "none"
from = "house@example.org"
to = ["me@example.org"]
[[notify.mqtt]]
host = "127.0.0.1"
port = {broker}
tls = false
"""


def test_an_outage_is_told_to_every_receiver_once_through_a_kill_of_the_recorder(
    record: Callable[..., Recorded],
) -> None:
    mail, broker = MailServer(), Broker()
    with receiver() as (port, got), asked(mail, broker):
        house = record(
            "--speed", "60", "--start", "2026-06-21T12:00:00", "--control-port", "0",
            more=settings(port, mail.port, broker.port),
        )  # fmt: skip
        house.wait_until("live")
        house.move("/charge", percent=60)
        wait_for(lambda: len(house.query("SELECT at_ms FROM samples")) >= 5)

        def heard(rule: str, edge: str) -> Any:
            found = [document for _, document in got if (document["rule"], document["edge"]) == (rule, edge)]
            return found[0] if found else None

        house.move("/grid", up=False)
        lost = wait_for(lambda: heard("grid", "begins"), 30)
        # a message that a receiver has and a killed recorder could not note comes again, which is no fault
        wait_for(lambda: set(house.query("SELECT state FROM notice_deliveries")) == {("sent",)}, 30)
        house.up.end(signal.SIGKILL)
        house.start_up()
        house.wait_until("live")
        house.move("/charge", percent=12)
        wait_for(lambda: heard("charge_below", "begins"), 30)
        house.move("/grid", up=True)
        back = wait_for(lambda: heard("grid", "ends"), 60)
        house.gateway.end(signal.SIGKILL)
        wait_for(lambda: heard("gateway_silent", "begins"), 60)
        wait_for(lambda: len(mail.mails) >= len(got), 30)
        assert house.up.end() == 0

    rules = [(document["rule"], document["edge"]) for _, document in got]
    for news in (("grid", "begins"), ("grid", "ends"), ("charge_below", "begins"), ("gateway_silent", "begins")):
        assert rules.count(news) == 1, rules
    assert back["values"]["begun"] == lost["values"]["begun"]
    assert lost["at"].startswith("2026-06-2")  # the emulated house's own time
    assert "did not answer" in heard("gateway_silent", "begins")["text"]
    ids = [document["id"] for _, document in got]
    assert len(set(ids)) == len(ids)
    mailed = [email.message_from_bytes(raw, policy=email.policy.default)["Message-ID"] for _, _, raw in mail.mails]
    assert mailed == [f"<{one}@example.org>" for one in ids]
    published = [json.loads(text)["id"] for topic, text, _, _ in broker.got if not topic.endswith("/status")]
    assert published == ids
    assert "offline" in [text for topic, text, _, _ in broker.got if topic.endswith("/status")]
    assert "Traceback" not in house.up.err
