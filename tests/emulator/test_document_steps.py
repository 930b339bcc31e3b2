"""The founding document's three steps, typed as they stand there, with its names and its port.

A mount namespace of its own gives the name in the hosts file; nothing of this
machine is changed. S012, S014, S015, S017.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import ROOT

SCRIPT = r"""
set -eu
cp /etc/hosts "$WORK/hosts"; echo "127.0.0.1 powerwall" >> "$WORK/hosts"
mount --bind "$WORK/hosts" /etc/hosts
cd "$WORK"
"$PYTHON" -m forebay emulate --port 443 --firmware 1.40.2 --state-dir "$WORK/state" > ready.txt 2>&1 &
for _ in $(seq 100); do grep -q '^ready' ready.txt && break; sleep 0.1; done
echo quit | openssl s_client -showcerts -servername powerwall -connect powerwall:443 > cacert.pem
curl --cacert cacert.pem https://powerwall/api/meters/aggregates > with_certificate.json
curl -k https://powerwall/api/meters/aggregates > without.json
curl --cacert cacert.pem -i https://powerwall/api/logout > logout.txt
curl --cacert cacert.pem https://localhost/api/status 2> mismatch.txt || echo "$?" > mismatch.code
kill %1
"""


def test_the_three_steps_work_word_for_word(tmp_path: Path) -> None:
    for program in ("openssl", "curl", "unshare"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    if os.geteuid() != 0:
        pytest.skip("port 443 and a hosts file of its own need root")
    own = {"WORK": str(tmp_path), "PYTHON": sys.executable, "PYTHONPATH": str(ROOT / "src"), "HOME": str(tmp_path)}
    kept = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG")}
    command = ["unshare", "--mount", "bash", "-c", SCRIPT]
    done = subprocess.run(command, check=False, env=kept | own, capture_output=True, text=True, timeout=60)
    if "unshare failed" in done.stderr or "permission denied" in done.stderr.lower():
        pytest.skip("this machine gives no mount namespaces")
    if "--port" in (tmp_path / "ready.txt").read_text():
        pytest.skip("port 443 is taken on this machine")

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "cacert.pem").read_text().count("BEGIN CERTIFICATE") == 1
    for name in ("with_certificate.json", "without.json"):
        assert (tmp_path / name).read_text().startswith('{"site":{"last_communication_time":')
    head, _, body = (tmp_path / "logout.txt").read_text().replace("\r", "").partition("\n\n")
    assert head.split("\n")[0].strip() == "HTTP/2 204"
    assert [line.split(":")[0] for line in head.split("\n")[1:]] == ["date"]
    assert body == ""
    assert "no alternative certificate subject name matches" in (tmp_path / "mismatch.txt").read_text()
