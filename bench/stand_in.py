"""Behave as pypowerwall's simulator does: http.server, one thread, TLS anew for each request.

Run as `python -m bench.stand_in CERTIFICATE KEY BODY`; prints "ready PORT".
Its source: pwsimulator/stub.py of pypowerwall, an `HTTPServer` whose listening
socket is wrapped in TLS and whose answers are HTTP/1.0 without a length.
"""

from __future__ import annotations

import contextlib
import ssl
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path


class _Answer(BaseHTTPRequestHandler):
    body = b""

    def do_GET(self) -> None:
        """Answer with the body and close, as HTTP/1.0 does."""
        self.send_response(200)
        self.send_header("Content-type", "application/json")
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a line for each request would cost the stand-in time."""


class _Server(HTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Let go of a client that broke off."""


def main() -> None:
    """Serve until interrupted."""
    certificate, key, body = sys.argv[1:4]
    _Answer.body = Path(body).read_bytes()
    server = _Server(("127.0.0.1", 0), _Answer)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    print("ready", server.server_port, flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()


if __name__ == "__main__":
    main()
